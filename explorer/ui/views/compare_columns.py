"""What is said of columns below them: their names, their runs, and what their errors were measured on.

Used by the sections of the comparison: answers, curves, errors. A column's colour is its place from the left,
in `widgets/series_colours.py`. Must not import torch; knows no widget.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from explorer.arch.spec import ArchitectureSpec
from explorer.images.labels import load_labels
from explorer.present.error_scatter import CIFAR_10, IMAGENET
from explorer.ui.views.compare_facts import beside_titles, title_of

if TYPE_CHECKING:
    from explorer.engine.run_messages import RunRow
    from explorer.state.compare import Column, ColumnState
    from explorer.state.model import AppState
    from explorer.training.plan import Plan

_RUN_ID = re.compile(r"\d{8}-\d{6}-(\w+)")
_KNOWN_DATA = (("cifar10", CIFAR_10), ("imagenet1k", IMAGENET))
_DATA_TITLES = {
    "cifar10": CIFAR_10,
    "cifar100": "CIFAR-100",
    "mnist": "MNIST",
    "fashion-mnist": "Fashion-MNIST",
    "svhn": "SVHN",
    "digits": "Digits",
    "shapes": "Shapes",
}


@dataclass(frozen=True, slots=True)
class ColumnRun:
    """The training that a column's weights come from.

    Attributes:
        run: Its id.
        spec: The network.
        plan: How it was trained.
        data: The data's name or path.
        row: As the list of runs has it; None for one that just began.
    """

    run: str
    spec: ArchitectureSpec
    plan: Plan
    data: str
    row: RunRow | None = None


def _tr(words: str) -> str:
    return QCoreApplication.translate("CompareColumns", words)


@lru_cache(maxsize=128)
def net_title(spec: ArchitectureSpec) -> str:
    """What its column calls a network; cached, for every change of the state asks."""
    return title_of(spec)


def networks(columns: tuple[Column, ...]) -> tuple[str, ...]:
    """What the columns' heads call their networks; columns of the same network bear the same name."""
    return beside_titles(tuple(net_title(column.spec) for column in columns), columns)


def titles(columns: tuple[Column, ...], rows: tuple[RunRow, ...] = ()) -> tuple[str, ...]:
    """A name for each column; those of the same network are told apart by seed, run or number.

    Args:
        columns: From left to right.
        rows: The list of runs, which tells their seeds.
    """
    plain = networks(columns)
    counts = Counter(plain)
    seeds = _seeds(columns, plain, rows)
    made: list[str] = []
    for column, title in zip(columns, plain, strict=True):
        said = title
        if counts[title] > 1 and column.name in seeds:
            said = _tr("{network}, seed {seed}").format(network=title, seed=seeds[column.name])
        elif counts[title] > 1 and column.weights.kind in ("run", "named", "file"):
            said = f"{title}, {_short(PurePath(column.weights.name).name)}"
        elif counts[title] > 1 and column.weights.kind == "untrained":
            said = _tr("{network}, untrained {seed}").format(network=title, seed=column.seed)
        number = 2
        while said in made:
            said = f"{title} ({number})"
            number += 1
        made.append(said)
    return tuple(made)


def _seeds(columns: tuple[Column, ...], plain: tuple[str, ...], rows: tuple[RunRow, ...]) -> dict[str, int]:
    """The seeds of columns' runs, of those networks whose runs they tell apart."""
    known = {row.id: row.plan.seed for row in rows}
    groups: dict[str, list[Column]] = {}
    for column, title in zip(columns, plain, strict=True):
        if column.weights.kind == "run":
            groups.setdefault(title, []).append(column)
    found: dict[str, int] = {}
    for group in groups.values():
        seeds = [known.get(column.weights.name) for column in group]
        if len(set(seeds)) == len(seeds):
            pairs = zip(group, seeds, strict=True)
            found |= {column.name: seed for column, seed in pairs if seed is not None}
    return found


def _short(name: str) -> str:
    """A run's id without its date, which tells little apart; other names as they are."""
    found = _RUN_ID.fullmatch(name)
    return _tr("run {name}").format(name=found[1]) if found else name


def run_of(column: Column, state: AppState) -> ColumnRun | None:
    """The run that a column's weights come from, where it is known."""
    living = state.compare.columns.get(column.name)
    name = _run_name(column, living)
    if not name:
        return None
    row = next((row for row in state.runs.rows if row.id == name), None)
    if row is not None:
        return ColumnRun(name, row.spec, row.plan, row.data, row)
    began = state.training.began
    if began is not None and began.run == name:
        return ColumnRun(name, began.spec, began.plan, began.data)
    return None


def _run_name(column: Column, living: ColumnState | None) -> str:
    if column.weights.kind == "run":
        return column.weights.name
    origin = living.origin if living is not None else None
    return origin.name if origin is not None and origin.kind in ("run", "bundled") else ""


def data_title(classes: tuple[str, ...], data: str) -> str:
    """What an error was measured on, as papers call it.

    Args:
        classes: What the network knows; empty where that is not known yet.
        data: The data's name or path; empty where it is not known.

    Returns:
        A name; the empty text where neither tells.
    """
    for labels, title in _KNOWN_DATA:
        if classes and classes == load_labels(labels):
            return title
    return _DATA_TITLES.get(data, PurePath(data).name)
