"""The runs in the store and those that ship with the program: listed, named, deleted, exported.

Called through `handlers/io_table.py` by the worker, on the IO pool, and by `cli/runs.py`. Must not import
torch or Qt.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator, Sequence
from functools import lru_cache
from itertools import count
from pathlib import Path

from explorer.arch import spec as specs
from explorer.arch.spec import ArchitectureSpec
from explorer.engine.context import Context
from explorer.engine.messages import Event, Request
from explorer.engine.queue import study_of
from explorer.engine.run_messages import (
    CurvesRead,
    DeleteRuns,
    EditRun,
    ExportRun,
    ListRuns,
    ReadCurves,
    RestoreRuns,
    RunExported,
    RunRow,
    RunsListed,
)
from explorer.engine.run_titles import told_apart
from explorer.engine.values import FIRST_VALUES, WeightsChoice
from explorer.errors import ExplorerError, RunError
from explorer.images.datasets import is_here, is_named
from explorer.runs.bundled import BundledRun, bundled_metrics, bundled_names, read_bundled
from explorer.runs.export import export_csv, export_jsonl, export_tensorboard
from explorer.runs.judged import read_judged
from explorer.runs.names import EXTENDS, VALIDATION_ACCURACY, MetricRow
from explorer.runs.run import Run
from explorer.runs.store import RunStore
from explorer.training import plan as plans
from explorer.training.plan import Plan

_one_at_a_time = threading.Lock()
"""The pool has several threads; each list must show all that was written before it."""

_versions = count(1)


def list_runs(request: ListRuns, context: Context) -> Generator[Event, None, None]:
    """Read all.

    Raises:
        RunError: The store cannot be opened or read.
    """
    with _one_at_a_time:
        listed = _listed(request, context)
    yield listed


def read_curves(request: ReadCurves, context: Context) -> Generator[Event, None, None]:
    """Read the metrics of one.

    Raises:
        RunError: There is no such run, or it cannot be read.
    """
    rows = metrics_of(request.run, context.store)
    judged = None
    if request.run not in bundled_names():
        judged = read_judged(context.store().run(request.run).judged)
    yield CurvesRead(ticket=request.ticket, run=request.run, rows=tuple(rows), judged=judged)


def edit_run(request: EditRun, context: Context) -> Generator[Event, None, None]:
    """Name, note or star one and read all.

    Raises:
        RunError: There is no such run, it ships with the program, or the store cannot be written.
    """
    with _one_at_a_time:
        _refuse_bundled((request.run,))
        context.store().edit(request.run, name=request.name, note=request.note, starred=request.is_starred)
        listed = _listed(request, context)
    yield listed


def delete_runs(request: DeleteRuns, context: Context) -> Generator[Event, None, None]:
    """Mark some as deleted and read all.

    Raises:
        RunError: One is not there, is being trained or ships with the program, or the store cannot be
            written.
    """
    with _one_at_a_time:
        _refuse_bundled(request.runs)
        context.store().delete(request.runs)
        listed = _listed(request, context)
    yield listed


def restore_runs(request: RestoreRuns, context: Context) -> Generator[Event, None, None]:
    """Take the mark away and read all.

    Raises:
        RunError: One is not there any more, or the store cannot be written.
    """
    with _one_at_a_time:
        context.store().restore(request.runs)
        listed = _listed(request, context)
    yield listed


def export_run(request: ExportRun, context: Context) -> Generator[Event, None, None]:
    """Write the metrics of one.

    Raises:
        RunError: There is no such run, or a file cannot be read or written.
        SetupError: TensorBoard was asked for and is not installed.
    """
    rows, path = metrics_of(request.run, context.store), Path(request.path)
    if request.kind == "tensorboard":
        is_bundled = request.run in bundled_names()
        created = (read_bundled(request.run) if is_bundled else context.store().run(request.run)).created
        path = export_tensorboard(request.run, rows, path, created=created)
    else:
        {"csv": export_csv, "jsonl": export_jsonl}[request.kind](request.run, rows, path)
    yield RunExported(ticket=request.ticket, run=request.run, path=str(path))


def metrics_of(run: str, store: Callable[[], RunStore]) -> list[MetricRow]:
    """The metrics of a run, by step.

    Args:
        run: Its id, or the name of one that ships with the program.
        store: Opens the store; not called for one that ships.

    Raises:
        RunError: There is no such run, or it cannot be read.
    """
    if run in bundled_names():
        return bundled_metrics(run)
    return store().metrics(store().run(run).id)


def all_rows(store: RunStore, *, deleted: bool = False) -> tuple[tuple[RunRow, ...], tuple[str, ...]]:
    """Every run as lists show it, and why some cannot be shown.

    Args:
        store: Its runs come first, the newest first, then those that ship with the program.
        deleted: Only those that are marked as deleted.

    Raises:
        RunError: The store cannot be read.
    """
    rows: list[RunRow] = []
    warnings: list[str] = []
    best = store.best(VALIDATION_ACCURACY)
    for run in store.runs(deleted=deleted):
        _add(rows, warnings, run.id, lambda run=run: _row(run, *best.get(run.id, (0, None))))  # type: ignore[misc]
    for name in () if deleted else bundled_names():
        _add(rows, warnings, name, lambda name=name: _bundled_row(read_bundled(name)))  # type: ignore[misc]
    return told_apart(rows), tuple(warnings)


def _listed(request: Request, context: Context) -> RunsListed:
    rows, warnings = all_rows(context.store())
    return RunsListed(ticket=request.ticket, rows=rows, warnings=warnings, version=next(_versions))


def _add(rows: list[RunRow], warnings: list[str], run: str, make: Callable[[], RunRow]) -> None:
    """One row more; a run that cannot be read must not take the others with it."""
    try:
        rows.append(make())
    except (ExplorerError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = error.cause_text if isinstance(error, ExplorerError) else f"{type(error).__name__}: {error}"
        warnings.append(f"The run {run} cannot be shown: {why}")


def _row(run: Run, epochs_done: int, accuracy: float | None) -> RunRow:
    summary = json.loads(run.summary)
    return RunRow(
        id=run.id,
        name=run.name,
        note=run.note,
        is_starred=run.starred,
        is_bundled=False,
        status=run.standing,
        can_resume=run.can_resume,
        created=run.created,
        spec=_spec(run.spec),
        plan=_plan(run.plan),
        data=run.data,
        epochs_done=epochs_done,
        validation_accuracy=accuracy,
        test_accuracy=summary.get("test_accuracy"),
        seconds=summary.get("seconds"),
        has_weights=run.has_weights,
        has_moments=run.has_moments or run.has_checkpoint,
        twin=run.twin,
        cause=str(summary.get("error", "")),
        study=study_of(run),
        start=FIRST_VALUES if run.start is None else WeightsChoice(*run.start),  # type: ignore[arg-type]
        extends=run.extends,
        has_data=is_here(run.data),
    )


def _bundled_row(run: BundledRun) -> RunRow:
    return RunRow(
        id=run.name,
        name=run.name,
        note=run.note,
        is_starred=False,
        is_bundled=True,
        status="finished",
        can_resume=False,
        created=run.created,
        spec=_spec(run.spec),
        plan=_plan(run.plan),
        data=run.data,
        epochs_done=int(run.summary.get("epochs_done", 0)),
        validation_accuracy=run.summary.get("validation_accuracy"),
        test_accuracy=run.summary.get("test_accuracy"),
        seconds=run.summary.get("seconds"),
        has_weights=run.has_weights,
        extends=str(run.origin.get(EXTENDS, "")),
        # A file of that name here is not the one that it has learned from.
        has_data=is_named(run.data),
    )


@lru_cache(512)
def _spec(text: str) -> ArchitectureSpec:
    """A run's architecture; the list is read over and over, and its texts do not change."""
    return specs.from_json(text)


@lru_cache(512)
def _plan(text: str) -> Plan:
    return plans.from_json(text)


def _refuse_bundled(runs: Sequence[str]) -> None:
    shipped = set(bundled_names())
    for run in (name for name in runs if name in shipped):
        raise RunError(
            "The run {run} ships with the program and can only be looked at.",
            "Train its network yourself, and the run is yours.",
            run=run,
        )
