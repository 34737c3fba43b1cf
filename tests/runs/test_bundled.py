"""Runs that ship with the program: written from a store, read back, refused where they are damaged."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import pytest

from explorer import paths
from explorer.errors import RunError
from explorer.runs import bundled
from explorer.runs.bundled import bundled_metrics, bundled_names, read_bundled, write_bundled
from explorer.runs.store import Run, RunStore

ROWS = [
    (0, "step.loss", 2.302585093),
    (9, "epoch.validation_accuracy", 0.5),
    (9, "step.loss", 1.25),
    (19, "epoch.validation_accuracy", 0.4375),
]


@pytest.fixture
def resources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Resources of the test's own."""
    folder = tmp_path / "resources"
    (folder / "runs").mkdir(parents=True)
    monkeypatch.setattr(paths, "resources_dir", lambda: folder)
    return folder


@pytest.fixture
def run() -> Run:
    with RunStore() as store:
        entry = store.create(
            spec='{"block": "basic"}', plan='{"epochs": 2}', data="cifar10", origin='{"a": 1}'
        )
        store.append(entry.id, ROWS)
        store.set_status(entry.id, "finished", '{"test_accuracy": 0.45, "seconds": 12.5}')
        return store.run(entry.id)


def test_what_is_written_is_read(resources: Path, run: Run) -> None:
    write_bundled(run, reversed(ROWS), resources / "runs" / "tiny-net.json", note="figure 6")
    assert bundled_names() == ["tiny-net"]
    found = read_bundled("tiny-net")
    assert json.loads(found.spec) == {"block": "basic"}
    assert json.loads(found.plan) == {"epochs": 2}
    assert (found.data, found.note) == ("cifar10", "figure 6")
    assert found.created == run.created
    assert found.summary == {
        "test_accuracy": 0.45,
        "seconds": 12.5,
        "epochs_done": 2,
        "validation_accuracy": 0.5,
    }
    assert bundled_metrics("tiny-net") == [(0, "step.loss", 2.30259), *ROWS[1:]]
    assert not found.has_weights
    found.weights.parent.mkdir()
    found.weights.write_bytes(b"numbers")
    assert found.has_weights


def test_the_same_run_makes_the_same_bytes(resources: Path, run: Run) -> None:
    made = []
    for name in ("one", "two"):
        write_bundled(run, ROWS, resources / "runs" / f"{name}.json")
        made.append([(resources / "runs" / f"{name}{end}").read_bytes() for end in (".json", ".csv.gz")])
    assert made[0] == made[1]


def test_a_place_on_this_machine_is_not_told(resources: Path, run: Run) -> None:
    moved = dataclasses.replace(run, data=str(resources / "pictures.zip"))
    write_bundled(moved, ROWS, resources / "runs" / "net.json")
    assert read_bundled("net").data == "pictures.zip"


@pytest.mark.parametrize(("name", "kept"), [("net", {}), ("other", {"extends": "net"})])
def test_one_that_takes_the_place_of_what_it_went_on_from_does_not_lead_to_itself(
    resources: Path, run: Run, name: str, kept: dict[str, str]
) -> None:
    longer = dataclasses.replace(run, origin=json.dumps({"seed": 0, "extends": "net"}))
    write_bundled(longer, ROWS, resources / "runs" / f"{name}.json")
    assert read_bundled(name).origin == {"seed": 0, **kept}


def test_the_best_epoch_is_one_that_is_a_number(resources: Path, run: Run) -> None:
    rows = [(4, "epoch.validation_accuracy", math.nan), *ROWS]
    write_bundled(run, rows, resources / "runs" / "net.json")
    assert read_bundled("net").summary["validation_accuracy"] == 0.5
    assert math.isnan(bundled_metrics("net")[1][2])


def test_names_lead_out_of_no_folder(resources: Path, run: Run) -> None:
    (resources / "secret.json").write_text("{}")
    for name in ("../secret", "", "nobody", "/etc/passwd"):
        with pytest.raises(RunError, match="ships with the program"):
            read_bundled(name)
    for path in ("Big Net.json", "net.txt", ".json"):
        with pytest.raises(RunError, match="cannot be called"):
            write_bundled(run, ROWS, resources / path)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"{}", b'{"schema": 99}', b"\xff\xfe"])
def test_a_damaged_description_is_told(resources: Path, damage: bytes) -> None:
    (resources / "runs" / "net.json").write_bytes(damage)
    with pytest.raises(RunError, match="net that ships") as caught:
        read_bundled("net")
    assert "again" in caught.value.hint_text


def test_damaged_metrics_are_told(resources: Path, run: Run) -> None:
    write_bundled(run, ROWS, resources / "runs" / "net.json")
    path = resources / "runs" / "net.csv.gz"
    whole = path.read_bytes()
    for damage in (b"text", whole[:20], whole[:15] + b"\x00\x00\x00" + whole[18:]):
        path.write_bytes(damage)
        with pytest.raises(RunError, match="cannot be read"):
            bundled_metrics("net")
    path.unlink()
    with pytest.raises(RunError, match="cannot be read"):
        bundled_metrics("net")


def test_every_run_that_ships_can_be_read() -> None:
    for name in bundled_names():
        assert read_bundled(name).summary["epochs_done"] > 0
        assert bundled_metrics(name)
    assert bundled.bundled_folder().is_dir()
