"""`runs`: what is in the store, in words and as JSON, marked, deleted, exported and bundled."""

from __future__ import annotations

import csv
import json

import pytest

from explorer import paths
from explorer.arch.presets import preset
from explorer.runs.bundled import bundled_metrics, read_bundled
from explorer.runs.store import RunStore
from explorer.training.plan import Plan

SPEC = preset("cifar-resnet20").spec
STEPS = [(n, "step.loss", 2 / (n + 1)) for n in range(5000)]
EPOCHS = [
    (2499, "epoch.validation_accuracy", 0.5),
    (2499, "epoch.train_loss", 1.25),
    (4999, "epoch.validation_accuracy", float("nan")),
]


@pytest.fixture(autouse=True)
def resources(tmp_path, monkeypatch):
    """Resources of the test's own, without the runs that ship."""
    folder = tmp_path / "resources"
    (folder / "runs").mkdir(parents=True)
    monkeypatch.setattr(paths, "resources_dir", lambda: folder)
    return folder


@pytest.fixture
def runs():
    """The ids of a finished run and, newer, of one that was interrupted."""
    texts = {"spec": SPEC.to_json(), "data": "digits", "origin": "{}"}
    with RunStore() as store:
        done = store.create(**texts, plan=Plan(epochs=2).to_json(), name="my first")
        store.append(done.id, [*STEPS, *EPOCHS])
        store.set_status(done.id, "finished", '{"test_accuracy": 0.875, "seconds": 61.4}')
        cut = store.create(**texts, plan=Plan(epochs=9).to_json())
        store.set_status(cut.id, "failed", '{"error": "The loss is not finite."}')
    return done.id, cut.id


def test_without_runs_the_way_to_one_is_said(run):
    ended = run("runs")
    assert ended.status == 0
    assert "resnet-explorer train" in ended.out
    assert run("runs", "list", "--json").json == []


def test_the_list_for_machines(run, runs):
    for words in (("runs", "--json"), ("runs", "list", "--json"), ("runs", "--json", "list")):
        rows = run(*words).json
        assert [row["run"] for row in rows] == [runs[1], runs[0]]
    cut, done = rows
    assert (cut["status"], cut["cause"], cut["epochs"], cut["epochs_done"]) == (
        "failed",
        "The loss is not finite.",
        9,
        0,
    )
    assert cut["test_accuracy"] is None
    assert (done["name"], done["validation_accuracy"], done["test_accuracy"]) == ("my first", 0.5, 0.875)
    assert done["spec"]["stage_depths"] == [3, 3, 3]
    assert done["plan"]["epochs"] == 2


def test_the_list_and_a_page_for_people(run, runs):
    text = run("runs").out
    assert "my first" in text
    assert "87.50%" in text
    page = run("runs", "show", runs[0]).out
    assert "cifar-resnet20" in page
    assert "50.00%" in page
    assert "1.2500" in page
    assert "The loss is not finite." in run("runs", "show", runs[1]).out


def test_a_page_for_machines_is_json_to_the_letter(run, runs):
    ended = run("runs", "show", runs[0], "--json")
    assert "NaN" not in ended.out
    assert ended.json["metrics"] == [
        {"step": 2499, "train_loss": 1.25, "validation_accuracy": 0.5},
        {"step": 4999, "validation_accuracy": None},
    ]


def test_metrics_as_csv(run, runs, tmp_path):
    path = tmp_path / "metrics.csv"
    ended = run("runs", "export", runs[0][:-1], "--to", "csv", "--out", path, "--json")
    assert ended.json == {"run": runs[0], "to": "csv", "path": str(path)}
    with path.open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 5000


def test_without_tensorboard_the_remedy_is_said(run, runs, tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "tensorboard", None)
    monkeypatch.setitem(sys.modules, "tensorboard.compat.proto.event_pb2", None)
    ended = run("runs", "export", runs[0], "--to", "tensorboard", "--out", tmp_path)
    assert ended.status == 1
    assert "resnet-explorer[tensorboard]" in ended.complaint


def test_runs_are_named_noted_and_starred(run, runs):
    assert run("runs", "name", runs[0], "the best").status == 0
    assert run("runs", "note", runs[0], "wide, slow").status == 0
    (row,) = run("runs", "star", runs[0], "--json").json
    assert (row["name"], row["note"], row["starred"]) == ("the best", "wide, slow", True)
    assert f"★ {runs[0]}" in run("runs").out
    (row,) = run("runs", "star", runs[0], "--off", "--json").json
    assert row["starred"] is False


def test_deleted_runs_come_back_until_they_are_purged(run, runs):
    assert run("runs", "delete", *runs).status == 0
    assert run("runs", "--json").json == []
    assert len(run("runs", "list", "--deleted", "--json").json) == 2
    ended = run("runs", "show", runs[0])
    assert ended.status == 1
    assert f"runs restore {runs[0]}" in ended.complaint
    assert [row["run"] for row in run("runs", "restore", runs[0], "--json").json] == [runs[0]]
    assert run("runs", "purge", "--json").json == {"purged": 1}
    assert run("runs", "restore", runs[1]).status == 1
    assert [row["run"] for row in run("runs", "--json").json] == [runs[0]]


def test_a_run_is_made_one_that_ships(run, runs, resources):
    path = resources / "runs" / "cifar-resnet20.json"
    assert run("runs", "bundle", runs[1], "--out", path).status == 1
    made = run("runs", "bundle", runs[0], "--out", path, "--json").json
    assert read_bundled("cifar-resnet20").summary["epochs_done"] == 2
    rows = bundled_metrics("cifar-resnet20")
    assert len(rows) == made["rows"]
    assert len([row for row in rows if row[1] == "step.loss"]) <= 2000
    assert len([row for row in rows if row[1].startswith("epoch.")]) == len(EPOCHS)

    listed = run("runs", "--json").json
    assert (listed[-1]["run"], listed[-1]["bundled"]) == ("cifar-resnet20", True)
    assert len(run("runs", "show", "cifar-resnet20", "--json").json["metrics"]) == 2
    ended = run("runs", "delete", "cifar-resnet20")
    assert ended.status == 1
    assert "only be looked at" in ended.complaint


def test_a_run_that_cannot_be_read_is_a_note_beside_the_others(run, runs):
    with RunStore() as store:
        broken = store.create(spec="{", plan="{}", data="digits", origin="{}")
    ended = run("runs", "list", "--json")
    assert len(ended.json) == 2
    assert broken.id in ended.err
    ended = run("runs", "show", broken.id)
    assert ended.status == 1
    assert broken.id in ended.err


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("runs", "show", "nobody"), 1, "no run nobody"),
        (("runs", "show", "2"), 1, "More than one"),
        (("runs", "export", "2"), 2, "--out"),
        (("runs", "sing"), 2, "sing"),
    ],
)
def test_mistakes_are_answered(run, runs, words, status, said):
    ended = run(*words)
    assert (ended.status, ended.out) == (status, "")
    assert said in ended.err


def test_a_damaged_store_is_one_line(run, runs):
    with RunStore() as store:
        path = store.path
    path.write_bytes(json.dumps({"no": "database"}).encode() * 100)
    ended = run("runs")
    assert ended.status == 1
    assert "move it away" in ended.complaint
