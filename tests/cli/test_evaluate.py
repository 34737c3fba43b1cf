"""`evaluate`: by name where the classes are known, never for a net that knows nothing."""

from __future__ import annotations

import shutil

import pytest

from explorer.arch.expand import expand
from explorer.arch.presets import DEFAULT_PRESET, preset
from explorer.images import published, shapes
from explorer.images.prepare import cifar_transform
from explorer.nets.assemble import assemble
from explorer.nets.catalogue import all_cards
from explorer.nets.weight_files import save_weights
from tests.cli.conftest import SAMPLE
from tests.images.small_sets import N_TEST, NAMES_10, served

BUNDLED = next((card for card in all_cards() if card.name == DEFAULT_PRESET), None)
needs_bundled = pytest.mark.skipif(BUNDLED is None, reason="no weights are bundled in this checkout")


def lay_out(folder, **pictures):
    """A data set with a test part: so many copies of the sample under each class."""
    for label, count in pictures.items():
        for part in ("train", "test"):
            (folder / part / label).mkdir(parents=True)
            for number in range(count):
                shutil.copy(SAMPLE, folder / part / label / f"{number}.jpg")
    return folder


@needs_bundled
def test_some_of_the_net_s_classes_are_matched_by_name(run, tmp_path):
    # All pictures show the cat: three of four labels are right, and "cat" is label 1 here and 3 in CIFAR-10.
    data = lay_out(tmp_path / "data", automobile=1, cat=3)
    words = ["evaluate", "--model", "cifar-resnet20", "--data", data]
    found = run(*words, "--json").json
    assert list(found) == ["accuracy", "loss", "images", "images_per_second"]
    assert found["accuracy"] == 0.75
    assert found["images"] == 4
    assert found["loss"] > 0
    assert found["images_per_second"] > 0
    out = run(*words, "--precision", "bfloat16").out
    assert "75.00%" in out
    assert "bundled" in out
    assert "bfloat16" in out


@needs_bundled
def test_as_many_other_classes_are_matched_in_their_order_and_said(run):
    ended = run("evaluate", "--model", "cifar-resnet20", "--data", "digits", "--json")
    assert ended.json["images"] == 359
    assert "matched in their order" in ended.err


@needs_bundled
def test_another_number_of_classes_is_refused(run, tmp_path):
    data = lay_out(tmp_path / "data", red=1, green=1)
    ended = run("evaluate", "--model", "cifar-resnet20", "--data", data)
    assert ended.status == 1
    assert "has 2 classes and the network has 10" in ended.complaint


def test_an_untrained_net_is_refused(run):
    ended = run("evaluate", "--model", "cifar-resnet110", "--data", "digits", "--json")
    assert ended.status == 1
    assert ended.complaint.startswith("cifar-resnet110 is untrained")
    assert not ended.out


def test_a_grey_net_is_asked_grey_pictures(run, tmp_path):
    spec = preset("cifar-resnet20").spec.edited(in_channels=1, num_classes=2, input_size=16)
    path = tmp_path / "grey.safetensors"
    save_weights(path, assemble(expand(spec)), spec, ("a", "b"), cifar_transform(16))
    (tmp_path / "grey.json").write_text(spec.to_json())
    data = lay_out(tmp_path / "data", a=2, b=2)
    found = run(
        "evaluate", "--model", tmp_path / "grey.json", "--weights", path, "--data", data, "--json"
    ).json
    assert found["accuracy"] == 0.5


def test_broken_pictures_are_left_out_and_said(run, tmp_path):
    spec = preset("cifar-resnet20").spec.edited(num_classes=2)
    path = tmp_path / "two.safetensors"
    save_weights(path, assemble(expand(spec)), spec, ("a", "b"), cifar_transform())
    data = lay_out(tmp_path / "data", a=1, b=1)
    (data / "test" / "a" / "bad.jpg").write_bytes(b"no picture")
    words = ["--set", "num_classes=2", "--weights", path, "--data", data, "--json"]
    ended = run("evaluate", "--model", "cifar-resnet20", *words)
    assert ended.json["images"] == 2
    assert "note: left out" in ended.err
    assert "bad.jpg" in ended.err


def test_absent_data_is_explained(run, tmp_path):
    spec = preset("cifar-resnet20").spec
    path = tmp_path / "own.safetensors"
    save_weights(path, assemble(expand(spec)), spec, None, cifar_transform())
    ended = run("evaluate", "--model", "cifar-resnet20", "--weights", path, "--data", "no-such-data")
    assert ended.status == 1
    assert "no-such-data" in ended.complaint


def test_data_is_downloaded_only_where_that_is_allowed(run, tmp_path, monkeypatch):
    spec = preset("cifar-resnet20").spec
    path = tmp_path / "own.safetensors"
    save_weights(path, assemble(expand(spec)), spec, NAMES_10, cifar_transform())
    words = ["evaluate", "--model", "cifar-resnet20", "--weights", path, "--data", "cifar10", "--json"]
    with served("cifar10") as (one, asked):
        monkeypatch.setitem(published.SETS, "cifar10", one)
        ended = run(*words)
        assert ended.status == 1
        assert "has not been downloaded" in ended.complaint
        assert "--allow-download" in ended.complaint
        assert not asked
        assert run(*words, "--allow-download").json["images"] == N_TEST
    assert run(*words).json["images"] == N_TEST, "it is here now"


def test_shapes_need_no_download(run, tmp_path):
    spec = preset("cifar-resnet20").spec.edited(num_classes=8)
    path = tmp_path / "own.safetensors"
    save_weights(path, assemble(expand(spec)), spec, shapes.CLASSES, cifar_transform())
    words = ["evaluate", "--model", "cifar-resnet20", "--set", "num_classes=8", "--weights", path]
    assert run(*words, "--data", "shapes", "--json").json["images"] == 1000
