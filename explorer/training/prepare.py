"""A training made ready: the network, the data and the optimiser on the device, the precision chosen.

Called by the engine's train handler and the command line before `training/loop.py`.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import torch
from torch import fx, nn

from explorer.arch.expand import expand
from explorer.arch.graph import Graph
from explorer.arch.ops import Norm
from explorer.arch.spec import ArchitectureSpec
from explorer.errors import DataError, RunError
from explorer.images.dataset import Dataset
from explorer.images.prepare import Transform, transform_for
from explorer.nets.assemble import assemble, assembling
from explorer.nets.keys import COUNTER
from explorer.nets.weight_files import read_weights, source_transform
from explorer.nets.weights import fit, load_into
from explorer.slices import unsaid
from explorer.training.average import WeightAverage
from explorer.training.batches import (
    Normalisation,
    Pictures,
    normalisation_for,
    room_for_pictures,
    to_device,
    with_channels,
)
from explorer.training.checkpoint import Checkpoint, Progress
from explorer.training.norms import StageNorms
from explorer.training.optimise import make_optimiser, optimiser_tensors, restore_optimiser
from explorer.training.parts import Parts, fingerprint, with_validation
from explorer.training.plan import Plan
from explorer.training.precision import Precision
from explorer.training.precision_memory import remembered_precision
from explorer.training.room import room_for
from explorer.training.threads import choose_threads

Wish = Literal["go", "pause", "stop"]


@dataclass(slots=True, eq=False)
class Training:
    """One training: what it is made of, and how far it is. Made by `prepare`, driven by `loop.train`.

    Attributes:
        spec: The network.
        plan: How it is trained.
        model: The live network.
        optimiser: Its optimiser.
        average: Of its weights; None where the plan has none.
        precision: How it computes.
        normalisation: Of the data.
        classes: Of the data, by label.
        train_pictures: On the device.
        validation_pictures: What each epoch is judged by, likewise.
        test_pictures: What the end is judged by, likewise.
        is_held_out: Whether the validation pictures were taken from the training part.
        norms: Measures its stages.
        threads: CPU threads it runs with.
        fingerprint: Of the data.
        loaded: Tensors that came from known weights, and tensors in all; None where none was to.
        progress: How far it is.
        kept: Epochs and steps that were done at the last checkpoint; None before the first.
        wish: What the user wants; the loop looks at it between two steps. Anybody may set it.
        eager_because: Why its steps are not graphed; empty where they are.
        unread: Steps whose numbers are still on the device.
        unwritten: Metrics that the store could not take; `record` writes them before others.
    """

    spec: ArchitectureSpec
    plan: Plan
    model: fx.GraphModule
    optimiser: torch.optim.Optimizer
    average: WeightAverage | None
    precision: Precision
    normalisation: Normalisation
    classes: tuple[str, ...]
    train_pictures: Pictures
    validation_pictures: Pictures
    test_pictures: Pictures
    is_held_out: bool
    norms: StageNorms
    threads: int
    fingerprint: str = ""
    loaded: tuple[int, int] | None = None
    progress: Progress = field(default_factory=Progress)
    kept: tuple[int, int] | None = None
    wish: Wish = "go"
    eager_because: str = ""
    unread: list[tuple[int, torch.Tensor]] = field(default_factory=list)
    unwritten: list[tuple[int, str, float]] = field(default_factory=list)

    @property
    def epoch(self) -> int:
        """Epochs that are done."""
        return self.progress.epoch

    @property
    def step(self) -> int:
        """Steps that are done."""
        return self.progress.step

    @property
    def device(self) -> torch.device:
        """Where it runs."""
        return self.train_pictures.images.device

    @property
    def transform(self) -> Transform:
        """How a picture is prepared for it."""
        own = self.normalisation
        return replace(transform_for(self.spec.input_size), mean=own.mean, std=own.std)

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

    @property
    def is_over(self) -> bool:
        """Whether all epochs are done, or as many without a better one as the plan bears."""
        return self.epoch >= self.plan.epochs or self.stops_early

    @property
    def stops_early(self) -> bool:
        """Whether the plan bears no more epochs without a better one; a restart gives it patience anew."""
        patience, best = self.plan.early_stopping, self.progress.best_epoch
        since = max([best, *(epoch - 1 for epoch in self.plan.restarts if epoch <= self.epoch)])
        return bool(patience) and best >= 0 and self.epoch - 1 - since >= patience

    def checkpoint(self) -> Checkpoint:
        """The state as it is now; its tensors are the live ones."""
        return Checkpoint(
            spec=self.spec,
            plan=self.plan,
            precision=self.precision,
            threads=self.threads,
            progress=replace(self.progress),
            weights=self.model.state_dict(),
            optimiser=optimiser_tensors(self.model, self.optimiser),
            averages=self.average.state_dict() if self.average else {},
            fingerprint=self.fingerprint,
            classes=self.classes,
            transform=self.transform,
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Be as a checkpoint has it.

        Raises:
            RunError: It is of another network or of other data.
        """
        if checkpoint.fingerprint not in ("", self.fingerprint):
            raise RunError(
                "The data is not what the run was trained on: its pictures or labels have changed.",
                "Put the data back as it was, or start a new training from the run's weights.",
            )
        try:
            self.model.load_state_dict(dict(checkpoint.weights))
            restore_optimiser(self.model, self.optimiser, dict(checkpoint.optimiser))
            if self.average:
                self.average.load_state_dict(dict(checkpoint.averages or checkpoint.weights))
        except (RuntimeError, KeyError) as error:
            raise RunError(
                "The checkpoint does not fit the network: {reason}.",
                "Resume it with the architecture it was made with.",
                reason=str(error).partition("\n")[0],
            ) from error
        self.threads = checkpoint.threads
        self.progress = replace(checkpoint.progress)
        self.kept = (self.epoch, self.step)
        self.unread.clear()


