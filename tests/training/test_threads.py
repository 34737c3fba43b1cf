"""The number of threads is one that this thread has, and is left as it was."""

import pytest
import torch
from torch import nn

from explorer.training import threads
from explorer.training.precision import FLOAT32
from explorer.training.threads import choose_threads

SHAPE = (8, 3, 8, 8)
CPU = torch.device("cpu")


def model():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 10))


def chosen(steps, usual):
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            return finished.value
        assert torch.get_num_threads() == usual


@pytest.fixture
def four_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("slow", "best"),
    [
        ({4: 1.0, 2: 2.0, 1: 4.0}, 4),
        ({4: 9.0, 2: 2.0, 1: 3.0}, 2),
        ({4: 9.0, 2: 5.0, 1: 1.0}, 1),
        ({4: 1.05, 2: 2.0, 1: 1.0}, 4),
    ],
)
def test_the_fastest_is_chosen_and_all_where_they_are_nearly_as_fast(four_threads, monkeypatch, slow, best):
    measured = []

    def seconds(model, images, precision):
        measured.append(torch.get_num_threads())
        return slow[measured[-1]]

    monkeypatch.setattr(threads, "time_step", seconds)
    assert chosen(choose_threads(model, CPU, SHAPE, FLOAT32), 4) == best
    assert set(measured) == {4, 2, 1}


def test_it_is_measured_with_real_steps(four_threads):
    assert chosen(choose_threads(model, CPU, SHAPE, FLOAT32), 4) in (1, 2, 4)


def test_one_thread_needs_no_measurement():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        assert chosen(choose_threads(lambda: pytest.fail("measured"), CPU, SHAPE, FLOAT32), 1) == 1
    finally:
        torch.set_num_threads(before)
