from __future__ import annotations

import math
from collections.abc import Callable, Generator

import numpy as np
import pytest
import torch

from explorer.arch.presets import cifar_spec
from explorer.images.datasets import open_dataset
from explorer.slices import returned
from explorer.training.finder import STEPS, RateCurve, find_rate, finding_rate, steepest
from explorer.training.optimise import set_learning_rate
from explorer.training.prepare import Training, prepare
from tests.training.driving import ready
from tests.training.small import small_plan


def drained(search: Generator[RateCurve, None, RateCurve]) -> tuple[list[RateCurve], RateCurve]:
    seen = []
    while True:
        try:
            seen.append(next(search))
        except StopIteration as finished:
            return seen, finished.value


class Bowl:
    """Gradient descent on curvature · x² / 2: diverges at rates above 2 / curvature."""

    def __init__(self, curvature: float) -> None:
        self.curvature = curvature
        self.x = 1.0

    def step_at(self, step: int, rate: float) -> float:
        loss = self.curvature * self.x**2 / 2
        self.x -= rate * self.curvature * self.x
        return loss


@pytest.mark.parametrize("curvature", [1.0, 10.0, 1000.0])
def test_a_bowls_rate_is_below_where_it_diverges(curvature: float) -> None:
    _, found = drained(find_rate(Bowl(curvature).step_at))
    assert found.suggested is not None
    assert 0.01 / curvature < found.suggested < 2 / curvature


def test_rates_rise_by_one_factor_and_the_share_to_one() -> None:
    seen, found = drained(find_rate(lambda step, rate: 1.0, n_steps=50, first=1e-4, last=1.0))
    np.testing.assert_allclose(found.rates, np.geomspace(1e-4, 1.0, 50))
    assert [len(curve.rates) for curve in seen] == list(range(1, 51))
    assert seen[-1].share == found.share == 1.0
    assert found.losses == pytest.approx([1.0] * 50)
    assert found.suggested is None


@pytest.mark.parametrize("end", [math.nan, math.inf, 1e9])
def test_the_search_ends_where_it_diverges(end: float) -> None:
    taken: list[int] = []

    def step_at(step: int, rate: float) -> float:
        taken.append(step)
        return end if step == 40 else 2.0 - step / 40

    _, found = drained(find_rate(step_at))
    assert taken == list(range(41))
    assert len(found.rates) == len(found.losses)
    assert all(map(math.isfinite, found.losses))
    assert found.suggested is not None


def test_the_steepest_place_is_found_by_the_logarithm() -> None:
    rates = np.geomspace(1e-6, 10, 150)
    place = np.log(rates)
    fall = 1 / (1 + np.exp(2 * (place - math.log(0.01))))  # falls fastest at 0.01
    rise = np.exp(np.clip(place - math.log(1.0), 0, None)) - 1
    assert steepest(rates.tolist(), (1 + fall + rise).tolist()) == pytest.approx(0.01, rel=0.3)
    assert steepest(rates.tolist(), (1 + 0.01 * fall).tolist()) is None
    assert steepest([1e-3, 1e-2], [2.0, 1.0]) is None


def curve(losses_at: Callable[[float], float], scatter: float = 0.0) -> Callable[[int, float], float]:
    """A network whose loss is a function of the rate's decade, with the scatter of batches."""
    random = np.random.default_rng(0)
    return lambda step, rate: losses_at(math.log10(rate)) + random.normal(0, scatter)


def falls_rises_and_falls_lower(decade: float) -> float:
    """Falls from 2.3 to 1.8 below a rate of 0.3, blows up there, and comes down to 1 at 3."""
    return float(np.interp(decade, [-2, math.log10(0.3), 0, math.log10(3), 1], [2.3, 1.8, 2.3, 1.0, 1.5]))