def prepare(
    spec: ArchitectureSpec,
    plan: Plan,
    dataset: Dataset,
    device: torch.device,
    *,
    resume: Checkpoint | None = None,
    start_from: Path | None = None,
    start_tensors: Mapping[str, torch.Tensor] | None = None,
    start_transform: Transform | None = None,
    beside: Training | None = None,
) -> Generator[None, None, Training]:
    """Put the network and the data on the device and choose the precision, in slices.

    Known weights may be of a network with another head: then all but the head is loaded, and the head starts
    from first values.

    Args:
        spec: The network; its classes and input size must be the data's.
        plan: How to train.
        dataset: What to learn and what to test on.
        device: Where.
        resume: A state to go on from; its precision and threads are used again.
        start_from: A weights file to start from instead of first values.
        start_tensors: Or a state dict.
        start_transform: How those weights want pictures, where it is known; a file of ours says it itself.
        beside: A training of the same plan and data that this one is compared with: its precision, threads
            and pictures are used.

    Yields:
        None, so that others are served.

    Raises:
        DataError: The data does not fit the network, or cannot be split as the plan asks.
        DeviceError: The network does not run on the device, or has no room there with a batch.
        RunError: The checkpoint is of another network or of other data, or a batch is too small.
        WeightsError: The known weights cannot be read or do not fit.
    """
    _check_data(spec, dataset)
    seal = fingerprint(dataset)
    with room_for_pictures(dataset.train_images, torch.device("cpu")):
        parts = with_validation(with_channels(dataset, spec.in_channels), plan.validation_share, plan.seed)
    with room_for(plan.batch_size, device):
        graph = expand(spec)
        _check_batch(min(plan.batch_size, len(parts.dataset.train_images)), graph)
        known = resume or beside
        if known:
            precision, threads = known.precision, known.threads
        else:
            precision, threads = yield from _measured(spec, plan, graph, device)
        model = yield from unsaid(assembling(graph, device=device, seed=plan.seed))
        if start_from is not None:
            file = read_weights(start_from)
            start_tensors, start_transform = file.tensors, source_transform(file)
        loaded = None if start_tensors is None or resume else _load(model, graph, spec, start_tensors)
        model.to(memory_format=precision.memory_format)
        wanted = normalisation_for(plan, parts.dataset, known.transform if known else start_transform)
        training = _training(spec, plan, model, graph, parts, precision, threads, wanted)
        training.loaded, training.fingerprint = loaded, seal
        if beside:
            training.train_pictures = beside.train_pictures
            training.validation_pictures = beside.validation_pictures
            training.test_pictures = beside.test_pictures
        if resume:
            training.restore(resume)
        return training


