"""A run that has ended, trained on for more epochs: a new run that begins as that one ended.

Called by `engine/handlers/actives.py` and the command line. The ended run stays as it is. The new one has its
curves and moments; where it goes on from a checkpoint of a whole plan, on the same device, it is bit by bit
the run of a plan that was to restart there. One that ships with the program has left weights only, rounded
to float16: it goes on without momentum.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import torch

from explorer.arch import spec as specs
from explorer.arch.spec import ArchitectureSpec
from explorer.errors import RunError
from explorer.images.dataset import Dataset
from explorer.nets.weight_files import read_weights, source_classes, source_transform
from explorer.runs.bundled import bundled_metrics, bundled_names, read_bundled
from explorer.runs.names import EXTENDS, START, VALIDATION_ACCURACY, MetricRow
from explorer.runs.run import Run
from explorer.runs.store import RunStore
from explorer.training import plan as plans
from explorer.training.card import commit_of_program
from explorer.training.checkpoint import Checkpoint, Progress, read_checkpoint, write_checkpoint
from explorer.training.plan import Plan
from explorer.training.prepare import Training, prepare

_ROWS_AT_ONCE = 5_000
"""Rows written in one turn, some 20 ms."""
_KEPT = ("recipe", START)
"""What the origin of the new run takes from that of the ended one."""


@dataclass(frozen=True, slots=True, eq=False)
class EndedRun:
    """A run that has come to its end, as far as another can go on from it; compared by identity.

    Attributes:
        id: Of the store, or the name of one that ships with the program.
        spec: The network.
        plan: How it was trained.
        data: What its user called the data.
        origin: Seed, device, commit, recipe and the like.
        rows: Its metrics.
        seconds: Wall time of all its sittings.
        folder: Of its files; None where it ships with the program.
        checkpoint: Its last; None where there is none that can be read, as with one that ships.
        weights: The file of its trained weights.
    """

    id: str
    spec: ArchitectureSpec
    plan: Plan
    data: str
    origin: dict[str, object]
    rows: tuple[MetricRow, ...]
    seconds: float
    folder: Path | None
    checkpoint: Checkpoint | None
    weights: Path

    @property
    def epochs(self) -> int:
        """Epochs that are done."""
        return sum(name == VALIDATION_ACCURACY for _, name, _ in self.rows)


def ended_run(name: str, store: RunStore) -> EndedRun:
    """A run to go on from.

    Args:
        name: Its id or a beginning of it, or the name of one that ships with the program.
        store: Where the others are.

    Raises:
        RunError: There is no such run, it has not ended or was deleted, or it cannot be read.
    """
    if name in bundled_names():
        shipped = read_bundled(name)
        return EndedRun(
            id=name,
            spec=specs.from_json(shipped.spec),
            plan=plans.from_json(shipped.plan),
            data=shipped.data,
            origin=shipped.origin,
            rows=tuple(bundled_metrics(name)),
            seconds=float(shipped.summary.get("seconds", 0.0)),
            folder=None,
            checkpoint=None,
            weights=shipped.weights,
        )
    run = store.run(name)
    if not run.is_complete:
        raise RunError("The run {run} has not come to its end.", "Resume it instead.", run=run.id)
    if run.deleted is not None:
        raise RunError("The run {run} was deleted.", "Restore it first.", run=run.id)
    return EndedRun(
        id=run.id,
        spec=specs.from_json(run.spec),
        plan=plans.from_json(run.plan),
        data=run.data,
        origin=json.loads(run.origin),
        rows=tuple(store.metrics(run.id)),
        seconds=float(json.loads(run.summary).get("seconds", 0.0)),
        folder=run.folder,
        checkpoint=_last_checkpoint(run),
        weights=run.weights,
    )


def _last_checkpoint(run: Run) -> Checkpoint | None:
    """The weights are sound where no checkpoint is; they lack momentum only."""
    try:
        return read_checkpoint(run.checkpoints)
    except RunError:
        return None


def longer_plan(plan: Plan, done: int, epochs: int) -> Plan:
    """The plan of a run that is trained on: its schedule begins anew where it had ended.

    Args:
        plan: Of the ended run.
        done: Its epochs.
        epochs: Wanted in all.

    Raises:
        RunError: These are not more, or too many.
    """
    if epochs <= done:
        raise RunError(
            "The run has {done} epochs already; it cannot be trained on to {epochs}.",
            "Ask for more in all, such as {more}.",
            done=done,
            epochs=epochs,
            more=done + max(1, done // 4),
        )
    # One that stopped early had more before it than it went through.
    restarts = tuple(epoch for epoch in plan.restarts if epoch < done)
    return plan.edited(epochs=epochs, restarts=(*restarts, done))


def extending(
    ended: EndedRun, epochs: int, dataset: Dataset, device: torch.device
) -> Generator[None, None, Training]:
    """A training that goes on where a run ended, ready to start.

    Args:
        ended: The run.
        epochs: In all, its own counted.
        dataset: That it was trained on.
        device: Where it goes on.

    Yields:
        None, so that others are served.

    Raises:
        DataError: The data does not fit the network.
        DeviceError: The network does not run on the device, or has no room there.
        RunError: The data is another, or no epochs are added.
        WeightsError: The weights that it left cannot be read.
    """
    plan = longer_plan(ended.plan, ended.epochs, epochs)
    if ended.checkpoint is not None:
        return (yield from prepare(ended.spec, plan, dataset, device, resume=ended.checkpoint))
    file = read_weights(ended.weights)
    if source_classes(file) not in (None, dataset.classes):
        raise _other_data(ended)
    training = yield from prepare(
        ended.spec,
        plan,
        dataset,
        device,
        start_tensors=file.tensors,
        start_transform=source_transform(file),
    )
    training.progress = _progress(ended, training.steps_per_epoch)
    return training


def created(
    ended: EndedRun, training: Training, store: RunStore, *, data: str = "", command: str = ""
) -> Generator[None, None, Run]:
    """The new run in the store, with what the ended one has left and a checkpoint of its own.

    The checkpoint comes last: a run that is cut off before has none, and is not taken for one that goes on.

    Args:
        ended: The run.
        training: From `extending`; it is kept as it is.
        store: Gets the new run.
        data: Where the data is, where it is not where the ended run had it.
        command: The command line that makes it, where there is one.

    Yields:
        None, so that others are served.

    Raises:
        RunError: It cannot be written; there is no new run then.
    """
    data = data or ended.data
    origin = {
        **{key: ended.origin[key] for key in _KEPT if key in ended.origin},
        "seed": training.plan.seed,
        "device": str(training.device),
        "commit": commit_of_program(),
        "data": data,
        EXTENDS: ended.id,
    }
    if command:
        origin["command"] = command
    run = store.create(
        spec=training.spec.to_json(), plan=training.plan.to_json(), data=data, origin=json.dumps(origin)
    )
    try:
        for first in range(0, len(ended.rows), _ROWS_AT_ONCE):
            store.append(run.id, ended.rows[first : first + _ROWS_AT_ONCE])
            yield None
        yield from _copied(ended, run, training)
    except BaseException:
        # The disk may be full: its room comes first, and what follows from that must not hide the cause.
        shutil.rmtree(run.folder, ignore_errors=True)
        with contextlib.suppress(RunError):
            store.set_status(run.id, "failed")
            store.delete((run.id,))
        raise
    return run


def _progress(ended: EndedRun, steps_per_epoch: int) -> Progress:
    """How far a run is that has left weights and curves only."""
    judged = [(step, value) for step, name, value in ended.rows if name == VALIDATION_ACCURACY]
    steps = judged[-1][0] + 1
    if steps != ended.epochs * steps_per_epoch:
        raise _other_data(ended)
    best_at, best = max(judged, key=lambda each: (each[1], -each[0]))
    return Progress(
        epoch=ended.epochs,
        step=steps,
        seconds=ended.seconds,
        best_epoch=best_at // steps_per_epoch,
        # Where the best were to be kept, the weights that were left are they.
        best_step=steps,
        best_accuracy=best,
    )


def _other_data(ended: EndedRun) -> RunError:
    return RunError(
        "These are not the data that {run} was trained on, {data}: there are other classes or pictures.",
        "Choose those data and try again.",
        run=ended.id,
        data=ended.data,
    )


def _copied(ended: EndedRun, run: Run, training: Training) -> Generator[None, None, None]:
    """Copy the ended run's moments and judgement, and write the new one's first checkpoint."""
    part = run.folder / ".checkpoints.part"
    try:
        part.mkdir(parents=True)
        if ended.folder is not None:
            for own in (run.judged, run.snapshots):
                left = ended.folder / own.name
                for source in sorted(left.glob("*")) if left.is_dir() else [left] * left.is_file():
                    target = run.folder / source.relative_to(ended.folder)
                    target.parent.mkdir(exist_ok=True)
                    shutil.copyfile(source, target)
                    yield None
            best = f"step-{training.progress.best_step:09d}"
            for source in sorted((ended.folder / run.checkpoints.name).glob(f"{best}*")):
                shutil.copytree(source, part / source.name)
        write_checkpoint(part, training.checkpoint())
        part.rename(run.checkpoints)
    except OSError as error:
        raise RunError(
            "What {run} has left cannot be copied: {reason}.",
            "Make room on the disk, and try again.",
            run=ended.id,
            reason=error.strerror or str(error),
        ) from error
    training.kept = (training.epoch, training.step)
