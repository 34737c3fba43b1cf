from __future__ import annotations

import numpy as np
import pytest
import torch

from explorer.errors import DataError, DeviceError
from explorer.images.prepare import Transform
from explorer.training.batches import (
    Normalisation,
    Pictures,
    draw_epoch,
    normalisation_for,
    normalise,
    to_device,
    training_batch,
    with_channels,
)
from tests.training.driving import ready, trained
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


def test_cutout_blanks_one_square_that_the_edge_may_cut() -> None:
    side, size = 8, 4
    images, _ = shown(4000, side, crop_padding=0, flip=False, cutout=size)
    plain = numbered(1, side).images[0, :, :, 0].numpy()
    blank = images == 0
    assert np.allclose(images[~blank], np.broadcast_to(plain, images.shape)[~blank], atol=1e-4)
    rows, columns = blank.any(2), blank.any(1)
    # A hole is a rectangle.
    assert np.array_equal(blank, rows[:, :, None] & columns[:, None, :])
    for along in (rows, columns):
        sides = along.sum(1)
        assert sides.min() == size // 2
        assert sides.max() == size
        # With the middle at any of 8 places, a hole of 4 is whole at 5 of them.
        assert (sides == size).mean() == pytest.approx(5 / 8, abs=0.04)
    # Each place along a side is blanked by a middle at one of up to `size` places around it.
    assert rows[:, side // 2].mean() == pytest.approx(size / side, abs=0.04)


def test_a_hole_larger_than_the_picture_leaves_nothing() -> None:
    images, _ = shown(5, 6, crop_padding=0, flip=False, cutout=64)
    assert not images.any()


def mixed(n: int, alpha: float, epoch: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Flat pictures of the brightness of their label, their targets, and each one's own share."""
    pictures = Pictures(
        torch.arange(n, dtype=torch.uint8).view(n, 1, 1, 1).expand(n, 4, 4, 1).contiguous(), torch.arange(n)
    )
    plan = small_plan(mixup=alpha)
    draws = draw_epoch(n, plan, epoch, CPU)
    images, targets = training_batch(pictures, draws, 0, n, plan, NO_CHANGE, channels_last=False, n_classes=n)
    return images, targets, draws.own_share


def test_mixed_pictures_and_targets_are_mixed_alike() -> None:
    images, targets, own = mixed(50, 0.4)
    assert targets.shape == (50, 50)
    torch.testing.assert_close(targets.sum(1), torch.ones(50))
    assert (targets > 0).sum(1).max() == 2
    # A picture's brightness is its label, so that the mean by targets is the brightness of the mix.
    brightness = (targets * torch.arange(50)).sum(1)
    torch.testing.assert_close(images.mean((1, 2, 3)), brightness, atol=1e-3, rtol=1e-4)
    assert torch.equal(own, mixed(50, 0.4)[2])
    assert not torch.equal(own, mixed(50, 0.4, epoch=1)[2])


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_own_shares_are_beta_distributed(alpha: float) -> None:
    own = draw_epoch(20_000, small_plan(mixup=alpha), 0, CPU).own_share.double()
    assert 0 <= own.min() <= own.max() <= 1
    assert own.mean() == pytest.approx(0.5, abs=0.015)
    # The variance of Beta(a, a) is 1 / (4 (2 a + 1)).
    assert own.var() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.05)


def test_cutout_and_mixup_depend_on_nothing_but_seed_epoch_and_sample() -> None:
    plan = small_plan(cutout=4, mixup=0.3)
    first, larger = draw_epoch(100, plan, 5, CPU), draw_epoch(200, plan, 5, CPU)
    for name in ("hole_y", "hole_x", "own_share"):
        by_sample = dict(zip(larger.order.tolist(), getattr(larger, name).tolist(), strict=True))
        assert [by_sample[sample] for sample in first.order.tolist()] == getattr(first, name).tolist()
    # Nothing else changes by them.
    plain = draw_epoch(100, small_plan(), 5, CPU)
    assert torch.equal(plain.order, first.order)
    assert torch.equal(plain.shift_y, first.shift_y)
    assert plain.hole_y is plain.own_share is None


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


def test_the_plan_says_what_pictures_are_normalised_with() -> None:
    data = small_dataset()
    assert normalisation_for(small_plan(), data) == Normalisation(*data.mean_std())
    imagenet = normalisation_for(small_plan(normalisation="imagenet"), data)
    assert imagenet == Normalisation((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    assert normalisation_for(small_plan(normalisation="fixed"), data) == Normalisation((0.5,) * 3, (0.5,) * 3)
    own = Transform(8, (0.1, 0.2, 0.3), (0.4, 0.5, 0.6), "square", 8)
    started = normalisation_for(small_plan(normalisation="start"), data, own)
    assert started == Normalisation(own.mean, own.std)
    assert normalisation_for(small_plan(normalisation="start"), data) == imagenet
    grey_data = small_dataset(channels=1)
    # A network of other channels cannot be what it starts from.
    assert len(normalisation_for(small_plan(normalisation="start"), grey_data, own).mean) == 1
    grey = normalisation_for(small_plan(normalisation="imagenet"), small_dataset(channels=1))
    assert grey.mean == pytest.approx((0.449,), abs=1e-3)
    assert grey.std == pytest.approx((0.226,), abs=1e-3)


def test_pictures_on_the_cpu_are_not_copied_and_a_training_does_not_write_them() -> None:
    data = small_dataset()
    before = data.train_images.copy()
    data.train_images.flags.writeable = False
    pictures = to_device(data.train_images, data.train_labels, CPU)
    assert np.shares_memory(pictures.images.numpy(), data.train_images)
    trained(ready(small_plan(mixup=0.2, cutout=3), data=data))
    assert np.array_equal(before, data.train_images)


def test_pictures_that_do_not_fit_the_memory_are_named_with_a_remedy(monkeypatch) -> None:
    """The memory of this machine cannot be filled safely: the copy says what it says then."""

    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(np, "require", full)
    data = small_dataset()
    with pytest.raises(DeviceError, match="pictures of 8 pixels need") as caught:
        to_device(data.train_images, data.train_labels, CPU)
    assert "input_size" in caught.value.hint_text


def test_grey_is_repeated_and_colour_becomes_grey() -> None:
    grey = small_dataset(channels=1)
    colour = with_channels(grey, 3)
    assert colour.train_images.shape == (64, 8, 8, 3)
    assert np.array_equal(with_channels(colour, 1).test_images, grey.test_images)
    for data in (grey, colour):
        with pytest.raises(DataError, match="the network takes 2"):
            with_channels(data, 2)
    assert with_channels(colour, 3) is colour
    with pytest.raises(DataError, match="in_channels"):
        with_channels(colour, 4)
