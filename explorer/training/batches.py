"""Batches from a data set that lives on the device as one uint8 tensor.

Pictures are gathered, shifted, mirrored and normalised on the device, a batch at a time. Order and
augmentation are functions of (seed, epoch, sample) and of nothing else: no generator has a state, so
a resumed or watched run sees what an undisturbed one sees, on every device.

Called by `training/loop.py` and `training/evaluate.py`. Must not touch torch's or NumPy's global random
state.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch

from explorer.errors import DataError, DeviceError
from explorer.images.datasets import Dataset
from explorer.images.prepare import IMAGENET_MEAN, IMAGENET_STD, Transform
from explorer.nets.device import is_out_of_memory
from explorer.training.draws import below, draw, draw_beta
from explorer.training.losses import as_shares
from explorer.training.plan import Plan

LUMA = (0.299, 0.587, 0.114)
"""ITU-R BT.601, as Pillow turns colour to grey."""

STREAM_ORDER, STREAM_Y, STREAM_X, STREAM_FLIP, STREAM_HOLE_Y, STREAM_HOLE_X, STREAM_MIX = range(7)
HOLE_PLACES = 1 << 16
"""Among how many places along a side a hole's middle is drawn; more than pictures have pixels."""


@dataclass(frozen=True, slots=True)
class Normalisation:
    """What is subtracted from pictures in 0 to 1, and what they are divided by; a number a channel."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


FIXED = 0.5
"""Mean and deviation of the fixed normalisation: 0 to 1 becomes -1 to 1."""


def normalisation_for(plan: Plan, dataset: Dataset, start: Transform | None = None) -> Normalisation:
    """What the plan normalises the data with.

    Args:
        plan: Its choice.
        dataset: With the channels that the network takes; its training part may be measured.
        start: How the weights that it starts from want pictures; None where they do not say it, or where it
            starts from first values: then that is as ImageNet's.

    Raises:
        DataError: There are no training pictures to measure.
    """
    if plan.normalisation == "data":
        return Normalisation(*dataset.mean_std())
    n_channels = dataset.train_images.shape[3]
    if plan.normalisation == "fixed":
        return Normalisation((FIXED,) * n_channels, (FIXED,) * n_channels)
    if plan.normalisation == "start" and start is not None and len(start.mean) == n_channels:
        return Normalisation(start.mean, start.std)
    mean, std = IMAGENET_MEAN, IMAGENET_STD
    if n_channels != len(mean):
        # No colour, so the middle of ImageNet's.
        mean, std = ((sum(numbers) / len(numbers),) * n_channels for numbers in (mean, std))
    return Normalisation(mean, std)


@dataclass(frozen=True, slots=True)
class Pictures:
    """Labelled pictures on a device.

    Attributes:
        images: uint8 (n, side, side, channels).
        labels: int64 (n,).
    """

    images: torch.Tensor
    labels: torch.Tensor

    def __len__(self) -> int:
        return int(self.images.shape[0])


@dataclass(frozen=True, slots=True)
class EpochDraws:
    """One epoch's order and augmentation, on the device; each (n,) and in the order of showing.

    Attributes:
        order: Which picture comes when.
        shift_y: By how many rows it is shifted.
        shift_x: By how many columns.
        mirrored: Whether left is right.
        hole_y: Where down the picture the middle of its hole is, in `HOLE_PLACES`; None without cutout.
        hole_x: Where across it is.
        own_share: How much of a mixed picture is itself, float32; None without mixup.
    """

    order: torch.Tensor
    shift_y: torch.Tensor
    shift_x: torch.Tensor
    mirrored: torch.Tensor
    hole_y: torch.Tensor | None = None
    hole_x: torch.Tensor | None = None
    own_share: torch.Tensor | None = None


def with_channels(dataset: Dataset, channels: int) -> Dataset:
    """The data set with as many channels as a network takes.

    Grey is repeated over them; colour becomes grey where there is one.

    Raises:
        DataError: Neither turns the data's channels into the network's.
    """
    own = dataset.train_images.shape[3]
    if own == channels:
        return dataset
    # What it has learned is to see photographs, which have one channel or three.
    if {own, channels} != {1, 3}:
        raise DataError(
            "The pictures of {name} have {own} channels and the network takes {channels}.",
            "Set in_channels to {own}.",
            name=dataset.name,
            own=own,
            channels=channels,
        )

    def turned(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        if own == 1:
            return np.repeat(images, channels, axis=3)
        grey: npt.NDArray[np.uint8] = np.rint(images @ np.asarray(LUMA, np.float32)).astype(np.uint8)
        return grey[..., None]

    return replace(
        dataset, train_images=turned(dataset.train_images), test_images=turned(dataset.test_images)
    )


def to_device(images: npt.NDArray[np.uint8], labels: npt.NDArray[np.int64], device: torch.device) -> Pictures:
    """Pictures on the device; on the CPU they share the arrays' memory, and nobody may write them.

    Args:
        images: uint8 (n, side, side, channels).
        labels: int64 (n,).
        device: Where they go.

    Raises:
        DeviceError: It has not the memory for them.
    """
    with room_for_pictures(images, device), warnings.catch_warnings():
        # Torch has no tensors that must not be written and warns of such arrays. Nobody writes a data set,
        # and one that is mapped from its file may be larger than the memory.
        warnings.simplefilter("ignore", UserWarning)
        return Pictures(
            torch.from_numpy(np.require(images, np.uint8, ["C"])).to(device),
            torch.from_numpy(np.require(labels, np.int64, ["C"])).to(device),
        )


@contextmanager
def room_for_pictures(images: npt.NDArray[np.uint8], device: torch.device) -> Iterator[None]:
    """Answer a lack of memory for a copy of pictures with what takes less.

    Args:
        images: uint8 (n, side, side, channels).
        device: Where the copy goes.

    Raises:
        DeviceError: There is no room for it.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise DeviceError(
            "{n} pictures of {side} pixels need {gigabytes:.1f} GB, and {device} has not enough memory.",
            "Take fewer pictures, a smaller input_size, or another device.",
            n=len(images),
            side=images.shape[1],
            gigabytes=images.nbytes / 1e9,
            device=str(device),
        ) from error


