"""Operation → torch module: one row for each row of `arch/ops.py`.

Called by `nets/assemble.py` only. Every operation is a module, so that hooks and lesions attach to any node.
Modules are made without values (on the meta device); `assemble` fills them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from explorer.arch import ops


class Add(nn.Module):
    """The sum of the residual branch and the shortcut, both (batch, channels, height, width)."""

    def __init__(self, *, inplace: bool) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        """F(x) + x; the memory of F(x) is used again where nobody else reads it."""
        return residual.add_(shortcut) if self.inplace else residual + shortcut


class Subsample(nn.Module):
    """Every `stride`-th row and column of (batch, channels, height, width)."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, maps: Tensor) -> Tensor:
        """The kept positions, as a view."""
        return maps[:, :, :: self.stride, :: self.stride]

    def extra_repr(self) -> str:
        """What `print` shows between the brackets."""
        return f"stride={self.stride}"


class Pad(nn.Module):
    """Zero channels before and after those of (batch, channels, height, width)."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.before = before
        self.after = after

    def forward(self, maps: Tensor) -> Tensor:
        """(batch, before + channels + after, height, width)."""
        return functional.pad(maps, (0, 0, 0, 0, self.before, self.after))

    def extra_repr(self) -> str:
        """What `print` shows between the brackets."""
        return f"before={self.before}, after={self.after}"


def _pool(op: ops.Pool) -> nn.Module:
    if op.kind == "global_average":
        return nn.AdaptiveAvgPool2d((1, 1))
    if op.kind == "max":
        return nn.MaxPool2d(op.kernel, op.stride, op.padding)
    return nn.AvgPool2d(op.kernel, op.stride, op.padding)


def _conv2d(op: ops.Conv2d) -> nn.Module:
    return nn.Conv2d(
        op.in_channels,
        op.out_channels,
        op.kernel,
        op.stride,
        op.padding,
        groups=op.groups,
        bias=op.bias,
        device="meta",
    )


ACTIVATIONS: dict[ops.ActivationKind, Callable[[bool], nn.Module]] = {
    "relu": lambda inplace: nn.ReLU(inplace)
}
"""Activation module by kind; the argument says whether it may overwrite its input."""

MODULES: dict[type[ops.Op], Callable[[Any, bool], nn.Module]] = {
    ops.Input: lambda op, inplace: nn.Identity(),
    ops.Conv2d: lambda op, inplace: _conv2d(op),
    ops.Linear: lambda op, inplace: nn.Linear(op.in_features, op.out_features, op.bias, device="meta"),
    ops.Norm: lambda op, inplace: nn.BatchNorm2d(op.channels, device="meta"),
    ops.Activation: lambda op, inplace: ACTIVATIONS[op.kind](inplace),
    ops.Add: lambda op, inplace: Add(inplace=inplace),
    ops.Subsample: lambda op, inplace: Subsample(op.stride),
    ops.Pad: lambda op, inplace: Pad(op.before, op.after),
    ops.Pool: lambda op, inplace: _pool(op),
    ops.Flatten: lambda op, inplace: nn.Flatten(),
    ops.Output: lambda op, inplace: nn.Identity(),
}
"""(operation, may it overwrite its first input) → module without values."""

MAY_OVERWRITE: tuple[type[ops.Op], ...] = (ops.Activation, ops.Add)
"""Operations that can work in their first input's memory, where nothing else reads it."""


def initialise(module: nn.Module, op: ops.Op, generator: torch.Generator) -> None:
    """Fill a module with its first values, as torchvision's ResNets start.

    Convolutions: He 2015 (arXiv 1502.01852), normal by fan-out; linear layers: torch's uniform by fan-in;
    norms: scale one (zero where the spec says so) and shift zero.

    Args:
        module: With allocated but arbitrary values, on the CPU.
        op: Its operation.
        generator: Where the random numbers come from; the global one is not touched.
    """
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu", generator=generator)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Linear):
        bound = 1 / math.sqrt(module.in_features)
        nn.init.uniform_(module.weight, -bound, bound, generator=generator)
        if module.bias is not None:
            nn.init.uniform_(module.bias, -bound, bound, generator=generator)
    elif isinstance(module, nn.BatchNorm2d):
        module.reset_parameters()
        if isinstance(op, ops.Norm) and op.zero_init:
            nn.init.zeros_(module.weight)
