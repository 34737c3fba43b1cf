"""`attribute`: overlays over what the network sees, and rows that say of what."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.cli.attribute import METHODS
from tests.cli.conftest import SAMPLE

pytestmark = pytest.mark.usefixtures("one_core")


def _pixels(path):
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        return np.asarray(picture)


def test_the_bundled_net_explains_its_cat(run, tmp_path):
    out = tmp_path / "cat.png"
    (row,) = run("attribute", SAMPLE, "--out", out, "--json").json
    assert list(row) == ["path", "method", "key", "class", "index", "score", "origin", "out", "error"]
    assert row["path"] == str(SAMPLE)
    assert row["method"] == "grad-cam"
    assert row["key"] == "layer3.2.act2", "the last node with maps"
    assert (row["class"], row["index"]) == ("cat", 3)
    assert row["score"] > 1
    assert row["origin"] == "bundled: cifar-resnet20"
    assert row["out"] == str(out)
    assert row["error"] is None
    overlay = _pixels(out)
    assert overlay.shape == (448, 448, 3), "14 pixels of the photograph for each of the network's"
    run("attribute", SAMPLE, "--opacity", 0, "--out", out)
    bare = _pixels(out).astype(int)
    changed = np.abs(overlay - bare).max(2) > 8
    assert 0.02 < changed.mean() < 0.98, "heat on a part of the picture"
    run("attribute", SAMPLE, "--threshold", 0.8, "--out", out)
    strongest = np.abs(_pixels(out) - bare).max(2) > 8
    assert 0 < strongest.mean() < changed.mean()


@pytest.mark.parametrize("method", METHODS)
def test_each_method_explains_the_class_that_is_named(method, run, tmp_path):
    out = tmp_path / "dog.png"
    words = ["attribute", SAMPLE, "--method", method, "--out", out, "--json"]
    (row,) = run(*words, "--class", "Dog").json
    assert (row["method"], row["class"], row["index"]) == (method, "dog", 5)
    assert (row["key"] is None) != method.startswith("grad-cam")
    assert run(*words, "--class", 5).json[0]["score"] == row["score"]
    assert len(np.unique(_pixels(out).reshape(-1, 3), axis=0)) > 100


def test_several_pictures_go_to_a_folder_and_a_bad_one_is_named(run, tmp_path):
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        shutil.copy(SAMPLE, tmp_path / folder / "cat.jpg")
    bad = tmp_path / "one" / "bad.jpg"
    bad.write_bytes(b"no picture")
    out = tmp_path / "out"
    out.mkdir()
    words = ["attribute", tmp_path / "one", tmp_path / "other", "--out", out]
    ended = run(*words, "--method", "saliency", "--json")
    assert ended.status == 1
    names = {path.name for path in out.iterdir()}
    assert names == {"cat.saliency.png", "cat-2.saliency.png"}
    error = next(row for row in ended.json if row["error"])
    assert error["path"] == str(bad)
    assert error["out"] is None
    ended = run(*words)
    assert ended.status == 1
    assert "bad.jpg" in ended.complaint
    assert "Weights: bundled: cifar-resnet20" in ended.out
    assert "layer3.2.act2" in ended.out


def test_an_untrained_net_says_so(run, tmp_path):
    words = ["attribute", SAMPLE, "--model", "cifar-resnet110", "--key", "layer1.0.add"]
    words += ["--out", tmp_path / "x.png"]
    (row,) = run(*words, "--json").json
    assert row["origin"] == "untrained"
    assert row["key"] == "layer1.0.add"
    assert row["class"] == f"class {row['index']}"
    assert "these are chance" in run(*words).out


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (["--class", "dgo"], "Did you mean dog?"),
        (["--class", "10"], "no class 10"),
        (["--key", "layer9"], "no node layer9"),
        (["--key", "fc"], "fc"),
        (["--key", "conv1", "--method", "saliency"], "the picture alone"),
        (["--out", "x.jpg"], "end in .png"),
        (["--out", "no-such-folder/x.png"], "no folder no-such-folder"),
        ([SAMPLE, "--out", "x.png"], "no folder"),
    ],
)
def test_wrong_words_are_explained(words, cause, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    images = [SAMPLE] if SAMPLE not in words else [SAMPLE, Path(__file__).with_name("coffee.jpg")]
    out = [] if "--out" in words else ["--out", "x.png"]
    ended = run("attribute", *images, *[word for word in words if word != SAMPLE], *out)
    assert ended.status == 1
    assert cause in ended.complaint
    assert not list(tmp_path.glob("*.png"))


def test_an_opacity_beyond_1_is_wrong_usage(run):
    assert run("attribute", SAMPLE, "--out", "x.png", "--opacity", "1.5").status == 2
