"""Gradients in the memory order of their maps.

Called by whoever takes or measures a step. With maps in channels-last order some modules hand back gradients
in rows and columns first, and the next elementwise operation, with one input in either order, walks through
memory in leaps: on a CPU ReLU's gradient took 27 times as long there, and a step of ResNet-20 a tenth longer.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from explorer.nets.layers import ChannelPool, Subsample, Sum

FORGETFUL = (nn.AdaptiveAvgPool2d, ChannelPool, Subsample, Sum)
"""Modules whose gradient is not in the order of their input."""


@contextmanager
def gradients_as_maps(model: nn.Module) -> Iterator[None]:
    """For forward passes within it the gradients of channels-last maps are channels-last too.

    No gradient becomes another number by it; sums of them may be rounded otherwise.

    Args:
        model: Gets hooks, which are gone afterwards.
    """
    hooks = [
        module.register_forward_pre_hook(_reorder_gradient)
        for module in model.modules()
        if isinstance(module, FORGETFUL)
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _reorder_gradient(module: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...] | None:
    maps = inputs[0]
    if not maps.requires_grad or not maps.is_contiguous(memory_format=torch.channels_last):
        return None
    # A view of its own: the hook gets what comes back through this module, before other branches are added.
    seen = maps.view_as(maps)
    seen.register_hook(_channels_last)
    return (seen, *inputs[1:])


def _channels_last(gradient: Tensor) -> Tensor:
    return gradient.contiguous(memory_format=torch.channels_last)
