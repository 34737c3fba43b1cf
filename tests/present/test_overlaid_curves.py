"""Curves of several runs on common axes: exact small cases, and what holds for any."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.present.overlaid_curves import band, repeated, total_macs


def curve(x, y):
    return np.array(x, np.float64), np.array(y, np.float64)


def test_cost_is_steps_times_batch_times_three_forwards():
    costs = total_macs(np.array([0, 1, 99]), 128, 40_813_184)
    assert costs.tolist() == [128 * 3 * 40_813_184 * n for n in (1, 2, 100)]


def test_a_long_training_of_a_deep_network_does_not_overflow():
    macs = 11_513_624_576  # ResNet-152, 224 × 224
    assert total_macs(np.array([449_999]), 256, macs)[0] == pytest.approx(450_000 * 256 * 3 * macs)


def test_equal_keys_belong_together_in_the_order_they_came():
    assert repeated(["a", "b", "a", "c", "b"]) == ((0, 2), (1, 4), (3,))
    assert repeated([]) == ()


def test_the_mean_lies_between_the_lowest_and_the_highest_seed():
    made = band([curve([1, 2, 3], [1, 2, 3]), curve([1, 2, 3], [3, 2, 7]), curve([1, 2, 3], [2, 2, 2])])
    assert made.x.tolist() == [1, 2, 3]
    assert made.mean.tolist() == [2, 2, 4]
    assert made.low.tolist() == [1, 2, 2]
    assert made.high.tolist() == [3, 2, 7]
    assert made.n_curves == 3


def test_curves_with_other_points_meet_between_them():
    made = band([curve([0, 4], [0, 8]), curve([1, 2, 6], [10, 12, 20])])
    assert made.x.tolist() == [1, 2, 4]
    assert made.low.tolist() == [2, 4, 8]
    assert made.high.tolist() == [10, 12, 16]


def test_what_is_no_number_is_left_out_of_its_curve():
    made = band([curve([1, 2, 3], [1, np.nan, 3]), curve([1, 2, 3], [5, 5, 5])])
    assert made.low.tolist() == [1, 2, 3]
    assert band([curve([1, 2], [np.nan, np.nan]), curve([1, 2], [1, 1])]) is None


def test_curves_that_never_meet_have_no_band():
    assert band([curve([1, 2], [1, 1]), curve([3, 4], [1, 1])]) is None
    assert band([]) is None


values = st.floats(-1e6, 1e6)


@given(st.lists(st.lists(values, min_size=2, max_size=9), min_size=1, max_size=4))
def test_the_band_holds_its_mean_and_stays_where_all_are_known(rows):
    curves = [curve(np.linspace(0, len(row), len(row)), row) for row in rows]
    made = band(curves)
    assert made.x[0] == 0
    assert made.x[-1] == min(map(len, rows))
    assert np.all(np.diff(made.x) > 0)
    room = 1e-9 * (1 + np.abs(made.mean))
    assert np.all(made.low <= made.mean + room)
    assert np.all(made.mean <= made.high + room)
    if len(rows) == 1:
        assert made.low.tolist() == made.high.tolist() == rows[0]
