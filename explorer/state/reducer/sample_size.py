"""How many pictures of a sample a network is looked into with: fewer where a CPU would take minutes.

Called by `state/reducer/inside_topics.py`; results say of how many pictures they are. Must not import torch
or Qt.
"""

from __future__ import annotations

from explorer.arch.cost import cost_of
from explorer.arch.spec import ArchitectureSpec

CPU_MACS = 10**12
"""Multiply-adds that are asked of a CPU at most: some ten seconds of a few cores."""
LEAST_PICTURES = 100
"""Shares of fewer pictures would say little."""


def sample_size(spec: ArchitectureSpec, most: int, *, is_cpu: bool, passes: int = 1) -> int:
    """How many pictures of a sample to use.

    Args:
        spec: The network's.
        most: Pictures at most.
        is_cpu: Whether it runs on a CPU; others are quick enough for all.
        passes: Forward passes a picture.

    Returns:
        At least `LEAST_PICTURES`, or `most` where that is less.
    """
    if not is_cpu:
        return most
    fitting = CPU_MACS // max(1, passes * cost_of(spec).macs)
    return min(most, max(LEAST_PICTURES, fitting))
