"""What a graph costs: parameters, multiply-adds, activation memory, receptive fields.

Called at every edit and by the command line; exact and pure Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from types import MappingProxyType

from explorer.arch.expand import expand
from explorer.arch.graph import Graph, Node
from explorer.arch.ops import Conv2d, Linear
from explorer.arch.spec import ArchitectureSpec

FLOAT32_BYTES = 4


@dataclass(frozen=True, slots=True)
class NodeCost:
    """The cost of one node, for one image in float32.

    Attributes:
        parameters: Trainable numbers.
        macs: Multiply-adds of convolutions and fully connected layers.
        activation_bytes: Memory of its output; 0 where it shares its input's.
        receptive_field: Side of the square of input pixels that one output sees, gates aside.
        jump: Input pixels between two neighbouring outputs.
    """

    parameters: int
    macs: int
    activation_bytes: int
    receptive_field: int
    jump: int


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a network, for one image in float32.

    Attributes:
        parameters: Trainable numbers in all.
        macs: Multiply-adds in all.
        activation_bytes: Memory of all outputs together, as training keeps them.
        receptive_field: Of the last convolution.
        depth: Weighted layers on the main path; projections are not counted (He 2015).
        by_key: The cost of each node.
    """

    parameters: int
    macs: int
    activation_bytes: int
    receptive_field: int
    depth: int
    by_key: Mapping[str, NodeCost]

    @property
    def memory_bytes(self) -> int:
        """Parameters and activations together, float32, one image."""
        return self.parameters * FLOAT32_BYTES + self.activation_bytes


def _node_cost(node: Node, graph: Graph, known: dict[str, NodeCost]) -> NodeCost:
    op = node.op
    memory = 0 if op.is_view else prod(node.output_shape) * FLOAT32_BYTES
    if not node.inputs:
        return NodeCost(op.parameters(), 0, memory, 1, 1)
    window = op.window([graph.by_key[name].output_shape for name in node.inputs])
    # Several inputs meet (an addition): what is seen is the union, the larger window around the same centres.
    # Gates do not count: attention looks at the whole map at once, and papers leave that out.
    seen = [name for name in node.inputs if graph.by_key[name].branch != "side"] or node.inputs
    widest = max((known[name] for name in seen), key=lambda cost: cost.receptive_field)
    return NodeCost(
        parameters=op.parameters(),
        macs=op.macs(node.output_shape),
        activation_bytes=memory,
        receptive_field=widest.receptive_field + (window.kernel - 1) * widest.jump,
        jump=widest.jump * window.stride,
    )


def measure(graph: Graph) -> Cost:
    """The cost of every node and of the whole."""
    known: dict[str, NodeCost] = {}
    depth = 0
    last_conv = 1
    for node in graph.nodes:
        cost = known[node.key] = _node_cost(node, graph, known)
        if node.branch == "main" and isinstance(node.op, Conv2d | Linear):
            depth += 1
            if isinstance(node.op, Conv2d):
                last_conv = cost.receptive_field
    return Cost(
        parameters=sum(cost.parameters for cost in known.values()),
        macs=sum(cost.macs for cost in known.values()),
        activation_bytes=sum(cost.activation_bytes for cost in known.values()),
        receptive_field=last_conv,
        depth=depth,
        by_key=MappingProxyType(known),
    )


@lru_cache(maxsize=64)
def cost_of(spec: ArchitectureSpec) -> Cost:
    """The cost of a spec's graph. Cached: equal specs give the same object."""
    return measure(expand(spec))
