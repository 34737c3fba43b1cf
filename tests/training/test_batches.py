from __future__ import annotations

import numpy as np
import pytest
import torch

from explorer.errors import DataError
from explorer.training.batches import (
    Normalisation,
    Pictures,
    draw_epoch,
    normalise,
    to_device,
    training_batch,
    with_channels,
)
from tests.training.small import small_dataset, small_plan

CPU = torch.device("cpu")
NO_CHANGE = Normalisation((0.0,), (1 / 255,))
"""Pixels stay numbers of 0 to 255."""


def numbered(n: int, side: int) -> Pictures:
    """Pictures whose pixel at (row, column) is 1 + row · side + column."""
    picture = torch.arange(1, side * side + 1, dtype=torch.uint8).view(1, side, side, 1)
    return Pictures(picture.repeat(n, 1, 1, 1), torch.arange(n))


def shown(n: int, side: int, **plan: object) -> tuple[np.ndarray, list[tuple[int, int, bool]]]:
    pictures = numbered(n, side)
    chosen = small_plan(**plan)
    draws = draw_epoch(n, chosen, 0, CPU)
    images, labels = training_batch(pictures, draws, 0, n, chosen, NO_CHANGE, channels_last=False)
    assert torch.equal(labels, draws.order)
    how = zip(draws.shift_y.tolist(), draws.shift_x.tolist(), draws.mirrored.tolist(), strict=True)
    return images[:, 0].numpy(), list(how)


@pytest.mark.parametrize(("fill", "mode"), [("zero", "constant"), ("reflect", "reflect")])
def test_pictures_are_shifted_and_mirrored_as_numpy_does_it(fill: str, mode: str) -> None:
    side, pad = 6, 2
    plain = numbered(1, side).images[0, :, :, 0].numpy().astype(np.float32)
    images, how = shown(200, side, crop_padding=pad, crop_fill=fill, flip=True)
    for image, (dy, dx, mirrored) in zip(images, how, strict=True):
        padded = np.pad(plain, pad, mode=mode)
        top, left = pad + dy, pad + dx
        expected = padded[top : top + side, left : left + side]
        if mirrored:
            expected = expected[:, ::-1]
        np.testing.assert_allclose(image, expected, atol=1e-4)


def test_every_shift_and_mirroring_occurs_about_equally_often() -> None:
    plan = small_plan(crop_padding=2, flip=True)
    draws = draw_epoch(10_000, plan, 3, CPU)
    cells = (draws.shift_y + 2) * 5 + draws.shift_x + 2
    counts = torch.bincount(cells * 2 + draws.mirrored, minlength=50)
    assert counts.min() > 130  # 200 expected; 5 standard deviations below
    assert counts.max() < 270


def test_each_picture_is_mirrored_in_every_other_epoch() -> None:
    plan = small_plan(flip=True)
    by_picture = []
    for epoch in (0, 1, 2):
        draws = draw_epoch(500, plan, epoch, CPU)
        by_picture.append(draws.mirrored[draws.order.argsort()])
    assert torch.equal(by_picture[0], ~by_picture[1])
    assert torch.equal(by_picture[0], by_picture[2])


def test_order_is_a_permutation_that_differs_by_epoch_and_seed() -> None:
    orders = [draw_epoch(500, small_plan(seed=seed), epoch, CPU).order for seed in (0, 1) for epoch in (0, 1)]
    for order in orders:
        assert torch.equal(order.sort().values, torch.arange(500))
    assert len({tuple(order.tolist()) for order in orders}) == 4


def test_draws_depend_on_nothing_but_seed_epoch_and_sample() -> None:
    first = draw_epoch(100, small_plan(), 5, CPU)
    torch.rand(7)
    np.random.default_rng(0).random(7)
    again = draw_epoch(100, small_plan(), 5, CPU)
    larger = draw_epoch(200, small_plan(), 5, CPU)
    assert torch.equal(first.order, again.order)
    by_sample = dict(zip(larger.order.tolist(), larger.shift_y.tolist(), strict=True))
    assert [by_sample[sample] for sample in first.order.tolist()] == first.shift_y.tolist()


def test_without_augmentation_pictures_are_as_they_are() -> None:
    images, _ = shown(3, 4, crop_padding=0, flip=False)
    expected = numbered(3, 4).images[..., 0].numpy()
    np.testing.assert_allclose(images, expected, atol=1e-4)


def test_normalised_pictures_have_mean_0_and_deviation_1() -> None:
    data = small_dataset()
    pictures = to_device(data.train_images, data.train_labels, CPU)
    for channels_last in (False, True):
        batch = normalise(pictures.images, Normalisation(*data.mean_std()), channels_last=channels_last)
        assert batch.shape == (64, 3, 8, 8)
        torch.testing.assert_close(batch.mean((0, 2, 3)), torch.zeros(3), atol=1e-4, rtol=0)
        torch.testing.assert_close(batch.std((0, 2, 3), correction=0), torch.ones(3), atol=1e-4, rtol=0)
        layout = torch.channels_last if channels_last else torch.contiguous_format
        assert batch.is_contiguous(memory_format=layout)


def test_read_only_arrays_are_left_alone() -> None:
    data = small_dataset()
    data.train_images.flags.writeable = False
    pictures = to_device(data.train_images, data.train_labels, CPU)
    before = data.train_images.copy()
    pictures.images.zero_()
    assert np.array_equal(before, data.train_images)


def test_grey_is_repeated_and_colour_becomes_grey() -> None:
    grey = small_dataset(channels=1)
    colour = with_channels(grey, 3)
    assert colour.train_images.shape == (64, 8, 8, 3)
    assert np.array_equal(with_channels(colour, 1).test_images, grey.test_images)
    assert with_channels(colour, 3) is colour
    with pytest.raises(DataError, match="in_channels"):
        with_channels(colour, 4)
