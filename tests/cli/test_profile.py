"""`profile`: a row a block, measured beside predicted."""

from __future__ import annotations

import pytest

from explorer.arch.cost import measure
from explorer.arch.expand import expand
from explorer.arch.presets import preset

pytestmark = pytest.mark.usefixtures("one_core")


def test_each_block_has_its_time_and_memory_beside_its_macs(run):
    rows = run("profile", "cifar-resnet20", "--batch", 2, "--device", "cpu", "--json").json
    graph = expand(preset("cifar-resnet20").spec)
    assert [row["block"] for row in rows] == ["stem", *(block.key for block in graph.blocks), "head"]
    assert sum(row["macs"] for row in rows) == measure(graph).macs
    assert sum(row["share"] for row in rows) == pytest.approx(1)
    assert sum(row["macs_share"] for row in rows) == pytest.approx(1)
    for row in rows:
        assert row["seconds"] > 0
        assert row["peak_bytes"] > 0
        assert (row["device"], row["batch"], row["memory"]) == ("cpu", 2, "tensors")
    by_block = {row["block"]: row for row in rows}
    # What enters, what leaves, and nothing else: two maps of 16 × 32 × 32 float32 for 2 pictures at least.
    assert by_block["layer1.0"]["peak_bytes"] >= 2 * 2 * 4 * 16 * 32 * 32
    assert by_block["layer1.0"]["peak_bytes"] > by_block["layer3.0"]["peak_bytes"]


def test_text_names_the_device_and_every_block(run):
    ended = run("profile", "cifar-resnet20", "--set", "stage_depths=1,1,1", "--device", "cpu")
    assert ended.status == 0
    assert ended.out.startswith("Batch of 1 on CPU")
    assert not ended.err
    for key in ("stem", "layer1.0", "layer2.0", "layer3.0", "head"):
        assert f"\n{key} " in ended.out


def test_an_unknown_network_is_explained(run):
    ended = run("profile", "cifar-resnet21")
    assert ended.status == 1
    assert "cifar-resnet20" in ended.complaint


def test_a_device_that_is_not_there_is_said(run):
    ended = run("profile", "cifar-resnet20", "--set", "stage_depths=1,1,1", "--device", "abacus", "--json")
    assert "abacus cannot be used" in ended.err
    assert {row["device"] for row in ended.json} != {"abacus"}
