"""Random numbers that are functions of their arguments: no generator has a state.

Called by `training/batches.py`, so that a resumed or watched run sees what an undisturbed one sees, on every
device. NumPy only.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

UInt64s = npt.NDArray[np.uint64]


def draw(seed: int, epoch: int, stream: int, samples: UInt64s) -> UInt64s:
    """A random 64-bit number for each sample; the same for the same arguments, always and everywhere.

    Args:
        seed: Of the run.
        epoch: From 0.
        stream: What it is for.
        samples: Their numbers.
    """
    # An array of one, because NumPy warns when a scalar wraps around and an array is meant to.
    key = np.zeros(1, np.uint64)
    for part in (seed, epoch, stream):
        key = _mix(key ^ np.uint64(part))
    return _mix(key ^ _mix(samples))


def below(numbers: UInt64s, n: int) -> npt.NDArray[np.int64]:
    """Numbers in 0 to n - 1; the bias of the multiplication is below n / 2**32."""
    return (((numbers >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32)).astype(np.int64)


def draw_beta(seed: int, epoch: int, stream: int, alpha: float, n: int) -> npt.NDArray[np.float32]:
    """Numbers of 0 to 1, distributed as Beta(alpha, alpha), for samples 0 to n - 1.

    More samples do not change the first ones.
    """
    return np.random.default_rng((seed, epoch, stream)).beta(alpha, alpha, n).astype(np.float32)


def _mix(values: UInt64s) -> UInt64s:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014): every bit depends on every bit."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: UInt64s = values ^ (values >> np.uint64(31))
    return mixed
