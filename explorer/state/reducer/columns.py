"""The reducer's slice of what lives in the columns: networks, their answers, the picture's way through them.

Which columns there are is the document's; here they are built, asked and let go. Called by the slices of
the document, the net and the pictures. Must not import torch or Qt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import ceil
from types import MappingProxyType
from typing import Any

from explorer.arch.align import stops
from explorer.arch.expand import expand
from explorer.engine.compare_messages import LetColumnGo, LookedThrough, LookThrough
from explorer.engine.inside_messages import FindingsRead, ReadFindings
from explorer.engine.messages import (
    BuildModel,
    ClassifyMany,
    LoadedPicture,
    ManyClassified,
    ModelBuilt,
    Request,
    RequestFailed,
)
from explorer.engine.sample_messages import Decide, Decided, ProbesFitted
from explorer.nets.facts import Origin
from explorer.state.compare import Column, ColumnState, ColumnStatus, Looked
from explorer.state.learning import TrainingState
from explorer.state.model import Answer
from explorer.state.reducer.rewind import at_moment, is_of
from explorer.state.reducer.turn import Turn

OF_COLUMN: tuple[type[Request], ...] = (BuildModel, ClassifyMany, LookThrough, ReadFindings, Decide)
"""What a column is asked for."""

LOOKING_SHARE = 0.05
"""How much of an epoch's time a column of the run that learns may take."""


def settle(turn: Turn) -> None:
    """Make what lives agree with the document's columns: build those that came, let go those that left."""
    compare, columns = turn.state.compare, turn.state.document.columns
    left = compare.columns.keys() - {column.name for column in columns}
    kept = {column.name: compare.columns.get(column.name) for column in columns}
    came = [column for column in columns if kept[column.name] is None]
    status: ColumnStatus = "building" if compare.is_seen else "away"
    living = {name: known or ColumnState(status=status) for name, known in kept.items()}
    # A session may bring columns that were named before, and a pair of columns that were put aside.
    taken = (*living, *(compare.chosen_pair or ()))
    numbers = [int(name[1:]) for name in taken if name[1:].isdecimal()]
    following = max([compare.next_column, *(number + 1 for number in numbers)])
    turn.change(compare=replace(compare, columns=MappingProxyType(living), next_column=following))
    for name in sorted(left):
        _let_go(turn, name)
    if compare.is_seen:
        for column in came:
            _build(turn, column)


def rebuild(turn: Turn) -> None:
    """The device was changed, and every network is to be built there."""
    for column in turn.state.document.columns:
        if turn.state.compare.is_seen:
            _build(turn, column)


def wake(turn: Turn) -> None:
    """Somebody looks: what was away comes back, with what was known of it; what failed is tried again.

    A window whose layout shows the columns is laid out before the session begins: `settle` builds them then.
    """
    for column in turn.state.document.columns:
        living = turn.state.compare.columns.get(column.name)
        if living is not None and living.status in ("away", "failed"):
            _build(turn, column)


def let_all_go(turn: Turn) -> None:
    """Nobody looks: the columns give their memory back, and the maps; what they said stays."""
    for column in turn.state.document.columns:
        living = turn.state.compare.columns.get(column.name)
        if living is not None and living.status != "failed":
            _let_go(turn, column.name)
            looked = None if living.looked is None else replace(living.looked, maps=MappingProxyType({}))
            _change(turn, column.name, status="away", looked=looked)


def on_learned(turn: Turn, run: str, accuracy: float | None = None) -> None:
    """A run rests: its columns learned on since they were asked, and are asked again.

    Args:
        turn: The turn.
        run: The run's id.
        accuracy: On the test pictures, 0 to 1, where the run has ended.
    """
    for column in _ready(turn):
        living = turn.state.compare.columns[column.name]
        if _is_at_now(living, run):
            origin = living.origin
            if accuracy is not None:
                origin = Origin("run", run, accuracy_percent=100 * accuracy)
            version = _next_version(turn)
            _change(turn, column.name, origin=origin, version=version, answers=MappingProxyType({}))
            _look_through(turn, column)
            _ask_unanswered(turn, column)


