"""`resnet-explorer compare`: a row a network, with costs, and with answers where a picture is named."""

import numpy as np
import pytest
from PIL import Image

PAIR = ("cifar-resnet20", "cifar-resnet20", "--set", "norm=group")


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "noise.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(path)
    return str(path)


def test_a_row_a_network_with_exact_costs_and_no_torch(run):
    rows = run("compare", "resnet18", "resnet50", "--json").json
    assert [row["name"] for row in rows] == ["resnet18", "resnet50"]
    assert [row["parameters"] for row in rows] == [11_689_512, 25_557_032]
    assert [row["depth"] for row in rows] == [18, 50]
    assert "origin" not in rows[0]


def test_edits_belong_to_the_spec_before_them(run):
    rows = run(
        "compare", "cifar-resnet20", "--set", "shortcut=B", "cifar-resnet20", "cifar-resnet32", "--json"
    ).json
    assert [row["spec"]["shortcut"] for row in rows] == ["B", "A", "A"]
    assert [row["depth"] for row in rows] == [20, 20, 32]
    assert rows[0]["name"] == "cifar-resnet20 shortcut=B"


def test_an_edit_before_any_spec_is_wrong_usage(run):
    ended = run("compare", "--set", "shortcut=B", "cifar-resnet20")
    assert ended.status == 2
    assert "write the SPEC first" in ended.err


def test_depths_and_twins_are_added_each_once(run):
    rows = run("compare", "cifar-resnet20", "--depths", "--plain-twins", "--json").json
    assert [row["depth"] for row in rows] == [20, 20, 32, 32, 44, 44, 56, 56]
    assert [row["spec"]["shortcut"] for row in rows] == ["A", "none"] * 4
    assert rows[1]["name"] == "cifar-plain20"


def test_the_paper_stands_beside(run):
    (row,) = run("compare", "cifar-resnet56", "--json").json
    assert row["paper"]["error_percent"] == 6.97
    assert "6.97 %" in run("compare", "cifar-resnet56").out


def test_each_is_asked_about_the_picture_and_says_where_its_weights_come_from(run, picture):
    rows = run("compare", *PAIR, "--image", picture, "--json").json
    assert [row["origin"] for row in rows] == ["bundled: cifar-resnet20", "untrained"]
    alone = run("classify", picture, "--model", "cifar-resnet20", "--json").json[0]
    assert rows[0]["predictions"][0]["label"] == alone["predictions"][0]["label"]
    assert [len(row["predictions"]) for row in rows] == [3, 3]
    assert all(row["milliseconds"] > 0 for row in rows)


def test_people_see_who_agrees_and_what_is_chance(run, picture):
    text = run("compare", *PAIR, "--image", picture).out
    assert "untrained, whose answers are chance" in text
    assert all(len(line) <= 145 for line in text.splitlines())


def test_networks_that_know_other_classes_are_not_compared(run, picture):
    text = run("compare", "cifar-resnet20", "cifar-plain20", "digits-resnet8", "--image", picture).out
    assert "Networks that know other classes are not compared." in text
    assert "digits-resnet8 says" in text
    assert " of 3 " not in text
    alike = run("compare", "cifar-resnet20", "cifar-plain20", "--image", picture).out
    assert "other classes" not in alike
    assert "All 2 say" in alike or "1 of 2 say" in alike


def test_a_picture_that_cannot_be_read_is_named(run, tmp_path):
    ended = run("compare", "cifar-resnet20", "--image", str(tmp_path / "none.png"))
    assert ended.status == 1
    assert "none.png" in ended.complaint
