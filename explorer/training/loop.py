"""The training loop: a generator that takes one step between two yields.

Called by the engine's train handler and the command line, which are the same to it. Between two yields
the caller may use the network (and must leave its mode as it was). The loop leaves torch's random state,
grad mode and everything else global as it found it, and waits for the device only to read numbers.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import torch
from torch.nn import functional

from explorer.errors import DeviceError, RunError
from explorer.nets.device import is_out_of_memory
from explorer.training.batches import (
    draw_epoch,
    training_batch,
)
from explorer.training.checkpoint import write_checkpoint
from explorer.training.evaluate import evaluating
from explorer.training.events import (
    EpochFinished,
    StepMetrics,
    TrainingEvent,
    TrainingFinished,
    TrainingStarted,
)
from explorer.training.optimise import (
    learning_rate,
    set_learning_rate,
)
from explorer.training.prepare import Training

READ_INTERVAL_S = 0.05
"""How often numbers are read from an accelerator; each reading waits for it. On the CPU they are there."""


def train(training: Training, *, checkpoints: Path | None = None) -> Iterator[TrainingEvent | None]:
    """Train to the end of the plan.

    Args:
        training: From `prepare`; changed as it goes.
        checkpoints: The folder that gets a checkpoint after each epoch, or None for none.

    Yields:
        Events, and None after a step or a batch whose numbers are still on the device: at least one yield
        a step.

    Raises:
        RunError: The loss is not finite, or a checkpoint cannot be written.
        DeviceError: The device is out of memory.
    """
    started = time.perf_counter()
    plan = training.plan
    yield _started(training)
    rates: list[float] = []
    for epoch in range(training.epoch, plan.epochs):
        train_loss, train_accuracy, rate = yield from _train_epoch(training, epoch)
        rates.append(rate)
        tested = yield from evaluating(
            training.model, training.test_pictures, training.normalisation, precision=training.precision
        )
        # Before the checkpoint: the last one is finite always.
        _check_finite(
            training, tested.loss, f"The loss on the test pictures is {tested.loss} at the end", epoch
        )
        training.epoch = epoch + 1
        if checkpoints:
            seconds = training.seconds + time.perf_counter() - started
            write_checkpoint(checkpoints, training.checkpoint(seconds))
        yield EpochFinished(
            epoch, training.step - 1, train_loss, train_accuracy, tested.loss, tested.accuracy, rate
        )
    training.model.to(memory_format=torch.contiguous_format)
    final = yield from evaluating(training.model, training.test_pictures, training.normalisation)
    yield TrainingFinished(
        epochs=plan.epochs,
        steps=training.step,
        test_loss=final.loss,
        test_accuracy=final.accuracy,
        images_per_second=len(rates) / sum(1 / rate for rate in rates) if rates else 0.0,
        seconds=training.seconds + time.perf_counter() - started,
    )


def _started(training: Training) -> TrainingStarted:
    return TrainingStarted(
        first_epoch=training.epoch,
        epochs=training.plan.epochs,
        steps_per_epoch=training.steps_per_epoch,
        dtype=training.precision.dtype,
        channels_last=training.precision.channels_last,
        rates=training.precision.rates,
        device=str(training.device),
        mean=training.normalisation.mean,
        std=training.normalisation.std,
    )


def _train_epoch(
    training: Training, epoch: int
) -> Generator[TrainingEvent | None, None, tuple[float, float, float]]:
    """One epoch; returns the mean loss, the mean accuracy and the pictures a second."""
    started = last_read = time.perf_counter()
    draws = draw_epoch(len(training.train_pictures), training.plan, epoch, training.device)
    losses = accuracies = 0.0
    training.model.train()
    n_steps = training.steps_per_epoch
    for index in range(n_steps):
        start = index * training.batch_size
        images, labels = training_batch(
            training.train_pictures,
            draws,
            start,
            start + training.batch_size,
            training.plan,
            training.normalisation,
            channels_last=training.precision.channels_last,
        )
        take_step(training, images, labels)
        now = time.perf_counter()
        is_last = index == n_steps - 1
        if training.device.type != "cpu" and now - last_read < READ_INTERVAL_S and not is_last:
            yield None
            continue
        last_read = now
        for metrics in _read(training, epoch):
            losses += metrics.loss
            accuracies += metrics.accuracy
            yield metrics
    seconds = time.perf_counter() - started
    return losses / n_steps, accuracies / n_steps, n_steps * training.batch_size / seconds


def take_step(training: Training, images: torch.Tensor, labels: torch.Tensor) -> None:
    """Learn from one batch; its loss and accuracy stay on the device, in `training.unread`.

    Args:
        training: Changed.
        images: float32 (batch, channels, side, side), normalised, in the precision's memory order.
        labels: int64 (batch,).

    Raises:
        DeviceError: The device is out of memory.
    """
    plan = training.plan
    set_learning_rate(training.optimiser, learning_rate(plan, training.step, training.steps))
    try:
        with torch.enable_grad():
            with training.precision.autocast(training.device):
                logits = training.model(images)
            loss = functional.cross_entropy(logits.float(), labels, label_smoothing=plan.label_smoothing)
            training.optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
        training.optimiser.step()
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        raise DeviceError(
            "{device} has not enough memory for batches of {batch}.",
            "Train with a smaller batch_size, or on another device.",
            device=str(training.device),
            batch=training.batch_size,
        ) from error
    with torch.no_grad():
        accuracy = (logits.argmax(1) == labels).float().mean()
        training.unread.append((training.step, torch.stack((loss.detach(), accuracy))))
    training.step += 1


def _read(training: Training, epoch: int) -> list[StepMetrics]:
    """The numbers of the steps since the last reading; waits for the device.

    Raises:
        RunError: A loss is not finite.
    """
    steps = [step for step, _ in training.unread]
    numbers = torch.stack([pair for _, pair in training.unread]).tolist()
    training.unread.clear()
    for step, (loss, _) in zip(steps, numbers, strict=True):
        _check_finite(training, loss, f"The loss is {loss} at step {step}", epoch)
    return [
        StepMetrics(step, epoch, loss, accuracy, learning_rate(training.plan, step, training.steps))
        for step, (loss, accuracy) in zip(steps, numbers, strict=True)
    ]


def _check_finite(training: Training, loss: float, where: str, epoch: int) -> None:
    if math.isfinite(loss):
        return
    raise RunError(
        "{where} of epoch {epoch}.",
        "Lower the learning rate (now at most {rate}), lengthen the warm-up, or train in float32.",
        where=where,
        epoch=epoch + 1,
        rate=training.plan.learning_rate,
    )
