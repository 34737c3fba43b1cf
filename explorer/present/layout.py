"""Where everything of a graph stands: the arithmetic of the graph picture.

The main path runs downwards in the middle, stages are bands with their labels at the left, skips run at the
right. Called by the graph view at every edit and fold. May import `arch`, never Qt or torch.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate, pairwise
from types import MappingProxyType

from explorer.arch.attention import attention_title
from explorer.arch.graph import Block, Graph, Node
from explorer.arch.op import Op, Shape
from explorer.arch.ops import Conv2d
from explorer.present import text
from explorer.present.folds import Run, runs, stage_id
from explorer.present.layout_parts import Arc, ArcStyle, Band, Box, BoxKind, Frame, Lane, Layout, Link

WIDTH = 560.0
CENTRE_X = WIDTH / 2
TOP = 16.0
FOLD_X, FOLD_W, FOLD_H = 144.0, 272.0, 48.0
NODE_W, MINOR_W, ADD_W, NODE_H = 208.0, 176.0, 112.0, 24.0
SIDE_W, SIDE_X = 144.0, 400.0
SIDE_CENTRE_X = SIDE_X + SIDE_W / 2
GROUP_X, GROUP_W = 136.0, 420.0
BLOCK_X, BLOCK_W = 144.0, 408.0
FOLD_LANE_X, OPEN_LANE_X = 432.0, 448.0
NODE_GAP, FOLD_GAP, STRIP_H, PADDING = 16.0, 24.0, 24.0, 8.0
BRANCH = 8.0
"""How far above a block its skip leaves the main path, and how far below it comes back."""

BLOCK_TITLES: dict[str, str] = {
    "basic": "Basic block",
    "bottleneck": "Bottleneck",
    "single": "Single conv",
    "narrow": "Narrow block",
}
MINOR_OPS = frozenset({"norm", "activation", "flatten", "subsample", "pad", "input", "output"})
"""Operations without weights of their own kind: drawn narrower, so that convolutions stand out."""

TITLES: dict[str, str] = {"input": "Input image", "output": "Logits", "flatten": "flatten"}


@lru_cache(maxsize=4096)
def _node_title(op: Op) -> str:
    return TITLES.get(op.name) or op.describe()


@lru_cache(maxsize=256)
def _shape_text(sides: Shape) -> str:
    return text.shape(sides)


def _kernels(nodes: tuple[Node, ...]) -> str:
    """A block as the papers' tables write it: `1×1, 64 · 3×3, 64 · 1×1, 256`."""
    parts = []
    for node in nodes:
        if isinstance(node.op, Conv2d) and node.branch == "main":
            op = node.op
            groups = f", C={op.groups}" if op.groups > 1 else ""
            parts.append(f"{op.kernel}×{op.kernel}, {op.out_channels}{groups}")
    return " · ".join(parts)


_SKIPS: dict[str, tuple[ArcStyle, str]] = {
    "identity": ("identity", "identity"),
    "A": ("padded", "A: zero-padded"),
}
"""How skips without weights are drawn and named (He 2015, section 3.3)."""


def _projection_words(graph: Graph) -> str:
    """What projections are called, by the option of the whole net; without a letter where none is told.

    Option B projects where the shape changes, C everywhere: a net whose shape changes in every block is both,
    and single blocks with a shortcut of their own make it neither.
    """
    kinds = {block.shortcut for block in graph.blocks}
    is_needless = any(
        graph.by_key[block.input_key].output_shape == graph.nodes[block.stop - 1].output_shape
        for block in graph.blocks
        if block.shortcut == "projection"
    )
    if kinds == {"projection"}:
        return "C: projection" if is_needless else "projection"
    return "projection" if is_needless or "A" in kinds else "B: projection"


