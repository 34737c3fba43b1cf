"""`classify` on real pictures, with the bundled weights, foreign ones and none."""

from __future__ import annotations

import shutil

import pytest

from explorer.arch.presets import DEFAULT_PRESET
from explorer.images.labels import load_labels
from explorer.nets.catalogue import all_cards
from tests.cli.conftest import SAMPLE

BUNDLED = next((card for card in all_cards() if card.name == DEFAULT_PRESET), None)
needs_bundled = pytest.mark.skipif(BUNDLED is None, reason="no weights are bundled in this checkout")

PHOTOS = {
    "golden_retriever": "dog",
    "tabby": "cat",
    "airliner": "airplane",
    "sorrel": "horse",
    "container_ship": "ship",
    "sports_car": "automobile",
    "tree_frog": "frog",
}
"""Of ../shared's photographs, those that show one of CIFAR-10's classes."""


@needs_bundled
def test_the_sample_is_a_cat(run):
    ended = run("classify", SAMPLE, "--json")
    assert ended.status == 0
    (row,) = ended.json
    assert list(row) == ["path", "predictions", "origin", "error"]
    assert row["path"] == str(SAMPLE)
    assert row["origin"] == f"bundled: {BUNDLED.name}"
    assert row["error"] is None
    assert row["predictions"][0]["label"] == "cat"
    probabilities = [item["probability"] for item in row["predictions"]]
    assert len(probabilities) == 5
    assert probabilities == sorted(probabilities, reverse=True)


@needs_bundled
def test_all_answers_add_up(run):
    (row,) = run("classify", SAMPLE, "--top", 99, "--json").json
    assert {item["label"] for item in row["predictions"]} == set(load_labels("cifar10"))
    assert sum(item["probability"] for item in row["predictions"]) == pytest.approx(1, abs=1e-5)


def test_bad_files_are_named_and_stop_nothing(run, tmp_path):
    broken, absent = tmp_path / "broken.jpg", tmp_path / "absent.jpg"
    broken.write_bytes(SAMPLE.read_bytes()[:1000])
    ended = run("classify", broken, SAMPLE, absent, "--json")
    assert ended.status == 1
    assert [bool(row["error"]) for row in ended.json] == [True, False, True]
    assert [len(row["predictions"]) for row in ended.json] == [0, 5, 0]
    assert "absent.jpg does not exist" in ended.json[2]["error"]


def test_text_has_answers_on_stdout_and_errors_on_stderr(run, tmp_path):
    ended = run("classify", SAMPLE, tmp_path / "absent.jpg", "--top", 2)
    assert ended.status == 1
    assert "absent.jpg does not exist" in ended.complaint
    assert "absent" not in ended.out
    assert "cat.jpg" in ended.out


def test_folders_are_searched(run, tmp_path):
    for name in ("10.jpg", "2.jpg", "note.txt"):
        shutil.copy(SAMPLE, tmp_path / name)
    rows = run("classify", tmp_path, "--json").json
    assert [row["path"] for row in rows] == [str(tmp_path / "2.jpg"), str(tmp_path / "10.jpg")]


def test_an_empty_folder_is_an_error(run, tmp_path):
    ended = run("classify", tmp_path, "--json")
    assert ended.status == 1
    assert "no pictures in" in ended.complaint
    assert not ended.out


def test_an_untrained_net_is_called_so(run):
    words = ["classify", SAMPLE, "--model", "cifar-resnet20", "--set", "stage_depths=2,2,2"]
    (row,) = run(*words, "--json").json
    assert row["origin"] == "untrained"
    assert row["predictions"][0]["label"].startswith("class ")
    assert "untrained (seed 0): these are chance" in run(*words).out


def test_trained_weights_that_are_not_here_are_offered_not_fetched(run):
    ended = run("classify", SAMPLE, "--model", "resnet18", "--json")
    assert ended.json[0]["origin"] == "untrained"
    assert "--allow-download fetches resnet18.IMAGENET1K_V1" in ended.err


def test_a_download_needs_consent(run):
    ended = run("classify", SAMPLE, "--weights", "resnet18.IMAGENET1K_V1", "--json")
    assert ended.status == 1
    assert "--allow-download" in ended.complaint
    assert not ended.out


@pytest.mark.parametrize(
    ("weights", "cause"),
    [("resnet18.IMAGENET1K_V7", "no weights called"), ("absent.safetensors", "absent.safetensors")],
)
def test_wrong_weights_are_explained(weights, cause, run):
    ended = run("classify", SAMPLE, "--weights", weights)
    assert ended.status == 1
    assert cause in ended.complaint


def test_our_own_weights_say_their_network(run, tmp_path):
    from explorer.arch.expand import expand
    from explorer.arch.presets import preset
    from explorer.images.prepare import cifar_transform
    from explorer.nets.assemble import assemble
    from explorer.nets.weight_files import save_weights

    spec = preset("cifar-resnet20").spec.edited(num_classes=3, shortcut="B")
    path = tmp_path / "own.safetensors"
    save_weights(path, assemble(expand(spec)), spec, ("red", "green", "blue"), cifar_transform())
    (row,) = run("classify", SAMPLE, "--weights", path, "--json").json
    assert {item["label"] for item in row["predictions"]} == {"red", "green", "blue"}
    assert row["origin"] == "file: own.safetensors"


def test_a_device_that_is_not_there_falls_back_and_says_so(run):
    ended = run("classify", SAMPLE, "--device", "cuda:99", "--json")
    assert ended.status == 0
    assert "note: cuda:99 cannot be used" in ended.err


@pytest.mark.shared
@pytest.mark.parametrize("named", [True, False], ids=["with --model", "inferred"])
def test_foreign_weights_say_or_are_told_their_network(run, shared, named):
    weights = shared / "data" / "weights" / "resnet56-4bfd9763.th"
    model = ("--model", "cifar-resnet56") if named else ()
    ended = run("classify", SAMPLE, "--weights", weights, *model, "--json")
    assert ended.json[0]["predictions"][0]["label"] == "cat"
    assert "note: The file does not say" in ended.err


@needs_bundled
@pytest.mark.shared
def test_photographs_with_the_bundled_net(run, shared):
    photos = sorted((shared / "data" / "photos").glob("*.jpg"))
    rows = run("classify", *photos, "--json").json
    assert [row["path"] for row in rows] == [str(path) for path in photos]
    labels = {row["path"]: [item["label"] for item in row["predictions"]] for row in rows}
    places = [
        labels[str(shared / "data" / "photos" / f"{name}.jpg")].index(label) for name, label in PHOTOS.items()
    ]
    assert sum(place == 0 for place in places) >= 5, dict(zip(PHOTOS, places, strict=True))
    assert max(places) <= 2, dict(zip(PHOTOS, places, strict=True))
