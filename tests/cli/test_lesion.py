"""`lesion`: what is left without blocks, on a sample and for pictures."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.arch.expand import expand
from explorer.arch.lesions import Lesions
from explorer.images.datasets import open_dataset
from explorer.images.prepare import normalised, seen
from explorer.nets.assemble import assemble
from explorer.nets.catalogue import by_name
from explorer.nets.lesion import lesioned_predict
from explorer.nets.weights import load_for_spec
from tests.cli.conftest import SAMPLE
from tests.cli.test_evaluate import lay_out

pytestmark = pytest.mark.usefixtures("one_core")

KEYS = [f"layer{stage}.{block}" for stage in (1, 2, 3) for block in range(3)]


@pytest.fixture(scope="module")
def bundled():
    card = by_name("cifar-resnet20")
    graph = expand(card.spec)
    model = assemble(graph, seed=None)
    load_for_spec(model, graph, card.spec, card)
    return card, graph, model.eval()


def _said(bundled, pixels, lesions):
    import torch

    card, graph, model = bundled
    batch = np.stack([normalised(seen(one, card.transform), card.transform) for one in pixels])
    return lesioned_predict(model, graph, batch, lesions, torch.device("cpu"))


def test_pictures_are_answered_intact_and_with_the_lesions(run, bundled):
    from explorer.images.load import load_picture

    words = ["lesion", SAMPLE, "--block", "layer1.1", "layer2.1", "--exchange", "layer3.1", "layer3.2"]
    intact, changed = run(*words, "--top", 10, "--json").json
    assert list(intact) == ["path", "bypassed", "exchanged", "predictions", "origin", "error"]
    assert intact["predictions"][0]["label"] == "cat"
    assert (intact["bypassed"], intact["exchanged"]) == ([], [])
    assert changed["bypassed"] == ["layer1.1", "layer2.1"]
    assert changed["exchanged"] == [["layer3.1", "layer3.2"]]
    lesions = Lesions(frozenset({"layer1.1", "layer2.1"}), (("layer3.1", "layer3.2"),))
    wanted = _said(bundled, [load_picture(SAMPLE).pixels], lesions)[0]
    card = bundled[0]
    found = {item["label"]: item["probability"] for item in changed["predictions"]}
    np.testing.assert_allclose([found[name] for name in card.classes], wanted, rtol=1e-4, atol=1e-5)


def test_a_sample_with_names_the_net_knows_is_asked_for_the_truth(run, tmp_path):
    data = lay_out(tmp_path / "data", automobile=1, cat=3)
    intact, changed = run("lesion", "--block", "layer1.0", "--data", data, "--json").json
    assert list(intact) == [
        "data", "bypassed", "exchanged", "accuracy", "loss", "images", "knows_truth", "reason", "origin",
    ]  # fmt: skip
    assert intact["knows_truth"]
    assert intact["accuracy"] == 0.75
    assert intact["images"] == 4
    assert changed["bypassed"] == ["layer1.0"]
    assert changed["loss"] != intact["loss"]
    assert intact["origin"] == "bundled: cifar-resnet20"


def test_a_sample_of_other_classes_is_compared_with_the_intact_net(run, bundled):
    words = ["lesion", "--block", "layer2.1", "--data", "digits", "--count", 30]
    intact, changed = run(*words, "--json").json
    assert not intact["knows_truth"]
    assert (intact["accuracy"], intact["images"]) == (1.0, 30)
    digits = open_dataset("digits", 32, parts=("test",)).test_images
    places = np.linspace(0, len(digits) - 1, 30).round().astype(int)
    pixels = [np.repeat(one, 3, axis=2) for one in digits[places]]
    before, after = (
        _said(bundled, pixels, lesions).argmax(1) for lesions in (Lesions(), Lesions(frozenset({"layer2.1"})))
    )
    assert changed["accuracy"] == pytest.approx((before == after).mean())
    assert "Same answers" in run(*words).out


def test_a_sweep_takes_each_block_in_turn(run, tmp_path):
    rows = run("lesion", SAMPLE, "--sweep", "--data", "digits", "--count", 16, "--json").json
    sample, answers = rows[:10], rows[10:]
    assert [row["bypassed"] for row in sample] == [[], *([key] for key in KEYS)]
    assert [row["bypassed"] for row in answers] == [[], *([key] for key in KEYS)]
    assert answers[0]["predictions"][0]["label"] == "cat"
    (one,) = (row for row in sample if row["bypassed"] == ["layer2.1"])
    _, alone = run("lesion", "--block", "layer2.1", "--data", "digits", "--count", 16, "--json").json
    assert one["accuracy"] == alone["accuracy"]
    assert one["loss"] == pytest.approx(alone["loss"], rel=1e-4)


def test_blocks_of_a_plain_net_that_have_no_switch_say_why(run):
    words = ["lesion", "--sweep", "--model", "cifar-plain20", "--data", "digits", "--count", 8]
    rows = {tuple(row["bypassed"]): row for row in run(*words, "--json").json}
    assert rows["layer2.0",]["accuracy"] is None
    assert "changes the shape" in rows["layer2.0",]["reason"]
    assert rows["layer2.1",]["accuracy"] is not None
    ended = run("lesion", "--block", "layer2.0", "--model", "cifar-plain20", SAMPLE)
    assert ended.status == 1
    assert "layer2.0 cannot be bypassed" in ended.complaint


def test_what_ships_with_the_weights_needs_no_data(run):
    rows = run("lesion", "--sweep", "--json").json
    assert rows[0]["accuracy"] == pytest.approx(by_name("cifar-resnet20").accuracy_percent / 100, abs=2e-4)
    assert [row["bypassed"] for row in rows[1:]] == [[key] for key in KEYS]
    assert all(row["accuracy"] < rows[0]["accuracy"] for row in rows[1:])
    ended = run("lesion", "--sweep")
    assert "without layer3.0" in ended.out
    assert "10,000 pictures of CIFAR-10" in ended.out


def test_an_untrained_net_says_so_and_has_nothing_beforehand(run):
    words = ["lesion", "--model", "cifar-resnet110"]
    row = run(*words, "--block", "layer1.0", "--data", "digits", "--count", 8, "--json").json[0]
    assert row["origin"] == "untrained"
    ended = run(*words, "--sweep")
    assert ended.status == 1
    assert "Give --data DATA" in ended.complaint


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (["--block", "layer9.0"], "no block layer9.0"),
        (["--exchange", "layer1.0", "layer2.0"], "their shapes differ"),
        (["--block", "layer1.0", "--data", "no-such-data"], "no-such-data"),
    ],
)
def test_what_does_not_fit_is_explained(words, cause, run):
    ended = run("lesion", SAMPLE, *words)
    assert ended.status == 1
    assert cause in ended.complaint


def test_a_bad_picture_does_not_stop_the_others(run, tmp_path):
    ended = run("lesion", tmp_path / "absent.jpg", SAMPLE, "--block", "layer1.0", "--json")
    assert ended.status == 1
    broken, intact, changed = ended.json
    assert "absent.jpg" in broken["error"]
    assert intact["predictions"]
    assert changed["predictions"]


@pytest.mark.parametrize(
    "words", [[SAMPLE], ["--block", "layer1.0"], [SAMPLE, "--sweep", "--block", "layer1.0"]]
)
def test_wrong_usage_is_2(words, run):
    ended = run("lesion", *words)
    assert ended.status == 2
    assert not ended.out
