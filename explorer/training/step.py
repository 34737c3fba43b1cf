"""One step of a training: a batch, forward, backward, optimiser; and what must be so while steps are taken.

Called by `training/loop.py`. Chance inside the network (dropout, stochastic depth) comes from the plan's seed
and the step's number, whatever was drawn elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial

import torch
from torch import nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.dropout import _DropoutNd

from explorer.nets.assemble import node_seed
from explorer.nets.device import is_out_of_memory
from explorer.nets.layers import DropPath
from explorer.training.batches import EpochDraws, training_batch
from explorer.training.graphed import GraphedPass, why_not_graphed
from explorer.training.layout import gradients_as_maps
from explorer.training.losses import accuracy_of, loss_of
from explorer.training.optimise import clip_gradients, let_learn, set_learning_rate
from explorer.training.prepare import Training
from explorer.training.room import room_for
from explorer.training.schedule import learning_rate

MODAL = (_NormBase, _DropoutNd, DropPath)
"""Modules that do something else in evaluation."""


@contextmanager
def train_settings(training: Training) -> Iterator[None]:
    """Torch's global settings as the training needs them; afterwards as they were.

    The CPU threads are the run's: with others sums are rounded otherwise. On CUDA a reproducible plan gets
    deterministic algorithms, and others get cuDNN's fastest.
    """
    threads = torch.get_num_threads()
    is_deterministic, is_timed = torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark
    torch.set_num_threads(training.threads)
    if training.device.type == "cuda":
        if training.plan.reproducible:
            # cuBLAS reads it when it is first used (torch's notes on reproducibility).
            os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
            torch.use_deterministic_algorithms(True)
        torch.backends.cudnn.benchmark = not training.plan.reproducible
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = is_timed
        torch.use_deterministic_algorithms(is_deterministic)
        torch.set_num_threads(threads)


class Stepper:
    """Takes a training's steps.

    Args:
        training: Changed by each step.
    """

    def __init__(self, training: Training) -> None:
        self._training = training
        self._modes: list[tuple[nn.Module, bool]] = []
        self._draws: EpochDraws | None = None
        self._is_frozen: bool | None = None
        self._is_random = draws_numbers(training.model)
        self._graphed: GraphedPass | None = None
        training.eager_because = why_not_graphed(training.device, is_random=self._is_random)

    def begin_epoch(self, draws: EpochDraws) -> None:
        """Get ready for the steps of the training's present epoch.

        Args:
            draws: Its order and augmentation.
        """
        training = self._training
        self._draws = draws
        is_frozen = training.epoch < training.plan.freeze_epochs
        if is_frozen == self._is_frozen:
            return
        self._is_frozen = is_frozen
        self._graphed = None
        training.optimiser.zero_grad(set_to_none=True)
        at_rest = let_learn(training.model, only_head=is_frozen)
        modal = (module for module in training.model.modules() if isinstance(module, MODAL))
        self._modes = [(training.model, True), *((module, module not in at_rest) for module in modal)]

    def take(self, index: int) -> None:
        """Learn from one batch; its loss and accuracy stay on the device, in `training.unread`.

        Args:
            index: Of the step in its epoch.

        Raises:
            DeviceError: The device is out of memory.
        """
        training = self._training
        assert self._draws is not None, "begin_epoch comes first"
        for module, is_training in self._modes:
            # Others may have used the network since the last step.
            if module.training is not is_training:
                module.training = is_training
        start = index * training.batch_size
        with room_for(training.batch_size, training.device):
            images, targets = training_batch(
                training.train_pictures,
                self._draws,
                start,
                start + training.batch_size,
                training.plan,
                training.normalisation,
                channels_last=training.precision.channels_last,
                n_classes=training.spec.num_classes,
            )
            with self._seeded():
                self._step(images, targets)

    def _seeded(self) -> AbstractContextManager[None]:
        training = self._training
        if not self._is_random:
            return nullcontext()
        return seeded(training.device, node_seed(training.plan.seed, f"step {training.step}"))

    def _step(self, images: torch.Tensor, targets: torch.Tensor) -> None:
        training = self._training
        if self._graphed is None and not training.eager_because:
            self._graphed = self._recorded(images, targets)
        if self._graphed is None:
            training.optimiser.zero_grad(set_to_none=True)
            numbers = pass_both_ways(training, images, targets)
        else:
            numbers = self._graphed.replay(images, targets)
        use_gradients(training)
        training.unread.append((training.step, numbers))
        training.progress.step += 1

    def _recorded(self, images: torch.Tensor, targets: torch.Tensor) -> GraphedPass | None:
        training = self._training
        try:
            return GraphedPass(training.model, partial(pass_both_ways, training), images, targets)
        except RuntimeError as error:
            if is_out_of_memory(error):
                raise
            training.eager_because = str(error).partition("\n")[0]
            return None


def take_step(training: Training, images: torch.Tensor, targets: torch.Tensor) -> None:
    """Learn from one batch, outside of any loop: nothing is recorded and nothing counted.

    Args:
        training: Its network and optimiser are changed.
        images: float32 (batch, channels, side, side), normalised, in the precision's memory order.
        targets: As `training_batch` gives them.
    """
    training.optimiser.zero_grad(set_to_none=True)
    pass_both_ways(training, images, targets)
    use_gradients(training)


def pass_both_ways(training: Training, images: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Forward and backward; the gradients are added to the parameters'.

    Returns:
        float32 (2,): the loss and the accuracy, on the device.
    """
    with torch.enable_grad():
        with gradients_as_maps(training.model), training.precision.autocast(training.device):
            logits = training.model(images)
        logits = logits.float()
        loss = loss_of(training.plan, logits, targets)
        torch.autograd.backward(loss)
    with torch.no_grad():
        return torch.stack((loss.detach(), accuracy_of(logits, targets)))


def use_gradients(training: Training) -> None:
    """The optimiser's step at the learning rate of now; the averaged weights follow."""
    plan = training.plan
    clip_gradients(training.model, plan.clip_norm)
    set_learning_rate(training.optimiser, learning_rate(plan, training.step, training.steps))
    training.optimiser.step()
    if training.average:
        training.average.update(training.model, training.step)


def draws_numbers(model: nn.Module) -> bool:
    """Whether a network draws random numbers when it learns."""
    return any(
        (isinstance(module, _DropoutNd) and module.p > 0)
        or (isinstance(module, DropPath) and module.rate > 0)
        for module in model.modules()
    )


@contextmanager
def seeded(device: torch.device, seed: int) -> Iterator[None]:
    """The device's random numbers begin at a seed; afterwards they go on as if none had been drawn."""
    generator = _generator(device)
    state = generator.get_state()
    generator.manual_seed(seed)
    try:
        yield
    finally:
        generator.set_state(state)


def _generator(device: torch.device) -> torch.Generator:
    if device.type == "cuda":
        index = torch.cuda.current_device() if device.index is None else device.index
        return torch.cuda.default_generators[index]
    if device.type == "mps":
        return torch.mps._get_default_mps_generator()
    return torch.default_generator
