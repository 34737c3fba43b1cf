"""Which pixels of the picture one output of a node sees.

`arch/cost.py` has the size of receptive fields; this has the place, clipped to the picture. Called by the
feature view's hover, by `nets/exciting.py` and `nets/findings.py`. Pure Python.
"""

from __future__ import annotations

from dataclasses import dataclass

from explorer.arch.graph import Graph, Node
from explorer.arch.op import Op, Shape
from explorer.arch.ops import ChannelConv, Flatten, Linear, Norm
from explorer.arch.pools import Pool
from explorer.errors import InsideError


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Some pixels of the network's input.

    Attributes:
        left: The first column.
        top: The first row.
        width: Columns.
        height: Rows.
    """

    left: float
    top: float
    width: float
    height: float


def seen_by(graph: Graph, key: str, row: int, column: int, *, through_all: bool = False) -> Rectangle | None:
    """The smallest rectangle around the pixels that one output depends on, exact and clipped to the picture.

    Every way to the picture counts: branches, shortcuts, pools. As in papers, gates (attention, highways) and
    the statistics of group, layer and instance norms do not, unless asked for; most of them see all.

    Args:
        graph: The network.
        key: Of the node.
        row: Of the output, from 0; 0 for a vector, whose features all see the same.
        column: As `row`.
        through_all: Follow gates and statistics too: then the gradient is zero outside.

    Returns:
        Whole pixels; None where the output sees nothing but padding.

    Raises:
        InsideError: There is no such node or no such place.
    """
    node = graph.by_key.get(key)
    if node is None:
        raise InsideError("The network has no node {key}.", "Try {last}.", key=key, last=graph.nodes[-1].key)
    height, width = _sides(node.output_shape)
    if not (0 <= row < height and 0 <= column < width):
        raise InsideError(
            "Node {key} has no place {row}, {column}.",
            "Its maps have {height} rows and {width} columns, counted from 0.",
            key=key,
            row=row,
            column=column,
            height=height,
            width=width,
        )
    rows = _span(graph, node, 0, row, through_all)
    columns = _span(graph, node, 1, column, through_all)
    if rows is None or columns is None:
        return None
    return Rectangle(columns[0], rows[0], columns[1] - columns[0] + 1, rows[1] - rows[0] + 1)


def _sides(shape: Shape) -> tuple[int, int]:
    return (shape[1], shape[2]) if len(shape) == 3 else (1, 1)


def _span(graph: Graph, node: Node, axis: int, place: int, through_all: bool) -> tuple[int, int] | None:
    """First and last input position along an axis; None for none.

    Positions are bits of an integer, because strides leave holes that count where a window ends in one. Rows
    and columns are independent: every operation looks at a rectangle.
    """
    wanted = {node.key: 1 << place}
    for current in reversed(graph.nodes):
        mask = wanted.pop(current.key, 0)
        if not mask:
            continue
        if not current.inputs:
            return (mask & -mask).bit_length() - 1, mask.bit_length() - 1
        for name in current.inputs if through_all else _counted(graph, current):
            source = graph.by_key[name].output_shape
            size = _sides(source)[axis]
            read = _read(current.op, mask, source, size, through_all)
            wanted[name] = wanted.get(name, 0) | read
    return None


def _counted(graph: Graph, node: Node) -> tuple[str, ...]:
    """The inputs that papers count: all but gates, as `arch/cost.py` does."""
    counted = tuple(name for name in node.inputs if graph.by_key[name].branch != "side")
    return counted or node.inputs


def _read(op: Op, mask: int, source: Shape, size: int, through_all: bool) -> int:
    """The input positions that an operation reads for some outputs."""
    full = (1 << size) - 1
    if isinstance(op, Linear | Flatten | ChannelConv) or size == 1:
        return full
    if isinstance(op, Norm) and op.kind != "batch" and through_all:
        return full
    if isinstance(op, Pool) and op.kind in ("average_and_max", "sum"):
        return full
    found = 0
    if isinstance(op, Pool) and op.kind in ("adaptive_average", "adaptive_max"):
        # Torch's windows: from ⌊i·n/k⌋ up to ⌈(i + 1)·n/k⌉.
        for place in _places(mask):
            first, stop = place * size // op.kernel, -(-(place + 1) * size // op.kernel)
            found |= (1 << stop) - (1 << first)
        return found
    window = op.window([source])
    if window.kernel == window.stride == 1 and not window.padding:
        return mask
    reach = (1 << window.kernel) - 1
    for place in _places(mask):
        first = place * window.stride - window.padding
        found |= reach << first if first >= 0 else reach >> -first
    return found & full


def _places(mask: int) -> list[int]:
    return [place for place in range(mask.bit_length()) if mask >> place & 1]
