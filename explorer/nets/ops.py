"""Operation → torch module: one row for each row of `arch/ops.py`.

Called by `nets/assemble.py` only. Every operation is a module, so that hooks and lesions attach to any node.
Modules are made without values (on the meta device); `assemble` fills them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from explorer.arch import ops, pools
from explorer.arch.op import Op
from explorer.nets.layers import (
    Add,
    AverageAndMax,
    Blur,
    ChannelConv,
    ChannelPool,
    Concat,
    DropPath,
    Gate,
    GroupNorm,
    Pad,
    PaddedConv2d,
    Scale,
    Subsample,
    Sum,
)

POOLS: dict[pools.PoolKind, Callable[[pools.Pool], nn.Module]] = {
    "max": lambda op: nn.MaxPool2d(op.kernel, op.stride, op.padding, ceil_mode=op.ceil),
    "average": lambda op: nn.AvgPool2d(op.kernel, op.stride, op.padding, op.ceil, count_include_pad=False),
    "adaptive_average": lambda op: nn.AdaptiveAvgPool2d((op.kernel, op.kernel)),
    "adaptive_max": lambda op: nn.AdaptiveMaxPool2d((op.kernel, op.kernel)),
    "average_and_max": lambda op: AverageAndMax(),
    "sum": lambda op: Sum(),
}
"""Pooling module by kind."""

NORMS: dict[ops.NormKind, Callable[[ops.Norm], nn.Module]] = {
    "batch": lambda op: nn.BatchNorm2d(op.channels, op.epsilon, device="meta"),
    "group": lambda op: GroupNorm(op.groups, op.channels, op.epsilon, device="meta"),
    "layer": lambda op: GroupNorm(1, op.channels, op.epsilon, device="meta"),
    "instance": lambda op: nn.InstanceNorm2d(op.channels, op.epsilon, affine=True, device="meta"),
}
"""Norm module by kind; layer norm is over channels and places, as one group."""

ACTIVATIONS: dict[ops.ActivationKind, Callable[[bool], nn.Module]] = {
    "relu": lambda inplace: nn.ReLU(inplace),
    "leaky_relu": lambda inplace: nn.LeakyReLU(inplace=inplace),
    "elu": lambda inplace: nn.ELU(inplace=inplace),
    # The gradients of these need their input: working in its memory would copy it first.
    "gelu": lambda inplace: nn.GELU(),
    "silu": lambda inplace: nn.SiLU(),
    "mish": lambda inplace: nn.Mish(),
    "sigmoid": lambda inplace: nn.Sigmoid(),
    "tanh": lambda inplace: nn.Tanh(),
    "hard_swish": lambda inplace: nn.Hardswish(),
    "prelu": lambda inplace: nn.PReLU(device="meta"),
    "identity": lambda inplace: nn.Identity(),
}
"""Activation module by kind; the argument says whether it may overwrite its input."""


def _conv2d(op: ops.Conv2d) -> nn.Conv2d:
    lopsided = op.padding_after is not None
    made = (PaddedConv2d if lopsided else nn.Conv2d)(
        op.in_channels,
        op.out_channels,
        op.kernel,
        op.stride,
        0 if lopsided else op.padding,
        groups=op.groups,
        bias=op.bias,
        device="meta",
    )
    if isinstance(made, PaddedConv2d) and op.padding_after is not None:
        made.surround = (op.padding, op.padding_after) * 2
    return made


MODULES: dict[type[Op], Callable[[Any, bool], nn.Module]] = {
    ops.Input: lambda op, inplace: nn.Identity(),
    ops.Conv2d: lambda op, inplace: _conv2d(op),
    ops.Linear: lambda op, inplace: nn.Linear(op.in_features, op.out_features, op.bias, device="meta"),
    ops.Norm: lambda op, inplace: NORMS[op.kind](op),
    ops.Activation: lambda op, inplace: ACTIVATIONS[op.kind](inplace),
    ops.Add: lambda op, inplace: Add(inplace=inplace),
    ops.Scale: lambda op, inplace: Scale(op.factor),
    ops.Gate: lambda op, inplace: Gate(complement=op.complement),
    ops.Concat: lambda op, inplace: Concat(),
    ops.ChannelConv: lambda op, inplace: ChannelConv(op.kernel),
    pools.ChannelPool: lambda op, inplace: ChannelPool(),
    pools.Blur: lambda op, inplace: Blur(op.stride),
    ops.Dropout: lambda op, inplace: nn.Dropout(op.rate),
    ops.DropPath: lambda op, inplace: DropPath(op.rate),
    pools.Subsample: lambda op, inplace: Subsample(op.stride),
    ops.Pad: lambda op, inplace: Pad(op.before, op.after),
    pools.Pool: lambda op, inplace: POOLS[op.kind](op),
    ops.Flatten: lambda op, inplace: nn.Flatten(),
    ops.Output: lambda op, inplace: nn.Identity(),
}
"""(operation, may it overwrite its first input) → module without values."""

MAY_OVERWRITE: tuple[type[Op], ...] = (ops.Activation, ops.Add)
"""Operations that can work in their first input's memory, where nothing else reads it."""

MUST_STAY: tuple[type[Op], ...] = (
    ops.Activation,
    pools.Subsample,
    ops.Dropout,
    ops.DropPath,
    ops.Input,
    ops.Flatten,
    ops.Output,
)
"""Operations whose output nobody overwrites: gradients need it, or it can be the input's own memory."""


def initialise(module: nn.Module, op: Op, generator: torch.Generator) -> None:
    """Fill a module with its first values, as torchvision's ResNets start.

    Convolutions: He 2015 (arXiv 1502.01852), normal by fan-out; linear layers: torch's uniform by fan-in;
    norms: scale one (zero where the spec says so) and shift zero; gates: the bias that the spec says;
    PReLU: 0.25 (He 2015, arXiv 1502.01852, section 2.1).

    Args:
        module: With allocated but arbitrary values, on the CPU.
        op: Its operation.
        generator: Where the random numbers come from; the global one is not touched.
    """
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu", generator=generator)
        if module.bias is not None:
            nn.init.constant_(module.bias, op.bias_start if isinstance(op, ops.Conv2d) else 0.0)
    elif isinstance(module, nn.Linear | nn.Conv1d):
        bound = 1 / math.sqrt(module.weight[0].numel())
        nn.init.uniform_(module.weight, -bound, bound, generator=generator)
        if module.bias is not None:
            nn.init.uniform_(module.bias, -bound, bound, generator=generator)
    elif isinstance(module, nn.PReLU):
        module.reset_parameters()
    elif isinstance(module, nn.BatchNorm2d | nn.GroupNorm | nn.InstanceNorm2d):
        module.reset_parameters()
        if isinstance(op, ops.Norm) and op.zero_init:
            nn.init.zeros_(module.weight)
