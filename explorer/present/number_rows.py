"""Operation → how one of its numbers is made: one row for each row of `arch/ops.py`.

Called by `nets/arithmetic.py` only; a test holds the table equal to the table of operations. Pure NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.arch import ops, pools
from explorer.arch.op import Op
from explorer.present.arithmetic import Pointwise, Windowed, activated, normed, pointwise, windowed

_SUM = "Σ patch · kernel = {sum}"
_SUM_AND_BIAS = "Σ patch · kernel + bias = {sum} + {bias}"
_MEAN = "the mean of the window = {sum}"
_GREATEST = "the greatest of the window = {sum}"


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Which number, and what it is made from.

    Attributes:
        inputs: (channels, height, width) of each input; a vector has maps of one place.
        weights: The module's parameters and buffers by name.
        place: Channel, row and column of the output.
    """

    inputs: Sequence[NDArray[np.floating]]
    weights: Mapping[str, NDArray[np.floating]]
    channel: int
    row: int
    column: int

    @property
    def place(self) -> tuple[int, int, int]:
        """Channel, row and column."""
        return self.channel, self.row, self.column

    def weight(self, name: str, otherwise: float) -> float:
        """A parameter of the channel; another number where there is none."""
        values = self.weights.get(name)
        return otherwise if values is None else float(values[self.channel])


def number(op: Op, asked: Asked) -> Windowed | Pointwise:
    """How one number is made, in evaluation mode."""
    return ROWS[type(op)](op, asked)


