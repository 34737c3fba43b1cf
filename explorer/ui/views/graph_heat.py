"""Heat of boxes from numbers of nodes. Used by `graph.py`; pure, no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from math import sqrt

from explorer.arch.graph import Graph
from explorer.present.layout_parts import Layout


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
    most = max(totals.values(), default=0.0) or 1.0
    return {name: sqrt(max(0.0, value) / most) for name, value in totals.items()}, totals