def _measured(
    spec: ArchitectureSpec, plan: Plan, graph: Graph, device: torch.device
) -> Generator[None, None, tuple[Precision, int]]:
    """The precision and the CPU threads that train fastest, as far as the plan leaves them open."""

    def make_model() -> fx.GraphModule:
        return assemble(graph, device=device)

    precision = yield from remembered_precision(
        spec, make_model, device, plan.batch_size, plan.precision, plan.channels_last
    )
    # Two runs of one seed are to be equal, whatever else the machine did.
    if plan.reproducible:
        return precision, torch.get_num_threads()
    shape = (plan.batch_size, spec.in_channels, spec.input_size, spec.input_size)
    threads = yield from choose_threads(make_model, device, shape, precision)
    return precision, threads


def _training(
    spec: ArchitectureSpec,
    plan: Plan,
    model: fx.GraphModule,
    graph: Graph,
    parts: Parts,
    precision: Precision,
    threads: int,
    normalisation: Normalisation,
) -> Training:
    """The training before its first step, with the pictures where the model is."""
    device = next(model.parameters()).device
    data = parts.dataset
    validation = to_device(parts.validation_images, parts.validation_labels, device)
    return Training(
        spec=spec,
        plan=plan,
        model=model,
        optimiser=make_optimiser(model, plan),
        average=WeightAverage(model, plan.ema) if plan.ema else None,
        precision=precision,
        normalisation=normalisation,
        classes=data.classes,
        train_pictures=to_device(data.train_images, data.train_labels, device),
        validation_pictures=validation,
        test_pictures=to_device(data.test_images, data.test_labels, device)
        if parts.is_held_out
        else validation,
        is_held_out=parts.is_held_out,
        norms=StageNorms(model, graph),
        threads=threads,
    )


def _load(
    model: nn.Module, graph: Graph, spec: ArchitectureSpec, tensors: Mapping[str, torch.Tensor]
) -> tuple[int, int]:
    """Load all that fits; what does not may be in the head only. Returns tensors loaded, and in all."""
    found = fit(tensors, graph, spec)
    head = {node.key for node in graph.head}
    wrong = [*found.missing, *found.unexpected, *(key for key, _, _ in found.mismatched)]
    load_into(model, found, strict=any(key.rpartition(".")[0] not in head for key in wrong))
    counted = [key for key in model.state_dict() if not key.endswith(COUNTER)]
    return sum(key in found.values for key in counted), len(counted)


def _check_batch(batch_size: int, graph: Graph) -> None:
    """Batch norm has nothing to measure a spread of where a channel is one number."""
    lonely = any(
        isinstance(node.op, Norm) and node.op.kind == "batch" and math.prod(node.output_shape[1:]) == 1
        for node in graph.nodes
    )
    if batch_size == 1 and lonely:
        raise RunError(
            "Batch norm on maps of one pixel cannot learn from one picture at a time.",
            "Set batch_size to 2 or more, or choose a larger input_size or another norm.",
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
            raise DataError(
                "{name} has no {part} pictures.",
                "Give each class two pictures or more, or add {part}/ with a folder for each class.",
                name=dataset.name,
                part=part,
            )
        if images.shape[1] != spec.input_size:
            raise DataError(
                "The pictures of {name} are {side} pixels wide and the network takes {size}.",
                "Set input_size to {side}, or open the data with {size}.",
                name=dataset.name,
                side=images.shape[1],
                size=spec.input_size,
            )
