"""At which steps of a training its weights are kept.

Moments lie close at the beginning and ever farther apart, for a network changes most in its first steps; the
ends of epochs are among them where they fit. Called by `training/snapshots.py`, the engine and the state.
Must not import torch.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

MOST = 512
"""Snapshots of a run at most: more would be nearer to each other than a cursor can be put."""

DENSITIES = (8.0, 4.0, 2.0, 1.0, 0.5, 0.25, 0.125)
"""Moments for each doubling of the step, the densest that fits is taken."""
EPOCH_STRIDES = (1, 2, 5, 10, 20, 50, 100)
"""Every epoch's end, or every second one, and so on: the most that fit beside the others."""


def moments(steps: int, steps_per_epoch: int, room: int) -> frozenset[int]:
    """At how many steps done snapshots are taken: none is, several, and all.

    Args:
        steps: Of the whole training.
        steps_per_epoch: In each.
        room: How many snapshots there is room for; two are taken at least.
    """
    room = max(room, 2)
    chosen = frozenset((0, steps))
    for density in DENSITIES:
        spaced = _spaced(steps, density)
        if len(spaced) <= room:
            chosen = spaced
            break
    for stride in EPOCH_STRIDES:
        with_epochs = chosen | set(range(stride * steps_per_epoch, steps + 1, stride * steps_per_epoch))
        if len(with_epochs) <= room:
            return with_epochs
    return chosen


def _spaced(steps: int, density: float) -> frozenset[int]:
    doublings = math.log2(max(steps, 1))
    powers = (round(2 ** (place / density)) for place in range(int(doublings * density) + 1))
    return frozenset((0, steps, *powers))


def weakest(steps: Iterable[int]) -> int:
    """The step that is missed least: its neighbours are nearest in the logarithm.

    The first and the last stay as long as there are others.

    Args:
        steps: At least one, in any order.
    """
    ordered = sorted(steps)
    if len(ordered) < 3:
        return ordered[0]
    places = range(1, len(ordered) - 1)
    return ordered[min(places, key=lambda place: (ordered[place + 1] + 1) / (ordered[place - 1] + 1))]


def nearest(steps: Iterable[int], step: int) -> int | None:
    """The last of some steps that is not after another; the first where all are; None of none."""
    ordered = sorted(steps)
    before = [each for each in ordered if each <= step]
    return before[-1] if before else next(iter(ordered), None)
