"""The training loop: a generator that takes one step between two yields.

Called by the engine's train handler and the command line, which are the same to it. Between two yields
the caller may use the network (and must leave its mode as it was). The loop leaves torch's random state,
grad mode and everything else global as it found it, and waits for the device only to read numbers.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from explorer.arch.expand import expand
from explorer.arch.spec import ArchitectureSpec
from explorer.errors import DataError, DeviceError, RunError
from explorer.images.datasets import Dataset
from explorer.nets.assemble import assemble, assembling
from explorer.training.batches import (
    Normalisation,
    Pictures,
    draw_epoch,
    to_device,
    training_batch,
    with_channels,
)
from explorer.training.checkpoint import Checkpoint, write_checkpoint
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
    make_optimiser,
    momentum_tensors,
    restore_momentum,
    set_learning_rate,
)
from explorer.training.plan import Plan
from explorer.training.precision import Precision, choose_precision

READ_INTERVAL_S = 0.05
"""How often numbers are read from an accelerator; each reading waits for it. On the CPU they are there at once."""


@dataclass(slots=True, eq=False)
class Training:
    """One training: what it is made of, and how far it is. Made by `prepare`, driven by `train`.

    Attributes:
        spec: The network.
        plan: How it is trained.
        model: The live network.
        optimiser: Its optimiser.
        precision: How it computes.
        normalisation: Of the data.
        train_pictures: On the device.
        test_pictures: Likewise.
        epoch: Epochs that are done.
        step: Steps that are done.
        seconds: Wall time of the sittings before this one.
    """

    spec: ArchitectureSpec
    plan: Plan
    model: nn.Module
    optimiser: torch.optim.Optimizer
    precision: Precision
    normalisation: Normalisation
    train_pictures: Pictures
    test_pictures: Pictures
    epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    unread: list[tuple[int, torch.Tensor]] = field(default_factory=list)

    @property
    def device(self) -> torch.device:
        """Where it runs."""
        return self.train_pictures.images.device

    @property
    def batch_size(self) -> int:
        """The plan's, or all pictures where they are fewer."""
        return min(self.plan.batch_size, len(self.train_pictures))

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches only: the rest of an epoch is another one each time."""
        return len(self.train_pictures) // self.batch_size

    @property
    def steps(self) -> int:
        """Of the whole training."""
        return self.plan.epochs * self.steps_per_epoch

    def checkpoint(self, seconds: float) -> Checkpoint:
        """The state as it is now.

        Args:
            seconds: Wall time of all sittings so far.
        """
        return Checkpoint(
            spec=self.spec,
            plan=self.plan,
            precision=self.precision,
            threads=torch.get_num_threads(),
            epoch=self.epoch,
            step=self.step,
            seconds=seconds,
            weights=self.model.state_dict(),
            optimiser=momentum_tensors(self.model, self.optimiser),
        )


def prepare(
    spec: ArchitectureSpec,
    plan: Plan,
    dataset: Dataset,
    device: torch.device,
    *,
    resume: Checkpoint | None = None,
) -> Generator[None, None, Training]:
    """Put the network and the data on the device and choose the precision, in slices.

    Args:
        spec: The network; its classes and input size must be the data's.
        plan: How to train.
        dataset: What to learn and what to test on.
        device: Where.
        resume: A state to go on from; its precision is used again.

    Yields:
        None, so that others are served.

    Raises:
        DataError: The data does not fit the network.
        DeviceError: The network does not run on the device.
        RunError: The checkpoint is of another network.
    """
    _check_data(spec, dataset)
    dataset = with_channels(dataset, spec.in_channels)
    graph = expand(spec)
    if resume:
        precision = resume.precision
    else:
        shape = (plan.batch_size, spec.in_channels, spec.input_size, spec.input_size)
        precision = yield from choose_precision(
            lambda: assemble(graph, device=device), device, shape, plan.precision, plan.channels_last
        )
    steps = assembling(graph, device=device, seed=plan.seed)
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            model: nn.Module = finished.value
            break
        yield
    model.to(memory_format=precision.memory_format)
    mean, std = dataset.mean_std()
    training = Training(
        spec=spec,
        plan=plan,
        model=model,
        optimiser=make_optimiser(model, plan),
        precision=precision,
        normalisation=Normalisation(mean, std),
        train_pictures=to_device(dataset.train_images, dataset.train_labels, device),
        test_pictures=to_device(dataset.test_images, dataset.test_labels, device),
    )
    if resume:
        _restore(training, resume)
    return training


def train(training: Training, *, checkpoints: Path | None = None) -> Iterator[TrainingEvent | None]:
    """Train to the end of the plan.

    Args:
        training: From `prepare`; changed as it goes.
        checkpoints: The folder that gets a checkpoint after each epoch, or None for none.

    Yields:
        Events, and None after a step or a batch whose numbers are still on the device: at least one yield a step.

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


def _check_data(spec: ArchitectureSpec, dataset: Dataset) -> None:
    if spec.num_classes != len(dataset.classes):
        raise DataError(
            "The network has {own} classes and {name} has {theirs}.",
            "Set num_classes to {theirs}.",
            own=spec.num_classes,
            theirs=len(dataset.classes),
            name=dataset.name,
        )
    for part, images in (("training", dataset.train_images), ("test", dataset.test_images)):
        if not len(images):
            raise DataError("{name} has no {part} pictures.", "Add some.", name=dataset.name, part=part)
        if images.shape[1] != spec.input_size:
            raise DataError(
                "The pictures of {name} are {side} pixels wide and the network takes {size}.",
                "Set input_size to {side}, or open the data with {size}.",
                name=dataset.name,
                side=images.shape[1],
                size=spec.input_size,
            )


def _restore(training: Training, resume: Checkpoint) -> None:
    try:
        training.model.load_state_dict(dict(resume.weights))
        restore_momentum(training.model, training.optimiser, dict(resume.optimiser))
    except (RuntimeError, KeyError) as error:
        raise RunError(
            "The checkpoint does not fit the network: {reason}.",
            "Resume it with the architecture it was made with.",
            reason=str(error).partition("\n")[0],
        ) from error
    training.epoch, training.step, training.seconds = resume.epoch, resume.step, resume.seconds


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
        _take_step(training, images, labels)
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


def _take_step(training: Training, images: torch.Tensor, labels: torch.Tensor) -> None:
    plan = training.plan
    set_learning_rate(training.optimiser, learning_rate(plan, training.step, training.steps))
    try:
        with torch.enable_grad():
            with training.precision.autocast(training.device):
                logits = training.model(images)
            loss = functional.cross_entropy(logits.float(), labels, label_smoothing=plan.label_smoothing)
            training.optimiser.zero_grad(set_to_none=True)
            loss.backward()
        training.optimiser.step()
    except torch.OutOfMemoryError as error:
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
        if not math.isfinite(loss):
            raise RunError(
                "The loss is {loss} at step {step} of epoch {epoch}.",
                "Lower the learning rate (now at most {rate}), lengthen the warm-up, or train in float32.",
                loss=str(loss),
                step=step,
                epoch=epoch + 1,
                rate=training.plan.learning_rate,
            )
    return [
        StepMetrics(step, epoch, loss, accuracy, learning_rate(training.plan, step, training.steps))
        for step, (loss, accuracy) in zip(steps, numbers, strict=True)
    ]
