"""`features`: the tiled maps as a PNG, the same as the network's own output."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import SAMPLE


def test_the_picture_is_the_tiled_maps(run, tmp_path):
    out = tmp_path / "maps.png"
    words = ["features", SAMPLE, "--model", "cifar-resnet110", "--key", "layer2.0.conv1", "--out", out]
    found = run(*words, "--json").json
    assert found["key"] == "layer2.0.conv1"
    assert found["shape"] == [32, 16, 16]
    assert found["origin"] == "untrained"
    assert found["minimum"] < 0 < found["maximum"]
    with Image.open(out) as picture:
        assert picture.format == "PNG"
        # One pixel an activation, and one between two channels.
        assert picture.size == (found["columns"] * 17 - 1, found["rows"] * 17 - 1)
        assert len(np.unique(np.asarray(picture).reshape(-1, 3), axis=0)) > 50
    assert found["columns"] * found["rows"] >= 32


def test_zoom_repeats_pixels(run, tmp_path):
    once, thrice = tmp_path / "once.png", tmp_path / "thrice.png"
    words = ["features", SAMPLE, "--model", "cifar-resnet110", "--key", "conv1", "--scale", "per-channel"]
    run(*words, "--out", once)
    run(*words, "--out", thrice, "--zoom", 3)
    with Image.open(once) as small, Image.open(thrice) as large:
        assert np.array_equal(np.asarray(small).repeat(3, 0).repeat(3, 1), np.asarray(large))


def test_text_says_whose_weights_and_what_range(run, tmp_path):
    out = tmp_path / "logits.png"
    ended = run("features", SAMPLE, "--model", "cifar-resnet110", "--key", "fc", "--out", out)
    assert "untrained (seed 0)" in ended.out
    assert "fc, 10, from" in ended.out
    assert out.is_file()


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (["--key", "layer2.0.conv9", "--out", "x.png"], "Did you mean layer2.0.conv"),
        (["--key", "layer2", "--out", "x.png"], "no node layer2"),
        (["--key", "conv1", "--out", "x.jpg"], "end in .png"),
        (["--key", "conv1", "--out", "no-such-folder/x.png"], "no folder no-such-folder"),
    ],
)
def test_wrong_words_are_explained(words, cause, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ended = run("features", SAMPLE, "--model", "cifar-resnet110", *words)
    assert ended.status == 1
    assert cause in ended.complaint
    assert not list(tmp_path.glob("*.png"))


def test_a_bad_picture_is_explained(run, tmp_path):
    out = tmp_path / "x.png"
    ended = run("features", tmp_path / "absent.jpg", "--key", "conv1", "--out", out)
    assert ended.status == 1
    assert "absent.jpg does not exist" in ended.complaint
    assert not out.exists()
