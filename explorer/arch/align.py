"""Networks of different depth aligned: the same share of the way from input to logits.

A stop is a place where a network's maps are looked at: the input, the stem's last node, each block's last
node, what the head makes of them, the logits. The stages have equal parts of the way, and a stage's blocks
equal parts of the stage, so that at any share every network shows the block whose middle is within half of
that block of the same relative depth. Called by the comparison. Pure Python.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from explorer.arch.graph import Graph

STEM_SHARE = 0.08
"""Part of the way that input and stem take."""
HEAD_SHARE = 0.08
"""Part of the way that the head takes."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A place on the way.

    Attributes:
        key: The node whose output is shown.
        share: Where its part of the way ends, 0 to 1; rising along a network.
        stage: As in `Node`.
        block: As in `Node`.
    """

    key: str
    share: float
    stage: int | None = None
    block: int | None = None


@lru_cache(maxsize=64)
def stops(graph: Graph) -> tuple[Stop, ...]:
    """A network's stops from input to logits."""
    found = [Stop(graph.nodes[0].key, 0.0)]
    if len(graph.stem) > 1:
        found.append(Stop(graph.stem[-1].key, STEM_SHARE))
    way = 1.0 - STEM_SHARE - HEAD_SHARE
    for block in graph.blocks:
        n_blocks = len(graph.stage_blocks(block.stage))
        done = (block.stage - 1 + (block.index + 1) / n_blocks) / graph.n_stages
        last = graph.nodes[block.stop - 1].key
        found.append(Stop(last, STEM_SHARE + way * done, block.stage, block.index))
    pooled = [node for node in graph.head if node.op.name in ("norm", "activation", "pool")]
    seen = [pooled[-1].key] if pooled else []
    logits = [node for node in graph.head if node.op.name == "linear"][-1:]
    keys = [*seen, *(node.key for node in logits)]
    for place, key in enumerate(keys, start=1):
        found.append(Stop(key, 1.0 - HEAD_SHARE * (1 - place / len(keys))))
    return tuple(found)


def place_at(way: Sequence[Stop], share: float) -> int:
    """The place of the stop whose part of the way a share lies in.

    Args:
        way: A network's stops.
        share: 0 is the input, 1 the logits.
    """
    place = bisect_left(way, min(max(share, 0.0), 1.0) - 1e-9, key=_share)
    return min(place, len(way) - 1)


def _share(stop: Stop) -> float:
    return stop.share
