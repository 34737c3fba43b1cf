"""The numbers in a lesson's texts, as they are on this machine.

Called by `handlers/lessons.py`. Must not import torch or Qt.

    {accuracy:NAME}        what the weights that ship for a preset reach on their test set
    {without:NAME:BLOCK}   the same with one block bypassed, from the findings that ship with them
    {parameters:NAME}      a preset's parameters
    {paper:NAME}           the error that its paper gives

and the conditions at the start of a line, or of what is to be tried:

    {trained:A+B}          where there are trained weights for all of these presets
    {untrained:A+B}        where there are not
"""

from __future__ import annotations

from collections.abc import Callable

from explorer.arch.cost import cost_of
from explorer.arch.papers import recognise
from explorer.arch.presets import presets
from explorer.arch.spec import ArchitectureSpec
from explorer.engine.lesson import KNOWN, PLACE, Lesson, LessonFacts
from explorer.errors import WeightsError
from explorer.nets.catalogue import present_for


def _accuracy(spec: ArchitectureSpec, _: str) -> str | None:
    card = present_for(spec)
    return f"{card.accuracy_percent:.1f} %" if card is not None else None


def _without(spec: ArchitectureSpec, block: str) -> str | None:
    from explorer.nets.findings_file import findings_for

    card = present_for(spec)
    try:
        found = findings_for(card) if card is not None and card.kind == "bundled" else None
    except WeightsError:
        # A number that is not known is no reason to keep a lesson closed.
        found = None
    blocks = found.sweep.blocks if found is not None else ()
    known = next((each.knowledge for each in blocks if each.key == block), None)
    return f"{100 * known.accuracy:.1f} %" if known is not None else None


def _parameters(spec: ArchitectureSpec, _: str) -> str | None:
    return f"{cost_of(spec).parameters:,}"


def _paper(spec: ArchitectureSpec, _: str) -> str | None:
    paper = recognise(spec)
    known = paper is not None and paper.error_percent is not None
    return f"{paper.error_percent:.2f} %" if paper is not None and known else None


NUMBERS: dict[str, Callable[[ArchitectureSpec, str], str | None]] = {
    "accuracy": _accuracy,
    "without": _without,
    "parameters": _parameters,
    "paper": _paper,
}
CONDITIONS = ("trained", "untrained")


def _condition(kind: str, specs: list[ArchitectureSpec]) -> str | None:
    is_trained = all(present_for(spec) is not None for spec in specs)
    return "" if is_trained == (kind == "trained") else None


def facts_of(lesson: Lesson) -> LessonFacts:
    """What is known on this machine about a lesson.

    Raises:
        WeightsError: A card that ships with the program is damaged.
    """
    numbers: dict[str, str | None] = {}
    known = presets()
    for text in lesson.texts:
        for found in PLACE.finditer(text):
            kind, name, more = found.groups()
            names = name.split("+")
            if not all(each in known for each in names):
                continue
            specs = [known[each].spec for each in names]
            if kind in CONDITIONS and not more:
                numbers[found[0]] = _condition(kind, specs)
            elif kind in NUMBERS and len(specs) == 1:
                numbers[found[0]] = NUMBERS[kind](specs[0], more or "")
    nets = {
        net.spec
        for step in lesson.steps
        if step.view is not None
        for net in (step.view.net, *step.view.columns)
        if net.weights == KNOWN
    }
    untrained = frozenset(spec for spec in nets if present_for(spec) is None)
    return LessonFacts(tuple(numbers.items()), untrained)
