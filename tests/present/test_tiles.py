"""One pixel an activation, found again from any point; scales that hold for odd maps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.present import colour
from explorer.present.tiles import columns_for, tile

BACKGROUND = (1, 2, 3)


def maps_of(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def pixel(tiles, channel, x=0, y=0):
    left, top, _, _ = tiles.rect(channel)
    return tuple(int(part) for part in tiles.picture[top + y, left + x])


@given(
    n=st.integers(1, 40),
    height=st.integers(1, 5),
    width=st.integers(1, 6),
    columns=st.none() | st.integers(1, 60),
    gap_px=st.integers(0, 3),
)
def test_every_pixel_is_an_activation_or_background(n, height, width, columns, gap_px):
    maps = maps_of(n, height, width)
    tiles = tile(maps, palette="grey", columns=columns, gap_px=gap_px, background=BACKGROUND)
    assert tiles.picture.shape == (
        tiles.rows * (height + gap_px) - gap_px,
        tiles.columns * (width + gap_px) - gap_px,
        3,
    )
    covered = np.zeros(tiles.picture.shape[:2], bool)
    for channel in range(n):
        x, y, w, h = tiles.rect(channel)
        levels = (maps[channel] - maps.min()) / max(float(np.ptp(maps)), 1e-9)
        if n * height * width > 1:
            shown = tiles.picture[y : y + h, x : x + w, 0].astype(int)
            wanted = colour.apply(levels, "grey")[..., 0].astype(int)
            assert np.abs(shown - wanted).max() <= 2
        assert not covered[y : y + h, x : x + w].any()
        covered[y : y + h, x : x + w] = True
        assert tiles.channel_at(x + 0.5, y + 0.5) == channel
        assert tiles.activation_at(x + w - 0.5, y + h - 0.5) == (channel, w - 1, h - 1)
    assert (tiles.picture[~covered] == BACKGROUND).all()
    for y, x in np.argwhere(~covered):
        assert tiles.channel_at(x, y) is None


def test_outside_the_picture_is_no_channel():
    tiles = tile(maps_of(4, 3, 3), columns=2)
    for point in ((-0.5, 1), (1, -0.5), (7, 1), (1, 7), (500, 500)):
        assert tiles.channel_at(*point) is None


def test_shared_scale_equal_values_equal_colours_and_per_channel_the_full_range():
    maps = np.zeros((2, 1, 2), np.float32)
    maps[0], maps[1] = [0, 1], [0, 10]
    shared = tile(maps, scale="shared")
    own = tile(maps, scale="per_channel")
    top = tuple(int(part) for part in colour.table("sequential")[255])
    assert (shared.low, shared.high) == (0, 10)
    assert pixel(shared, 1, x=1) == top != pixel(shared, 0, x=1)
    assert pixel(own, 0, x=1) == pixel(own, 1, x=1) == top
    np.testing.assert_array_equal(own.highs, [1, 10])


def test_negative_values_bring_a_scale_about_zero():
    maps = np.array([-1, 0, 4], np.float32)
    tiles = tile(maps)
    assert tiles.palette == "diverging"
    assert (tiles.low, tiles.high) == (-4, 4)
    middle = {tuple(int(part) for part in row) for row in colour.table("diverging")[127:129]}
    assert pixel(tiles, 1) in middle
    plain = tile(maps, palette="sequential")
    assert (plain.palette, plain.low, plain.high) == ("sequential", -1, 4)
    assert tile(maps, symmetric=False).palette == "sequential"
    assert tile(np.abs(maps)).palette == "sequential"
    assert tile(np.abs(maps), palette="diverging").low == -4


@pytest.mark.parametrize(("value", "entry"), [(0.0, 0), (3.0, 255)])
def test_a_constant_map_keeps_what_it_says(value, entry):
    tiles = tile(np.full((3, 2, 2), value, np.float32))
    assert pixel(tiles, 0) == tuple(int(part) for part in colour.table("sequential")[entry])


def test_all_zero_is_the_middle_of_a_diverging_scale():
    tiles = tile(np.zeros((2, 2, 2), np.float32), palette="diverging")
    middle = {tuple(int(part) for part in row) for row in colour.table("diverging")[127:129]}
    assert pixel(tiles, 0) in middle


@pytest.mark.parametrize("scale", ["shared", "per_channel"])
def test_what_is_no_number_is_marked_and_left_out_of_the_scale(scale):
    maps = np.zeros((3, 1, 4), np.float32)
    maps[0], maps[1], maps[2] = [0, 1, 2, np.nan], [np.inf, 0, 2, 1], np.nan
    tiles = tile(maps, scale=scale)
    assert tiles.n_unreal == 6
    assert (tiles.low, tiles.high) == (0, 2)
    assert pixel(tiles, 0, x=3) == pixel(tiles, 1, x=0) == pixel(tiles, 2) == colour.MARKED
    assert pixel(tiles, 0, x=2) == tuple(int(part) for part in colour.table("sequential")[255])


def test_not_one_number_at_all():
    tiles = tile(np.full((2, 2, 2), -np.inf, np.float32))
    assert (tiles.low, tiles.high) == (0, 0)
    assert pixel(tiles, 1) == colour.MARKED


def test_huge_values_do_not_overflow():
    tiles = tile(np.array([-3e38, 0, 3e38], np.float32))
    table = colour.table("diverging")
    assert pixel(tiles, 0) == tuple(int(part) for part in table[0])
    assert pixel(tiles, 2) == tuple(int(part) for part in table[255])


def test_an_order_moves_cells_and_is_followed_back():
    maps = np.arange(4, dtype=np.float32).reshape(4, 1, 1)
    tiles = tile(maps, order=np.array([3, 0, 2, 1]), columns=4, palette="grey")
    assert tiles.channel_at(0, 0) == 3
    assert tiles.rect(0) == (2, 0, 1, 1)
    assert pixel(tiles, 3) == tuple(int(part) for part in colour.table("grey")[255])
    with pytest.raises(ValueError, match="order"):
        tile(maps, order=np.array([0, 0, 1, 2]))
    with pytest.raises(IndexError):
        tiles.rect(4)


@pytest.mark.parametrize("shape", [(2, 3), (0,), (0, 4, 4), (1, 2, 3, 4)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="maps are"):
        tile(np.zeros(shape, np.float32))


@pytest.mark.parametrize(
    ("n", "aspect", "columns"),
    [(16, 1.0, 4), (16, 1.3, 4), (64, 1.0, 8), (10, 1.3, 5), (3, 1.2, 3), (1, 9.0, 1)],
)
def test_grids_without_holes_where_they_cost_little(n, aspect, columns):
    assert columns_for(n, 9, 9, aspect) == columns


@given(n=st.integers(1, 600), aspect=st.floats(0.05, 20))
def test_cells_are_never_much_smaller_than_they_could_be(n, aspect):
    def size(columns):
        return min(aspect / columns, 1 / -(-n // columns))

    chosen = columns_for(n, 1, 1, aspect)
    assert 1 <= chosen <= n
    assert size(chosen) >= 0.5 * max(size(columns) for columns in range(1, n + 1))
