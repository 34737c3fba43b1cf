"""A network and its plain twin, trained in lock-step: one step each, of the same batches.

Both are runs of their own, and each is driven by `handlers/train.py` as if it were alone; here they take
turns. Order, augmentation and first values come from the plan's seed, so the two see the same pictures in the
same order and begin with the same weights key by key. Must not import Qt.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from contextlib import closing
from typing import Literal

from torch import Tensor

from explorer.arch.expand import expand
from explorer.arch.spec import ArchitectureSpec
from explorer.engine.context import ActiveTraining
from explorer.engine.messages import Event
from explorer.engine.training_messages import (
    EpochEnded,
    TrainingBegan,
    TrainingEnded,
    TrainingHalted,
    TrainTick,
)
from explorer.engine.twin_messages import TwinBegan, TwinEnded, TwinHalted, TwinTick
from explorer.errors import ExplorerError
from explorer.images.dataset import Dataset
from explorer.nets.weights import expected_shapes
from explorer.runs.names import IS_TWIN
from explorer.runs.run import Run
from explorer.runs.store import RunStore
from explorer.training.prepare import Training, prepare
from explorer.training.step import train_settings

Steps = Generator[Event | None, None, None]


def prepare_twin(
    spec: ArchitectureSpec, main: Training, dataset: Dataset, start: Mapping[str, Tensor] | None
) -> Generator[None, None, Training]:
    """A training that differs from another in its network only.

    Args:
        spec: The twin.
        main: Its plan, precision, threads and pictures are the twin's too.
        dataset: Of both.
        start: What the other starts from; the twin takes what it has keys for. None for first values.

    Raises:
        DataError: The data does not fit the twin.
        DeviceError: It does not fit the device beside the other.
        WeightsError: What it is to start from does not fit.
    """
    if start is not None:
        wanted = expected_shapes(expand(spec))
        start = {key: value for key, value in start.items() if key in wanted}
    return (yield from prepare(spec, main.plan, dataset, main.device, start_tensors=start, beside=main))


def pair_of(run: Run, store: RunStore) -> tuple[Run, Run | None]:
    """A run that is to go on and the twin that goes on with it; None where it goes on alone.

    Args:
        run: Either of the two, or one that has no twin.
        store: Where they are.

    Raises:
        RunError: The store cannot be read.
    """
    is_twin = IS_TWIN in json.loads(run.origin)
    others = {other.id: other for other in store.runs()} if is_twin or run.twin else {}
    if is_twin:
        main = next((one for one in others.values() if one.twin == run.id), None)
        return (main, run) if main is not None and main.can_resume else (run, None)
    twin = others.get(run.twin)
    return (run, twin) if twin is not None and twin.can_resume else (run, None)


def lockstep(ticket: int, active: ActiveTraining, main: Steps, twin: Steps) -> Steps:
    """Drive a training and its twin alternately; whichever has done fewer steps is next.

    The last word of the training waits for the twin's. Where the twin fails the training goes on; where the
    training does, the twin is paused with a checkpoint.

    Args:
        ticket: Of the request.
        active: The training; it has a twin.
        main: What drives it.
        twin: What drives the twin.

    Raises:
        ExplorerError: What the training raises.
    """
    other = active.twin
    assert other is not None
    last: list[Event] = []
    # Entered first and left last: the two restore the settings of each other, in whatever order they end.
    with train_settings(active.training), closing(main), closing(twin):
        yield next(main)
        is_main_on = is_twin_on = True
        # Before either learns, so that whatever ends the pair leaves both of them on the record.
        has_twin_begun = False
        while is_main_on or is_twin_on:
            is_mains_turn = not is_twin_on or (has_twin_begun and active.training.step <= other.training.step)
            if is_main_on and is_mains_turn:
                try:
                    event = next(main)
                except StopIteration:
                    is_main_on = False
                    continue
                except ExplorerError:
                    twin.close()
                    yield _halted(ticket, other, "pause")
                    raise
                if is_twin_on and isinstance(event, TrainingHalted | TrainingEnded):
                    if isinstance(event, TrainingHalted) and event.cause:
                        # A full disk, say: nobody asked the twin to wait too.
                        other.training.wish = "pause"
                    last.append(event)
                    event = None
                yield event
            else:
                has_twin_begun = True
                try:
                    yield _of_twin(next(twin), other)
                except StopIteration:
                    is_twin_on = False
                except ExplorerError as error:
                    is_twin_on = False
                    yield _halted(ticket, other, "fail", error)
        yield from last


def _of_twin(event: Event | None, twin: ActiveTraining) -> Event | None:
    """What is said of a training, as it is said of a twin."""
    ticket, run = 0 if event is None else event.ticket, twin.run.id
    match event:
        case TrainingBegan():
            return TwinBegan(ticket=ticket, run=run, rows=event.rows)
        case TrainTick():
            return TwinTick(ticket=ticket, run=run, step=event.step, rows=event.rows)
        case TrainingHalted():
            return TwinHalted(
                ticket=ticket,
                run=run,
                how=event.how,
                step=event.step,
                cause=event.cause,
                hint=event.hint,
                arguments=event.arguments,
            )
        case TrainingEnded():
            return TwinEnded(ticket=ticket, run=run, test_accuracy=event.test_accuracy)
        case EpochEnded():
            return None
    return event


def _halted(
    ticket: int, twin: ActiveTraining, how: Literal["pause", "fail"], error: ExplorerError | None = None
) -> TwinHalted:
    return TwinHalted(
        ticket=ticket,
        run=twin.run.id,
        how=how,
        step=twin.training.step,
        cause=error.message if error is not None else "",
        hint=error.hint if error is not None else "",
        arguments=tuple(error.arguments.items()) if error is not None else (),
    )
