"""What the inside view is shown, and how it is put into words.

Used by the inside dock and its topics. Must not import torch; knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING

from explorer.arch.expand import expand
from explorer.arch.graph import Graph
from explorer.arch.lesions import INTACT, Lesions, output_key
from explorer.arch.spec import ArchitectureSpec
from explorer.state.inside import InsideState, InsideTopic
from explorer.state.learning import DataState
from explorer.ui.widgets.chart_data import Tick

if TYPE_CHECKING:
    from explorer.engine.messages import LoadedPicture


@dataclass(frozen=True, slots=True)
class TopicWords:
    """A topic in words.

    Attributes:
        title: On its button.
        about: What it shows, for its tooltip.
        run: On the button that finds it.
        again: On the same button once something is there.
        empty: What to do where nothing is there yet.
    """

    title: str
    about: str
    run: str
    again: str
    empty: str


TOPICS: dict[InsideTopic, TopicWords] = {
    "residuals": TopicWords(
        "Residuals",
        "How much each block adds to what it passes on; how strongly each layer answers (He 2015, figure 7)",
        "Measure",
        "Measure again",
        "How much does each block add? Press Measure.",
    ),
    "lesions": TopicWords(
        "Lesions",
        "What the network still knows without a block's residual branch (Veit et al. 2016)",
        "Sweep",
        "Sweep again",
        "What if a block were missing? Press Sweep: each block is bypassed in turn.",
    ),
    "gradients": TopicWords(
        "Gradients",
        "How much gradient arrives at each layer, here, in the plain twin and at other depths",
        "Measure",
        "Measure again",
        "How much gradient arrives at the first layers? Press Measure.",
    ),
    "decisions": TopicWords(
        "Decisions",
        "Where is it decided? A linear probe behind each block says what can be told from its features",
        "Fit probes",
        "Fit again",
        "Where is it decided? Press Fit probes: a small classifier is fitted behind each block.",
    ),
    "embedding": TopicWords(
        "Embedding",
        "The sample as the network sees it: like next to like, in the plane",
        "Lay out",
        "Lay out again",
        "What does the network find alike? Press Lay out.",
    ),
    "excites": TopicWords(
        "Excites",
        "Which pictures of the sample excite each channel of the selected node most",
        "Search",
        "Search again",
        "What excites {node}? Press Search: the sample is looked through once.",
    ),
    "cost": TopicWords(
        "Cost",
        "Time and memory of each block on this device, beside the predicted multiply-adds",
        "Measure",
        "Measure again",
        "What does each block cost here? Press Measure.",
    ),
}

KINDS: dict[InsideTopic, tuple[str, ...]] = {
    "residuals": ("MeterSample",),
    "lesions": ("SweepLesions", "TestLesions"),
    "gradients": ("FlowGradients",),
    "decisions": ("PoolSample", "FitProbes", "Decide"),
    "embedding": ("PoolSample", "Embed"),
    "excites": ("Excite",),
    "cost": ("MeasureCost",),
}
"""The requests that a topic waits for."""

WITHOUT_SAMPLE: frozenset[InsideTopic] = frozenset({"cost"})
"""Topics that need no sample."""


@dataclass(frozen=True, slots=True)
class InsideFacts:
    """All that the inside view shows.

    Attributes:
        inside: What was found.
        spec: Of the live network; None before the first.
        classes: What the live network knows.
        is_ready: Whether it can be asked.
        is_trained: Whether its weights come from a training.
        lesions: What is changed in it.
        selected: The selected node.
        picture: The current picture; None without one.
        pictures: All that were read, by number.
        data: What is known of labelled data.
        is_shipped: Whether the topic shows what was found beforehand and ships with the weights.
        work: Of the topic: ticket, share or None, kind; None where nothing is under way.
    """

    inside: InsideState = field(default_factory=InsideState)
    spec: ArchitectureSpec | None = None
    classes: tuple[str, ...] = ()
    is_ready: bool = False
    is_trained: bool = False
    lesions: Lesions = INTACT
    selected: str = ""
    picture: LoadedPicture | None = None
    pictures: Mapping[int, LoadedPicture] = field(default_factory=dict)
    data: DataState = field(default_factory=DataState)
    is_shipped: bool = False
    work: tuple[int, float | None, str] | None = None

    @property
    def graph(self) -> Graph | None:
        """The live network's; None before the first."""
        return expand(self.spec) if self.spec is not None else None


