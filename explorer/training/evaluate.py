"""How well a network knows a labelled set.

Called by the loop after each epoch, by the engine's handlers and by the command line. In slices, so that
others are served between batches; the network's mode and torch's state are left as they were.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from explorer.errors import DataError
from explorer.slices import returned
from explorer.training.batches import Normalisation, Pictures, normalise, to_device
from explorer.training.events import Mistake
from explorer.training.fields import LossKind
from explorer.training.losses import unsmoothed_loss
from explorer.training.precision import FLOAT32, Precision

_MOST_AT_ONCE, _LEAST_AT_ONCE = 500, 32
_PIXELS_AT_ONCE = 500 * 32**2
"""A photograph costs what fifty of CIFAR's pictures do: 500 at once take a minute and 6 GB in ResNet-50."""
_STEPS_WORTH = 4
"""Pictures for each of a batch that is learned from, which costs some three passes and more memory."""
N_MISTAKES = 24
"""Wrong answers that are kept: as many as a person looks through."""


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What a network got right; compared by identity.

    Attributes:
        accuracy: 0 to 1.
        loss: The mean, without smoothing; cross-entropy where none was named.
        images: How many there were.
        images_per_second: Wall time of the whole evaluation.
        confusion: int64 (classes, classes), rows by truth, columns by answer, read-only.
        mistakes: The surest wrong answers, the surest first.
    """

    accuracy: float
    loss: float
    images: int
    images_per_second: float
    confusion: npt.NDArray[np.int64]
    mistakes: tuple[Mistake, ...]


def at_once(side: int, learned: int | None = None) -> int:
    """How many pictures an evaluation takes at a time.

    Args:
        side: Of a picture in pixels.
        learned: Of how many at once the network learns. An evaluation then takes about as long between two
            yields as a step, and no more memory: where a step fits, it fits.
    """
    fitting = min(max(_PIXELS_AT_ONCE // side**2, _LEAST_AT_ONCE), _MOST_AT_ONCE)
    return fitting if learned is None else min(fitting, _STEPS_WORTH * learned)


def evaluating(
    model: nn.Module,
    pictures: Pictures,
    normalisation: Normalisation,
    *,
    batch_size: int | None = None,
    precision: Precision = FLOAT32,
    loss: LossKind = "cross-entropy",
) -> Generator[None, None, Evaluation]:
    """Evaluate in slices.

    Args:
        model: On the pictures' device.
        pictures: What it is asked, with the truth.
        normalisation: That the network was trained with.
        batch_size: Pictures at a time, by default as `at_once`; the result does not depend on it but for
            rounding.
        precision: Of the forward. The layout of the weights is the caller's.
        loss: Which is told. That which the training makes small can be laid beside its curve.

    Yields:
        None after each batch. The network is in evaluation mode until the generator ends.

    Raises:
        DataError: There is no picture.
    """
    if not len(pictures):
        raise DataError("There are no pictures to evaluate on.", "Use data with a test part.")
    batch_size = batch_size or at_once(pictures.images.shape[1])
    started = time.perf_counter()
    modes = {module: module.training for module in model.modules()}
    tally = _Tally(pictures, loss)
    model.eval()
    try:
        for start in range(0, len(pictures), batch_size):
            logits = _logits(model, pictures.images[start : start + batch_size], normalisation, precision)
            tally.add(logits, start)
            yield
    finally:
        for module, training in modes.items():
            module.training = training
    confusion = tally.confusion()
    return Evaluation(
        accuracy=float(np.trace(confusion)) / len(pictures),
        loss=float(tally.loss) / len(pictures),
        images=len(pictures),
        images_per_second=len(pictures) / (time.perf_counter() - started),
        confusion=confusion,
        mistakes=tally.mistakes(),
    )


class _Tally:
    """What is counted over the batches; all of it stays on the device until the end, where reading waits."""

    def __init__(self, pictures: Pictures, kind: LossKind) -> None:
        self.pictures = pictures
        self.kind = kind
        self.loss = torch.zeros((), dtype=torch.float32, device=pictures.images.device)
        self.counts: torch.Tensor | None = None
        self.surest: list[tuple[torch.Tensor, torch.Tensor]] = []

    def add(self, logits: torch.Tensor, start: int) -> None:
        """Count a batch: logits float32 (batch, classes) of the pictures from `start` on."""
        n, n_classes = logits.shape
        labels = self.pictures.labels[start : start + n]
        self.loss += n * unsmoothed_loss(self.kind, logits, labels)
        probabilities, answers = logits.softmax(1).max(1)
        counts = torch.bincount(labels * n_classes + answers, minlength=n_classes * n_classes)
        self.counts = counts if self.counts is None else self.counts + counts
        # Right answers as -1, so that the shapes do not depend on the values: nothing waits for the device.
        wrong = torch.where(answers == labels, -1.0, probabilities)
        chosen = wrong.topk(min(N_MISTAKES, n))
        at = chosen.indices
        self.surest.append((chosen.values, torch.stack((at + start, labels[at], answers[at]), 1)))

    def confusion(self) -> npt.NDArray[np.int64]:
        """Rows by truth, columns by answer; read-only."""
        assert self.counts is not None  # there was a picture
        n_classes = round(len(self.counts) ** 0.5)
        confusion: npt.NDArray[np.int64] = self.counts.cpu().numpy().reshape(n_classes, n_classes)
        confusion.flags.writeable = False
        return confusion

    def mistakes(self) -> tuple[Mistake, ...]:
        """The surest first; of equally sure ones the first picture first."""
        sure, rows = (torch.cat(parts).tolist() for parts in zip(*self.surest, strict=True))
        wrong = [
            Mistake(index, truth, answer, probability)
            for probability, (index, truth, answer) in zip(sure, rows, strict=True)
        ]
        wrong = sorted(
            (each for each in wrong if each.probability >= 0),
            key=lambda each: (-each.probability, each.index),
        )
        return tuple(wrong[:N_MISTAKES])


def evaluate(
    model: nn.Module,
    images: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.int64],
    normalisation: Normalisation,
    *,
    batch_size: int | None = None,
    precision: Precision = FLOAT32,
) -> Evaluation:
    """Evaluate at once; as `evaluating`, for callers with nothing else to do.

    Args:
        model: The network, on any device.
        images: uint8 (n, side, side, channels), with the network's channels.
        labels: int64 (n,).
        normalisation: That the network was trained with.
        batch_size: Pictures at a time, by default as `at_once`.
        precision: Of the forward.

    Raises:
        DataError: There is no picture.
    """
    device = next(model.parameters()).device
    pictures = to_device(images, labels, device)
    return returned(evaluating(model, pictures, normalisation, batch_size=batch_size, precision=precision))


def _logits(
    model: nn.Module, images: torch.Tensor, normalisation: Normalisation, precision: Precision
) -> torch.Tensor:
    """float32 (batch, classes)."""
    with torch.inference_mode(), precision.autocast(images.device):
        logits: torch.Tensor = model(normalise(images, normalisation, channels_last=precision.channels_last))
        return logits.float()
