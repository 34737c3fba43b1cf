import numpy as np
import pytest

from explorer.present.kernels import kernel_tiles


def _weights(shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def test_first_kernels_are_coloured_by_their_own_channels():
    weights = np.zeros((4, 3, 3, 3), np.float32)
    weights[1, 0], weights[2, 2] = 2.0, -1.0
    tiles = kernel_tiles(weights)
    assert (tiles.n_kernels, tiles.columns) == (4, 2)
    assert tiles.picture.shape == (7, 7, 3)
    # Zero is mid grey, red up is red, blue down lacks blue, gaps are background.
    assert tiles.picture[0, 0].tolist() == [128, 128, 128]
    assert tiles.picture[0, 4].tolist() == [255, 128, 128]
    assert tiles.picture[4, 0].tolist() == [128, 128, 0]
    assert tiles.picture[3, 3].tolist() == [0, 0, 0]
    assert tiles.bounds.tolist() == [0, 2, 1, 0]


def test_every_kernel_stands_in_its_cell():
    weights = _weights((7, 3, 5, 5))
    tiles = kernel_tiles(weights, gap_px=2)
    for kernel in range(7):
        row, column = divmod(kernel, tiles.columns)
        top, left = row * 7, column * 7
        cell = tiles.picture[top : top + 5, left : left + 5] / 127.5 - 1
        bound = np.abs(weights[kernel]).max()
        np.testing.assert_allclose(cell, weights[kernel].transpose(1, 2, 0) / bound, atol=0.01)
        assert tiles.kernel_at(left + 2, top + 4.9) == kernel
    assert tiles.kernel_at(5.5, 0) is None
    assert tiles.kernel_at(-1, 0) is None
    assert tiles.kernel_at(0, -(-7 // tiles.columns) * 7) is None


def test_a_shared_scale():
    weights = _weights((4, 3, 3, 3))
    tiles = kernel_tiles(weights, scale="shared")
    assert np.unique(tiles.bounds).tolist() == [np.abs(weights).max()]


@pytest.mark.parametrize(
    ("shape", "channel", "cells", "cell"),
    [
        ((6, 8, 3, 3), None, 6, (3, 3)),
        ((6, 8, 3, 3), 2, 8, (3, 3)),
        ((6, 8, 1, 1), None, 1, (6, 8)),
        ((6, 8), None, 1, (6, 8)),
        ((6, 8), 5, 8, (1, 1)),
        ((6, 3, 3, 3), 1, 3, (3, 3)),
    ],
)
def test_other_weights_are_grey(shape, channel, cells, cell):
    tiles = kernel_tiles(_weights(shape), channel=channel, gap_px=0, scale="shared")
    assert (tiles.n_kernels, (tiles.cell_h, tiles.cell_w)) == (cells, cell)
    assert (tiles.picture == tiles.picture[..., :1]).all()


def test_weights_that_are_no_numbers_and_what_is_refused():
    weights = _weights((2, 3, 3, 3))
    weights[0, 0, 0, 0] = np.nan
    assert np.isfinite(kernel_tiles(weights).bounds).all()
    for wrong in (np.zeros(3), np.zeros((0, 3, 3, 3))):
        with pytest.raises(ValueError, match="weights"):
            kernel_tiles(wrong)
    with pytest.raises(IndexError):
        kernel_tiles(weights, channel=2)
