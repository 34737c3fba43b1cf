"""What `sweep` prints: JSON lines for machines, lines for people.

Called by `cli/sweep.py`. Imports no torch.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from explorer.cli.tables import table
from explorer.engine.messages import Event
from explorer.engine.study_messages import (
    CellBegan,
    CellEnded,
    StudyBegan,
    StudyEstimated,
    StudyProgress,
    StudyRow,
)
from explorer.engine.study_page import duration, percent
from explorer.engine.study_results import Result, results
from explorer.present.text import byte_size, grouped, short
from explorer.training.estimate import Estimate, total_seconds
from explorer.training.study import Cell, Study, cells


class Teller:
    """Says how a study goes.

    Args:
        say: Takes a line.
        as_json: Whether lines are for machines.

    Attributes:
        study: Its id; empty before it began.
    """

    def __init__(self, say: Callable[[str], None], *, as_json: bool) -> None:
        self._say = say
        self._as_json = as_json
        self._labels: dict[str, str] = {}
        self._epochs: dict[str, dict[str, float]] = {}
        self.study = ""

    def dry(self, study: Study, estimated: StudyEstimated) -> None:
        """What would be trained, and what it would cost."""
        every = cells(study)
        by_cell = {item.cell: item for item in estimated.estimates}
        if self._as_json:
            for cell in every:
                self._line("cell", **_cell_facts(cell, by_cell.get(cell.id)))
            self._line("estimate", **_cost(estimated.estimates), free_bytes=estimated.free_bytes)
            return
        self._say(_cells_table(every, by_cell))
        self._say(_cost_text(estimated.estimates, estimated.free_bytes))

    def tell(self, event: Event) -> None:
        """One event of the study handler."""
        if isinstance(event, StudyBegan):
            self._began(event)
        elif isinstance(event, CellBegan):
            self._cell_began(event)
        elif isinstance(event, StudyProgress):
            self._progress(event)
        elif isinstance(event, CellEnded):
            self._cell_ended(event)

    def ended(self, row: StudyRow, seconds: float, *, report: str) -> None:
        """All is done."""
        found = results(row)
        if self._as_json:
            self._line(
                "finished",
                study=row.id,
                finished=row.counted("finished"),
                failed=row.counted("failed"),
                refused=row.counted("refused"),
                seconds=seconds,
                results=[_result_facts(result) for result in found],
                report=report,
            )
            return
        fields = [axis.field for axis in row.study.axes]
        rows = [
            [*(value for _, value in result.settings), percent(result.test_error), _trained(result)]
            for result in found
        ]
        self._say(table([*fields, "test error", "trainings"], rows, right=["test error"]))
        self._say(f"Study {row.id}: {row.counted('finished')} trainings finished, {duration(seconds)}.")
        if report:
            self._say(f"The report is in {report}.")

    def _line(self, event: str, **facts: Any) -> None:
        self._say(json.dumps({"event": event, **facts}))

    def _began(self, event: StudyBegan) -> None:
        row = event.row
        self.study = row.id
        self._labels = {one.cell.id: one.cell.label for one in row.cells}
        refused = [one for one in row.cells if one.status == "refused"]
        n_done = row.counted("finished")
        if self._as_json:
            self._line(
                "study",
                study=row.id,
                cells=[one.cell.id for one in row.cells if one.status != "refused"],
                refused=[{"cell": one.cell.id, "reason": one.cause} for one in refused],
                finished=n_done,
                **_cost(event.estimates),
            )
            return
        self._say(f"Study {row.id}: {len(row.cells) - len(refused)} trainings, {n_done} finished.")
        for line in dict.fromkeys(f"Left out {one.cell.title}: {one.cause}" for one in refused):
            self._say(line)
        self._say(_cost_text(event.estimates, 0))

    def _cell_began(self, event: CellBegan) -> None:
        if self._as_json:
            facts = ("cell", "run", "first_step", "steps", "epochs", "precision", "device")
            self._line("cell", **{name: getattr(event, name) for name in facts})
        else:
            self._say(f"{self._labels[event.cell]}: run {event.run} on {event.device} in {event.precision}.")

    def _progress(self, event: StudyProgress) -> None:
        """A line an epoch, when its numbers are complete."""
        for step, name, value in event.rows:
            if not name.startswith("epoch.") or name.startswith("epoch.ratio"):
                continue
            numbers = self._epochs.setdefault(f"{event.run} {step}", {})
            numbers[name.removeprefix("epoch.")] = value
            if {"train_loss", "validation_accuracy", "images_per_second"} <= numbers.keys():
                self._epoch(event, self._epochs.pop(f"{event.run} {step}"))

    def _epoch(self, event: StudyProgress, numbers: dict[str, float]) -> None:
        if self._as_json:
            self._line(
                "epoch",
                cell=event.cell,
                run=event.run,
                step=event.step,
                eta_seconds=event.eta_seconds,
                **numbers,
            )
            return
        left = f"  {duration(event.eta_seconds)} left" if event.eta_seconds else ""
        self._say(
            f"{time.strftime('%H:%M:%S')}  {self._labels[event.cell]}  "
            f"train loss {numbers['train_loss']:.4f}  "
            f"validation accuracy {numbers['validation_accuracy']:.2%}  "
            f"{numbers['images_per_second']:.0f} images/s{left}"
        )

    def _cell_ended(self, event: CellEnded) -> None:
        row = event.row
        if self._as_json:
            facts = (
                "run",
                "status",
                "epochs_done",
                "test_accuracy",
                "validation_accuracy",
                "seconds",
                "cause",
            )
            self._line("cell_ended", cell=row.cell.id, **{name: getattr(row, name) for name in facts})
        elif row.status == "finished" and row.test_accuracy is not None:
            self._say(f"{row.cell.label}: test accuracy {row.test_accuracy:.2%}.")
        else:
            self._say(f"{row.cell.label}: {row.status}. {row.cause}".rstrip())


def _cell_facts(cell: Cell, estimate: Estimate | None) -> dict[str, Any]:
    facts: dict[str, Any] = {"cell": cell.id, "settings": dict(cell.settings), "seed": cell.seed}
    if estimate is None:
        return {**facts, "refused": cell.reason}
    names = ("steps", "parameters", "macs", "total_macs", "seconds", "memory_bytes")
    return {**facts, "refused": None, **{name: getattr(estimate, name) for name in names}}


def _cost(estimates: Sequence[Estimate]) -> dict[str, Any]:
    return {
        "estimated_seconds": total_seconds(estimates),
        "estimated_memory_bytes": max((item.memory_bytes for item in estimates), default=0),
    }


def _cost_text(estimates: Sequence[Estimate], free_bytes: int) -> str:
    """The cost of all, in one line."""
    if not estimates:
        return "Nothing is left to be trained."
    seconds = total_seconds(estimates)
    size = max(item.memory_bytes for item in estimates)
    time_text = f"about {duration(seconds)}" if seconds is not None else "a time that is not known"
    free = f" of {byte_size(free_bytes)} free" if free_bytes else ""
    return f"Estimate: {time_text} for {len(estimates)} trainings, about {byte_size(size)}{free} of memory."


def _cells_table(every: Sequence[Cell], by_cell: dict[str, Estimate]) -> str:
    rows = []
    for cell in every:
        item = by_cell.get(cell.id)
        if item is None:
            rows.append([cell.label, "left out", "", "", "", ""])
            continue
        seconds = duration(item.seconds) if item.seconds is not None else "?"
        counts = (grouped(item.steps), grouped(item.parameters), short(item.macs))
        rows.append([cell.label, *counts, seconds, byte_size(item.memory_bytes)])
    numbers = ["steps", "parameters", "MACs", "time", "memory"]
    lines = [table(["cell", *numbers], rows, right=numbers)]
    refused = dict.fromkeys(f"Left out {cell.title}: {cell.reason}" for cell in every if cell.reason)
    return "\n".join([*lines, *refused])


def _result_facts(result: Result) -> dict[str, Any]:
    error = result.test_error
    return {
        "settings": dict(result.settings),
        "test_accuracy": 1 - error.mean if error else None,
        "test_accuracy_deviation": error.deviation if error else None,
        "trainings": len(result.rows),
        "parameters": result.parameters,
        "macs": result.macs,
        "depth": result.depth,
        "runs": [row.run for row in result.rows],
    }


def _trained(result: Result) -> str:
    return f"{len(result.rows)} of {result.n_cells}"