@lru_cache(maxsize=8)
def _scale_and_shift(normalisation: Normalisation, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Bytes times the first plus the second are normalised; kept on the device, as copying there waits."""
    # Made under inference mode they would be of no use in training.
    with torch.inference_mode(False):
        std = torch.tensor(normalisation.std).view(1, -1, 1, 1)
        mean = torch.tensor(normalisation.mean).view(1, -1, 1, 1)
        return (1 / (255 * std)).to(device), (-mean / std).to(device)


def normalise(images: torch.Tensor, normalisation: Normalisation, *, channels_last: bool) -> torch.Tensor:
    """Pictures as a network takes them.

    Args:
        images: uint8 (batch, side, side, channels).
        normalisation: Of the data.
        channels_last: The memory format of the result.

    Returns:
        float32 (batch, channels, side, side).
    """
    scale, shift = _scale_and_shift(normalisation, images.device)
    batch = images.permute(0, 3, 1, 2).float().mul_(scale).add_(shift)
    return batch.contiguous(memory_format=torch.channels_last if channels_last else torch.contiguous_format)


def draw_epoch(n: int, plan: Plan, epoch: int, device: torch.device) -> EpochDraws:
    """The order and augmentation of one epoch.

    Args:
        n: The number of pictures.
        plan: For its seed and augmentation.
        epoch: From 0.
        device: Where the draws go.
    """
    samples = np.arange(n, dtype=np.uint64)
    order = np.argsort(draw(plan.seed, epoch, STREAM_ORDER, samples), kind="stable")
    shown = samples[order]
    span = 2 * plan.crop_padding + 1
    shift_y = below(draw(plan.seed, epoch, STREAM_Y, shown), span) - plan.crop_padding
    shift_x = below(draw(plan.seed, epoch, STREAM_X, shown), span) - plan.crop_padding
    if plan.flip:
        # In every second epoch, from a drawn one on: both views are seen equally often, which learns
        # faster than a coin (Jordan 2024, arXiv 2404.00498).
        first = below(draw(plan.seed, 0, STREAM_FLIP, shown), 2)
        mirrored = (first + epoch) % 2 == 1
    else:
        mirrored = np.zeros(n, bool)
    hole_y = hole_x = own_share = None
    if plan.cutout:
        hole_y = below(draw(plan.seed, epoch, STREAM_HOLE_Y, shown), HOLE_PLACES)
        hole_x = below(draw(plan.seed, epoch, STREAM_HOLE_X, shown), HOLE_PLACES)
    if plan.mixup:
        own_share = draw_beta(plan.seed, epoch, STREAM_MIX, plan.mixup, n)[order]
    always = (torch.from_numpy(part).to(device) for part in (order, shift_y, shift_x, mirrored))
    wanted = (
        None if part is None else torch.from_numpy(part).to(device) for part in (hole_y, hole_x, own_share)
    )
    return EpochDraws(*always, *wanted)


def _positions(draws: EpochDraws, start: int, stop: int, side: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The source row and column of each target row and column, int64 (batch, side); some beyond the edge."""
    here = torch.arange(side, device=draws.order.device)
    rows = here + draws.shift_y[start:stop, None]
    columns = torch.where(draws.mirrored[start:stop, None], side - 1 - here, here)
    return rows, columns + draws.shift_x[start:stop, None]


def _inside(positions: torch.Tensor, side: int) -> torch.Tensor:
    """Positions reflected at the edges (the edge itself is not doubled), and clamped beyond that."""
    last = side - 1
    return (last - (last - positions.abs()).abs()).clamp_(0, last)


def _is_beyond(positions: torch.Tensor, side: int) -> torch.Tensor:
    return (positions < 0) | (positions >= side)


def training_batch(
    pictures: Pictures,
    draws: EpochDraws,
    start: int,
    stop: int,
    plan: Plan,
    normalisation: Normalisation,
    *,
    channels_last: bool,
    n_classes: int = 0,
) -> tuple[torch.Tensor, torch.Tensor]:
    """One step's pictures and targets.

    Args:
        pictures: All of them.
        draws: The epoch's, from `draw_epoch` with the same plan.
        start: The first of the batch, in the order of showing.
        stop: The one after its last.
        plan: For its augmentation.
        normalisation: Of the pictures.
        channels_last: The memory format of the result.
        n_classes: Of the network; where pictures are mixed.

    Returns:
        float32 (batch, channels, side, side), augmented and normalised, and what they show: labels, int64
        (batch,), or where pictures are mixed shares of the classes, float32 (batch, classes).
    """
    side = pictures.images.shape[1]
    which = draws.order[start:stop]
    rows, columns = _positions(draws, start, stop, side)
    # One gather does it all: the picture, its shifted rows and its shifted and mirrored columns.
    images = pictures.images[
        which[:, None, None], _inside(rows, side)[:, :, None], _inside(columns, side)[:, None, :]
    ]
    batch = normalise(images, normalisation, channels_last=channels_last)
    if plan.crop_padding and plan.crop_fill == "zero":
        # Zero after normalisation is the mean colour, as the paper pads.
        empty = _is_beyond(rows, side)[:, :, None] | _is_beyond(columns, side)[:, None, :]
        batch.masked_fill_(empty[:, None], 0.0)
    if draws.hole_y is not None and draws.hole_x is not None:
        hole_y = _inside_hole(draws.hole_y[start:stop], plan.cutout, side)
        hole_x = _inside_hole(draws.hole_x[start:stop], plan.cutout, side)
        batch.masked_fill_((hole_y[:, :, None] & hole_x[:, None, :])[:, None], 0.0)
    labels = pictures.labels[which]
    if draws.own_share is None:
        return batch, labels
    return _mixed(batch, as_shares(labels, n_classes), draws.own_share[start:stop])


def _inside_hole(middle: torch.Tensor, size: int, side: int) -> torch.Tensor:
    """Which places along a side are in the hole, bool (batch, side); its middle is in, some of it may be out.

    The middle is any pixel of the picture, as DeVries and Taylor 2017 (section 3.2) have it.
    """
    first = (middle * side).div(HOLE_PLACES, rounding_mode="floor") - size // 2
    here = torch.arange(side, device=middle.device) - first[:, None]
    return (here >= 0) & (here < size)


def _mixed(
    batch: torch.Tensor, shares: torch.Tensor, own_share: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Each picture and its target blended with its neighbour's in the batch (Zhang et al. 2017, equation 2).

    The order is drawn, so that any picture may be the neighbour.
    """
    rest = 1 - own_share
    images = batch.roll(1, 0).mul_(rest[:, None, None, None]).addcmul_(batch, own_share[:, None, None, None])
    return images, shares.roll(1, 0).mul_(rest[:, None]).addcmul_(shares, own_share[:, None])
