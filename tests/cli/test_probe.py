"""`probe`: each block's linear classifier, and what it says of a picture."""

from __future__ import annotations

import pytest

from tests.cli.conftest import SAMPLE

pytestmark = pytest.mark.usefixtures("one_core")

KEYS = [f"layer{stage}.{block}" for stage in (1, 2, 3) for block in range(3)]


def test_probes_are_fitted_on_a_sample(run):
    words = ["probe", "--data", "digits", "--count", 120]
    rows = run(*words, "--json").json
    assert list(rows[0]) == ["block", "accuracy", "fitted", "held_out", "data", "origin"]
    assert [row["block"] for row in rows] == KEYS
    assert all(row["fitted"] + row["held_out"] == 120 for row in rows)
    assert max(row["accuracy"] for row in rows) > 0.5, "a tenth is chance"
    assert rows[0]["origin"] == "bundled: cifar-resnet20"
    out = run(*words).out
    assert "tested on" in out
    assert f"{rows[-1]['accuracy']:.2%}" in out


def test_a_picture_is_decided_by_depth(run):
    rows = run("probe", SAMPLE, "--data", "digits", "--count", 100, "--json").json
    decided = rows[9:]
    assert [row["block"] for row in decided] == KEYS
    for probe, row in zip(rows, decided, strict=False):
        assert row["path"] == str(SAMPLE)
        assert row["accuracy"] == probe["accuracy"]
        assert list(row["probabilities"]) == [str(digit) for digit in range(10)]
        assert sum(row["probabilities"].values()) == pytest.approx(1, abs=1e-5)


def test_the_probes_that_ship_see_the_cat_late(run):
    rows = run("probe", SAMPLE, "--json").json
    accuracies = [row["accuracy"] for row in rows[:9]]
    assert accuracies[-1] > 0.85
    assert accuracies[0] < 0.5
    decided = [row["probabilities"] for row in rows[9:]]
    assert max(decided[-1], key=decided[-1].get) == "cat"
    assert decided[-1]["cat"] > 0.8 > decided[0]["cat"]
    out = run("probe", SAMPLE).out
    assert "“cat”" in out
    assert "CIFAR-10" in out


def test_an_untrained_net_says_so_and_has_no_probes(run):
    words = ["probe", "--model", "cifar-resnet110"]
    rows = run(*words, "--data", "digits", "--count", 60, "--json").json
    assert {row["origin"] for row in rows} == {"untrained"}
    ended = run(*words)
    assert ended.status == 1
    assert "Give --data DATA" in ended.complaint


def test_a_bad_picture_does_not_stop_the_others(run, tmp_path):
    ended = run("probe", tmp_path / "absent.jpg", SAMPLE, "--json")
    assert ended.status == 1
    assert "absent.jpg" in ended.json[9]["error"]
    assert len(ended.json) == 9 + 1 + 9


def test_a_sample_of_one_picture_a_class_is_explained(run):
    ended = run("probe", "--data", "digits", "--count", 2)
    assert ended.status == 1
    assert "larger sample" in ended.complaint or "varied sample" in ended.complaint
