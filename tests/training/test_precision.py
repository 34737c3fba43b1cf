from __future__ import annotations

import pytest
import torch
from torch import nn

from explorer.errors import DeviceError
from explorer.slices import returned
from explorer.training.precision import FLOAT32, Precision, choose_precision

CPU = torch.device("cpu")
SHAPE = (4, 3, 8, 8)


def small_model() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())


def test_a_choice_that_is_made_is_not_measured() -> None:
    def never() -> nn.Module:
        raise AssertionError("measured")

    chosen = returned(choose_precision(never, CPU, SHAPE, "bfloat16", "yes"))
    assert chosen == Precision("bfloat16", True)


@pytest.mark.parametrize(("precision", "layout", "n"), [("auto", "auto", 4), ("float32", "auto", 2)])
def test_the_fastest_candidate_wins_but_for_a_margin(precision: str, layout: str, n: int) -> None:
    chosen = returned(choose_precision(small_model, CPU, SHAPE, precision, layout))
    rates = dict(chosen.rates)
    assert len(rates) == n
    floats = max(rate for name, rate in rates.items() if name.startswith("float32"))
    halves = max((rate for name, rate in rates.items() if name.startswith("bfloat16")), default=0.0)
    if halves > 1.15 * floats:
        assert chosen.dtype == "bfloat16"
    if halves < 1.05 * floats:
        assert chosen.dtype == "float32"


def test_a_candidate_that_fails_is_passed_over() -> None:
    class OnlyFloat32(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = small_model()

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            if torch.is_autocast_enabled("cpu"):
                raise RuntimeError("no bfloat16 here")
            return self.inner(images)

    chosen = returned(choose_precision(OnlyFloat32, CPU, SHAPE))
    assert chosen.dtype == "float32"
    with pytest.raises(DeviceError, match="no bfloat16 here"):
        returned(choose_precision(OnlyFloat32, CPU, SHAPE, "bfloat16"))


def test_measuring_leaves_torchs_state_alone() -> None:
    before = torch.get_rng_state()
    for _ in choose_precision(lambda: nn.Sequential(nn.Flatten(), nn.PReLU()), CPU, SHAPE):
        assert torch.is_grad_enabled()
        assert not torch.is_autocast_enabled("cpu")
    assert torch.equal(before, torch.get_rng_state())


def test_autocast_is_on_only_where_it_is_meant() -> None:
    with FLOAT32.autocast(CPU):
        assert not torch.is_autocast_enabled("cpu")
    with Precision("bfloat16").autocast(CPU):
        assert torch.get_autocast_dtype("cpu") == torch.bfloat16
        assert torch.is_autocast_enabled("cpu")
