"""How one number of a node is made: what went in, and the formula that gives what came out.

In double precision from the operation's own inputs and weights. Called by `nets/arithmetic.py`, which reads
these from the network; drawn by the feature view. Pure NumPy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from explorer.arch.ops import ActivationKind

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Windowed:
    """A sum of products over a window: convolutions, linear layers, pools. Arrays are read-only.

    Attributes:
        patch: float64 (channels, rows, columns) of the input under the window; zero outside the map.
        kernel: The same shape. An average weighs each value by one over their number, a maximum the greatest
            value by one and the others by zero.
        channels: int64 (channels,): which of the input's they are; −1 beyond the first and the last.
        order: int64 (channels,): places in `patch`, the strongest contribution first.
        sums: float64 (channels,): each channel's sum of products.
        bias: 0 where there is none.
        top: The input row of the window's first row; negative in the padding.
        left: The input column of the window's first column.
        value: The sum of all products and the bias.
        formula: A template of `arguments`.
        arguments: The numbers that the formula names.
    """

    patch: Array
    kernel: Array
    channels: NDArray[np.int64]
    order: NDArray[np.int64]
    sums: Array
    bias: float
    top: int
    left: int
    value: float
    formula: str
    arguments: Mapping[str, float]

    @property
    def products(self) -> Array:
        """Patch times kernel, number by number."""
        return self.patch * self.kernel


@dataclass(frozen=True, slots=True, eq=False)
class Pointwise:
    """A formula of a few numbers: norms, activations, additions and what only passes numbers on.

    Attributes:
        value: What comes out.
        formula: A template of `arguments`; `{value} = ` is not in it.
        arguments: The numbers that the formula names, in its order.
    """

    value: float
    formula: str
    arguments: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Number:
    """One number of a node.

    Attributes:
        key: The node's.
        channel: Of the number; the feature, for a vector.
        row: Of the number; 0 for a vector.
        column: Of the number; 0 for a vector.
        inputs: The keys of the nodes that were read, in the order of the arguments.
        made: How it is made, in double precision.
        measured: What the network itself puts out there, in its own precision.
    """

    key: str
    channel: int
    row: int
    column: int
    inputs: tuple[str, ...]
    made: Windowed | Pointwise
    measured: float


def windowed(
    patch: NDArray[np.floating],
    kernel: NDArray[np.floating],
    channels: Sequence[int],
    *,
    formula: str,
    bias: float = 0.0,
    top: int = 0,
    left: int = 0,
) -> Windowed:
    """Multiply and add up.

    Args:
        patch: (channels, rows, columns).
        kernel: The same shape.
        channels: Of the input.
        formula: Of `sum` and `bias`.
        bias: Added at the end.
        top: As in `Windowed`.
        left: As in `Windowed`.
    """
    exact, weights = np.array(patch, np.float64), np.array(kernel, np.float64)
    sums = (exact * weights).sum((1, 2))
    order = np.argsort(-np.abs(sums), kind="stable").astype(np.int64)
    numbers = np.array(channels, np.int64)
    for array in (exact, weights, sums, order, numbers):
        array.setflags(write=False)
    total = float(sums.sum())
    arguments = MappingProxyType({"sum": total, "bias": bias})
    value = total + bias
    return Windowed(exact, weights, numbers, order, sums, bias, top, left, value, formula, arguments)


def pointwise(value: float, formula: str, **arguments: float) -> Pointwise:
    """A formula with its numbers."""
    return Pointwise(float(value), formula, MappingProxyType(arguments))


_Row = tuple[str, Callable[[float, float], float]]


def _logistic(x: float) -> float:
    # Both ends without overflow.
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


_ACTIVATIONS: dict[ActivationKind, _Row] = {
    "relu": ("max(0, {x})", lambda x, a: max(0.0, x)),
    "leaky_relu": ("max({x}, {slope} · {x})", lambda x, a: x if x > 0 else a * x),
    "elu": ("{x} above 0, else exp({x}) − 1", lambda x, a: x if x > 0 else math.expm1(x)),
    "gelu": ("{x} · Φ({x})", lambda x, a: x * 0.5 * (1 + math.erf(x / math.sqrt(2)))),
    "silu": ("{x} · σ({x})", lambda x, a: x * _logistic(x)),
    "mish": ("{x} · tanh(ln(1 + exp({x})))", lambda x, a: x * math.tanh(_softplus(x))),
    "sigmoid": ("1 / (1 + exp(−{x}))", lambda x, a: _logistic(x)),
    "tanh": ("tanh({x})", lambda x, a: math.tanh(x)),
    "hard_swish": (
        "{x} · min(max({x} + 3, 0), 6) / 6",
        lambda x, a: x * min(max(x + 3, 0.0), 6.0) / 6,
    ),
    "prelu": ("{x} above 0, else {slope} · {x}", lambda x, a: x if x > 0 else a * x),
    "identity": ("{x}", lambda x, a: x),
}
_LEAKY_SLOPE = 0.01
"""Of torch's leaky ReLU."""


def activated(kind: ActivationKind, x: float, slope: float | None) -> Pointwise:
    """A non-linearity at one number.

    Args:
        kind: Which.
        x: What enters.
        slope: PReLU's learned one; None for the others.
    """
    formula, function = _ACTIVATIONS[kind]
    used = _LEAKY_SLOPE if slope is None else slope
    extra = {"slope": used} if "{slope}" in formula else {}
    return pointwise(function(x, used), formula, x=x, **extra)


def normed(
    x: float,
    *,
    mean: float,
    variance: float,
    epsilon: float,
    weight: float,
    bias: float,
) -> Pointwise:
    """A normalisation with scale and shift (Ioffe and Szegedy 2015, algorithm 1)."""
    return pointwise(
        weight * (x - mean) / math.sqrt(variance + epsilon) + bias,
        "{weight} · ({x} − {mean}) / √({variance} + {epsilon}) + {bias}",
        x=x,
        mean=mean,
        variance=variance,
        epsilon=epsilon,
        weight=weight,
        bias=bias,
    )
