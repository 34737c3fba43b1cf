"""How fast a network trains: two short tries, or what is remembered of it."""

from __future__ import annotations

import pytest
import torch

from explorer.arch.cost import cost_of
from explorer.arch.presets import preset
from explorer.slices import mapped, returned
from explorer.training.precision_memory import known_precision, remembered_precision
from explorer.training.rate import TRIED_BATCH, measured_pace, measured_rate, tried_pictures
from tests.training.small import small_plan, small_spec

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def one_thread():
    """Tiny networks gain nothing from more."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_a_rate_is_found_in_slices():
    slices: list[None] = []
    rate = returned(mapped(measured_rate(small_spec(), small_plan(), CPU), slices.append))
    assert rate > 0
    assert len(slices) == 2


def test_the_pace_is_that_of_the_smallest_and_of_the_largest_network():
    specs = [small_spec(stage_depths=(n, n, n)) for n in (2, 1, 3)]
    pace = returned(measured_pace([(spec, small_plan()) for spec in specs], CPU))
    assert [macs for macs, _ in pace.points] == [cost_of(specs[1]).macs, cost_of(specs[2]).macs]
    one = returned(measured_pace([(specs[0], small_plan())] * 2, CPU))
    assert len(one.points) == 1


def test_what_was_measured_before_is_not_measured_again():
    plan = small_plan(precision="auto", channels_last="auto")
    assert known_precision(small_spec(), CPU, plan.batch_size) is None
    make = lambda: torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 4))  # noqa: E731
    chosen = returned(remembered_precision(small_spec(), make, CPU, plan.batch_size))
    assert known_precision(small_spec(), CPU, plan.batch_size) == chosen
    steps = measured_rate(small_spec(), plan, CPU)
    with pytest.raises(StopIteration) as finished:
        next(steps)
    assert finished.value.value == dict(chosen.rates)[chosen.name]


def test_a_heavy_network_is_tried_with_few_pictures_where_a_click_would_wait():
    plan = small_plan(batch_size=128)
    assert tried_pictures(small_spec(), plan, CPU) == TRIED_BATCH
    assert tried_pictures(preset("resnet152").spec, plan, CPU) == 2
    assert tried_pictures(preset("resnet152").spec, plan, torch.device("cuda")) == TRIED_BATCH
    assert tried_pictures(small_spec(), small_plan(batch_size=1), CPU) == 1
