"""Heat of boxes: from numbers of nodes, or from what was measured of parts. Used by `graph.py`; no Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import sqrt
from typing import TYPE_CHECKING, Literal

from explorer.arch.cost import Cost
from explorer.arch.graph import Graph
from explorer.present import text as words
from explorer.present.layout_parts import Layout

if TYPE_CHECKING:
    from explorer.nets.findings import PartProfile, Profile

MeasuredKind = Literal["seconds", "peak_bytes"]
MEASURED: tuple[MeasuredKind, ...] = ("seconds", "peak_bytes")
Marked = tuple[dict[str, float], dict[str, str]]
"""How hot each box is, 0 to 1, and what stands on it, both by id."""


class Heat:
    """What colours the boxes.

    Attributes:
        values: A number a node; None for no heat.
        measured: Which measured number is shown instead; None for none.
        profile: What was measured; None before it.
    """

    def __init__(self) -> None:
        self.values: Mapping[str, float] | None = None
        self.measured: MeasuredKind | None = None
        self.profile: Profile | None = None

    def choose(self, kind: str | None, cost: Cost | None) -> None:
        """Show a predicted cost by the name of its field, a measured one, or nothing."""
        self.values, self.measured = None, next((name for name in MEASURED if name == kind), None)
        if kind is not None and self.measured is None and cost is not None:
            self.values = {key: float(getattr(each, kind)) for key, each in cost.by_key.items()}

    @property
    def is_awaited(self) -> bool:
        """Whether what is chosen must be measured first."""
        return self.measured is not None and self.profile is None

    def marks(self, layout: Layout, graph: Graph) -> tuple[dict[str, float] | None, dict[str, str]]:
        """The heat of a layout's boxes and what stands on them."""
        if self.measured is not None:
            if self.profile is None:
                return None, {}
            return heat_of_parts(layout, graph, self.profile.parts, self.measured)
        if self.values is None:
            return None, {}
        heat, totals = heat_of(layout, graph, self.values)
        return heat, {name: words.short(value) for name, value in totals.items() if value}


def heat_of(
    layout: Layout, graph: Graph, values: Mapping[str, float]
) -> tuple[dict[str, float], dict[str, float]]:
    """How hot each box is, and its number.

    Args:
        layout: The boxes.
        graph: What they stand for.
        values: A number of at least 0 by node key; missing ones count as 0.

    Returns:
        A share from 0 to 1 by box id (the square root, so that small costs are seen too), and the sums.
    """
    sums = list(accumulate((values.get(node.key, 0.0) for node in graph.nodes), initial=0.0))
    totals = {box.id: sums[box.stop] - sums[box.start] for box in layout.boxes}
    return _shares(totals), totals


def _shares(totals: Mapping[str, float]) -> dict[str, float]:
    most = max(totals.values(), default=0.0) or 1.0
    return {name: sqrt(max(0.0, value) / most) for name, value in totals.items()}


def heat_of_parts(layout: Layout, graph: Graph, parts: Sequence[PartProfile], kind: MeasuredKind) -> Marked:
    """The heat of what was measured block by block; the nodes of an open part are as hot as the part.

    Args:
        layout: The boxes.
        graph: What they stand for.
        parts: The blocks, `stem` and `head`.
        kind: `seconds` add up; of `peak_bytes` a fold shows the greatest.

    Returns:
        The heat, and number and share of the whole: on folds, on the strips of open blocks and on one node of
        stem and head.
    """
    by_key = {part.key: float(getattr(part, kind)) for part in parts}
    whole = sum(by_key.values()) if kind == "seconds" else max(by_key.values(), default=0.0)
    head_start = len(graph.nodes) - len(graph.head)
    holder = ["stem"] * head_start + ["head"] * len(graph.head)
    for block in graph.blocks:
        holder[block.start : block.stop] = [block.key] * (block.stop - block.start)
    amounts, written = {}, {}
    for box in layout.boxes:
        inside = dict.fromkeys(holder[box.start : box.stop])
        values = [by_key.get(key, 0.0) for key in inside]
        amounts[box.id] = sum(values) if kind == "seconds" else max(values)
        if box.kind != "node":
            written[box.id] = _amount_text(amounts[box.id], whole, kind)
    for key, (start, stop) in {"stem": (0, len(graph.stem)), "head": (head_start, len(graph.nodes))}.items():
        boxes = [box for box in layout.boxes if box.kind == "node" and start <= box.start < stop]
        if boxes and key in by_key:
            # The widest has room for it.
            written[max(boxes, key=lambda box: box.w).id] = _amount_text(by_key[key], whole, kind)
    for frame in layout.frames:
        if frame.id in by_key:
            written[frame.id] = _amount_text(by_key[frame.id], whole, kind)
    return _shares(amounts), written


def _amount_text(amount: float, whole: float, kind: MeasuredKind) -> str:
    said = words.duration_ms(1000 * amount) if kind == "seconds" else words.byte_size(int(amount))
    return f"{said} · {words.share(amount, whole)}" if whole else said
