"""Parameters without the whole graph, for questions that are asked many times at one edit.

Called by the paper lamp. Exact: blocks of a stage after the first two repeat the second. Pure Python.
"""

from __future__ import annotations

from functools import lru_cache

from explorer.arch.expand import expand
from explorer.arch.graph import Graph
from explorer.arch.spec import ArchitectureSpec

_REPEATS_FROM = 2
"""Blocks of a stage from this index on have the parameters of the one before."""


@lru_cache(maxsize=256)
def parameters_of(spec: ArchitectureSpec) -> int:
    """Trainable numbers of a spec's network, the same as `cost_of(spec).parameters`."""
    if spec.overrides or max(spec.stage_depths) <= _REPEATS_FROM:
        return _sum(expand(spec))
    few = tuple(min(depth, _REPEATS_FROM) for depth in spec.stage_depths)
    # Fewer blocks of a valid spec are valid, so nothing has to be checked again.
    graph = expand(spec.model_copy(update={"stage_depths": few}))
    total = _sum(graph)
    for depth, stage in zip(spec.stage_depths, range(1, spec.n_stages + 1), strict=True):
        if depth > _REPEATS_FROM:
            repeated = graph.block_nodes(graph.stage_blocks(stage)[-1])
            total += (depth - _REPEATS_FROM) * sum(node.op.parameters() for node in repeated)
    return total


def _sum(graph: Graph) -> int:
    return sum(node.op.parameters() for node in graph.nodes)
