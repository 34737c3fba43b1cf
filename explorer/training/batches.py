"""Batches from a data set that lives on the device as one uint8 tensor.

Pictures are gathered, shifted, mirrored and normalised on the device, a batch at a time. Order and
augmentation are functions of (seed, epoch, sample) and of nothing else: no generator has a state, so
a resumed or watched run sees what an undisturbed one sees, on every device.

Called by `training/loop.py` and `training/evaluate.py`. Must not touch torch's or NumPy's global random
state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch

from explorer.errors import DataError
from explorer.images.datasets import Dataset
from explorer.training.plan import Plan

UInt64s = npt.NDArray[np.uint64]

LUMA = (0.299, 0.587, 0.114)
"""ITU-R BT.601, as Pillow turns colour to grey."""

STREAM_ORDER, STREAM_Y, STREAM_X, STREAM_FLIP = range(4)


@dataclass(frozen=True, slots=True)
class Normalisation:
    """What is subtracted from pictures in 0 to 1, and what they are divided by; a number a channel."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


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
    """

    order: torch.Tensor
    shift_y: torch.Tensor
    shift_x: torch.Tensor
    mirrored: torch.Tensor


def with_channels(dataset: Dataset, channels: int) -> Dataset:
    """The data set with as many channels as a network takes.

    Grey is repeated over them; colour becomes grey where there is one.

    Raises:
        DataError: Neither turns the data's channels into the network's.
    """
    own = dataset.train_images.shape[3]
    if own == channels:
        return dataset
    if own != 1 and (own, channels) != (3, 1):
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
    """Pictures on the device.

    Args:
        images: uint8 (n, side, side, channels).
        labels: int64 (n,).
        device: Where they go.
    """
    # Copied where the array is read-only: torch has no tensors that are.
    return Pictures(
        torch.from_numpy(np.require(images, np.uint8, ["C", "W"])).to(device),
        torch.from_numpy(np.require(labels, np.int64, ["C", "W"])).to(device),
    )


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
    order = np.argsort(_draw(plan.seed, epoch, STREAM_ORDER, samples), kind="stable")
    shown = samples[order]
    span = 2 * plan.crop_padding + 1
    shift_y = _below(_draw(plan.seed, epoch, STREAM_Y, shown), span) - plan.crop_padding
    shift_x = _below(_draw(plan.seed, epoch, STREAM_X, shown), span) - plan.crop_padding
    if plan.flip:
        # In every second epoch, from a drawn one on: both views are seen equally often, which learns
        # faster than a coin (Jordan 2024, arXiv 2404.00498).
        first = _below(_draw(plan.seed, 0, STREAM_FLIP, shown), 2)
        mirrored = (first + epoch) % 2 == 1
    else:
        mirrored = np.zeros(n, bool)
    return EpochDraws(*(torch.from_numpy(part).to(device) for part in (order, shift_y, shift_x, mirrored)))


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
) -> tuple[torch.Tensor, torch.Tensor]:
    """One step's pictures and labels.

    Returns:
        float32 (batch, channels, side, side), augmented and normalised, and int64 (batch,).
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
    return batch, pictures.labels[which]


def _mix(values: UInt64s) -> UInt64s:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014): every bit depends on every bit."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: UInt64s = values ^ (values >> np.uint64(31))
    return mixed


def _draw(seed: int, epoch: int, stream: int, samples: UInt64s) -> UInt64s:
    """A random 64-bit number for each sample; the same for the same arguments, always and everywhere."""
    # An array of one, because NumPy warns when a scalar wraps around and an array is meant to.
    key = np.zeros(1, np.uint64)
    for part in (seed, epoch, stream):
        key = _mix(key ^ np.uint64(part))
    return _mix(key ^ _mix(samples))


def _below(numbers: UInt64s, n: int) -> npt.NDArray[np.int64]:
    """Numbers in 0 to n - 1; the bias of the multiplication is below n / 2**32."""
    return (((numbers >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32)).astype(np.int64)
