from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from explorer.training.layout import gradients_as_maps
from explorer.training.step import take_step
from tests.training.driving import ready
from tests.training.small import small_plan, small_spec

VARIANTS = {
    "option A": {},
    "option B": {"shortcut": "B"},
    "pre-activation": {"order": "full_preactivation"},
    "squeeze and excite": {"attention": "se"},
    "channels and places": {"attention": "cbam"},
    "channels only": {"attention": "eca"},
    "bottleneck": {"block": "bottleneck"},
    "group norm": {"norm": "group"},
    "layer norm": {"norm": "layer"},
    "concatenation": {"merge": "concat"},
    "gates": {"merge": "gate"},
    "gated shortcut": {"shortcut_path": "gate"},
    "blur": {"downsampling": "blur"},
    "average": {"downsampling": "average"},
    "both pools": {"head_pool": "both"},
    "at random": {"block_dropout": 0.2, "stochastic_depth": 0.1},
}


class Orders(TorchDispatchMode):
    """Collects the elementwise operations whose inputs are maps of one shape in different orders."""

    def __init__(self) -> None:
        super().__init__()
        self.mixed: set[str] = set()
        self.seen = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        maps = [value for value in args if isinstance(value, torch.Tensor) and value.ndim == 4]
        is_elementwise = torch.Tag.pointwise in func.tags or "batch_norm_backward" in str(func)
        if is_elementwise and len(maps) > 1 and maps[0].shape == maps[1].shape and min(maps[0].shape) > 1:
            self.seen += 1
            if len({order(value) for value in maps[:2]}) > 1:
                self.mixed.add(str(func))
        return func(*args, **(kwargs or {}))


def order(maps: torch.Tensor) -> tuple[int, ...]:
    """Its dimensions, the one that is furthest apart in memory first."""
    return tuple(sorted(range(4), key=lambda dimension: -maps.stride(dimension)))


def a_step(variant: dict[str, object]) -> tuple[Orders, list[torch.Tensor]]:
    training = ready(small_plan(channels_last="yes"), spec=small_spec(**variant))
    images = torch.randn(16, 3, 8, 8, generator=torch.Generator().manual_seed(3))
    targets = torch.arange(16) % 4
    training.model.train()
    torch.manual_seed(5)
    with Orders() as orders:
        take_step(training, images.to(memory_format=torch.channels_last), targets)
    return orders, [parameter.grad.clone() for parameter in training.model.parameters()]


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_no_step_meets_maps_in_two_orders(variant: dict[str, object]) -> None:
    orders, _ = a_step(variant)
    assert orders.seen > 10
    assert orders.mixed == set()


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_the_gradients_are_the_same_numbers_without(variant, monkeypatch) -> None:
    _, kept = a_step(variant)
    monkeypatch.setattr("explorer.training.layout.FORGETFUL", ())
    orders, free = a_step(variant)
    assert orders.mixed, "nothing was to be done"
    for mine, theirs in zip(kept, free, strict=True):
        torch.testing.assert_close(mine, theirs)


def fail_within(model: torch.nn.Module) -> None:
    with gradients_as_maps(model):
        assert any(module._forward_pre_hooks for module in model.modules())
        raise RuntimeError


def test_the_network_has_no_hooks_afterwards_even_if_it_fails() -> None:
    model = ready().model
    with pytest.raises(RuntimeError):
        fail_within(model)
    assert not any(module._forward_pre_hooks for module in model.modules())