def on_learning(turn: Turn, run: str, epoch: int) -> None:
    """A run has learned for an epoch and goes on: its columns look at the current picture again.

    Seldomer where that would take more than a small share of the time. What they said of other pictures is
    asked again when it rests.
    """
    image_id = _current(turn)
    for column in _ready(turn):
        living = turn.state.compare.columns[column.name]
        if image_id is None or not _is_at_now(living, run):
            continue
        if epoch % _epochs_between(turn.state.training, living) == 0:
            turn.ask(LookThrough, column=column.name, image_id=image_id, keys=_way(column))


def look(turn: Turn) -> None:
    """Another picture is looked at: send it through every column."""
    for column in _ready(turn):
        _look_through(turn, column)


def answer_rest(turn: Turn) -> None:
    """Ask every column about the pictures that it has not answered."""
    for column in _ready(turn):
        _ask_unanswered(turn, column)


def forget(turn: Turn, image_ids: frozenset[int]) -> None:
    """Pictures were removed; so are the answers for them."""
    for name, living in turn.state.compare.columns.items():
        answers = {key: value for key, value in living.answers.items() if key not in image_ids}
        is_gone = living.looked is not None and living.looked.image_id in image_ids
        _change(
            turn,
            name,
            answers=MappingProxyType(answers),
            looked=None if is_gone else living.looked,
            decided=None if is_gone else living.decided,
        )


def on_column_built(turn: Turn, event: ModelBuilt) -> None:
    """A column's network is live: send the current picture through it, then the others."""
    column = _column(turn, event.column)
    if column is None:
        return
    living = turn.state.compare.columns[column.name]
    is_same = living.status == "away" and (living.origin, living.classes) == (event.origin, event.classes)
    is_same = is_same and not _has_learned(turn, event.origin)
    # What was let go took its probes along: nothing is asked of them before they are read again.
    known: Mapping[str, Any] = {"probes": None} if is_same else _UNKNOWN
    _change(
        turn,
        column.name,
        status="ready",
        cause="",
        origin=event.origin,
        classes=event.classes,
        version=living.version if is_same else _next_version(turn),
        **known,
    )
    _look_through(turn, column)
    _ask_unanswered(turn, column)
    if event.origin.kind == "bundled":
        turn.ask(ReadFindings, column=column.name)


def on_column_failed(turn: Turn, event: RequestFailed) -> None:
    """It could not be built; the column says why, and nothing of the network that it had."""
    for name in turn.state.compare.columns:
        if turn.is_newest(event, BuildModel, name):
            cause = "Stopped." if event.is_cancelled else event.message.format_map(dict(event.arguments))
            _change(turn, name, status="failed", cause=cause, origin=None, classes=(), **_UNKNOWN)


def on_looked_through(turn: Turn, event: LookedThrough) -> None:
    """The picture's way through a column is here."""
    if event.column not in turn.state.compare.columns or not turn.is_newest(event, LookThrough, event.column):
        return
    if turn.state.pictures.loaded(event.image_id) is None:
        return
    living = turn.state.compare.columns[event.column]
    before = living.looked
    version = living.version
    if before is not None and before.maps and (before.image_id, before.version) == (event.image_id, version):
        # The same picture again means that the network learned on.
        version = _next_version(turn)
    looked = Looked(
        image_id=event.image_id,
        version=version,
        maps=MappingProxyType(dict(event.maps)),
        milliseconds=event.milliseconds,
    )
    if event.image_id != _current(turn) and before is not None:
        # The user went back to the picture before, whose way is here: nothing newer was asked for.
        looked = before
    answers = {**living.answers, event.image_id: Answer(event.predictions, event.milliseconds)}
    _change(turn, event.column, version=version, looked=looked, answers=MappingProxyType(answers))


def on_many_answered(turn: Turn, event: ManyClassified) -> None:
    """Some of a column's answers are here."""
    if event.column not in turn.state.compare.columns or not turn.is_newest(
        event, ClassifyMany, event.column
    ):
        return
    turn.progress(event.ticket, event.done / max(event.total, 1))
    living = turn.state.compare.columns[event.column]
    fresh = {image_id: Answer(predictions) for image_id, predictions in event.answers}
    _change(turn, event.column, answers=MappingProxyType({**fresh, **living.answers}))


def on_column_findings(turn: Turn, event: FindingsRead) -> None:
    """The linear probes that ship with a column's weights can be asked about the picture."""
    found = event.findings
    if found is None or not turn.is_newest(event, ReadFindings, event.column):
        return
    probes = ProbesFitted(
        accuracies=tuple((probe.key, probe.accuracy) for probe in found.probes), classes=found.classes
    )
    _change(turn, event.column, probes=probes)
    _decide(turn, event.column)


