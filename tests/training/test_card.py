from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from explorer.arch.expand import expand
from explorer.errors import RunError, WeightsError
from explorer.nets.assemble import assemble
from explorer.nets.catalogue import read_cards
from explorer.nets.weights import load_for_spec
from explorer.training.batches import Normalisation
from explorer.training.card import commit_of_program, write_trained
from explorer.training.evaluate import evaluate
from tests.training.driving import ready, trained
from tests.training.small import CLASSES, small_dataset, small_plan

FACTS = {"data": "small", "command": "train it", "commit": "abc", "date": "2026-01-02", "recipe": "fast"}


def test_the_card_states_what_the_file_reaches(tmp_path: Path) -> None:
    training = ready(small_plan(epochs=3, seed=7))
    trained(training)
    data = small_dataset()
    path = tmp_path / "new" / "small-net.safetensors"
    tested = write_trained(path, training, data, FACTS)

    (card,) = read_cards(path.parent)
    assert card.name == "small-net"
    assert card.own_classes == CLASSES
    model = assemble(expand(card.spec), seed=None)
    load_for_spec(model, expand(card.spec), card.spec, card)
    again = evaluate(model, data.test_images, data.test_labels, Normalisation(card.mean, card.std))
    assert again.accuracy == tested.accuracy == card.accuracy_percent / 100
    said = json.loads(path.with_suffix(".json").read_text("utf-8"))
    assert again.loss == tested.loss == said["loss"]
    assert {name: said[name] for name in FACTS} == FACTS
    assert said["seed"] == 7
    assert card.size_bytes == path.stat().st_size


def test_the_file_alone_says_what_it_is(tmp_path: Path) -> None:
    training = ready()
    path = tmp_path / "weights.safetensors"
    write_trained(path, training, small_dataset(), FACTS)
    with safe_open(path, "pt") as file:
        header = file.metadata()
        dtypes = {key: file.get_tensor(key).dtype for key in file.keys()}  # noqa: SIM118
    assert json.loads(header["classes"]) == list(CLASSES)
    assert json.loads(header["plan"])["seed"] == training.plan.seed
    assert 0 <= float(header["accuracy"]) <= 1
    assert dtypes["conv1.weight"] == dtypes["fc.weight"] == torch.float16
    assert dtypes["bn1.running_var"] == torch.float32


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "weights.json").mkdir()
    with pytest.raises(RunError, match=r"weights\.json"):
        write_trained(tmp_path / "weights.safetensors", ready(), small_dataset(), FACTS)
    (tmp_path / "folder.safetensors").mkdir()
    with pytest.raises(WeightsError, match="folder"):
        write_trained(tmp_path / "folder.safetensors", ready(), small_dataset(), FACTS)


def test_the_commit_is_a_hash_or_nothing() -> None:
    commit = commit_of_program()
    assert commit == "" or (len(commit) in (40, 64) and int(commit, 16) >= 0)