class _Pen:
    """Goes down the page and leaves boxes, links and arcs behind."""

    def __init__(self, graph: Graph, unfolded: frozenset[str]) -> None:
        self.graph = graph
        self.unfolded = unfolded
        self.y = TOP
        self.boxes: list[Box] = []
        self.frames: list[Frame] = []
        self.bands: list[Band] = []
        self.links: list[Link] = []
        self.arcs: list[Arc] = []
        self.last: Box | None = None
        self.last_shape: Shape | None = None
        # At the top of the page, a band or a frame there is room already.
        self.has_room = True
        self.is_new_stage = False
        self.label_y = 0.0
        self.skips = {**_SKIPS, "projection": ("projection", _projection_words(graph))}
        # Attention is the same in all blocks.
        found = map(attention_title, graph.block_nodes(graph.blocks[-1]))
        self.attention = next(filter(None, found), "")
        counts = (node.op.parameters() for node in graph.nodes)
        self.sums = list(accumulate(counts, initial=0))

    def title(self, block: Block, times: int = 1) -> str:
        """Such as `Bottleneck · SE ×5`."""
        parts = BLOCK_TITLES.get(block.kind, block.kind), self.attention
        return text.times(" · ".join(filter(None, parts)), times)

    def parameters(self, start: int, stop: int) -> int:
        return self.sums[stop] - self.sums[start]

    def place_main(self, box: Box) -> None:
        """Append a box on the main path and link it to the one before."""
        self.boxes.append(box)
        last = self.last
        if last is not None:
            shape = self.graph.nodes[last.stop - 1].output_shape
            label = _shape_text(shape) if shape != self.last_shape or self.is_new_stage else ""
            self.links.append(Link(CENTRE_X, last.bottom, box.y, label, self.label_y))
            self.last_shape = shape
        self.last = box
        self.has_room = self.is_new_stage = False
        self.y = box.bottom

    def leave_gap(self, gap: float) -> None:
        """Leave room after what stands above, unless there is some; a new shape is written in its middle."""
        if not self.has_room:
            self.label_y = self.y + gap / 2
            self.y += gap

    def node(self, index: int, parent: str | None) -> Box:
        """A node on the main path, after a gap that has room for a new shape."""
        node = self.graph.nodes[index]
        last = self.last
        changed = last is not None and self.graph.nodes[last.stop - 1].output_shape != self.last_shape
        self.leave_gap(FOLD_GAP if changed else NODE_GAP)
        name = node.op.name
        width = ADD_W if name == "add" else MINOR_W if name in MINOR_OPS else NODE_W
        box = self.node_box(index, parent, "main", CENTRE_X - width / 2, self.y, width)
        self.place_main(box)
        return box

    def node_box(self, index: int, parent: str | None, lane: Lane, x: float, y: float, width: float) -> Box:
        """The box of a node, not yet on the page."""
        node = self.graph.nodes[index]
        return Box(
            node.key,
            "node",
            node.key,
            _node_title(node.op),
            node.key.rpartition(".")[2],
            x,
            y,
            width,
            NODE_H,
            index,
            index + 1,
            0,
            self.parameters(index, index + 1),
            (node.op.name,),
            parent,
            lane,
        )

    def fold(self, kind: BoxKind, fold_id: str, blocks: tuple[Block, ...], parent: str) -> Box:
        """One folded box for some blocks, with a skip beside it if each has one."""
        first, last = blocks[0], blocks[-1]
        self.leave_gap(FOLD_GAP)
        # In a stage the first block may differ; the one before last shows what it mostly consists of.
        sample = self.graph.block_nodes(last)
        source = self.last
        box = Box(
            fold_id,
            kind,
            self.graph.nodes[last.stop - 1].key,
            self.title(first, len(blocks)),
            _kernels(sample),
            FOLD_X,
            self.y,
            FOLD_W,
            FOLD_H,
            first.start,
            last.stop,
            len(blocks),
            self.parameters(first.start, last.stop),
            tuple(node.op.name for node in sample if node.branch == "main"),
            parent,
        )
        self.place_main(box)
        if kind != "stage" and first.shortcut != "none" and source is not None:
            self.arcs.append(self.fold_arc(source, box, first))
        return box

    def fold_arc(self, source: Box, box: Box, block: Block) -> Arc:
        """The skip round a folded block or group."""
        style, label = self.skips[block.shortcut]
        top, bottom = box.y - BRANCH, box.bottom + BRANCH
        points = ((CENTRE_X, top), (FOLD_LANE_X, top), (FOLD_LANE_X, bottom), (CENTRE_X, bottom))
        return Arc(
            source.id, box.id, style, label, points, top, bottom, FOLD_LANE_X + BRANCH, (top + bottom) / 2
        )

    def open_block(self, block: Block, parent: str) -> None:
        """A block's nodes in a frame: F(x) on the main path, the shortcut at the right."""
        source = self.last
        self.leave_gap(FOLD_GAP)
        top = self.y
        self.y += STRIP_H + PADDING
        self.has_room = True
        first_y = self.y
        side: list[Box] = []
        end: Box | None = None
        for index in range(block.start, block.stop):
            node = self.graph.nodes[index]
            if node.branch == "shortcut":
                y = first_y + len(side) * (NODE_H + NODE_GAP)
                side.append(self.node_box(index, block.key, "side", SIDE_X, y, SIDE_W))
                continue
            box = self.node(index, block.key)
            if node.op.name == "add":
                end = box
        if end is not None and source is not None:
            self.block_arcs(block, source, end, side, first_y - BRANCH)
        self.boxes += side
        self.y += PADDING
        title = self.title(block)
        count = self.parameters(block.start, block.stop)
        frame = Frame(block.key, "block", title, BLOCK_X, top, BLOCK_W, self.y - top, count)
        self.frames.append(frame)

    def block_arcs(self, block: Block, source: Box, end: Box, side: list[Box], top: float) -> None:
        """The skip of an open block, through the shortcut's own nodes if it has some."""
        style, label = self.skips[block.shortcut]
        if not side:
            x, y = OPEN_LANE_X, end.middle
            points = ((CENTRE_X, top), (x, top), (x, y), (end.right, y))
            self.arcs.append(Arc(source.id, end.id, style, label, points, top, y, x + BRANCH, (top + y) / 2))
            return
        x, first, last = SIDE_CENTRE_X, side[0], side[-1]
        into = ((CENTRE_X, top), (x, top), (x, first.y))
        self.arcs.append(Arc(source.id, first.id, style, "", into, top, first.y, x, top))
        for upper, lower in pairwise(side):
            link = ((x, upper.bottom), (x, lower.y))
            self.arcs.append(Arc(upper.id, lower.id, style, "", link, upper.bottom, lower.y, x, lower.y))
        y = end.middle
        back = ((x, last.bottom), (x, y), (end.right, y))
        label_y = last.bottom + NODE_GAP
        arc = Arc(
            last.id, end.id, style, label, back, last.bottom, y, x - BRANCH, label_y, is_label_left=True
        )
        self.arcs.append(arc)

    def run(self, run: Run, parent: str) -> None:
        """A group, folded or open, or a single block."""
        if run.id not in self.unfolded:
            self.fold("block" if len(run.blocks) == 1 else "group", run.id, run.blocks, parent)
            return
        if len(run.blocks) == 1:
            self.open_block(run.blocks[0], parent)
            return
        self.leave_gap(FOLD_GAP)
        top = self.y
        # Room for the strip, then for the first block's branch.
        self.y += STRIP_H + (PADDING if run.blocks[0].key in self.unfolded else FOLD_GAP - PADDING)
        self.has_room = True
        index = len(self.frames)
        for block in run.blocks:
            if block.key in self.unfolded:
                self.open_block(block, run.id)
            else:
                self.fold("block", block.key, (block,), run.id)
        self.y += NODE_GAP
        first, last = run.blocks[0], run.blocks[-1]
        title = self.title(first, len(run.blocks))
        count = self.parameters(first.start, last.stop)
        frame = Frame(run.id, "group", title, GROUP_X, top, GROUP_W, self.y - top, count)
        self.frames.insert(index, frame)

    def begin_stage(self) -> None:
        """Leave the gap between two bands; what flows through it is always written there."""
        self.leave_gap(FOLD_GAP)
        self.has_room = self.is_new_stage = True

    def stage(self, stage: int, members: list[Run]) -> None:
        """A band with its runs, or with one box if it is folded."""
        blocks = tuple(block for run in members for block in run.blocks)
        fold_id = stage_id(stage)
        is_open = fold_id in self.unfolded
        self.begin_stage()
        top = self.y
        self.y += NODE_GAP
        if is_open:
            for run in members:
                self.run(run, fold_id)
        else:
            self.fold("stage", fold_id, blocks, fold_id)
        self.y += NODE_GAP
        start, stop = blocks[0].start, blocks[-1].stop
        shape = _shape_text(self.graph.nodes[stop - 1].output_shape)
        count = self.parameters(start, stop)
        band = Band(fold_id, stage, f"Stage {stage}", shape, top, self.y - top, len(blocks), count, is_open)
        self.bands.append(band)