def on_column_decided(turn: Turn, event: Decided) -> None:
    """What a column's probes say of the picture is here."""
    for name in turn.state.compare.columns:
        if turn.is_newest(event, Decide, name):
            _change(turn, name, decided=event if event.keys else None)


_UNKNOWN: Mapping[str, Any] = MappingProxyType(
    {"answers": MappingProxyType({}), "looked": None, "probes": None, "decided": None}
)


def _next_version(turn: Turn) -> int:
    """A number that no column had before: what is held of one that left is never shown for another."""
    compare = turn.state.compare
    turn.change(compare=replace(compare, last_version=compare.last_version + 1))
    return compare.last_version + 1


def _has_learned(turn: Turn, origin: Origin) -> bool:
    """Whether a network is one that learns, or did so last: it may be another than it was."""
    began, twin = turn.state.training.began, turn.state.training.twin
    runs = [each.run for each in (began, twin) if each is not None]
    return origin.step is None and any(is_of(origin, run) for run in runs)


def _epochs_between(training: TrainingState, living: ColumnState) -> int:
    """After how many epochs a column looks again, so that it takes no more than `LOOKING_SHARE`."""
    n_train = training.began.n_train if training.began is not None else 0
    if living.looked is None or not n_train or not training.images_per_second:
        return 1
    epoch_ms = 1000 * n_train / training.images_per_second
    return max(ceil(living.looked.milliseconds / (LOOKING_SHARE * epoch_ms)), 1)


def _is_at_now(living: ColumnState, run: str) -> bool:
    """Whether a column's network is a run's as it is now."""
    return living.origin is not None and living.origin.step is None and is_of(living.origin, run)


def _column(turn: Turn, name: str) -> Column | None:
    return next((column for column in turn.state.document.columns if column.name == name), None)


def _ready(turn: Turn) -> Iterator[Column]:
    living = turn.state.compare.columns
    return (column for column in turn.state.document.columns if living[column.name].status == "ready")


def _change(turn: Turn, name: str, **fields: Any) -> None:
    compare = turn.state.compare
    changed = {**compare.columns, name: replace(compare.columns[name], **fields)}
    turn.change(compare=replace(compare, columns=MappingProxyType(changed)))


def _build(turn: Turn, column: Column) -> None:
    if turn.state.compare.columns[column.name].status != "away":
        _change(turn, column.name, status="building", cause="", **_UNKNOWN)
    weights = at_moment(turn.state, column.weights)
    turn.ask(BuildModel, spec=column.spec, seed=column.seed, weights=weights, column=column.name)


def _let_go(turn: Turn, name: str) -> None:
    turn.drop(*OF_COLUMN, column=name)
    turn.ask(LetColumnGo, column=name)


def _current(turn: Turn) -> int | None:
    pictures = turn.state.pictures
    loaded = pictures.loaded(pictures.current)
    return None if loaded is None else loaded.image_id


def _look_through(turn: Turn, column: Column) -> None:
    image_id = _current(turn)
    if image_id is None:
        return
    living = turn.state.compare.columns[column.name]
    looked = living.looked
    is_there = looked is not None and bool(looked.maps)
    if not is_there or looked is None or (looked.image_id, looked.version) != (image_id, living.version):
        turn.ask(LookThrough, column=column.name, image_id=image_id, keys=_way(column))
    _decide(turn, column.name)


def _way(column: Column) -> tuple[str, ...]:
    """The nodes that the slider stops at."""
    return tuple(stop.key for stop in stops(expand(column.spec)))


def _decide(turn: Turn, name: str) -> None:
    image_id, living = _current(turn), turn.state.compare.columns[name]
    if image_id is None or living.probes is None:
        return
    if living.decided is not None and living.decided.image_id != image_id:
        _change(turn, name, decided=None)
    turn.ask(Decide, column=name, image_id=image_id)


def _ask_unanswered(turn: Turn, column: Column) -> None:
    state = turn.state
    answers = state.compare.columns[column.name].answers
    waiting = tuple(
        item.image_id
        for item in state.pictures.items
        if isinstance(item, LoadedPicture)
        and item.image_id not in answers
        and item.image_id != state.pictures.current
    )
    if waiting:
        turn.ask(ClassifyMany, image_ids=waiting, column=column.name)
