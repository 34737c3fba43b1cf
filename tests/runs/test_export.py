"""Exports, read back by the programs they are for."""

from __future__ import annotations

import csv
import json
import math
import struct
import sys
from pathlib import Path

import pytest

from explorer.errors import RunError, SetupError
from explorer.runs.export import export_csv, export_jsonl, export_tensorboard

ROWS = [
    (0, "step.loss", 2.5),
    (0, "step.accuracy", 0.125),
    (1, "step.loss", math.nan),
    (1, "step.seconds", 3.5),
    (1, "epoch.validation_loss", math.inf),
    (2, "step.loss", 0.1 + 0.2),
]


def test_csv_has_a_column_a_metric_and_empty_cells(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "run.csv"
    export_csv("my,run", ROWS, path)
    with path.open(newline="", encoding="utf-8") as file:
        lines = list(csv.reader(file))
    assert lines == [
        ["run", "step", "step.accuracy", "step.loss", "step.seconds", "epoch.validation_loss"],
        ["my,run", "0", "0.125", "2.5", "", ""],
        ["my,run", "1", "", "nan", "3.5", "inf"],
        ["my,run", "2", "", repr(0.1 + 0.2), "", ""],
    ]


def test_json_lines_are_json(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    export_jsonl("r", ROWS, path)

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    lines = [json.loads(line, parse_constant=refuse) for line in path.read_text("utf-8").splitlines()]
    found = {(line["step"], line["name"]): line["value"] for line in lines}
    assert found[0, "step.loss"] == 2.5
    assert found[1, "step.loss"] is None
    assert found[1, "epoch.validation_loss"] is None
    assert len(lines) == len(ROWS)
    assert {line["run"] for line in lines} == {"r"}


def test_tensorboard_reads_its_event_files(tmp_path: Path) -> None:
    loader = pytest.importorskip(
        "tensorboard.backend.event_processing.event_file_loader", reason="tensorboard is not installed"
    )
    path = export_tensorboard("r", ROWS, tmp_path, created=1000.0)
    assert path.parent == tmp_path / "r"
    events = list(loader.LegacyEventFileLoader(str(path)).Load())
    assert events[0].file_version == "brain.Event:2"
    found = {
        (event.step, value.tag): (event.wall_time, value.simple_value)
        for event in events[1:]
        for value in event.summary.value
    }
    assert len(found) == len(ROWS)
    assert found[0, "step/loss"] == (1000.0, 2.5)
    assert math.isnan(found[1, "step/loss"][1])
    (third,) = struct.unpack("f", struct.pack("f", 0.1 + 0.2))
    assert found[2, "step/loss"] == (1003.5, third)
    assert found[1, "epoch/validation_loss"] == (1003.5, math.inf)


def test_without_tensorboard_the_remedy_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "tensorboard"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(SetupError) as caught:
        export_tensorboard("r", ROWS, tmp_path / "logs", created=0.0)
    assert 'pip install "resnet-explorer[tensorboard]"' in caught.value.hint_text
    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize("export", [export_csv, export_jsonl])
def test_what_was_there_stays_where_the_disk_is_full(tmp_path: Path, export) -> None:
    resource = pytest.importorskip("resource", reason="there is no limit of file sizes here")
    path = tmp_path / "run.txt"
    export("r", ROWS, path)
    before, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(RunError, match="cannot be written") as caught:
            export("r", [(n, "step.loss", n / 7) for n in range(20_000)], path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "make room" in caught.value.hint_text
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["run.txt"]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be written") as caught:
        export_csv("r", ROWS, tmp_path / "file" / "run.csv")
    assert caught.value.hint_text
