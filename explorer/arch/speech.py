"""Specs as text: the command line that makes one, and any text that people paste back.

Called by the command line, the gallery and the reducer. Pure Python and pydantic.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from explorer.arch.presets import preset, presets
from explorer.arch.spec import ArchitectureSpec, parse
from explorer.errors import SpecError

if TYPE_CHECKING:
    from pydantic import BaseModel

PROGRAM = "resnet-explorer"


def as_command(spec: ArchitectureSpec) -> str:
    """The shortest command line that describes a spec: the preset with the fewest edits, and the edits."""
    name, edits = min(
        ((name, edits_between(item.spec, spec)) for name, item in presets().items()),
        key=lambda candidate: len(candidate[1]),
    )
    words = [PROGRAM, "describe", name]
    for edit in edits:
        words += ["--set", edit]
    return shlex.join(words)


def edits_between(before: BaseModel, after: BaseModel, always: Collection[str] = frozenset()) -> list[str]:
    """What the command line's `--set` or `--plan` takes to make one spec or plan of another.

    Args:
        before: What is edited.
        after: What it becomes.
        always: Fields that are named even where the two are equal.
    """
    return [
        f"{field}={value_text(getattr(after, field))}"
        for field in type(after).model_fields
        if field in always or getattr(after, field) != getattr(before, field)
    ]


def value_text(value: object) -> str:
    """A field's value as the command line writes it."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def with_edits(spec: ArchitectureSpec, edits: Sequence[str]) -> ArchitectureSpec:
    """A copy with `--set` edits made, all together, so that they may need one another.

    Raises:
        SpecError: An edit is no `field=value`, or does not fit.
    """
    changes: dict[str, object] = {}
    for edit in edits:
        name, equals, value = edit.partition("=")
        if not equals:
            raise SpecError(
                name, "--set {edit} is not field=value.", "Write for example shortcut=B.", edit=edit
            )
        changes[name.strip()] = value.strip()
    return spec.edited(**changes) if changes else spec


def from_text(text: str) -> ArchitectureSpec:
    """The spec in a text: a spec's JSON, what `describe --json` prints, a command line, or a preset's name.

    Raises:
        SpecError: There is none, or it does not fit; the hint says what can be pasted.
    """
    stripped = text.strip().strip("`").strip()
    if not stripped:
        raise _nothing_in(text)
    return _from_json(stripped) if stripped.startswith("{") else _from_command(stripped)


def _nothing_in(text: str) -> SpecError:
    return SpecError(
        "spec",
        "There is no architecture in “{start}”.",
        "Paste a spec's JSON, a `resnet-explorer describe …` line or a preset's name such as cifar-resnet20.",
        start=text.strip()[:40],
    )


def _from_json(text: str) -> ArchitectureSpec:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise SpecError(
            "spec",
            "This JSON cannot be read: {reason}.",
            "Copy the whole text, from the first brace to the last.",
            reason=str(error),
        ) from None
    inner = data.get("spec")
    return parse(inner if isinstance(inner, dict) else data)


def _from_command(text: str) -> ArchitectureSpec:
    """The first SPEC of a command line with the edits behind it; other options are passed by."""
    try:
        words = shlex.split(text.replace("\\\n", " "))
    except ValueError:
        raise _nothing_in(text) from None
    is_command = PROGRAM in words
    words = words[words.index(PROGRAM) + 1 :] if is_command else words
    known = presets()
    start = next((place for place, word in enumerate(words) if word in known), None)
    if start is None:
        # A name that is nearly a preset's is answered with the nearest.
        named = words[1:2] if is_command else words
        if len(named) == 1:
            return preset(named[0]).spec
        raise _nothing_in(text)
    edits = []
    rest = iter(words[start + 1 :])
    for word in rest:
        if word == "--set":
            edits.append(next(rest, ""))
        elif word.startswith("--set="):
            edits.append(word.removeprefix("--set="))
        elif word in known:
            break
    return with_edits(known[words[start]].spec, edits)
