"""The table of operations: what each does to shapes, and what it costs.

One frozen dataclass an operation; those that make maps smaller are in `arch/pools.py`. Called by
`arch/expand.py` (which makes them), `arch/cost.py` and `nets/ops.py` (which has one torch module a class; a
test holds the two tables equal).
Pure Python: imports neither torch nor pydantic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import ClassVar, Literal

from explorer.arch.op import Op, Shape, Window
from explorer.arch.pools import Blur, ChannelPool, Pool, Subsample

ActivationKind = Literal[
    "relu",
    "leaky_relu",
    "elu",
    "gelu",
    "silu",
    "mish",
    "sigmoid",
    "tanh",
    "hard_swish",
    "prelu",
    "identity",
]
NormKind = Literal["batch", "group", "layer", "instance"]

ACTIVATION_TITLES: dict[ActivationKind, str] = {
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "elu": "ELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "mish": "Mish",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "hard_swish": "hard swish",
    "prelu": "PReLU",
    "identity": "identity",
}
"""What people call each activation function."""


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
    """A square convolution, padded by the same amount on every side unless `padding_after` says otherwise."""

    name: ClassVar[str] = "conv2d"
    in_channels: int
    out_channels: int
    kernel: int
    stride: int = 1
    padding: int = 0
    groups: int = 1
    bias: bool = False
    padding_after: int | None = None
    bias_start: float = 0.0
    """What the bias is at first; a gate's starts far below zero."""

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
        return Window(self.kernel, self.stride, self.padding, self.padding_after)

    def describe(self) -> str:
        groups = f", {self.groups} groups" if self.groups > 1 else ""
        if self.groups > 1 and self.groups == self.in_channels:
            groups = ", depthwise"
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
    """Normalisation with a learned scale and shift a channel.

    Batch (Ioffe and Szegedy 2015), group (Wu and He 2018), layer (one group) or instance (a group a channel).
    """

    name: ClassVar[str] = "norm"
    channels: int
    zero_init: bool = False
    """Start with a scale of zero, so that the residual branch starts as nothing (Goyal et al. 2017)."""
    kind: NormKind = "batch"
    epsilon: float = 1e-5
    groups: int = 1

    def parameters(self) -> int:
        return 2 * self.channels

    def describe(self) -> str:
        return f"group norm, {self.groups}" if self.kind == "group" else f"{self.kind} norm"


@dataclass(frozen=True, slots=True)
class Activation(Op):
    """A non-linearity, point by point."""

    name: ClassVar[str] = "activation"
    kind: ActivationKind = "relu"

    def parameters(self) -> int:
        return 1 if self.kind == "prelu" else 0

    def describe(self) -> str:
        return ACTIVATION_TITLES[self.kind]


@dataclass(frozen=True, slots=True)
class Add(Op):
    """The sum of the residual branch F(x), the first input, and the shortcut, the second."""

    name: ClassVar[str] = "add"

    def describe(self) -> str:
        return "F(x) + x"


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
class Scale(Op):
    """A multiplication by a constant (He 2016, section 3.1)."""

    name: ClassVar[str] = "scale"
    factor: float

    def describe(self) -> str:
        return f"× {self.factor:g}"


@dataclass(frozen=True, slots=True)
class Gate(Op):
    """The first input times the second, a gate in 0 to 1 that is spread over what it lacks.

    `complement` multiplies by one minus the gate: the carry of highway networks (Srivastava et al. 2015).
    """

    name: ClassVar[str] = "gate"
    complement: bool = False

    def describe(self) -> str:
        return "× (1 − gate)" if self.complement else "× gate"


@dataclass(frozen=True, slots=True)
class Concat(Op):
    """The channels of the first input, then those of the second."""

    name: ClassVar[str] = "concat"

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return (sum(shape[0] for shape in inputs), *inputs[0][1:])

    def describe(self) -> str:
        return "concatenate"


@dataclass(frozen=True, slots=True)
class ChannelConv(Op):
    """A convolution along the channels of (channels, 1, 1): ECA's attention (Wang et al. 2020)."""

    name: ClassVar[str] = "channel_conv"
    kernel: int

    def parameters(self) -> int:
        return self.kernel

    def macs(self, output: Shape) -> int:
        return prod(output) * self.kernel

    def describe(self) -> str:
        return f"1-d conv over channels, {self.kernel}"


@dataclass(frozen=True, slots=True)
class Dropout(Op):
    """Some numbers are zero during training (Srivastava et al. 2014)."""

    name: ClassVar[str] = "dropout"
    rate: float

    def describe(self) -> str:
        return f"dropout {self.rate:g}"


@dataclass(frozen=True, slots=True)
class DropPath(Op):
    """The whole branch is zero for some pictures during training: stochastic depth (Huang et al. 2016)."""

    name: ClassVar[str] = "drop_path"
    rate: float

    def describe(self) -> str:
        return f"drop path {self.rate:.3g}"


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
    for cls in (
        Input,
        Conv2d,
        Linear,
        Norm,
        Activation,
        Add,
        Scale,
        Gate,
        Concat,
        ChannelConv,
        ChannelPool,
        Blur,
        Dropout,
        DropPath,
        Subsample,
        Pad,
        Pool,
        Flatten,
        Output,
    )
}
"""Every operation by its name, as `describe --json` prints it."""
