"""The operations that make maps smaller and learn nothing: pools, blur, skipped positions.

Rows of the table in `arch/ops.py`, and made as those are. Pure Python: imports neither torch nor pydantic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from explorer.arch.op import Op, Shape, Window

PoolKind = Literal["max", "average", "adaptive_average", "adaptive_max", "average_and_max", "sum"]


@dataclass(frozen=True, slots=True)
class Pool(Op):
    """A pooling window, or one of the poolings that take each map as a whole.

    `adaptive_average` and `adaptive_max` give a map of `kernel` × `kernel`; `average_and_max` both of the
    whole map, one above the other; `sum` adds up a map.
    """

    name: ClassVar[str] = "pool"
    kind: PoolKind
    kernel: int = 1
    stride: int = 1
    padding: int = 0
    ceil: bool = False

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        channels, height, width = inputs[0]
        if self.kind in ("adaptive_average", "adaptive_max"):
            return (channels, self.kernel, self.kernel)
        if self.kind == "average_and_max":
            return (channels, 2, 1)
        if self.kind == "sum":
            return (channels, 1, 1)
        window = self.window(inputs)
        return (channels, window.output_size(height), window.output_size(width))

    def window(self, inputs: Sequence[Shape]) -> Window:
        size = inputs[0][1]
        if self.kind in ("adaptive_average", "adaptive_max"):
            # Torch's adaptive windows overlap where the sizes do not divide: the widest of them.
            step = max(1, size // self.kernel)
            return Window(size - step * (self.kernel - 1) if size >= self.kernel else 1, step, 0)
        if self.kind in ("average_and_max", "sum"):
            return Window(size, size, 0)
        return Window(self.kernel, self.stride, self.padding, ceil=self.ceil)

    def describe(self) -> str:
        if self.kind in ("adaptive_average", "adaptive_max"):
            kind = self.kind.removeprefix("adaptive_")
            return (
                f"global {kind} pool" if self.kernel == 1 else f"{kind} pool to {self.kernel}×{self.kernel}"
            )
        if self.kind in ("average_and_max", "sum"):
            return {"average_and_max": "average and max", "sum": "sum"}[self.kind]
        stride = f", /{self.stride}" if self.stride > 1 else ""
        return f"{self.kernel}×{self.kernel} {self.kind} pool{stride}"


@dataclass(frozen=True, slots=True)
class Blur(Op):
    """A fixed 3×3 binomial filter with a stride, against aliasing (Zhang 2019, arXiv 1904.11486).

    The map's edge is padded with zeros, as a convolution's is.
    """

    name: ClassVar[str] = "blur"
    stride: int = 2

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        channels, height, width = inputs[0]
        window = self.window(inputs)
        return (channels, window.output_size(height), window.output_size(width))

    def window(self, inputs: Sequence[Shape]) -> Window:
        return Window(3, self.stride, 1)

    def describe(self) -> str:
        return f"blur, /{self.stride}"


@dataclass(frozen=True, slots=True)
class Subsample(Op):
    """Every `stride`-th position of each row and column: option A's way to halve a map without weights."""

    name: ClassVar[str] = "subsample"
    stride: int

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        channels, height, width = inputs[0]
        window = self.window(inputs)
        return (channels, window.output_size(height), window.output_size(width))

    def window(self, inputs: Sequence[Shape]) -> Window:
        return Window(1, self.stride, 0)

    def describe(self) -> str:
        return f"every {self.stride}nd" if self.stride == 2 else f"every {self.stride}th"


@dataclass(frozen=True, slots=True)
class ChannelPool(Op):
    """Mean and maximum over the channels, two maps: CBAM's spatial squeeze (Woo et al. 2018)."""

    name: ClassVar[str] = "channel_pool"

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return (2, *inputs[0][1:])

    def describe(self) -> str:
        return "mean and max over channels"
