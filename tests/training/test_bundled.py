"""The net that ships with the program, on real data: it is what its card says."""

from __future__ import annotations

import hashlib
import json

import pytest

from explorer import paths
from explorer.arch.expand import expand
from explorer.arch.presets import DEFAULT_PRESET
from explorer.images.datasets import open_dataset
from explorer.nets.assemble import assemble
from explorer.nets.catalogue import WeightsCard, read_cards
from explorer.nets.weights import load_for_spec
from explorer.training import plan
from explorer.training.batches import Normalisation
from explorer.training.evaluate import evaluate
from explorer.training.recipes import RECIPES

FOLDER = paths.resources_dir() / "weights"
LEAST_ACCURACY = 0.88
TOLERANCE = 0.0002
"""Two pictures of 10,000: libraries round differently."""
LARGEST_BYTES = 1_000_000


@pytest.fixture
def card() -> WeightsCard:
    return next(card for card in read_cards(FOLDER) if card.name == DEFAULT_PRESET)


def test_the_file_is_the_one_on_the_card(card: WeightsCard) -> None:
    assert card.path is not None
    content = card.path.read_bytes()
    assert hashlib.sha256(content).hexdigest() == card.sha256
    assert len(content) == card.size_bytes <= LARGEST_BYTES


def test_the_card_says_how_it_was_made(card: WeightsCard) -> None:
    values = json.loads((FOLDER / f"{DEFAULT_PRESET}.json").read_text("utf-8"))
    made = plan.parse(values["plan"])
    assert made.seed == values["seed"]
    assert values["recipe"] in RECIPES
    assert f"train {DEFAULT_PRESET} " in values["command"]
    assert len(values["commit"]) == 40
    for key in ("date", "data", "licence"):
        assert values[key], key


@pytest.mark.shared
def test_it_reaches_what_its_card_says_on_the_test_pictures(card: WeightsCard, shared) -> None:
    graph = expand(card.spec)
    model = assemble(graph, seed=None)
    load_for_spec(model, graph, card.spec, card)
    data = open_dataset(str(shared / "data" / "cifar10-jpeg.zip"), card.spec.input_size, parts=("test",))
    assert data.classes == card.classes
    result = evaluate(model, data.test_images, data.test_labels, Normalisation(card.mean, card.std))
    assert result.images == 10_000
    assert result.accuracy >= LEAST_ACCURACY
    assert result.accuracy == pytest.approx(card.accuracy_percent / 100, abs=TOLERANCE)
    assert result.loss == pytest.approx(card.details["loss"], rel=1e-3)
