"""Trainings: begun, resumed, halted; what they say goes to the store and to the window.

Called through `handlers/table.py` by the worker. The training yields between two steps, so a click waits for
one step at most. What is watched is refreshed from here, at rates that adapt to what it costs. Must not
import Qt.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing

from explorer.engine.cadence import Cadence
from explorer.engine.context import ActiveTraining, Context
from explorer.engine.handlers.actives import begun, dataset_of, extended, resumed
from explorer.engine.handlers.live import Live
from explorer.engine.handlers.pace import Pace
from explorer.engine.handlers.snapshots import Keeper
from explorer.engine.handlers.starting import start_of
from explorer.engine.handlers.twins import lockstep, pair_of, prepare_twin
from explorer.engine.messages import MAIN_COLUMN, Event
from explorer.engine.training_messages import (
    EpochEnded,
    FindRate,
    HaltTraining,
    MetricRow,
    RateFound,
    RateProbed,
    ResumeTraining,
    Train,
    TrainingBegan,
    TrainingEnded,
    TrainingHalted,
    TrainTick,
    WatchTraining,
)
from explorer.nets.weight_files import save_weights
from explorer.runs.judged import Judged, read_judged
from explorer.runs.names import IS_TWIN, TWIN, starts_from
from explorer.training.card import commit_of_program
from explorer.training.checkpoint import newest_step
from explorer.training.events import (
    EpochFinished,
    StepMetrics,
    TrainingEvent,
    TrainingFinished,
    TrainingPaused,
    TrainingStarted,
    TrainingStopped,
)
from explorer.training.finder import finding_rate
from explorer.training.judging import keep_epoch
from explorer.training.loop import train as training_steps
from explorer.training.prepare import Training, prepare
from explorer.training.record import record, rows_of
from explorer.training.room import room_for

TICK_SHARE = 0.01
"""The most that telling costs; `handlers/live.py` says what else there is."""
CPU_TICKS_HZ, DEVICE_TICKS_HZ = 4.0, 20.0
"""On the CPU the window and the training share the cores."""

Steps = Generator[Event | None, None, None]


def train(request: Train, context: Context) -> Steps:
    """Begin a new run and train it until its end, or until it is halted.

    Raises:
        DataError: The data was not opened, or does not fit the network.
        DeviceError: The network or a batch does not fit the device.
        RunError: The loss is not finite, or the store cannot be written.
        WeightsError: There are no weights to start from.
    """
    assert context.device is not None, "UseDevice comes first"
    dataset = dataset_of(request.data, request.spec.input_size, context)
    start = start_of(request.weights, request.spec, context)
    tensors = None if start is None else start.tensors
    learns: Training | None = None
    training = yield from prepare(
        request.spec,
        request.plan,
        dataset,
        context.device,
        start_tensors=tensors,
        start_transform=None if start is None else start.transform,
    )
    if request.twin is not None:
        learns = yield from prepare_twin(request.twin, training, dataset, tensors)
    origin: dict[str, object] = {
        "seed": request.plan.seed,
        "recipe": request.recipe,
        "device": str(context.device),
        "commit": commit_of_program(),
        "data": request.data,
        **dict(request.tags),
    }
    if start is not None:
        origin |= starts_from(start.choice.kind, start.choice.name)
    twin = None
    if learns is not None:
        twin = begun(request, learns, {**origin, IS_TWIN: True}, context)
        origin[TWIN] = twin.run.id
    active = begun(request, training, origin, context)
    _activate(active, twin, context)
    yield from _together(request.ticket, active, twin, context)


def resume_training(request: ResumeTraining, context: Context) -> Steps:
    """Go on with a run: as it is in memory, else as its last checkpoint has it; or train a finished one on.

    Raises:
        DataError: The data was not opened, or is another than the run's.
        DeviceError: The network or a batch does not fit the device.
        RunError: There is no such run or no checkpoint that can be read, or the loss is not finite.
    """
    assert context.device is not None, "UseDevice comes first"
    if request.epochs:
        longer = yield from extended(request, context)
        _activate(longer, None, context)
        yield from _together(request.ticket, longer, None, context)
        return
    store = context.store()
    # Refused at once where another program trains it; taken for this one by `record`, when all is ready.
    run, twin_run = pair_of(store.run_to_resume(request.run), store)
    active = context.active
    if active is None or active.run.id != run.id or not _is_newest(active, context):
        active = yield from resumed(run, None, context)
        twin = None
        if twin_run is not None:
            twin = yield from resumed(twin_run, active.training, context)
        _activate(active, twin, context)
    elif context.nets.get(MAIN_COLUMN) is None or context.nets[MAIN_COLUMN].origin != active.net().origin:
        # Another was looked at while this one waited.
        context.put_net(MAIN_COLUMN, active.net())
    active.training.wish = "go"
    twin = active.twin if twin_run is not None else None
    if twin is not None:
        twin.training.wish = "go"
    yield from _together(request.ticket, active, twin, context)


def _is_newest(active: ActiveTraining, context: Context) -> bool:
    """Whether it is as far as its run, which another program may take on, and where networks run now."""
    newest = newest_step(active.run.checkpoints)
    return active.training.device == context.device and (newest is None or newest <= active.training.step)


def halt_training(request: HaltTraining, context: Context) -> Steps:
    """Tell the training; it looks between two steps. One that is paused is stopped on the record.

    Raises:
        RunError: The store cannot be read or written.
    """
    for active in context.learning():
        active.training.wish = request.how
    if request.how == "stop" and context.active is not None:
        yield from _stopped_at_rest(request.ticket, context.active, context)
    yield None


def _stopped_at_rest(ticket: int, active: ActiveTraining, context: Context) -> Steps:
    """Where it waits already, nobody looks: say on the record that it is not to be offered again."""
    store = context.store()
    if store.run(active.run.id).status != "paused":
        return
    for each in context.learning():
        store.set_status(each.run.id, "stopped")
    yield TrainingHalted(ticket=ticket, run=active.run.id, how="stop", step=active.training.step)


def watch_training(request: WatchTraining, context: Context) -> Steps:
    """Refresh this from now on."""
    if context.active is not None:
        context.active.watched = (request.image_id, request.key)
        context.active.watched_lesions = request.lesions
        context.active.is_watch_new = True
    yield None


def find_rate(request: FindRate, context: Context) -> Steps:
    """Train shortly with a rising learning rate; nothing of it is kept.

    Raises:
        DataError: The data was not opened, or does not fit the network.
        DeviceError: The network or a batch does not fit the device.
        WeightsError: There are no weights to start from.
    """
    assert context.device is not None, "UseDevice comes first"
    start = start_of(request.weights, request.spec, context)
    training = yield from prepare(
        request.spec,
        request.plan,
        dataset_of(request.data, request.spec.input_size, context),
        context.device,
        start_tensors=None if start is None else start.tensors,
        start_transform=None if start is None else start.transform,
    )
    cadence = Cadence(TICK_SHARE, CPU_TICKS_HZ)
    search = finding_rate(training)
    while True:
        try:
            progress = next(search)
        except StopIteration as finished:
            found = finished.value
            break
        if cadence.is_due:
            with cadence.working():
                probed = RateProbed(
                    ticket=request.ticket,
                    rates=progress.rates,
                    losses=progress.losses,
                    share=progress.share,
                )
            yield probed
        else:
            yield None
    yield RateFound(ticket=request.ticket, rates=found.rates, losses=found.losses, suggested=found.suggested)


def _activate(active: ActiveTraining, twin: ActiveTraining | None, context: Context) -> None:
    """Make a training the one in memory, and its network the one in view."""
    active.twin = twin
    context.active = active
    context.put_net(MAIN_COLUMN, active.net())


def _together(ticket: int, active: ActiveTraining, twin: ActiveTraining | None, context: Context) -> Steps:
    """Train, with the twin in lock-step where there is one."""
    main = _driven(ticket, active, context)
    if twin is None:
        yield from main
    else:
        yield from lockstep(ticket, active, main, _driven(ticket, twin, context))


def _driven(ticket: int, active: ActiveTraining, context: Context) -> Steps:
    """Train, and say how it goes; on the way out a checkpoint is left, whatever the reason."""
    training = active.training
    store = context.store()
    before = tuple(row for row in store.metrics(active.run.id) if row[0] < training.step)
    pace = Pace(training)
    hz = CPU_TICKS_HZ if training.device.type == "cpu" else DEVICE_TICKS_HZ
    ticks = Cadence(TICK_SHARE, hz)
    live = Live(active, context, ticket)
    keeper = Keeper(active, context, ticket)
    rows: list[MetricRow] = []
    steps = training_steps(training, checkpoints=active.run.checkpoints)
    recorded = record(store, active.run.id, steps, training.unwritten)
    # A moment is copied and a picture looked at beside the steps: for these too memory may be short.
    with room_for(training.batch_size, training.device), closing(recorded) as events:
        try:
            for event in events:
                pace.note(event)
                judged = _kept_judged(active, event)
                if isinstance(event, TrainingStarted):
                    yield _began(ticket, active, event, before)
                elif event is not None:
                    rows += rows_of(event, pace)
                yield from keeper.noted()
                if isinstance(event, EpochFinished):
                    ratios = live.ratios(event.step)
                    training.unwritten += ratios
                    rows += ratios
                # At the end of an epoch, and where it halts, nothing is left untold.
                is_whole = isinstance(event, EpochFinished | TrainingPaused | TrainingStopped)
                if is_whole or (isinstance(event, StepMetrics) and ticks.is_due):
                    with ticks.working():
                        tick = _tick(ticket, active, pace, rows, live)
                    rows = []
                    yield tick
                yield from _told(ticket, active, event, judged)
                yield from live.refreshed()
                yield None
            yield from keeper.settled()
        except GeneratorExit:
            # The program ends or the request was taken back: what was learned since the last checkpoint is
            # written before the generator closes.
            training.wish = "pause"
            for event in events:
                _kept_judged(active, event)
            keeper.left()
            raise


def _began(
    ticket: int, active: ActiveTraining, event: TrainingStarted, before: tuple[MetricRow, ...]
) -> TrainingBegan:
    training = active.training
    return TrainingBegan(
        ticket=ticket,
        run=active.run.id,
        spec=training.spec,
        plan=training.plan,
        data=active.run.data,
        classes=active.classes,
        first_step=event.first_step,
        epochs=event.epochs,
        steps_per_epoch=event.steps_per_epoch,
        precision=training.precision.name,
        rates=event.rates,
        device=event.device,
        n_train=event.n_train,
        n_validation=event.n_validation,
        rows=before,
        judged=read_judged(active.run.judged, before=training.epoch),
    )


def _tick(ticket: int, active: ActiveTraining, pace: Pace, rows: list[MetricRow], live: Live) -> TrainTick:
    return TrainTick(
        ticket=ticket,
        run=active.run.id,
        step=active.training.step,
        epoch=min(active.training.epoch, active.training.plan.epochs - 1),
        rows=tuple(rows),
        images_per_second=pace.images_per_second,
        eta_seconds=pace.eta_seconds,
        side_share=live.share,
    )


def _kept_judged(active: ActiveTraining, event: TrainingEvent | None) -> Judged | None:
    """What an epoch got wrong is kept before anybody can halt; None where no epoch ended."""
    if not isinstance(event, EpochFinished):
        return None
    return keep_epoch(active.run.judged, event, active.training.validation_pictures, active.classes)


def _told(ticket: int, active: ActiveTraining, event: TrainingEvent | None, judged: Judged | None) -> Steps:
    """What happens seldom, in the window's words."""
    run = active.run.id
    if isinstance(event, EpochFinished) and judged is not None:
        yield EpochEnded(ticket=ticket, run=run, is_best=event.is_best, judged=judged)
    elif isinstance(event, TrainingPaused):
        yield TrainingHalted(
            ticket=ticket,
            run=run,
            how="pause",
            step=event.step,
            cause=event.cause,
            hint=event.hint,
            arguments=event.arguments,
        )
    elif isinstance(event, TrainingStopped):
        yield TrainingHalted(ticket=ticket, run=run, how="stop", step=event.step)
    elif isinstance(event, TrainingFinished):
        yield _ended(ticket, active, event)


def _ended(ticket: int, active: ActiveTraining, event: TrainingFinished) -> TrainingEnded:
    """Keep the weights, in float32: the file's accuracy is the one that was measured."""
    training = active.training
    path = active.run.weights
    path.parent.mkdir(parents=True, exist_ok=True)
    header = {key: str(value) for key, value in active.origin.items() if value != ""}
    header |= {"accuracy": str(event.test_accuracy), "loss": str(event.test_loss)}
    save_weights(path, training.model, training.spec, active.classes, active.transform, header)
    active.accuracy = event.test_accuracy
    return TrainingEnded(
        ticket=ticket,
        run=active.run.id,
        path=str(path),
        epochs=event.epochs,
        test_accuracy=event.test_accuracy,
        best_epoch=event.best_epoch,
        seconds=event.seconds,
        images_per_second=event.images_per_second,
        stopped_early=event.stopped_early,
    )
