from __future__ import annotations

import pytest
import torch

from explorer.training.plan import Plan
from explorer.training.schedule import learning_rate


def rates(steps: int = 1000, **plan: object) -> list[float]:
    chosen = Plan().edited(learning_rate=1.0, **plan)
    return [learning_rate(chosen, step, steps) for step in range(steps)]


@pytest.mark.parametrize("schedule", ["one-cycle", "cosine"])
def test_the_rate_rises_to_its_largest_and_falls_to_nothing(schedule: str) -> None:
    values = rates(schedule=schedule, warm_up=0.2)
    assert values[0] < 0.05
    assert max(values) == pytest.approx(1.0, abs=0.01)
    assert values.index(max(values)) == pytest.approx(200, abs=2)
    assert values[-1] < 0.002
    assert values[:200] == sorted(values[:200])
    assert values[200:] == sorted(values[200:], reverse=True)


def test_cosine_without_warm_up_is_torchs() -> None:
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([parameter], lr=1.0)
    oracle = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=50)
    for value in rates(50, schedule="cosine", warm_up=0):
        assert value == pytest.approx(oracle.get_last_lr()[0], abs=1e-6)
        optimiser.step()
        oracle.step()


def test_steps_divide_at_the_milestones() -> None:
    values = rates(schedule="step", warm_up=0, milestones=(0.5, 0.75))
    assert values[499:501] == pytest.approx([1.0, 0.1])
    assert values[749:751] == pytest.approx([0.1, 0.01])


def test_constant_is_constant_after_its_warm_up() -> None:
    values = rates(schedule="constant", warm_up=0.1)
    assert values[0] < 0.1
    assert set(values[100:]) == {1.0}


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("schedule", ["one-cycle", "cosine", "step", "paper", "constant"])
def test_the_shortest_trainings_have_rates_above_nothing(schedule: str, steps: int) -> None:
    assert all(0 < value <= 1 for value in rates(steps, schedule=schedule))


def test_steps_are_torchs() -> None:
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    oracle = torch.optim.lr_scheduler.MultiStepLR(optimiser, milestones=[25, 40], gamma=0.1)
    for value in rates(50, schedule="step", warm_up=0, milestones=(0.5, 0.8)):
        assert value == pytest.approx(oracle.get_last_lr()[0])
        optimiser.step()
        oracle.step()


def test_the_papers_schedule_is_divided_at_32k_and_48k_of_64k() -> None:
    plan = Plan().edited(schedule="paper", warm_up=0, learning_rate=0.1)
    at = [learning_rate(plan, step, 64_000) for step in (0, 31_999, 32_000, 47_999, 48_000, 63_999)]
    assert at == pytest.approx([0.1, 0.1, 0.01, 0.01, 0.001, 0.001])


def test_the_papers_warm_up_is_400_steps_at_a_tenth() -> None:
    plan = Plan().edited(schedule="paper", warm_up=0.01, learning_rate=0.1)
    at = [learning_rate(plan, step, 64_000) for step in (0, 399, 400, 31_999, 32_000)]
    assert at == pytest.approx([0.01, 0.01, 0.1, 0.1, 0.01])
    # A short training has no time for 400.
    assert [learning_rate(plan, step, 200) for step in (0, 1, 2)] == pytest.approx([0.01, 0.01, 0.1])


def test_a_restart_goes_through_the_whole_schedule_again() -> None:
    first = rates(600, epochs=60)
    whole = rates(750, epochs=75, restarts=(60,), restart_rate=0.5)
    assert whole[:600] == first
    second = rates(150, epochs=15)
    assert whole[600:] == pytest.approx([value * 0.5 for value in second])
    third = rates(900, epochs=90, restarts=(60, 75), restart_rate=0.5)
    assert third[:750] == whole
    assert third[750:] == pytest.approx([value * 0.25 for value in second])


def test_restarts_beyond_the_end_make_no_difference() -> None:
    assert rates(100, epochs=10, restarts=(10, 20)) == rates(100, epochs=10)


@pytest.mark.parametrize("schedule", ["paper", "step", "cosine", "constant"])
def test_every_schedule_restarts(schedule: str) -> None:
    values = rates(1000, epochs=10, schedule=schedule, restarts=(5,), restart_rate=0.1)
    assert values[500:] == pytest.approx([value * 0.1 for value in values[:500]])
