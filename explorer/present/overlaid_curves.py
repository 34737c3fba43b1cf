"""Curves of several runs on common axes: total cost along the bottom, repeated seeds as mean and band.

Called by the comparison, beside `present/curves.py`. Takes plain values; NumPy only: no Qt, no torch, nothing
of the state.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]

PASSES = 3
"""Forward passes that a step of training costs: one forward, and a backward of two, one for the gradients of
the activations and one for those of the weights. Deep convolutional networks with large batches come close
to that ratio of 2 to 1 (Hobbhahn and Sevilla 2021, "What's the backward-forward FLOP ratio for neural
networks?", Epoch); the first layer, which needs no gradient of its input, and the update are left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """Curves of the same thing as one: their mean, and from the lowest to the highest.

    Attributes:
        x: Where, rising; only where all of them are known.
        mean: Of the curves there.
        low: The lowest.
        high: The highest.
        n_curves: How many they are.
    """

    x: Float64
    mean: Float64
    low: Float64
    high: Float64
    n_curves: int


def total_macs(steps: Int64, batch_size: int, macs: int) -> Float64:
    """What a training has cost up to and with each step, in multiply-adds: steps · batch · 3 · forward.

    The last batch of an epoch may be smaller and is counted as whole.

    Args:
        steps: From 0.
        batch_size: Pictures in a step.
        macs: Of one picture's forward pass.

    Returns:
        As many numbers, rising as the steps do.
    """
    return (steps.astype(np.float64) + 1) * float(batch_size) * PASSES * float(macs)


def repeated(keys: Sequence[Hashable]) -> tuple[tuple[int, ...], ...]:
    """Which belong together: the places of equal keys, in the order in which each key comes first."""
    groups: dict[Hashable, list[int]] = {}
    for place, key in enumerate(keys):
        groups.setdefault(key, []).append(place)
    return tuple(map(tuple, groups.values()))


def band(curves: Sequence[tuple[Float64, Float64]]) -> Band | None:
    """Mean, lowest and highest of curves, where all of them are known.

    Between its points a curve is straight. Points that are no number are left out of their curve.

    Args:
        curves: Each (x, y), x rising.

    Returns:
        At every place where one of them has a point; None where they have no part of the axis in common.
    """
    known = [(x[np.isfinite(y)], y[np.isfinite(y)]) for x, y in curves]
    if not known or not all(len(x) for x, _ in known):
        return None
    first = max(float(x[0]) for x, _ in known)
    last = min(float(x[-1]) for x, _ in known)
    if first > last:
        return None
    every = np.unique(np.concatenate([x for x, _ in known]))
    common = every[(every >= first) & (every <= last)]
    values = np.stack([np.interp(common, x, y) for x, y in known])
    return Band(common, values.mean(axis=0), values.min(axis=0), values.max(axis=0), len(known))