def _under(
    maps: NDArray[np.floating], top: int, left: int, height: int, width: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """What lies under a window, zeros outside the map, and which of its places (rows, columns) are inside."""
    patch = np.zeros((len(maps), height, width))
    inside = np.zeros((height, width), np.bool_)
    rows = slice(max(0, -top), min(height, maps.shape[1] - top))
    columns = slice(max(0, -left), min(width, maps.shape[2] - left))
    if rows.stop > rows.start and columns.stop > columns.start:
        taken = maps[:, rows.start + top : rows.stop + top, columns.start + left : columns.stop + left]
        patch[:, rows, columns] = taken
        inside[rows, columns] = True
    return patch, inside


def _convolved(op: ops.Conv2d, asked: Asked) -> Windowed:
    per_group = op.in_channels // op.groups
    first = asked.channel // (op.out_channels // op.groups) * per_group
    channels = range(first, first + per_group)
    top, left = (place * op.stride - op.padding for place in (asked.row, asked.column))
    patch, _ = _under(asked.inputs[0][first : first + per_group], top, left, op.kernel, op.kernel)
    kernel = asked.weights["weight"][asked.channel]
    formula = _SUM_AND_BIAS if op.bias else _SUM
    bias = asked.weight("bias", 0.0)
    return windowed(patch, kernel, channels, formula=formula, bias=bias, top=top, left=left)


def _linear(op: ops.Linear, asked: Asked) -> Windowed:
    kernel = asked.weights["weight"][asked.channel][:, None, None]
    formula = _SUM_AND_BIAS if op.bias else _SUM
    bias = asked.weight("bias", 0.0)
    return windowed(asked.inputs[0], kernel, range(op.in_features), formula=formula, bias=bias)


def _along_channels(op: ops.ChannelConv, asked: Asked) -> Windowed:
    values = asked.inputs[0][:, 0, 0]
    channels = [asked.channel + step - op.kernel // 2 for step in range(op.kernel)]
    channels = [channel if 0 <= channel < len(values) else -1 for channel in channels]
    patch = np.array([values[channel] if channel >= 0 else 0.0 for channel in channels])
    kernel = asked.weights["weight"][0, 0]
    return windowed(patch[:, None, None], kernel[:, None, None], channels, formula=_SUM)


def _normed(op: ops.Norm, asked: Asked) -> Pointwise:
    maps = asked.inputs[0]
    if op.kind == "batch":
        mean, variance = asked.weight("running_mean", 0.0), asked.weight("running_var", 1.0)
    else:
        groups = {"layer": 1, "instance": op.channels}.get(op.kind, op.groups)
        size = op.channels // groups
        first = asked.channel // size * size
        group = maps[first : first + size].astype(np.float64)
        mean, variance = float(group.mean()), float(group.var())
    return normed(
        float(maps[asked.place]),
        mean=mean,
        variance=variance,
        epsilon=op.epsilon,
        weight=asked.weight("weight", 1.0),
        bias=asked.weight("bias", 0.0),
    )


def _activated(op: ops.Activation, asked: Asked) -> Pointwise:
    slopes = asked.weights.get("weight")
    slope = None if slopes is None else float(slopes[0])
    return activated(op.kind, float(asked.inputs[0][asked.place]), slope)


def _added(op: ops.Add, asked: Asked) -> Pointwise:
    branch, shortcut = (float(maps[asked.place]) for maps in asked.inputs)
    return pointwise(branch + shortcut, "F(x) + x = {branch} + {shortcut}", branch=branch, shortcut=shortcut)


def _scaled(op: ops.Scale, asked: Asked) -> Pointwise:
    x, factor = float(asked.inputs[0][asked.place]), op.factor
    return pointwise(factor * x, "{factor} · {x}", factor=factor, x=x)


def _gated(op: ops.Gate, asked: Asked) -> Pointwise:
    maps, gates = asked.inputs
    # A gate is spread over the channels or places that it lacks.
    c, r, w = (min(place, size - 1) for place, size in zip(asked.place, gates.shape, strict=True))
    x, gate = float(maps[asked.place]), float(gates[c, r, w])
    formula = "{x} · (1 − {gate})" if op.complement else "{x} · {gate}"
    value = x * (1 - gate if op.complement else gate)
    return pointwise(value, formula, x=x, gate=gate)


def _passed(asked: Asked, which: int, place: tuple[int, int, int]) -> Pointwise:
    """A number that is handed on; of all inputs only one is read."""
    x = float(asked.inputs[which][place])
    return pointwise(x, "{x}", x=x)


def _same(op: Op, asked: Asked) -> Pointwise:
    return _passed(asked, 0, asked.place)


def _concatenated(op: ops.Concat, asked: Asked) -> Pointwise:
    channel = asked.channel
    for which, maps in enumerate(asked.inputs):
        if channel < len(maps):
            return _passed(asked, which, (channel, asked.row, asked.column))
        channel -= len(maps)
    raise IndexError(asked.channel)


def _padded(op: ops.Pad, asked: Asked) -> Pointwise:
    channel = asked.channel - op.before
    if 0 <= channel < len(asked.inputs[0]):
        return _passed(asked, 0, (channel, asked.row, asked.column))
    return pointwise(0.0, "0")


def _pooled(op: pools.Pool, asked: Asked) -> Windowed:
    maps = asked.inputs[0][asked.channel : asked.channel + 1]
    sides = maps.shape[1:]
    if op.kind in ("average_and_max", "sum"):
        (top, left), (height, width) = (0, 0), sides
    elif op.kind in ("adaptive_average", "adaptive_max"):
        # Torch's windows: from ⌊i·n/k⌋ up to ⌈(i + 1)·n/k⌉.
        places = asked.row, asked.column
        top, left = (p * n // op.kernel for p, n in zip(places, sides, strict=True))
        bottom, right = (-(-(p + 1) * n // op.kernel) for p, n in zip(places, sides, strict=True))
        height, width = bottom - top, right - left
    else:
        top, left = (place * op.stride - op.padding for place in (asked.row, asked.column))
        height = width = op.kernel
    patch, inside = _under(maps, top, left, height, width)
    greatest = op.kind in ("max", "adaptive_max") or (op.kind == "average_and_max" and asked.row == 1)
    kernel = _greatest(patch, inside[None]) if greatest else inside[None].astype(np.float64)
    if not greatest and op.kind != "sum":
        kernel = kernel / inside.sum()
    formula = _GREATEST if greatest else _SUM if op.kind == "sum" else _MEAN
    return windowed(patch, kernel, (asked.channel,), formula=formula, top=top, left=left)


def _greatest(patch: NDArray[np.float64], inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """One at the greatest value, the first of equal ones, and zero elsewhere."""
    kernel = np.zeros_like(patch)
    kernel.flat[int(np.where(inside, patch, -np.inf).argmax())] = 1.0
    return kernel


def _over_channels(op: pools.ChannelPool, asked: Asked) -> Windowed:
    patch = asked.inputs[0][:, asked.row, asked.column].astype(np.float64)[:, None, None]
    if asked.channel == 0:
        kernel, formula = np.full_like(patch, 1 / len(patch)), _MEAN
    else:
        kernel, formula = _greatest(patch, np.ones_like(patch, np.bool_)), _GREATEST
    return windowed(patch, kernel, range(len(patch)), formula=formula, top=asked.row, left=asked.column)


def _blurred(op: pools.Blur, asked: Asked) -> Windowed:
    top, left = (place * op.stride - 1 for place in (asked.row, asked.column))
    patch, _ = _under(asked.inputs[0][asked.channel : asked.channel + 1], top, left, 3, 3)
    line = np.array([0.25, 0.5, 0.25])
    kernel = np.outer(line, line)[None]
    return windowed(patch, kernel, (asked.channel,), formula=_SUM, top=top, left=left)


def _flattened(op: ops.Flatten, asked: Asked) -> Pointwise:
    channel, row, column = np.unravel_index(asked.channel, asked.inputs[0].shape)
    return _passed(asked, 0, (int(channel), int(row), int(column)))


ROWS: dict[type[Op], Callable[[Any, Asked], Windowed | Pointwise]] = {
    ops.Input: _same,
    ops.Conv2d: _convolved,
    ops.Linear: _linear,
    ops.Norm: _normed,
    ops.Activation: _activated,
    ops.Add: _added,
    ops.Scale: _scaled,
    ops.Gate: _gated,
    ops.Concat: _concatenated,
    ops.ChannelConv: _along_channels,
    pools.ChannelPool: _over_channels,
    pools.Blur: _blurred,
    # In evaluation mode nothing is dropped.
    ops.Dropout: _same,
    ops.DropPath: _same,
    pools.Subsample: lambda op, asked: _passed(
        asked, 0, (asked.channel, asked.row * op.stride, asked.column * op.stride)
    ),
    ops.Pad: _padded,
    pools.Pool: _pooled,
    ops.Flatten: _flattened,
    ops.Output: _same,
}
"""How a number is made, by operation."""