def lay_out(graph: Graph, unfolded: frozenset[str]) -> Layout:
    """Place everything of a graph.

    Args:
        graph: The network.
        unfolded: The ids of the stages, groups and blocks that show what they hold (see `present/folds.py`).

    Returns:
        Boxes, frames, bands, links and arcs, in pixels at zoom 1.
    """
    pen = _Pen(graph, unfolded)
    for index in range(len(graph.stem)):
        pen.node(index, None)
    by_stage: dict[int, list[Run]] = {}
    for run in runs(graph):
        by_stage.setdefault(run.blocks[0].stage, []).append(run)
    for stage, members in by_stage.items():
        pen.stage(stage, members)
    pen.begin_stage()
    for index in range(len(graph.nodes) - len(graph.head), len(graph.nodes)):
        pen.node(index, None)
    boxes = tuple(sorted(pen.boxes, key=lambda box: box.y))
    return Layout(
        width=WIDTH,
        height=pen.y + TOP,
        boxes=boxes,
        frames=tuple(sorted(pen.frames, key=lambda frame: (frame.y, frame.x))),
        bands=tuple(pen.bands),
        links=tuple(pen.links),
        arcs=tuple(sorted(pen.arcs, key=lambda arc: arc.y)),
        place=MappingProxyType(_places(graph, boxes)),
    )


def _places(graph: Graph, boxes: tuple[Box, ...]) -> dict[str, int]:
    """The index of the box that holds each node and block, and of each box by its id."""
    place: dict[str, int] = {}
    holder = [0] * len(graph.nodes)
    for index, box in enumerate(boxes):
        if box.kind == "node":
            holder[box.start] = index
        else:
            holder[box.start : box.stop] = [index] * (box.stop - box.start)
        place[box.id] = index
    for node, index in zip(graph.nodes, holder, strict=True):
        place[node.key] = index
    for block in graph.blocks:
        place[block.key] = holder[block.stop - 1] if block.key not in place else place[block.key]
    return place