@pytest.mark.parametrize("scatter", [0.0, 0.02, 0.05])
def test_the_rate_lies_before_the_first_rise_though_the_loss_falls_lower_afterwards(scatter: float) -> None:
    _, found = drained(find_rate(curve(falls_rises_and_falls_lower, scatter)))
    assert found.suggested is not None
    assert 0.01 < found.suggested < 0.3
    assert 0.3 < found.rates[-1] < 1.5, "what comes after the rise is not looked at"


def test_a_loss_that_falls_and_diverges_gives_the_rate_of_its_fall() -> None:
    _, found = drained(find_rate(curve(lambda decade: 2.3 - 0.5 * max(decade + 2, 0) + 9 * (decade > -0.5))))
    assert found.suggested is not None
    assert 0.01 < found.suggested < 10**-0.5
    assert found.rates[-1] < 1


def test_a_loss_that_falls_to_the_end_is_searched_to_the_end() -> None:
    _, found = drained(find_rate(curve(lambda decade: 2.3 - 0.5 * max(decade + 2, 0), 0.02)))
    assert found.rates[-1] == pytest.approx(10)
    assert found.suggested is not None


@pytest.mark.parametrize("scatter", [0.01, 0.1, 0.5])
def test_the_noise_of_batches_is_neither_a_fall_nor_a_rise(scatter: float) -> None:
    _, found = drained(find_rate(curve(lambda decade: 2.3, scatter)))
    assert found.rates[-1] == pytest.approx(10)
    assert found.suggested is None


def digits(**changes: object) -> Training:
    spec = cifar_spec(8, input_size=8, stage_widths=(8, 16, 32), stem_width=8, in_channels=1)
    plan = small_plan(batch_size=32, warm_up=0, schedule="constant").edited(**changes)
    return returned(prepare(spec, plan, open_dataset("digits", 8), torch.device("cpu")))


@pytest.mark.parametrize(("optimiser", "least", "most"), [("sgd", 3e-3, 1.0), ("adamw", 1e-4, 0.1)])
def test_digits_are_learned_at_the_rate_that_is_found(optimiser: str, least: float, most: float) -> None:
    training = digits(optimiser=optimiser)
    _, found = drained(finding_rate(training))
    assert found.suggested is not None
    assert least < found.suggested < most
    assert found.losses[0] == pytest.approx(math.log(10), rel=0.4)


def test_what_is_found_on_digits_lies_before_the_first_rise() -> None:
    training = digits()
    seen, found = drained(finding_rate(training))
    assert found.suggested is not None
    losses = np.asarray(found.losses)
    assert losses[-1] > 1.02 * losses.min(), "it ended because the loss rose"
    assert found.suggested < found.rates[int(losses.argmin())]
    assert len(seen) < STEPS


def test_each_step_has_the_trainings_threads_and_others_have_theirs() -> None:
    training = digits()
    training.threads = torch.get_num_threads() + 1
    seen: list[int] = []
    training.model.get_submodule("conv1").register_forward_hook(
        lambda *_: seen.append(torch.get_num_threads())
    )
    search = finding_rate(training)
    for _ in range(3):
        next(search)
        assert torch.get_num_threads() == training.threads - 1
    search.close()
    assert seen == 3 * [training.threads]


def test_the_same_training_gives_the_same_curve() -> None:
    searches = [finding_rate(ready(small_plan(mixup=0.2))) for _ in range(2)]
    torch.rand(3)
    for first, second in zip(*searches, strict=True):
        assert first == second
        torch.rand(3)


def test_nothing_of_the_search_is_kept() -> None:
    training = ready(small_plan(freeze_epochs=1, mixup=0.2, clip_norm=1.0))
    before = {name: tensor.clone() for name, tensor in training.model.state_dict().items()}
    state = torch.get_rng_state()
    set_learning_rate(training.optimiser, 0.5)
    search = finding_rate(training)
    for _ in range(20):
        next(search)
    search.close()
    assert torch.equal(state, torch.get_rng_state())
    assert training.step == 0
    assert not training.optimiser.state
    assert all(parameter.grad is None for parameter in training.model.parameters())
    for name, tensor in training.model.state_dict().items():
        assert torch.equal(tensor, before[name]), name
