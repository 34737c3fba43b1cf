"""Side work costs no more than its share, whatever it costs once."""

import pytest

from explorer.engine.cadence import Cadence


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def work_along(cost_s, share, hz, step_s=0.01, seconds=60.0):
    """Steps of a long job with side work between them; returns how often it was done and the clock's time."""
    clock = Clock()
    cadence = Cadence(share, hz, clock)
    began, done = clock.now, 0
    while clock.now - began < seconds:
        clock.now += step_s
        if cadence.is_due:
            with cadence.working():
                clock.now += cost_s
            done += 1
    return done, clock.now - began, cadence


@pytest.mark.parametrize("cost_s", [0.002, 0.02, 0.5])
def test_dear_work_takes_its_share_and_no_more(cost_s):
    done, seconds, cadence = work_along(cost_s, 0.02, 10.0)
    assert done * cost_s <= 0.02 * seconds + cost_s
    assert cadence.share == pytest.approx(done * cost_s / seconds, rel=1e-6)


def test_cheap_work_is_done_as_often_as_it_may_be_and_not_more():
    done, seconds, _ = work_along(1e-6, 0.02, 10.0)
    assert 0.8 * 10 * seconds <= done <= 10 * seconds + 1


def test_what_is_new_is_due_at_once():
    clock = Clock()
    cadence = Cadence(0.02, 10.0, clock)
    with cadence.working():
        clock.now += 1.0
    clock.now += 0.01
    assert not cadence.is_due
    cadence.hasten()
    assert cadence.is_due


def test_work_that_fails_is_counted():
    clock = Clock()
    cadence = Cadence(0.02, 10.0, clock)

    def fail():
        with cadence.working():
            clock.now += 0.3
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert cadence.spent_s == pytest.approx(0.3)
    assert not cadence.is_due
