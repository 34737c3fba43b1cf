"""A training made ready: the network, the data and the optimiser on the device, the precision chosen.

Called by the engine's train handler and the command line before `training/loop.py`.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn

from explorer.arch.expand import expand
from explorer.arch.spec import ArchitectureSpec
from explorer.errors import DataError, RunError
from explorer.images.datasets import Dataset
from explorer.nets.assemble import assemble, assembling
from explorer.nets.weight_files import read_weights
from explorer.nets.weights import fit, load_into
from explorer.training.batches import Normalisation, Pictures, to_device, with_channels
from explorer.training.checkpoint import Checkpoint
from explorer.training.optimise import make_optimiser, momentum_tensors, restore_momentum
from explorer.training.plan import Plan
from explorer.training.precision import Precision, choose_precision


@dataclass(slots=True, eq=False)
class Training:
    """One training: what it is made of, and how far it is. Made by `prepare`, driven by `loop.train`.

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
    start_from: Path | None = None,
) -> Generator[None, None, Training]:
    """Put the network and the data on the device and choose the precision, in slices.

    Args:
        spec: The network; its classes and input size must be the data's.
        plan: How to train.
        dataset: What to learn and what to test on.
        device: Where.
        resume: A state to go on from; its precision is used again.
        start_from: A weights file to start from instead of first values.

    Yields:
        None, so that others are served.

    Raises:
        DataError: The data does not fit the network.
        DeviceError: The network does not run on the device.
        RunError: The checkpoint is of another network.
        WeightsError: The weights file cannot be read or does not fit.
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
    if start_from is not None:
        load_into(model, fit(read_weights(start_from).tensors, graph, spec))
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