def sample_title(data: DataState, name: str) -> str:
    """A sample's name for people."""
    card = next((card for card in data.cards if card.name == name), None)
    return card.title if card is not None else PurePath(name).name or name


def block_names(graph: Graph | None) -> Mapping[str, str]:
    """Which block a node is the end of: block keys by the keys of their last nodes, and by themselves."""
    if graph is None:
        return {}
    names = {output_key(graph, block): block.key for block in graph.blocks}
    return names | {block.key: block.key for block in graph.blocks}


def short_name(key: str) -> str:
    """A block's name where there is little room: `2.1` for `layer2.1`."""
    return key.removeprefix("layer")


def ticks(keys: tuple[str, ...], captions: tuple[str, ...] = ()) -> tuple[Tick, ...]:
    """Blocks along the bottom, one a place."""
    return tuple(
        Tick(float(place), short_name(key), captions[place] if captions else "")
        for place, key in enumerate(keys)
    )


def places(n: int) -> tuple[float, ...]:
    """A place for each of so many blocks."""
    return tuple(map(float, range(n)))


def empty_message(facts: InsideFacts) -> str:
    """What a topic says before it has anything to show."""
    if facts.spec is None or not facts.is_ready:
        return "The network is being built; what is inside can be seen in a moment."
    if facts.inside.topic in facts.inside.busy:
        return "Working…"
    return TOPICS[facts.inside.topic].empty.format(node=facts.selected)


def data_classes(facts: InsideFacts) -> tuple[str, ...]:
    """The sample's classes, as far as they are known."""
    inside, opened = facts.inside, facts.data.facts
    if opened is not None and opened.data == inside.data:
        return opened.classes
    if inside.pooled is not None and inside.pooled.sample.data == inside.data:
        return inside.pooled.classes
    return ()


def note(facts: InsideFacts) -> tuple[str, str]:
    """What the reader should know about the topic's numbers, and its tone; empty where nothing.

    Returns:
        A sentence, and `muted` or `warning`.
    """
    inside, topic = facts.inside, facts.inside.topic
    if facts.is_shipped and inside.shipped is not None:
        count, source = inside.shipped.images, inside.shipped.data
        return f"Found beforehand on {count:,} test pictures of {source}; it ships with the weights.", "muted"
    title = sample_title(facts.data, inside.data)
    if topic == "decisions" and facts.picture is None:
        return "Drop a picture to see where its class is decided.", "muted"
    if topic == "lesions" and not _knows_truth(facts):
        return (
            f"{title}: its classes are not the network's. What counts here is how many answers stay as the "
            "intact network gives them.",
            "warning",
        )
    if topic == "gradients" and not _knows_truth(facts):
        said = f"{title}: its classes are not the network's. The loss is taken to its own answers instead."
        return said, "warning"
    if topic in ("decisions", "embedding") and not _knows_truth(facts):
        return f"{title}: the classes are the sample's, not the network's own.", "muted"
    if not facts.is_trained and topic not in WITHOUT_SAMPLE:
        return "This network is untrained: what is seen here is chance.", "warning"
    return "", "muted"


def _knows_truth(facts: InsideFacts) -> bool:
    """Whether the sample's classes are the network's; unless one knows better, they are."""
    inside = facts.inside
    if inside.topic == "lesions":
        found = inside.swept or inside.tested
        if found is not None:
            return found.knows_truth
    classes = data_classes(facts)
    return not classes or not facts.classes or classes == facts.classes
