"""What the graph view can fold, by id: stages, groups of equal blocks, blocks.

Ids: a stage is `layer3`, a group `layer3.1-35`, a block `layer3.0`. A set of ids says what is unfolded.
Called by `present/layout.py`, `present/search.py` and the graph view. May import `arch`, never Qt or torch.
"""

from __future__ import annotations

from dataclasses import dataclass

from explorer.arch.graph import Block, Graph


@dataclass(frozen=True, slots=True)
class Run:
    """Equal blocks in a row, all of one stage.

    Attributes:
        id: `layer3.1-35`; of a single block its key, `layer3.0`.
        blocks: One or more.
    """

    id: str
    blocks: tuple[Block, ...]


def stage_id(stage: int) -> str:
    """The id of a stage, counted from 1."""
    return f"layer{stage}"


def _alike(graph: Graph, first: Block, second: Block) -> bool:
    """Whether two blocks of a stage do the same to tensors of the same shape.

    How often stochastic depth leaves a block out grows from block to block, and parts none from the others.
    """
    if (first.kind, first.shortcut, first.stride) != (second.kind, second.shortcut, second.stride):
        return False
    if first.stop - first.start != second.stop - second.start:
        return False
    pairs = zip(graph.block_nodes(first), graph.block_nodes(second), strict=True)
    return all(one.op == other.op or one.op.name == other.op.name == "drop_path" for one, other in pairs)


def _run(blocks: list[Block]) -> Run:
    first, last = blocks[0], blocks[-1]
    return Run(first.key if len(blocks) == 1 else f"{first.key}-{last.index}", tuple(blocks))


def runs(graph: Graph) -> tuple[Run, ...]:
    """All blocks in order, equal neighbours of a stage together."""
    found: list[Run] = []
    current: list[Block] = []
    for block in graph.blocks:
        if current and (current[-1].stage != block.stage or not _alike(graph, current[-1], block)):
            found.append(_run(current))
            current = []
        current.append(block)
    found.append(_run(current))
    return tuple(found)


def default_unfolded(graph: Graph) -> frozenset[str]:
    """Every stage is open and shows its groups."""
    return frozenset(stage_id(stage) for stage in range(1, graph.n_stages + 1))


def everything(graph: Graph) -> frozenset[str]:
    """Every id that can be unfolded: all nodes are visible."""
    groups = {run.id for run in runs(graph)}
    return default_unfolded(graph) | groups | {block.key for block in graph.blocks}


def id_path(graph: Graph, key: str) -> tuple[str, ...]:
    """The ids to unfold, outermost first, so that a node is visible.

    Args:
        graph: Holds the node.
        key: Of a node, or of a block (which is then visible itself, folded or not).

    Returns:
        Nothing for the stem, the head and unknown keys.
    """
    node = graph.by_key.get(key)
    for run in runs(graph):
        for block in run.blocks:
            holds_node = node is not None and (node.stage, node.block) == (block.stage, block.index)
            if holds_node or block.key == key:
                path = (stage_id(block.stage), run.id, block.key)
                # A single block is its own group, and a block's own key need not be open to be seen.
                return tuple(dict.fromkeys(item for item in path if holds_node or item != key))
    return ()


def carried_over(unfolded: frozenset[str], before: Graph, after: Graph) -> frozenset[str]:
    """What stays unfolded when a graph is replaced by an edited one.

    Ids that still exist keep their state, stages that are new start open, and a graph that was wholly
    unfolded stays so.
    """
    was_possible = everything(before)
    is_possible = everything(after)
    if unfolded >= was_possible:
        return is_possible
    return (unfolded & is_possible) | (default_unfolded(after) - was_possible)
