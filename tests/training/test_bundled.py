"""The nets that ship with the program, on real data: they are what their cards say."""

from __future__ import annotations

import hashlib
import json

import pytest

from explorer import paths
from explorer.arch.expand import expand
from explorer.arch.families import essence
from explorer.arch.presets import DEFAULT_PRESET, preset
from explorer.arch.spec import from_json
from explorer.images.datasets import open_dataset
from explorer.nets.assemble import assemble
from explorer.nets.catalogue import WeightsCard, read_cards
from explorer.nets.weights import load_for_spec
from explorer.runs.bundled import bundled_metrics, read_bundled
from explorer.training import plan
from explorer.training.batches import Normalisation, with_channels
from explorer.training.evaluate import evaluate
from explorer.training.recipes import RECIPES

FOLDER = paths.resources_dir() / "weights"
NAMES = [card.name for card in read_cards(FOLDER)]
LEAST_ACCURACY = {"cifar-resnet20": 0.885, "cifar-resnet56": 0.90, "digits-resnet8": 0.98}
"""Of the nets that are held to a figure; what the others reach is on their cards."""
TOLERANCE = 0.0002
"""Two pictures of 10,000: libraries round differently."""
LARGEST_BYTES = 2_000_000


@pytest.fixture(params=NAMES)
def card(request: pytest.FixtureRequest) -> WeightsCard:
    return next(card for card in read_cards(FOLDER) if card.name == request.param)


def test_the_whole_set_is_there() -> None:
    depths = {f"cifar-resnet{depth}" for depth in (20, 32, 44, 56)}
    twins = {f"cifar-{kind}{depth}" for kind in ("plain", "preact") for depth in (20, 56)}
    options = {"cifar-resnet20-b", "cifar-resnet20-c"}
    assert set(NAMES) == depths | twins | options | {"digits-resnet8"}
    assert DEFAULT_PRESET in NAMES


def test_shortcuts_decide_whether_depth_helps_as_in_figure_6_of_the_paper() -> None:
    reached = {card.name: card.accuracy_percent for card in read_cards(FOLDER)}
    assert reached["cifar-plain56"] < reached["cifar-plain20"] < reached["cifar-resnet20"]
    assert reached["cifar-resnet20"] < reached["cifar-resnet56"]


def test_a_net_is_called_as_its_preset(card: WeightsCard) -> None:
    assert essence(preset(card.name).spec) == essence(card.spec)


def test_the_file_is_the_one_on_the_card(card: WeightsCard) -> None:
    assert card.path is not None
    content = card.path.read_bytes()
    assert hashlib.sha256(content).hexdigest() == card.sha256
    assert len(content) == card.size_bytes <= LARGEST_BYTES


def test_the_card_says_how_it_was_made(card: WeightsCard) -> None:
    values = json.loads((FOLDER / f"{card.name}.json").read_text("utf-8"))
    made = plan.parse(values["plan"])
    assert made.seed == values["seed"]
    assert values["recipe"] in RECIPES
    assert f" {card.name} " in values["command"]
    assert len(values["commit"]) == 40
    for key in ("date", "data"):
        assert values[key], key
    assert f"`{card.name.partition('-')[0]}-*`" in (FOLDER / "SOURCES.md").read_text("utf-8")


def test_its_whole_training_ships_as_a_run(card: WeightsCard) -> None:
    values = json.loads((FOLDER / f"{card.name}.json").read_text("utf-8"))
    run = read_bundled(card.name)
    assert from_json(run.spec) == card.spec
    assert json.loads(run.plan) == values["plan"]
    assert run.summary["epochs_done"] == values["epochs"]
    metrics = bundled_metrics(card.name)
    reached = [value for _, name, value in metrics if name == "epoch.validation_accuracy"]
    assert len(reached) == values["epochs"]
    # The run was judged in the precision it learned in; what ships is float16.
    assert 100 * run.summary["test_accuracy"] == pytest.approx(card.accuracy_percent, abs=0.3)


@pytest.mark.shared
def test_it_reaches_what_its_card_says_on_the_test_pictures(card: WeightsCard, shared) -> None:
    graph = expand(card.spec)
    model = assemble(graph, seed=None)
    load_for_spec(model, graph, card.spec, card)
    kind = card.name.partition("-")[0]
    place = {"digits": "digits", "cifar": str(shared / "data" / "cifar10-jpeg.zip")}[kind]
    data = open_dataset(place, card.spec.input_size, parts=("test",))
    assert data.classes == card.classes
    data = with_channels(data, card.spec.in_channels)
    result = evaluate(model, data.test_images, data.test_labels, Normalisation(card.mean, card.std))
    said = json.loads((FOLDER / f"{card.name}.json").read_text("utf-8"))
    assert result.images == said["test_images"]
    assert said["accuracy"] >= LEAST_ACCURACY.get(card.name, 0.0)
    assert result.accuracy == pytest.approx(card.accuracy_percent / 100, abs=TOLERANCE)
    assert result.loss == pytest.approx(said["loss"], rel=1e-3)
