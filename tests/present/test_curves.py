"""Curves against NumPy's and plain Python's own answers."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.present.curves import (
    MAX_POINTS,
    CurveBuffer,
    best_place,
    gap,
    smoothed,
    thinned,
    thinned_places,
    thinned_rows,
    x_axis,
)

RNG = np.random.default_rng(7)


def test_rows_come_back_by_name_and_the_version_rises():
    buffer = CurveBuffer()
    assert (buffer.version, buffer.names) == (0, ())
    buffer.append([(0, "step.loss", 2.0), (0, "step.accuracy", 0.1), (1, "step.loss", 1.5)])
    assert buffer.version == 1
    buffer.append([])
    assert buffer.version == 1
    assert buffer.names == ("step.loss", "step.accuracy")
    steps, values = buffer.series("step.loss")
    assert (steps.tolist(), values.tolist()) == ([0, 1], [2.0, 1.5])
    assert steps.dtype == np.int64
    assert values.dtype == np.float64
    with pytest.raises(ValueError, match="read-only"):
        values[0] = 0.0
    assert [part.size for part in buffer.series("nothing")] == [0, 0]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 40), st.sampled_from("ab"), st.floats(0, 1)), max_size=20),
        max_size=12,
    )
)
def test_any_order_of_rows_makes_what_a_dictionary_makes(batches):
    buffer, known = CurveBuffer(), {"a": {}, "b": {}}
    for batch in batches:
        buffer.append(batch)
        for step, name, value in batch:
            known[name][step] = value
    for name, expected in known.items():
        steps, values = buffer.series(name)
        assert dict(zip(steps.tolist(), values.tolist(), strict=True)) == expected
        assert steps.tolist() == sorted(expected)


def test_views_stay_as_they_were_while_the_buffer_grows():
    buffer = CurveBuffer([(0, "loss", 5.0)])
    steps, values = buffer.series("loss")
    buffer.append((n, "loss", float(n)) for n in range(1, 5000))
    assert (steps.tolist(), values.tolist()) == ([0], [5.0])
    assert len(buffer.series("loss")[0]) == 5000


def test_appending_costs_the_same_however_much_is_there():
    buffer = CurveBuffer()

    def seconds_for(first: int, n: int) -> float:
        start = time.thread_time()
        for step in range(first, first + n):
            buffer.append([(step, "loss", 1.0)])
        return time.thread_time() - start

    early = min(seconds_for(n * 2000, 2000) for n in range(3))
    buffer.append((step, "loss", 1.0) for step in range(6000, 1_000_000))
    late = min(seconds_for(1_000_000 + n * 2000, 2000) for n in range(3))
    # Copying a million rows each time would take hundreds of times as long.
    assert late < 10 * early + 0.01


@pytest.mark.parametrize("n_px", [1, 3, 100, 1000, 5000])
@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("n", [2, 3, 1999, 2001, 40_000])
def test_thinning_keeps_extremes_ends_and_what_is_asked(n, n_px, scale):
    x = np.arange(1.0, n + 1)
    values = RNG.normal(size=n)
    keep = [n // 3, n // 2]
    places = thinned_places(x, values, n_px, keep, scale)
    assert len(places) <= MAX_POINTS
    assert np.all(np.diff(places) > 0)
    assert {0, n - 1, *keep, int(values.argmin()), int(values.argmax())} <= set(places.tolist())
    if n <= min(2 * n_px, MAX_POINTS):
        assert len(places) == n
    thin_x, thin_values = thinned(x, values, n_px, keep, scale)
    assert np.array_equal(thin_x, x[places])
    assert np.array_equal(thin_values, values[places])


def test_a_column_shows_its_smallest_and_largest():
    x, values = np.arange(10_000.0), RNG.normal(size=10_000)
    places = thinned_places(x, values, 100)
    # 100 columns of 100 points, as `thinned` has them.
    edges = np.linspace(x[0], x[-1], 101)
    column = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, 99)
    for n in range(100):
        inside = np.flatnonzero(column == n)
        assert {inside[values[inside].argmin()], inside[values[inside].argmax()]} <= set(places)


def test_on_a_log_axis_the_first_steps_are_not_one_column():
    x, values = np.arange(1.0, 100_001), RNG.normal(size=100_000)
    assert (x[thinned_places(x, values, 400, scale="log")] < 100).sum() > 50
    assert (x[thinned_places(x, values, 400)] < 100).sum() < 5


def test_what_is_no_number_hides_no_extreme():
    x, values = np.arange(10_000), RNG.normal(size=10_000)
    values[::7] = math.nan
    values[5000:5200] = math.nan
    values[4001], values[4002] = 50.0, -50.0
    kept = thinned(x, values, 100)[1]
    assert {50.0, -50.0} <= set(kept.tolist())
    assert np.isnan(kept).any()


def test_a_hundred_thousand_points_are_thinned_in_less_than_a_frame():
    x, values = np.arange(100_000), RNG.normal(size=100_000)
    best = math.inf
    for _ in range(40):
        start = time.thread_time()
        thinned(x, values, 1000, [77])
        best = min(best, time.thread_time() - start)
    assert best < 5e-3


def test_rows_of_steps_are_thinned_and_those_of_epochs_are_not():
    rows = [(n, "step.loss", float(value)) for n, value in enumerate(RNG.normal(size=9000))]
    epochs = [(n, "epoch.validation_accuracy", n / 9000) for n in range(0, 9000, 3)]
    kept = thinned_rows([*rows, *epochs])
    assert [row for row in kept if row[1].startswith("epoch.")] == epochs
    steps = [row for row in kept if row[1] == "step.loss"]
    assert 1000 < len(steps) <= 2000
    assert set(steps) <= set(rows)
    assert {rows[0], rows[-1], min(rows, key=lambda row: row[2])} <= set(steps)


@pytest.mark.parametrize("n", [1, 2, 255, 256, 257, 1000])
@pytest.mark.parametrize("weight", [0.0, 0.3, 0.9, 0.999])
def test_smoothing_is_the_textbook_loop(n, weight):
    values = RNG.normal(size=n)
    average, expected = 0.0, []
    for count, value in enumerate(values, start=1):
        average = weight * average + (1 - weight) * value
        expected.append(average / (1 - weight**count))
    np.testing.assert_allclose(smoothed(values, weight), expected, rtol=1e-9, atol=1e-12)


def test_smoothing_leaves_out_what_is_no_number():
    values = np.array([1.0, math.nan, 3.0, math.inf, 2.0])
    result = smoothed(values, 0.5)
    np.testing.assert_allclose(result[[0, 2, 4]], smoothed(np.array([1.0, 3.0, 2.0]), 0.5))
    assert math.isnan(result[1])
    assert result[3] == math.inf
    assert values[0] == 1.0
    assert np.isnan(smoothed(np.array([math.nan]), 0.5)).all()
    with pytest.raises(ValueError, match="weight"):
        smoothed(values, 1.0)


def test_axes_of_steps_and_epochs():
    steps = np.array([0, 9, 19, 24])
    assert x_axis(steps, "step").tolist() == [1, 10, 20, 25]
    assert x_axis(steps, "epoch", steps_per_epoch=10).tolist() == [0.1, 1.0, 2.0, 2.5]
    assert x_axis(steps, "epoch") is None
    assert x_axis(steps, "time") is None


def test_time_goes_evenly_between_what_was_noted_and_never_back():
    noted = (np.array([9, 19, 29]), np.array([10.0, 30.0, 25.0]))
    steps = np.array([4, 9, 14, 19, 29, 59])
    # 30 s after 30 steps is the pace beyond the last one.
    assert x_axis(steps, "time", seconds=noted).tolist() == [5.0, 10.0, 20.0, 30.0, 30.0, 60.0]


def test_a_gap_lies_between_two_lines_as_far_as_both_reach():
    first = (np.array([1.0, 2.0, 4.0]), np.array([0.1, 0.2, 0.4]))
    second = (np.array([2.0, 3.0, 5.0]), np.array([2.0, 3.0, 5.0]))
    x, lower, upper = gap(first, second)
    assert x.tolist() == [2, 3, 4]
    assert lower == pytest.approx([0.2, 0.3, 0.4])
    assert upper == pytest.approx([2.0, 3.0, 4.0])


def test_a_gap_follows_lines_that_are_straight_on_a_logarithmic_axis():
    first = (np.array([0.0, 2.0]), np.array([1.0, 100.0]))
    second = (np.array([0.0, 1.0, 2.0]), np.array([1.0, 0.0, 1.0]))
    assert gap(first, second, "log")[1] == pytest.approx([1.0, 10.0, 100.0])
    assert np.isfinite(gap(first, second, "log")[2]).all()


def test_no_gap_where_a_line_has_no_points():
    assert [len(part) for part in gap((np.empty(0), np.empty(0)), (np.ones(1), np.ones(1)))] == [0, 0, 0]


@pytest.mark.parametrize(
    ("values", "highest", "place"),
    [
        ([0.1, 0.9, 0.9], True, 1),
        ([math.nan, 0.2, 0.1], True, 1),
        ([3.0, 1.0, math.nan], False, 1),
        ([math.nan], True, None),
        ([], True, None),
    ],
)
def test_the_best_epoch_is_the_first_of_the_best(values, highest, place):
    assert best_place(np.array(values, float), highest=highest) == place
