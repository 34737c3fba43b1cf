"""What makes a bundled net: `train --out`, then `runs bundle`; both are found without more being said."""

from __future__ import annotations

import json

import pytest
import torch

from explorer import paths
from explorer.arch.presets import preset
from explorer.nets import catalogue

CACHES = (catalogue._bundled, catalogue._by_spec)
EDITS = ("stage_depths=1,1,1", "stage_widths=4,8,8", "input_size=8")
NET = ["cifar-preact20", *(word for edit in EDITS for word in ("--set", edit))]
PLAN = ["--epochs", "2", "--precision", "float32", "--plan", "channels_last=no", "--plan", "reproducible=yes"]


@pytest.fixture(autouse=True)
def resources(tmp_path, monkeypatch):
    """Resources of the test's own, without what ships."""
    folder = tmp_path / "resources"
    monkeypatch.setattr(paths, "resources_dir", lambda: folder)
    for cache in CACHES:
        cache.cache_clear()
    yield folder
    for cache in CACHES:
        cache.cache_clear()


@pytest.fixture(autouse=True)
def one_thread():
    """Tiny networks gain nothing from more."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_two_commands_bundle_a_net_and_its_curves(run, resources):
    weights = resources / "weights" / "tiny.safetensors"
    trained = run("train", *NET, *PLAN, "--data", "digits", "--out", weights, "--json")
    last = json.loads(trained.out.splitlines()[-1])
    assert run("runs", "bundle", last["run"], "--out", resources / "runs" / "tiny.json").status == 0

    spec = preset("cifar-preact20").spec.edited(stage_depths=(1, 1, 1), stage_widths=(4, 8, 8), input_size=8)
    card = catalogue.present_for(spec)
    assert card is not None, "a spec that is no preset has its weights too"
    assert (card.name, card.path) == ("tiny", weights)
    assert card.accuracy_percent == pytest.approx(100 * last["test_accuracy"])
    assert str(resources) not in card.title

    row = next(row for row in run("runs", "--json").json if row["run"] == "tiny")
    assert (row["status"], row["epochs_done"], row["data"]) == ("finished", 2, "digits")

    model = resources / "spec.json"
    model.write_text(spec.to_json())
    found = run("evaluate", "--model", model, "--data", "digits", "--json").json
    assert found["accuracy"] == pytest.approx(last["test_accuracy"])
