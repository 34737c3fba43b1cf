"""Studies: their trainings one after another, halted and gone on with, and what they will cost.

Called through `handlers/table.py` by the worker, and by the command line. Each cell is trained by
`handlers/train.py`; the network in view stays what it is. Must not import Qt.
"""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

from explorer.engine.context import ActiveStudy, Context
from explorer.engine.handlers.beside import OVER, Beside, Steps
from explorer.engine.handlers.train import resume_training, train
from explorer.engine.messages import Event
from explorer.engine.moment_messages import SnapshotsKept
from explorer.engine.queue import StudyQueue
from explorer.engine.study_messages import (
    CellBegan,
    CellEnded,
    CellRow,
    EstimateStudy,
    HaltStudy,
    RunStudy,
    StudyBegan,
    StudyEnded,
    StudyEstimated,
    StudyProgress,
)
from explorer.engine.training_messages import (
    ResumeTraining,
    Train,
    TrainingBegan,
    TrainingHalted,
    TrainTick,
)
from explorer.errors import ExplorerError
from explorer.images.dataset import Dataset
from explorer.images.datasets import open_dataset
from explorer.nets.device import failure_now, is_out_of_memory, memory, release
from explorer.training.estimate import DataSize, Estimate, Pace, estimates
from explorer.training.rate import measured_pace
from explorer.training.study import Cell, cells

OPENING_TURN_S = 0.02
"""How long a click waits while data is read in the background."""


@dataclass(slots=True)
class Outlook:
    """How long a study still takes: what was estimated, put right by what the cells so far have shown.

    Attributes:
        estimates: By cell.
        left: Cells that are not done.
        estimated_s: Of the cells that were trained whole in this sitting.
        taken_s: What those took.
    """

    estimates: dict[str, Estimate]
    left: set[str] = field(default_factory=set)
    estimated_s: float = 0.0
    taken_s: float = 0.0

    def done(self, cell: str, seconds: float | None) -> None:
        """A cell is over; the seconds where it was trained whole."""
        self.left.discard(cell)
        # Of a cell that another program had begun nothing was estimated.
        estimated = self.estimates.get(cell)
        if seconds is not None and estimated is not None:
            self.estimated_s += estimated.seconds or 0.0
            self.taken_s += seconds

    def eta(self, cell: str, cell_eta: float) -> float | None:
        """The seconds that are left while a cell runs."""
        others = [self.estimates[name].seconds for name in sorted(self.left - {cell})]
        known = [seconds for seconds in others if seconds is not None]
        if len(known) < len(others):
            return None
        return cell_eta + sum(known) * (self.taken_s / self.estimated_s if self.estimated_s else 1.0)


def estimate_study(request: EstimateStudy, context: Context) -> Steps:
    """Time a few steps, and say what all cells will cost.

    Raises:
        DataError: The data cannot be read.
        DeviceError: A network does not run on the device.
    """
    assert context.device is not None, "UseDevice comes first"
    dataset = yield from opened(request.study.data, request.study.spec.input_size, context)
    every = [_fitted(cell, dataset) for cell in cells(request.study)]
    found, pace = yield from _estimated(every, dataset, context)
    yield StudyEstimated(
        ticket=request.ticket,
        study=request.study,
        estimates=found,
        pace=pace,
        free_bytes=memory(context.device).memory_free_bytes,
    )


