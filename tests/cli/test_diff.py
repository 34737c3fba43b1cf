"""`resnet-explorer diff`: exact for machines, folded for people, edits where they belong."""

import pytest


def test_json_is_exact(run):
    found = run("diff", "cifar-resnet20", "--set", "shortcut=B", "cifar-resnet32", "--json").json
    assert set(found) >= {"added", "removed", "changed", "delta"}
    assert found["delta"]["parameters"] == 464154 - 272474
    rows = [*found["added"], *found["removed"], *found["changed"]]
    assert sum(row["delta"]["parameters"] for row in rows) == found["delta"]["parameters"]
    assert sum(row["delta"]["macs"] for row in rows) == found["delta"]["macs"]
    assert [row["key"] for row in found["added"]] == [f"layer{s}.{b}" for s in (1, 2, 3) for b in (3, 4)]
    assert {field["field"] for field in found["fields"]} == {"shortcut", "stage_depths"}


def test_set_edits_the_spec_before_it(run):
    first = run("diff", "resnet50", "--set", "shortcut=C", "resnet50", "--json").json
    second = run("diff", "resnet50", "resnet50", "--set", "shortcut=C", "--json").json
    assert first["delta"]["parameters"] == -second["delta"]["parameters"] < 0


def test_set_before_any_spec_is_wrong_usage(run):
    ended = run("diff", "--set", "shortcut=C", "resnet50", "resnet50")
    assert ended.status == 2
    assert "write the SPEC first" in ended.err


@pytest.mark.parametrize(
    "specs", [("resnet50",), ("resnet18", "--set", "shortcut=A", "resnet34", "resnet50")]
)
def test_it_takes_two(run, specs):
    ended = run("diff", *specs)
    assert ended.status == 2
    assert "give two SPECs" in ended.err


def test_people_see_runs_folded(run):
    text = run("diff", "resnet50", "resnet152").out
    assert "25,557,032 → 60,192,808 (+34,635,776, 136 %)" in text
    assert "layer3.6 … 35 ×30" in text
    assert len(text.splitlines()) < 30
    assert all(len(line) <= 145 for line in text.splitlines())


def test_changed_operations_are_listed_with_their_cost(run):
    text = run("diff", "cifar-resnet20", "cifar-resnet20", "--set", "shortcut=B").out
    line = next(line for line in text.splitlines() if "downsample.0" in line)
    assert line.split()[0] == "+"
    assert "+512" in line


def test_the_same_network_is_said(run):
    ended = run("diff", "resnet18", "resnet18")
    assert ended.status == 0
    assert "the same network" in ended.out


def test_an_unknown_network_is_named(run):
    ended = run("diff", "resnet18", "resnet19")
    assert ended.status == 1
    assert "resnet19" in ended.complaint
