"""Driving the trainer's generators from a test, as the command line does."""

from __future__ import annotations

from pathlib import Path

import torch

from explorer.slices import returned
from explorer.training.events import TrainingEvent
from explorer.training.loop import train
from explorer.training.plan import Plan
from explorer.training.prepare import Training, prepare
from tests.training.small import small_dataset, small_plan, small_spec


def ready(plan: Plan | None = None, **options: object) -> Training:
    """A small training on the CPU; `spec` and `data` may be others than the small ones."""
    spec = options.pop("spec", None) or small_spec()
    data = options.pop("data", None) or small_dataset()
    return returned(prepare(spec, plan or small_plan(), data, torch.device("cpu"), **options))


def trained(training: Training, checkpoints: Path | None = None) -> list[TrainingEvent]:
    """Its events, to the end of the sitting."""
    return [event for event in train(training, checkpoints=checkpoints) if event is not None]


def assert_same_weights(one: Training, other: Training) -> None:
    """Bit for bit, statistics included."""
    theirs = other.model.state_dict()
    for name, tensor in one.model.state_dict().items():
        assert torch.equal(tensor, theirs[name]), name