def run_study(request: RunStudy, context: Context) -> Steps:
    """Train the cells that are not finished, one after another, until none is left or it is halted.

    A cell that fails is noted, and the next one begins.

    Raises:
        DataError: The data cannot be read.
        DeviceError: The smallest or the largest network does not run on the device.
        RunError: There is no such study, another process trains it, or it cannot be read or written.
    """
    assert context.device is not None, "UseDevice comes first"
    study = request.study or StudyQueue.open(request.id).study
    dataset = yield from opened(study.data, study.spec.input_size, context)
    if request.study is None:
        queue = StudyQueue.open(request.id)
    else:
        # Kept with as many classes as the data has, so that what it costs is known from the file alone.
        spec = study.spec.edited(num_classes=len(dataset.classes))
        queue = StudyQueue.create(replace(study, spec=spec))
    with queue.held(), _active(queue, context) as active:
        if request.retries:
            queue.forgive()
        row = queue.row(context.store(), is_held=True)
        left = [_fitted(one.cell, dataset) for one in row.cells if one.status in ("waiting", "paused")]
        found, _ = yield from _estimated(left, dataset, context, request.pace)
        yield StudyBegan(ticket=request.ticket, row=row, estimates=found)
        outlook = Outlook({one.cell: one for one in found}, {cell.id for cell in left})
        cause: TrainingHalted | None = None
        begun: list[str] = []
        while active.wish == "go" and cause is None and (cell := queue.next_cell(context.store(), begun)):
            # Whatever becomes of it: in one sitting each is begun once.
            begun.append(cell.id)
            cause = yield from _cell(request.ticket, queue, cell, outlook, context)
        row = queue.row(context.store(), is_held=False)
    halted = cause or TrainingHalted(run="", how="pause", step=0)
    yield StudyEnded(
        ticket=request.ticket, row=row, cause=halted.cause, hint=halted.hint, arguments=halted.arguments
    )


def halt_study(request: HaltStudy, context: Context) -> Steps:
    """Tell the study; it looks between two steps."""
    if context.study is not None:
        context.study.wish = "pause"
    yield None


def opened(data: str, input_size: int, context: Context) -> Generator[None, None, Dataset]:
    """A data set, read in the background where it is not held yet, while others are served.

    Raises:
        DataError: It is not here, or cannot be read.
    """
    found = context.datasets.get(data, input_size)
    if found is not None:
        return found
    is_wanted = True

    def go_on(done: int, total: int) -> None:
        if not is_wanted:
            raise GeneratorExit

    with ThreadPoolExecutor(1, thread_name_prefix="study-data") as pool:
        job = pool.submit(open_dataset, data, input_size, progress=go_on)
        try:
            while not job.done():
                wait((job,), OPENING_TURN_S)
                yield None
        except GeneratorExit:
            is_wanted = False
            raise
        found = job.result()
    context.datasets.put(data, input_size, found)
    return found


@contextlib.contextmanager
def _active(queue: StudyQueue, context: Context) -> Iterator[ActiveStudy]:
    """The study is the one that is trained."""
    context.study = ActiveStudy()
    try:
        yield context.study
    finally:
        context.study = None


def _fitted(cell: Cell, dataset: Dataset) -> Cell:
    """The cell with as many classes as the data has."""
    if cell.spec is None or cell.spec.num_classes == len(dataset.classes):
        return cell
    return replace(cell, spec=cell.spec.edited(num_classes=len(dataset.classes)))


def _estimated(
    every: list[Cell], dataset: Dataset, context: Context, pace: Pace | None = None
) -> Generator[None, None, tuple[tuple[Estimate, ...], Pace]]:
    """What cells will cost, by a pace that is measured where it is not known."""
    assert context.device is not None
    pairs = [(cell.spec, cell.plan) for cell in every if cell.spec is not None and cell.plan is not None]
    if pace is None:
        pace = (yield from measured_pace(pairs, context.device)) if pairs else Pace(())
    return estimates(every, size_of(dataset), pace if pace.points else None), pace


def size_of(dataset: Dataset) -> DataSize:
    """How much data there is, as estimates count it."""
    images = dataset.train_images
    return DataSize(len(images), len(dataset.test_images), int(images[:1].nbytes))


# One cell


