"""A run's metrics as files for other programs: CSV, JSON lines and TensorBoard's event files.

Each is written beside and renamed, so that a reader sees a whole file or none. Called by the engine's IO pool
and the command line. Imports `errors`, `files` and the standard library; TensorBoard's writer where it is
asked for.
"""

from __future__ import annotations

import csv
import itertools
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

from explorer.errors import RunError, SetupError
from explorer.files import written_whole
from explorer.runs.names import SECONDS, MetricRow


def export_csv(run_id: str, rows: Sequence[MetricRow], path: Path) -> None:
    """A line a step and a column a metric; the first two columns are `run` and `step`.

    A cell is empty where nothing was noted at that step: metrics of an epoch are in the line of its last
    step. Values that are no number are written as `nan`, `inf` and `-inf`.

    Raises:
        RunError: The file cannot be written.
    """
    names = sorted({name for _, name, _ in rows}, key=_epochs_last)

    def write(file: IO[bytes]) -> None:
        lines = csv.writer(_Encoded(file))
        lines.writerow(["run", "step", *names])
        for step, group in itertools.groupby(sorted(rows), key=lambda row: row[0]):
            values = {name: value for _, name, value in group}
            lines.writerow([run_id, step, *(values.get(name, "") for name in names)])

    _write_whole(path, write)


def export_jsonl(run_id: str, rows: Sequence[MetricRow], path: Path) -> None:
    """An object a line: `run`, `step`, `name` and `value`, which is null where it is no finite number.

    Raises:
        RunError: The file cannot be written.
    """

    def write(file: IO[bytes]) -> None:
        for step, name, value in sorted(rows):
            known = value if math.isfinite(value) else None
            line = json.dumps({"run": run_id, "step": step, "name": name, "value": known})
            file.write(line.encode() + b"\n")

    _write_whole(path, write)


def export_tensorboard(run_id: str, rows: Sequence[MetricRow], folder: Path, *, created: float) -> Path:
    """An event file of scalars in a folder named after the run, so that several runs can share a log folder.

    Tags are the metrics' names with `/` after their first part (`step/loss`), by which TensorBoard groups
    them. The wall time of a value is the run's beginning and, where they were noted, the seconds since.

    Args:
        run_id: Names the folder below.
        rows: The metrics.
        folder: The log folder that TensorBoard is given; made if needed.
        created: When the run began, in seconds since 1970.

    Returns:
        The event file.

    Raises:
        RunError: The file cannot be written.
        SetupError: TensorBoard is not installed.
    """
    try:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.summary.writer.record_writer import RecordWriter
    except ImportError as error:
        raise SetupError(
            "TensorBoard is not installed, whose event files were asked for.",
            'Install it: pip install "resnet-explorer[tensorboard]"',
        ) from error
    path = folder / run_id / f"events.out.tfevents.{int(created)}.{run_id}"

    def write(file: IO[bytes]) -> None:
        records = RecordWriter(file)
        # What begins a file of this kind (tensorboard's event.proto).
        records.write(Event(wall_time=created, file_version="brain.Event:2").SerializeToString())
        seconds = 0.0
        for step, group in itertools.groupby(sorted(rows), key=lambda row: row[0]):
            values = [(name, value) for _, name, value in group]
            # A redone step may have been noted with an earlier time than those before it.
            seconds = max(seconds, dict(values).get(SECONDS, seconds))
            event = Event(wall_time=created + seconds, step=step)
            for name, value in values:
                event.summary.value.add(tag=name.replace(".", "/", 1), simple_value=value)
            records.write(event.SerializeToString())

    _write_whole(path, write)
    return path


class _Encoded:
    """What `csv` writes to, over a file of bytes: without the closing and the line endings of a text file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        return self._file.write(text.encode("utf-8"))


def _epochs_last(name: str) -> tuple[bool, str]:
    return name.startswith("epoch."), name


def _write_whole(path: Path, write: Callable[[IO[Any]], None]) -> None:
    """Write a file under another name, sync it and give it its own.

    Raises:
        RunError: It cannot be written; one that was there before is as it was.
    """
    try:
        with written_whole(path) as file:
            write(file)
    except OSError as error:
        raise RunError(
            "{path} cannot be written: {reason}.",
            "Choose another place, or make room on the disk.",
            path=str(path),
            reason=error.strerror or str(error),
        ) from error
