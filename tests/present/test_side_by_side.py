"""Maps of several networks on one scale and in one layout."""

import numpy as np
import pytest

from explorer.present import side_by_side as beside
from explorer.present.tiles import tile


def maps_of(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def test_the_scale_reaches_over_all_networks():
    one, other = maps_of(4, 3, 3), 3 * maps_of(8, 2, 2, seed=1)
    scale = beside.common_scale([beside.ends_of(one), beside.ends_of(other)])
    assert scale.low == min(one.min(), other.min())
    assert scale.high == max(one.max(), other.max())
    assert not scale.is_cut


def test_what_is_not_finite_has_no_part_in_the_scale():
    assert beside.ends_of(np.array([[[1.0, np.nan], [np.inf, 3.0]]], np.float32)) == (1.0, 3.0)
    assert beside.ends_of(np.full((2, 2, 2), np.nan, np.float32)) == (0.0, 0.0)


def test_one_network_with_huge_values_does_not_blacken_the_others():
    scale = beside.common_scale([(0, 3), (0, 2), (-1, 2.5), (-7, 6000)])
    assert (scale.low, scale.high, scale.is_cut) == (-7, 12, True)
    scale = beside.common_scale([(0, 1), (-900, 250)])
    assert (scale.low, scale.high, scale.is_cut) == (-4, 4, True)


def test_networks_whose_values_mean_something_make_the_scale():
    ends = [(0, 0.3), (0, 5), (-2, 900), (0, 7)]
    assert beside.common_scale(ends, [(0, 5), (0, 7)]) == beside.CommonScale(0, 7, is_cut=True)
    assert beside.common_scale([(0, 0.3), (0, 5)], [(0, 5)]) == beside.CommonScale(0, 5, is_cut=False)


def test_networks_that_are_all_zero_have_a_scale():
    assert beside.common_scale([(0, 0), (0, 0), (0, 2)]) == beside.CommonScale(0, 2, is_cut=False)


def test_equal_values_have_equal_colours_in_every_picture():
    one, other = np.zeros((2, 2, 2), np.float32), np.zeros((4, 2, 2), np.float32)
    one[0, 0, 0], other[3, 1, 1], other[0, 0, 0] = 3.0, 3.0, 9.0
    scale = beside.common_scale([beside.ends_of(one), beside.ends_of(other)])
    ends = scale.low, scale.high
    first, second = (tile(maps, ends=ends, columns=2, gap_px=0) for maps in (one, other))
    assert first.low == second.low == 0.0
    assert first.high == second.high == 9.0
    assert (first.picture[0, 0] == second.picture[3, 3]).all()
    assert (first.picture[1, 1] == second.picture[1, 1]).all()
    assert (first.picture[0, 0] != second.picture[0, 0]).any()


def test_a_common_scale_with_negative_values_is_symmetric_everywhere():
    drawn = tile(np.ones((2, 2, 2), np.float32), ends=(-3.0, 2.0))
    assert (drawn.low, drawn.high, drawn.palette) == (-3.0, 3.0, "diverging")


def test_the_picture_with_the_most_channels_lays_out_all():
    grid = beside.common_grid([(16, 32, 32), (64, 32, 32)], 300, 300)
    assert (grid.columns, grid.rows) == (8, 8)
    assert grid.cell_px * grid.columns <= 300


@pytest.mark.parametrize("side", [4, 7, 8, 16, 32])
def test_cells_take_whole_pixels_where_that_costs_little(side):
    grid = beside.common_grid([(16, side, side)] * 2, 280, 300)
    scale = grid.cell_px / (side + 1)
    assert scale == int(scale)
    assert 4 * grid.cell_px >= 0.87 * 280


def test_maps_of_several_resolutions_have_cells_of_one_size():
    grid = beside.common_grid([(16, 32, 32), (16, 8, 8)], 250, 250)
    assert grid.cell_px == 62.5


@pytest.mark.parametrize("room", [(158, 330), (158, 120), (400, 300), (300, 300)])
def test_channels_lie_in_a_grid_without_holes(room):
    grid = beside.common_grid([(16, 32, 32)], *room)
    assert grid.columns * grid.rows == 16


def test_a_prime_number_of_channels_is_not_laid_in_one_line():
    grid = beside.common_grid([(17, 8, 8)], 300, 300)
    assert 3 <= grid.columns <= 6


def test_a_narrow_frame_has_fewer_columns():
    wide = beside.common_grid([(16, 8, 8)], 600, 150)
    narrow = beside.common_grid([(16, 8, 8)], 150, 600)
    assert wide.columns > narrow.columns


def test_single_activations_touch():
    assert beside.gap_px(1, 1) == 0
    assert beside.gap_px(1, 4) == beside.gap_px(8, 8) == 1


def test_the_difference_of_maps_of_one_shape():
    one, other = maps_of(4, 3, 3), maps_of(4, 3, 3, seed=1)
    np.testing.assert_array_equal(beside.difference(one, other), one - other)
    assert beside.difference(one, maps_of(4, 3, 2)) is None
    assert beside.difference(one, maps_of(8, 3, 3)) is None


def test_logits_become_probabilities():
    found = beside.probabilities(np.array([1000.0, 1000.0, -1000.0], np.float32))
    np.testing.assert_allclose(found, [0.5, 0.5, 0.0])


def test_classes_are_ordered_by_how_much_two_networks_disagree():
    before, after = np.array([0.7, 0.2, 0.1, 0.0]), np.array([0.05, 0.9, 0.0, 0.05])
    changes = beside.probability_changes(before, after, 3)
    assert [change.index for change in changes] == [1, 0, 2]
    assert changes[0].gain == pytest.approx(0.7)
    assert changes[1].gain == pytest.approx(-0.65)
    assert changes[2].after == 0.0