def _cell(
    ticket: int, queue: StudyQueue, cell: Cell, outlook: Outlook, context: Context
) -> Generator[Event | None, None, TrainingHalted | None]:
    """Train one cell; returns why the whole study must wait, where it must.

    Raises:
        RunError: A failure cannot be written down.
    """
    halted: TrainingHalted | None = None
    started = time.perf_counter()
    run = queue.run_of(cell, context.store())
    is_whole = run is None or not run.has_checkpoint
    try:
        halted = yield from _told(ticket, queue, cell, outlook, context)
    except Exception as error:
        is_foreseen = isinstance(error, ExplorerError)
        if not is_foreseen and context.device is not None and failure_now(context.device):
            # Not the cell's fault: the whole device is gone, and it is trained again on another.
            raise
        queue.note_failure(cell, _in_words(error))
    # Its tensors go before the next network is made. A window collects itself (`ui/idle.py`).
    if gc.isenabled():
        gc.collect()
    assert context.device is not None
    release(context.device)
    row = _row_of(queue, cell, context)
    if row.status in ("finished", "failed"):
        is_finished = is_whole and row.status == "finished"
        outlook.done(cell.id, time.perf_counter() - started if is_finished else None)
    yield CellEnded(ticket=ticket, study=queue.id, row=row)
    return halted


def _in_words(error: Exception) -> Exception:
    """A failure as a person understands it."""
    if is_out_of_memory(error) and not isinstance(error, ExplorerError):
        return ExplorerError(
            "There was not enough memory for this network and batch.",
            "Choose a smaller batch, fewer blocks or smaller widths.",
        )
    return error


def _row_of(queue: StudyQueue, cell: Cell, context: Context) -> CellRow:
    return next(row for row in queue.row(context.store(), is_held=True).cells if row.cell.id == cell.id)


def _told(
    ticket: int, queue: StudyQueue, cell: Cell, outlook: Outlook, context: Context
) -> Generator[Event | None, None, TrainingHalted | None]:
    """Drive a cell's training and say it in the study's words."""
    steps = yield from _training(ticket, queue, cell, context)
    halted: TrainingHalted | None = None
    with contextlib.closing(Beside(steps, context)) as training:
        while context.study is not None:
            if context.study.wish == "pause":
                if training.own is None:
                    # It is still being prepared: nothing is lost.
                    return None
                training.own.training.wish = "pause"
            event = training.slice()
            if event is OVER:
                break
            if isinstance(event, TrainingHalted) and event.cause:
                # The disk is full, say: no other cell would fare better.
                halted = event
            yield _translated(event, ticket, queue, cell, outlook)
    return halted


def _training(ticket: int, queue: StudyQueue, cell: Cell, context: Context) -> Generator[None, None, Steps]:
    """A cell's training, from its last checkpoint where there is one."""
    assert cell.spec is not None
    assert cell.plan is not None
    study, store = queue.study, context.store()
    dataset = yield from opened(study.data, cell.spec.input_size, context)
    fitted = _fitted(cell, dataset)
    assert fitted.spec is not None
    run = queue.run_of(cell, store)
    if run is not None and run.has_checkpoint:
        return resume_training(ResumeTraining(ticket=ticket, run=run.id), context)
    if run is not None:
        # Killed before its first checkpoint: nothing of it is left to go on from.
        store.delete([run.id])
    request = Train(
        ticket=ticket,
        spec=fitted.spec,
        plan=cell.plan,
        data=study.data,
        recipe=study.recipe,
        name=f"{study.name}: {cell.label}",
        tags=queue.tags(cell),
    )
    return train(request, context)


def _translated(
    event: Event | None, ticket: int, queue: StudyQueue, cell: Cell, outlook: Outlook
) -> Event | None:
    """What a training says, as the study says it; None for what a study does not pass on."""
    if isinstance(event, TrainingBegan):
        return CellBegan(
            ticket=ticket,
            study=queue.id,
            cell=cell.id,
            run=event.run,
            first_step=event.first_step,
            steps=event.epochs * event.steps_per_epoch,
            epochs=event.epochs,
            precision=event.precision,
            device=event.device,
        )
    if isinstance(event, TrainTick):
        return StudyProgress(
            ticket=ticket,
            study=queue.id,
            cell=cell.id,
            run=event.run,
            step=event.step,
            epoch=event.epoch,
            rows=event.rows,
            images_per_second=event.images_per_second,
            eta_seconds=outlook.eta(cell.id, event.eta_seconds),
        )
    # Moments that a run before it was cut off had in memory only are no news for who trains many.
    return replace(event, lost=0) if isinstance(event, SnapshotsKept) else None
