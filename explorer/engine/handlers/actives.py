"""Trainings with their runs: new ones, those that were cut off, and finished ones that are trained on.

Used by `handlers/train.py`. Must not import Qt.
"""

from __future__ import annotations

import json
from collections.abc import Generator

from explorer.engine.context import ActiveTraining, Context
from explorer.engine.training_messages import ResumeTraining, Train
from explorer.errors import DataError
from explorer.images.dataset import Dataset
from explorer.runs.store import Run
from explorer.training.checkpoint import read_checkpoint
from explorer.training.extend import created, ended_run, extending
from explorer.training.prepare import Training, prepare


def dataset_of(data: str, input_size: int, context: Context) -> Dataset:
    """Data that was opened.

    Raises:
        DataError: It is no longer in memory.
    """
    dataset = context.datasets.get(data, input_size)
    if dataset is None:
        raise DataError(
            "{data} is no longer in memory.", "Start the training again; it is read again.", data=data
        )
    return dataset


def begun(request: Train, training: Training, origin: dict[str, object], context: Context) -> ActiveTraining:
    """A new run in the store, with the training that it is of."""
    run = context.store().create(
        spec=training.spec.to_json(),
        plan=training.plan.to_json(),
        data=request.data,
        origin=json.dumps(origin),
        name=request.name,
    )
    return _active(run, training, origin)


def resumed(run: Run, beside: Training | None, context: Context) -> Generator[None, None, ActiveTraining]:
    """A run as its last checkpoint has it."""
    assert context.device is not None
    checkpoint = read_checkpoint(run.checkpoints)
    dataset = dataset_of(run.data, checkpoint.spec.input_size, context)
    training = yield from prepare(
        checkpoint.spec, checkpoint.plan, dataset, context.device, resume=checkpoint, beside=beside
    )
    return _active(run, training, json.loads(run.origin))


def extended(request: ResumeTraining, context: Context) -> Generator[None, None, ActiveTraining]:
    """A new run that begins as a finished one ended.

    Raises:
        DataError: The data was not opened, or is another than the run's.
        RunError: There is no such run, it has not finished, or it has as many epochs already.
    """
    assert context.device is not None
    ended = ended_run(request.run, context.store())
    dataset = dataset_of(request.data or ended.data, ended.spec.input_size, context)
    training = yield from extending(ended, request.epochs, dataset, context.device)
    run = yield from created(ended, training, context.store(), data=request.data)
    return _active(run, training, json.loads(run.origin))


def _active(run: Run, training: Training, origin: dict[str, object]) -> ActiveTraining:
    return ActiveTraining(run, training, training.classes, training.transform, origin)
