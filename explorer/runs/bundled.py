"""Runs that ship with the program: what they are, and their curves; only read.

Each is two files in `resources/runs`: `NAME.json` says what was trained and what it reached, `NAME.csv.gz`
holds the metrics as lines `step,name,value`. The weights of the same name are in `resources/weights`. Called
by the engine's IO pool and the command line. Imports `paths`, `errors` and the standard library only.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer import paths
from explorer.errors import RunError
from explorer.files import write_text, written_whole
from explorer.runs.names import EXTENDS, VALIDATION_ACCURACY, MetricRow
from explorer.runs.run import Run

SCHEMA_VERSION = 1
DIGITS = 6
"""Significant digits of the metrics: more than a curve shows, and half the bytes."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class BundledRun:
    """A run that ships with the program.

    Attributes:
        name: Of its files, and its id in lists.
        created: Seconds since 1970.
        spec: JSON text of the architecture.
        plan: JSON text of the plan.
        data: The data's name.
        origin: Seed, device, commit, recipe and the like.
        summary: What it reached, with `epochs_done` and the best `validation_accuracy` beside what the store
            has; its parts may be missing.
        note: What is to be said about it.
    """

    name: str
    created: float
    spec: str
    plan: str
    data: str
    origin: dict[str, Any]
    summary: dict[str, Any]
    note: str = ""

    @property
    def weights(self) -> Path:
        """The file of its trained weights."""
        return paths.resources_dir() / "weights" / f"{self.name}.safetensors"

    @property
    def has_weights(self) -> bool:
        """Whether its trained weights ship with the program."""
        return self.weights.is_file()


def bundled_folder() -> Path:
    """Where the runs that ship with the program are.

    Raises:
        FileNotFoundError: The installation is incomplete.
    """
    return paths.resources_dir() / "runs"


def bundled_names() -> list[str]:
    """The names of all, in the order of the alphabet; none where the installation is incomplete."""
    try:
        return sorted(path.stem for path in bundled_folder().glob("*.json"))
    except FileNotFoundError:
        return []


def read_bundled(name: str) -> BundledRun:
    """One of them, without its metrics.

    Raises:
        RunError: There is none of that name, or its file cannot be read.
    """
    text = _read(name, ".json").decode("utf-8", "replace")
    try:
        content = json.loads(text)
        version = content["schema"]
        if version != SCHEMA_VERSION:
            raise ValueError(f"schema version {version}, this program reads {SCHEMA_VERSION}")
        return BundledRun(
            name=name,
            created=float(content["created"]),
            spec=json.dumps(content["spec"]),
            plan=json.dumps(content["plan"]),
            data=str(content["data"]),
            origin=dict(content["origin"]),
            summary=dict(content["summary"]),
            note=str(content.get("note", "")),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(name, error) from error


def bundled_metrics(name: str) -> list[MetricRow]:
    """The metrics of one of them, by step.

    Raises:
        RunError: There is none of that name, or its file cannot be read.
    """
    packed = _read(name, ".csv.gz")
    try:
        lines = csv.reader(io.StringIO(gzip.decompress(packed).decode("ascii")))
        return sorted((int(step), metric, float(value)) for step, metric, value in lines)
    except (ValueError, EOFError, OSError, csv.Error) as error:
        raise _damaged(name, error) from error


def write_bundled(run: Run, rows: Iterable[MetricRow], path: Path, *, note: str = "") -> None:
    """Make the two files of a run.

    Args:
        run: As the store has it; its summary should be that of a finished one.
        rows: Its metrics, thinned by whoever calls: `present.curves.thinned_rows`.
        path: `NAME.json`; the metrics are written beside it.
        note: What is to be said about it; by default the run's own note.

    Raises:
        RunError: The name is none, or a file cannot be written.
    """
    if path.suffix != ".json" or not _NAME.fullmatch(path.stem):
        raise RunError(
            "A run that ships with the program cannot be called {name}.",
            "Use small letters, digits, dots and hyphens, and end in .json.",
            name=path.name,
        )
    ordered = sorted(rows)
    accuracies = [value for _, name, value in ordered if name == VALIDATION_ACCURACY]
    known = [value for value in accuracies if math.isfinite(value)]
    reached = {"epochs_done": len(accuracies), "validation_accuracy": max(known, default=None)}
    origin = json.loads(run.origin)
    if origin.get(EXTENDS) == path.stem:
        # It takes the place of the one that it went on from: its name would lead to itself.
        del origin[EXTENDS]
    content = {
        "schema": SCHEMA_VERSION,
        "created": run.created,
        "spec": json.loads(run.spec),
        "plan": json.loads(run.plan),
        # A path means nothing on another machine.
        "data": Path(run.data).name,
        "origin": origin,
        "summary": {**json.loads(run.summary), **reached},
        "note": note or run.note,
    }
    text = "".join(f"{step},{name},{value:.{DIGITS}g}\n" for step, name, value in ordered)
    try:
        with written_whole(path.with_suffix(".csv.gz")) as file:
            # Without a time in it: the same run makes the same bytes.
            file.write(gzip.compress(text.encode("ascii"), 9, mtime=0))
        write_text(path, json.dumps(content, indent=1) + "\n")
    except OSError as error:
        raise RunError(
            "{path} cannot be written: {reason}.",
            "Choose another place, or make room on the disk.",
            path=str(path),
            reason=error.strerror or str(error),
        ) from error


def _read(name: str, ending: str) -> bytes:
    # A name comes from the command line too; it must not lead out of the folder.
    if not _NAME.fullmatch(name) or name not in bundled_names():
        raise RunError(
            "No run {run} ships with the program.", "`resnet-explorer runs list` lists all.", run=name
        )
    try:
        return (bundled_folder() / f"{name}{ending}").read_bytes()
    except OSError as error:
        raise _damaged(name, error) from error


def _damaged(name: str, error: Exception) -> RunError:
    return RunError(
        "The run {run} that ships with the program cannot be read: {reason}.",
        "Install the program again.",
        run=name,
        reason=f"{type(error).__name__}: {error}",
    )
