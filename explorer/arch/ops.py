"""The table of operations: what each does to shapes, and what it costs.

One frozen dataclass an operation. Called by `arch/expand.py` (which makes them), `arch/cost.py` and
`nets/ops.py` (which has one torch module a class; a test holds the two tables equal).
Pure Python: imports neither torch nor pydantic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import ClassVar, Literal

Shape = tuple[int, ...]
"""A shape without the batch: (channels, height, width) or (features,)."""

ActivationKind = Literal["relu"]
PoolKind = Literal["max", "average", "global_average"]


@dataclass(frozen=True, slots=True)
class Window:
    """How far an operation looks: the sliding window along one side, in input positions.

    Attributes:
        kernel: Positions read for one output.
        stride: Positions between two neighbouring outputs.
        padding: Positions added before the first.
    """

    kernel: int = 1
    stride: int = 1
    padding: int = 0

    def output_size(self, size: int) -> int:
        """The number of outputs along a side of `size` positions (rounded down, as torch does)."""
        return (size + 2 * self.padding - self.kernel) // self.stride + 1


POINT = Window()


@dataclass(frozen=True, slots=True)
class Op:
    """One operation. The defaults describe one that works point by point and learns nothing."""

    name: ClassVar[str]
    is_view: ClassVar[bool] = False
    """True where the output shares the input's memory, so that it adds no activation bytes."""

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """The shape that comes out when these go in."""
        return inputs[0]

    def parameters(self) -> int:
        """The number of trainable numbers."""
        return 0

    def macs(self, output: Shape) -> int:
        """Multiply-adds for one image; only convolutions and linear layers count, as in torchvision."""
        return 0

    def window(self, inputs: Sequence[Shape]) -> Window:
        """The sliding window, for receptive fields."""
        return POINT

    def describe(self) -> str:
        """A short label for people, such as `3×3 conv, 64`."""
        return self.name


@dataclass(frozen=True, slots=True)
class Input(Op):
    """Where the picture enters."""

    name: ClassVar[str] = "input"
    is_view: ClassVar[bool] = True
    shape: Shape

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return self.shape


@dataclass(frozen=True, slots=True)
class Conv2d(Op):
    """A square convolution, padded by the same amount on every side."""

    name: ClassVar[str] = "conv2d"
    in_channels: int
    out_channels: int
    kernel: int
    stride: int = 1
    padding: int = 0
    groups: int = 1
    bias: bool = False

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        _, height, width = inputs[0]
        window = self.window(inputs)
        return (self.out_channels, window.output_size(height), window.output_size(width))

    def parameters(self) -> int:
        weights = self.out_channels * (self.in_channels // self.groups) * self.kernel * self.kernel
        return weights + (self.out_channels if self.bias else 0)

    def macs(self, output: Shape) -> int:
        return prod(output) * (self.in_channels // self.groups) * self.kernel * self.kernel

    def window(self, inputs: Sequence[Shape]) -> Window:
        return Window(self.kernel, self.stride, self.padding)

    def describe(self) -> str:
        groups = f", {self.groups} groups" if self.groups > 1 else ""
        stride = f", /{self.stride}" if self.stride > 1 else ""
        return f"{self.kernel}×{self.kernel} conv, {self.out_channels}{groups}{stride}"


@dataclass(frozen=True, slots=True)
class Linear(Op):
    """A fully connected layer."""

    name: ClassVar[str] = "linear"
    in_features: int
    out_features: int
    bias: bool = True

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return (self.out_features,)

    def parameters(self) -> int:
        return self.in_features * self.out_features + (self.out_features if self.bias else 0)

    def macs(self, output: Shape) -> int:
        return self.in_features * self.out_features

    def describe(self) -> str:
        return f"fc, {self.out_features}"


@dataclass(frozen=True, slots=True)
class Norm(Op):
    """Batch normalisation (Ioffe and Szegedy 2015) with a learned scale and shift a channel."""

    name: ClassVar[str] = "norm"
    channels: int
    zero_init: bool = False
    """Start with a scale of zero, so that the residual branch starts as nothing (Goyal et al. 2017)."""

    def parameters(self) -> int:
        return 2 * self.channels

    def describe(self) -> str:
        return "batch norm"


@dataclass(frozen=True, slots=True)
class Activation(Op):
    """A non-linearity, point by point."""

    name: ClassVar[str] = "activation"
    kind: ActivationKind = "relu"

    def describe(self) -> str:
        return {"relu": "ReLU"}[self.kind]


@dataclass(frozen=True, slots=True)
class Add(Op):
    """The sum of the residual branch F(x), the first input, and the shortcut, the second."""

    name: ClassVar[str] = "add"

    def describe(self) -> str:
        return "F(x) + x"


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
class Pad(Op):
    """Zero channels before and after, option A's way to widen a map without weights."""

    name: ClassVar[str] = "pad"
    before: int
    after: int

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        channels, height, width = inputs[0]
        return (self.before + channels + self.after, height, width)

    def describe(self) -> str:
        return f"pad {self.before}+{self.after} zeros"


@dataclass(frozen=True, slots=True)
class Pool(Op):
    """A pooling window; `global_average` takes each map as a whole and ignores the numbers."""

    name: ClassVar[str] = "pool"
    kind: PoolKind
    kernel: int = 0
    stride: int = 1
    padding: int = 0

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        channels, height, width = inputs[0]
        if self.kind == "global_average":
            return (channels, 1, 1)
        window = self.window(inputs)
        return (channels, window.output_size(height), window.output_size(width))

    def window(self, inputs: Sequence[Shape]) -> Window:
        if self.kind == "global_average":
            size = inputs[0][1]
            return Window(size, size, 0)
        return Window(self.kernel, self.stride, self.padding)

    def describe(self) -> str:
        if self.kind == "global_average":
            return "global average pool"
        stride = f", /{self.stride}" if self.stride > 1 else ""
        return f"{self.kernel}×{self.kernel} {self.kind} pool{stride}"


@dataclass(frozen=True, slots=True)
class Flatten(Op):
    """(channels, height, width) as one row of features."""

    name: ClassVar[str] = "flatten"
    is_view: ClassVar[bool] = True

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return (prod(inputs[0]),)


@dataclass(frozen=True, slots=True)
class Output(Op):
    """Where the logits leave."""

    name: ClassVar[str] = "output"
    is_view: ClassVar[bool] = True

    def describe(self) -> str:
        return "logits"


OPS: dict[str, type[Op]] = {
    cls.name: cls
    for cls in (Input, Conv2d, Linear, Norm, Activation, Add, Subsample, Pad, Pool, Flatten, Output)
}
"""Every operation by its name, as `describe --json` prints it."""
