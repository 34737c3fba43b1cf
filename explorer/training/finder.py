"""The learning-rate finder: a short training whose rate rises until the loss does. Where did it fall fastest?

Called by the engine's train handler. It learns on a copy of the network; nothing of it is kept. After Smith
2015 (arXiv 1506.01186, section 3.3), whose bound is where learning "slows, becomes ragged, or starts to
fall": what a network that blew up learns afterwards, at larger rates still, says nothing about one that is to
learn. Among the rates before, it is the one where the loss falls fastest, fastai's `steep`.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from explorer.nets.assemble import node_seed
from explorer.training.batches import draw_epoch, training_batch
from explorer.training.layout import gradients_as_maps
from explorer.training.losses import loss_of
from explorer.training.optimise import clip_gradients, let_learn, make_optimiser, set_learning_rate
from explorer.training.prepare import Training
from explorer.training.room import room_for
from explorer.training.step import seeded, train_settings

FIRST_RATE, LAST_RATE = 1e-6, 10.0
STEPS = 100
"""As many as fastai's `lr_find` takes: on small data the search is to be shorter than the training."""
SMOOTHING = 0.85
"""The share of the running mean of losses that is kept at each step."""
DIVERGED = 4.0
"""The search ends where the smoothed loss is this many times the best."""
LEAST_CHANGE = 0.02
"""By what share of its start the loss must fall, or of its lowest rise, to have done so at all."""
NOISE = 14.0
"""A fall or a rise is so many times the usual change between two steps: less is the noise of batches.

Losses that scatter by σ give means that scatter by σ √((1 − s) / (1 + s)), where s is the smoothing, and that
change by about 0.7 (1 − s) σ, the median: this is five times the scatter of the means.
"""
SKIPPED = 7
"""The first means are of few batches, and a batch is a little harder than another."""
SLOPE_REACH = 3
"""A slope is taken over as many steps to each side."""

StepAt = Callable[[int, float], float]
"""Takes the step of a number at a learning rate; returns its loss."""


@dataclass(frozen=True, slots=True)
class RateCurve:
    """What the finder has found so far.

    Attributes:
        rates: Learning rates, rising.
        losses: The smoothed loss at each.
        share: How much is done, 0 to 1.
        suggested: The rate at which the loss falls fastest; None until the end, or where it never fell.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    share: float
    suggested: float | None = None


def finding_rate(training: Training) -> Generator[RateCurve, None, RateCurve]:
    """Find a learning rate for a training that was prepared, with its own optimiser, data and loss.

    Args:
        training: Its network is copied; it stays as it is.

    Yields:
        The curve after each step.

    Raises:
        DeviceError: The device is out of memory.
    """
    with room_for(training.batch_size, training.device):
        return (yield from find_rate(_Trial(training).step_at))


def find_rate(
    step_at: StepAt, *, n_steps: int = STEPS, first: float = FIRST_RATE, last: float = LAST_RATE
) -> Generator[RateCurve, None, RateCurve]:
    """Raise the rate by the same factor at each step until the loss rises or diverges.

    Args:
        step_at: Takes a step.
        n_steps: From the first rate to the last.
        first: The rate to begin with.
        last: The largest.

    Yields:
        The curve after each step.
    """
    factor = (last / first) ** (1 / (n_steps - 1))
    rates: list[float] = []
    losses: list[float] = []
    mean = 0.0
    for step in range(n_steps):
        rate = first * factor**step
        loss = step_at(step, rate)
        mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
        # A mean that began at zero is too small at first (Kingma and Ba 2014, section 3).
        smoothed = mean / (1 - SMOOTHING ** (step + 1))
        if not math.isfinite(smoothed):
            break
        rates.append(rate)
        losses.append(smoothed)
        if smoothed > DIVERGED * min(losses) or has_risen(losses):
            break
        yield RateCurve(tuple(rates), tuple(losses), (step + 1) / n_steps)
    return RateCurve(tuple(rates), tuple(losses), 1.0, steepest(rates, losses))


def has_risen(losses: list[float]) -> bool:
    """Whether the smoothed loss has fallen, and stands clearly above its lowest now."""
    heights = np.asarray(losses[SKIPPED:])
    if not _has_fallen(heights):
        return False
    lowest = heights.min()
    return bool(heights[-1] - lowest > max(LEAST_CHANGE * lowest, _noise(heights)))


def steepest(rates: list[float], losses: list[float]) -> float | None:
    """The rate at which the loss falls fastest, by the rate's logarithm; None where it never fell.

    Args:
        rates: Rising, to where the search ended.
        losses: The smoothed loss at each.
    """
    heights, logs = np.asarray(losses[SKIPPED:]), np.log(rates[SKIPPED:])
    if len(heights) <= 2 * SLOPE_REACH or not _has_fallen(heights):
        return None
    lowest = int(heights.argmin())
    middle = np.arange(SLOPE_REACH, max(lowest - SLOPE_REACH, SLOPE_REACH) + 1)
    before, after = middle - SLOPE_REACH, middle + SLOPE_REACH
    slopes = (heights[after] - heights[before]) / (logs[after] - logs[before])
    return float(np.exp(logs[middle[slopes.argmin()]]))


def _has_fallen(heights: np.ndarray) -> bool:
    if len(heights) < 2:
        return False
    return bool(heights[0] - heights.min() > max(LEAST_CHANGE * heights[0], _noise(heights)))


def _noise(heights: np.ndarray) -> float:
    return NOISE * float(np.median(np.abs(np.diff(heights))))


class _Trial:
    """A copy of a training's network that learns for the search."""

    def __init__(self, training: Training) -> None:
        self._training = training
        self._model = copy.deepcopy(training.model).train()
        let_learn(self._model, only_head=False)
        self._optimiser = make_optimiser(self._model, training.plan)
        self._batches = _batches(training)

    def step_at(self, step: int, rate: float) -> float:
        """Take a step; waits for the device. Torch's settings are the training's meanwhile only."""
        with train_settings(self._training):
            return self._step_at(step, rate)

    def _step_at(self, step: int, rate: float) -> float:
        plan, device = self._training.plan, self._training.device
        images, targets = next(self._batches)
        set_learning_rate(self._optimiser, rate)
        # Dropout draws here and leaves the generators as they were.
        with torch.enable_grad(), seeded(device, node_seed(plan.seed, f"finder {step}")):
            with gradients_as_maps(self._model), self._training.precision.autocast(device):
                logits = self._model(images)
            loss = loss_of(plan, logits, targets)
            self._optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
        clip_gradients(self._model, plan.clip_norm)
        self._optimiser.step()
        return float(loss.detach())


def _batches(training: Training) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """The training's batches, epoch after epoch without end."""
    epoch = 0
    while True:
        draws = draw_epoch(len(training.train_pictures), training.plan, epoch, training.device)
        for index in range(training.steps_per_epoch):
            start = index * training.batch_size
            yield training_batch(
                training.train_pictures,
                draws,
                start,
                start + training.batch_size,
                training.plan,
                training.normalisation,
                channels_last=training.precision.channels_last,
                n_classes=training.spec.num_classes,
            )
        epoch += 1
