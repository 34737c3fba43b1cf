"""What the gallery of architectures shows: cards under their years, and a small picture's data for each.

Called by the gallery view. May import `arch`, never Qt or torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from explorer.arch.expand import expand
from explorer.arch.papers import as_first_strode, recognise
from explorer.arch.preset import Preset
from explorer.arch.spec import ArchitectureSpec
from explorer.present.folds import default_unfolded
from explorer.present.layout import lay_out
from explorer.present.layout_parts import Layout

_SAMPLE_BLOCKS = 3
"""From the second block on, the blocks of a stage are alike: a few show them all."""
FIRST_STRIDES = "v1"
"""Stands behind numbers measured with strides on the first 1×1, as in 2015; torchvision's nets are v1.5."""
OWN, TUTORIALS, TWINS = "My architectures", "Tutorials", "Plain twins"


@dataclass(frozen=True, slots=True)
class Card:
    """One architecture of the gallery.

    Attributes:
        name: The preset's name, or the slug of one of the user's own.
        title: As people say it.
        spec: The architecture.
        history: One sentence: what it changed and why; empty for the user's own.
        source: The paper; empty for the user's own.
        is_own: Whether the user keeps it.
    """

    name: str
    title: str
    spec: ArchitectureSpec
    history: str = ""
    source: str = ""
    is_own: bool = False

    def matches(self, query: str) -> bool:
        """Whether every word of a search is in its texts."""
        text = f"{self.name} {self.title} {self.history} {self.source}".lower()
        return all(word in text for word in query.lower().split())


@dataclass(frozen=True, slots=True)
class Section:
    """Cards under a heading, such as a year."""

    heading: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """What of a card takes some milliseconds to find.

    Attributes:
        layout: The folded graph. Stages have at most three blocks, which looks the same and is quick.
        parameters: Trainable numbers of the whole network, exact.
        papers: The published numbers, such as `6.97 % error, CIFAR-10 test`; those of torchvision say so, and
            those that were measured with the strides of 2015.
    """

    layout: Layout
    parameters: int
    papers: tuple[str, ...]


def timeline(every: Iterable[Preset]) -> tuple[Section, ...]:
    """Presets under their years, then what tutorials teach, then plain twins."""
    cards: dict[str, list[Card]] = {}
    later = {"tutorial": TUTORIALS, "plain twin": TWINS}
    for item in sorted(every, key=lambda item: (item.kind in later, item.kind == "plain twin", item.year)):
        heading = later.get(item.kind, str(item.year))
        card = Card(item.name, item.title, item.spec, item.history, item.source)
        cards.setdefault(heading, []).append(card)
    return tuple(Section(heading, tuple(group)) for heading, group in cards.items())


def picture(spec: ArchitectureSpec) -> Picture:
    """A card's graph and its numbers; some milliseconds for the deepest network too."""
    sample = _sample(spec)
    graph = expand(sample)
    parameters = sum(node.op.parameters() for node in graph.nodes)
    for stage, (depth, shown) in enumerate(zip(spec.stage_depths, sample.stage_depths, strict=True), start=1):
        block = graph.stage_blocks(stage)[-1]
        parameters += (depth - shown) * sum(node.op.parameters() for node in graph.block_nodes(block))
    return Picture(lay_out(graph, default_unfolded(graph)), parameters, tuple(_numbers(spec)))


def _numbers(spec: ArchitectureSpec) -> Iterator[str]:
    """What was published about a network, the paper's own number first."""
    for row, where in ((as_first_strode(spec), f" ({FIRST_STRIDES})"), (recognise(spec), "")):
        if row is not None and row.error_text:
            whose = "" if row.whose == "paper" else f"{row.whose}: "
            yield f"{whose}{row.error_text} error, {row.error_kind}{where}"


def _sample(spec: ArchitectureSpec) -> ArchitectureSpec:
    """The same network with few blocks in each stage; as it is where single blocks differ."""
    if spec.overrides or max(spec.stage_depths) <= _SAMPLE_BLOCKS:
        return spec
    return spec.edited(stage_depths=tuple(min(depth, _SAMPLE_BLOCKS) for depth in spec.stage_depths))


def found(sections: Sequence[Section], query: str) -> tuple[Section, ...]:
    """The sections with only the cards that match; empty ones are left out."""
    left = (
        Section(section.heading, tuple(card for card in section.cards if card.matches(query)))
        for section in sections
    )
    return tuple(section for section in left if section.cards)
