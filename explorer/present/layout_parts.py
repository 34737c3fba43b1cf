"""What a drawn graph consists of: boxes, frames, bands, links and arcs, as immutable values.

Made by `present/layout.py`; drawn by the graph view. Lengths are in pixels at zoom 1, on a grid of 8,
y downwards. May import `arch`, never Qt or torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

BoxKind = Literal["node", "block", "group", "stage"]
Lane = Literal["main", "side"]
ArcStyle = Literal["identity", "padded", "projection"]


@dataclass(frozen=True, slots=True)
class Box:
    """Something one can select: a node, or a folded block, group or stage.

    Attributes:
        id: The node's key, or the fold's id (`layer3.0`, `layer3.1-35`, `layer3`).
        kind: What it stands for.
        key: The node it stands for; a folded box stands for its last node.
        title: Such as `3×3 conv, 64` or `Bottleneck ×36`.
        subtitle: The last part of a node's key, or the convolutions of a block.
        x: Left edge.
        y: Upper edge.
        w: Width.
        h: Height.
        start: The place of its first node in `Graph.nodes`.
        stop: One after the place of its last.
        n_blocks: Blocks inside; 0 for a node.
        parameters: Trainable numbers, summed.
        ops: The names of the operations of the main path of one block; of a node only its own.
        parent: The id whose folding hides it; None in the stem and the head.
        lane: `side` for a node that only a shortcut uses.
    """

    id: str
    kind: BoxKind
    key: str
    title: str
    subtitle: str
    x: float
    y: float
    w: float
    h: float
    start: int
    stop: int
    n_blocks: int
    parameters: int
    ops: tuple[str, ...]
    parent: str | None
    lane: Lane = "main"

    @property
    def unfolds(self) -> bool:
        """Whether there is something inside to show."""
        return self.kind != "node"

    @property
    def op(self) -> str:
        """The operation's name of a node; the first one's of a block."""
        return self.ops[0]

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.h

    @property
    def middle(self) -> float:
        """The height of its middle."""
        return self.y + self.h / 2

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.w


@dataclass(frozen=True, slots=True)
class Frame:
    """An unfolded block or group: a container with a title strip that folds it.

    Attributes:
        id: The fold's id.
        kind: `block` or `group`.
        title: Such as `Bottleneck ×35`.
        x: Left edge.
        y: Upper edge.
        w: Width.
        h: Height.
        parameters: Trainable numbers, summed.
    """

    id: str
    kind: Literal["block", "group"]
    title: str
    x: float
    y: float
    w: float
    h: float
    parameters: int

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.h


@dataclass(frozen=True, slots=True)
class Band:
    """The faint ground of one stage, with a label at its left that folds and unfolds it.

    Attributes:
        id: The stage's id, `layer3`.
        stage: 1 and up.
        title: `Stage 3`.
        shape: What leaves it, `256 × 14 × 14`.
        y: Upper edge; a band is as wide as the layout.
        h: Height.
        n_blocks: Blocks inside.
        parameters: Trainable numbers, summed.
        is_open: Whether its groups are shown.
    """

    id: str
    stage: int
    title: str
    shape: str
    y: float
    h: float
    n_blocks: int
    parameters: int
    is_open: bool

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.h


@dataclass(frozen=True, slots=True)
class Link:
    """A straight line downwards from one box to the next.

    Attributes:
        x: Where it runs.
        y: Where it starts.
        bottom: Where it ends, with an arrow.
        label: The shape that flows; empty where it is the same as before.
        label_y: Middle of the label.
    """

    x: float
    y: float
    bottom: float
    label: str
    label_y: float


@dataclass(frozen=True, slots=True)
class Arc:
    """A skip beside the main path, as a line with right angles.

    Attributes:
        source: The id of the box whose output it carries.
        target: The id of the box where it is added.
        style: `identity`, `padded` (option A) or `projection`.
        label: Such as `identity` or `B: projection`; empty on a part of a skip that is named elsewhere.
        points: The corners, (x, y) each, from start to arrow.
        y: Its upper end.
        bottom: Its lower end.
        label_x: Where the label begins.
        label_y: Middle of the label.
        is_label_left: Whether the label ends at `label_x` instead.
    """

    source: str
    target: str
    style: ArcStyle
    label: str
    points: tuple[tuple[float, float], ...]
    y: float
    bottom: float
    label_x: float
    label_y: float
    is_label_left: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole graph, ready to be drawn.

    Attributes:
        width: Of everything.
        height: Of everything.
        boxes: Sorted by their upper edges.
        frames: Unfolded blocks and groups, sorted by their upper edges; groups before what they hold.
        bands: One a stage, in order.
        links: Sorted by their upper ends.
        arcs: Sorted by their upper ends.
        place: The index in `boxes` of the box that holds a node or a block, by key, and of each box by id.
    """

    width: float
    height: float
    boxes: tuple[Box, ...]
    frames: tuple[Frame, ...]
    bands: tuple[Band, ...]
    links: tuple[Link, ...]
    arcs: tuple[Arc, ...]
    place: Mapping[str, int]
