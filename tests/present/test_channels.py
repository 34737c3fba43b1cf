"""Statistics against NumPy's, odd channels included."""

import numpy as np
import pytest

from explorer.present.channels import channel_statistics, dead_share, value_text


def test_statistics_of_an_ordinary_channel():
    values = np.array([[0, 0, 1], [2, -3, 6]], np.float32)
    got = channel_statistics(values)
    assert (got.minimum, got.maximum, got.mean) == (-3, 6, 1)
    assert got.std == pytest.approx(values.std())
    assert got.zero_share == pytest.approx(2 / 6)
    assert got.counts.sum() == 6
    assert len(got.edges) == len(got.counts) + 1
    assert (got.edges[0], got.edges[-1]) == (-3, 6)
    assert not got.dead
    assert got.n_unreal == 0


def test_what_is_no_number_is_left_out_and_counted():
    got = channel_statistics(np.array([1, np.nan, 3, np.inf]))
    assert (got.minimum, got.maximum, got.mean, got.n_unreal) == (1, 3, 2, 2)
    assert got.counts.sum() == 2
    nothing = channel_statistics(np.array([np.nan, -np.inf]))
    assert np.isnan([nothing.minimum, nothing.maximum, nothing.mean, nothing.std]).all()
    assert nothing.n_unreal == 2
    assert not nothing.counts.any()


def test_dead_is_all_zero_and_nothing_less():
    maps = np.zeros((4, 2, 2), np.float32)
    maps[1, 0, 0], maps[2] = 1e-30, np.nan
    assert [channel_statistics(each).dead for each in maps] == [True, False, False, True]
    assert dead_share(maps) == 0.5
    assert dead_share(np.array([0.0, 1.0])) == 0.5


def test_numbers_in_words():
    written = [value_text(value) for value in (0.0, -0.0, -0.427, 1234.0, np.nan, -np.inf)]
    assert written == ["0", "0", "−0.427", "1.23 k", "NaN", "−∞"]
