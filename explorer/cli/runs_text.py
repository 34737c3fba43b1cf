"""Runs as `resnet-explorer runs` prints them: objects for machines, tables and a page for people.

Called by `cli/runs.py`. Pure functions of rows; imports no torch.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.arch.speech import as_command
from explorer.cli.tables import pairs, table

if TYPE_CHECKING:
    from explorer.engine.run_messages import RunRow
    from explorer.runs.names import MetricRow

_EPOCH = "epoch."


def epochs_of(rows: Iterable[MetricRow]) -> list[dict[str, float]]:
    """What was noted at the end of each epoch: its last step, and values by name."""
    by_step: dict[int, dict[str, float]] = {}
    for step, name, value in rows:
        if name.startswith(_EPOCH):
            by_step.setdefault(step, {"step": step})[name.removeprefix(_EPOCH)] = value
    return [by_step[step] for step in sorted(by_step)]


def as_json(row: RunRow) -> dict[str, object]:
    """A run as `--json` prints it."""
    return {
        "run": row.id,
        "name": row.name,
        "note": row.note,
        "starred": row.is_starred,
        "bundled": row.is_bundled,
        "status": row.status,
        "can_resume": row.can_resume,
        "created": row.created,
        "data": row.data,
        "epochs": row.plan.epochs,
        "epochs_done": row.epochs_done,
        "validation_accuracy": finite(row.validation_accuracy),
        "test_accuracy": finite(row.test_accuracy),
        "seconds": finite(row.seconds),
        "has_weights": row.has_weights,
        "cause": row.cause,
        "extends": row.extends,
        "spec": json.loads(row.spec.to_json()),
        "plan": json.loads(row.plan.to_json()),
    }


def finite(value: float | None) -> float | None:
    """A number as JSON has it: there is none that is not finite."""
    return value if value is not None and math.isfinite(value) else None


def table_of(rows: Sequence[RunRow]) -> str:
    """Runs as a table, a line each."""
    headers = ("Run", "Name", "Network", "Data", "Status", "Epochs", "Validation", "Test", "Begun")
    cells = [
        (
            f"{'★ ' if row.is_starred else ''}{row.id}",
            "" if row.is_bundled else row.name,
            _network(row),
            Path(row.data).name,
            "bundled" if row.is_bundled else row.status,
            f"{row.epochs_done}/{row.plan.epochs}",
            _percent(row.validation_accuracy),
            _percent(row.test_accuracy),
            time.strftime("%Y-%m-%d %H:%M", time.localtime(row.created)),
        )
        for row in rows
    ]
    return table(headers, cells, right=("Epochs", "Validation", "Test"))


def page_of(row: RunRow, epochs: Sequence[dict[str, float]]) -> str:
    """One run: what it is, and a line an epoch."""
    facts = [
        ("Run", row.id),
        ("Name", row.name),
        ("Note", row.note),
        ("Network", _network(row)),
        ("Data", row.data),
        ("Goes on from", row.extends),
        ("Status", f"{row.status}{', can be resumed' if row.can_resume else ''}"),
        ("Cause", row.cause),
        ("Epochs", f"{row.epochs_done} of {row.plan.epochs}"),
        ("Test accuracy", _percent(row.test_accuracy)),
        ("Seconds", "" if row.seconds is None else f"{row.seconds:.0f}"),
    ]
    page = pairs([(name, value) for name, value in facts if value])
    if not epochs:
        return page
    names = [name for name in _COLUMNS if any(name in epoch for epoch in epochs)]
    cells = [
        [str(place), *(_COLUMNS[name][1](epoch.get(name)) for name in names)]
        for place, epoch in enumerate(epochs, start=1)
    ]
    headers = ["Epoch", *(_COLUMNS[name][0] for name in names)]
    return f"{page}\n\n{table(headers, cells, right=headers)}"


def _network(row: RunRow) -> str:
    """As the command line takes it: a preset and the edits that make it."""
    return as_command(row.spec).removeprefix("resnet-explorer describe ")


def _percent(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.2%}" if math.isfinite(value) else str(value)


def _loss(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _rate(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"


_COLUMNS: dict[str, tuple[str, Callable[[float | None], str]]] = {
    "train_loss": ("Train loss", _loss),
    "train_accuracy": ("Train", _percent),
    "validation_loss": ("Validation loss", _loss),
    "validation_accuracy": ("Validation", _percent),
    "images_per_second": ("Images/s", _rate),
}
"""What `show` has a column of: its header, and how its values are written."""
