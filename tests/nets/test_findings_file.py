"""Findings beside weights: whole, of these weights, or refused."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from explorer.arch.expand import expand
from explorer.arch.lesions import lesionable, output_key
from explorer.errors import WeightsError
from explorer.nets.catalogue import by_name, read_cards
from explorer.nets.findings_file import findings_for, findings_path, read_findings, write_findings

LARGEST_BYTES = 300_000


@pytest.fixture(scope="module")
def card():
    return by_name("cifar-resnet20")


def test_what_ships_is_of_the_weights_that_ship(card):
    found = findings_for(card)
    graph = expand(card.spec)
    assert found.weights == card.name
    assert found.classes == card.classes
    assert found.images == found.confusion.sum() == 10_000
    assert np.trace(found.confusion) / found.images == pytest.approx(found.sweep.intact.accuracy)
    assert 100 * found.sweep.intact.accuracy == pytest.approx(card.accuracy_percent, abs=0.02)
    assert [block.key for block in found.sweep.blocks] == list(lesionable(graph))
    assert [block.key for block in found.meter.blocks] == [block.key for block in graph.blocks]
    assert all(layer.key in graph.by_key and layer.std > 0 for layer in found.meter.layers)
    assert [probe.key for probe in found.probes] == [output_key(graph, block) for block in graph.blocks]
    assert found.probes[-1].accuracy > 0.85
    assert findings_path(card.path).stat().st_size < LARGEST_BYTES


def test_written_and_read_again_it_is_the_same(card, tmp_path):
    found, path = findings_for(card), tmp_path / "again.findings.json"
    write_findings(path, found)
    assert path.read_text() == findings_path(card.path).read_text()
    again = read_findings(path, card.sha256)
    assert again.sweep == found.sweep
    assert again.meter == found.meter
    for one, other in zip(again.probes, found.probes, strict=True):
        features = np.random.default_rng(0).standard_normal((3, len(one.mean)))
        np.testing.assert_array_equal(one.probabilities(features), other.probabilities(features))
        assert not one.weights.flags.writeable


def test_findings_of_other_weights_are_refused(card):
    with pytest.raises(WeightsError, match="of other weights"):
        read_findings(findings_path(card.path), "0" * 64)


@pytest.mark.parametrize(
    "damage",
    [
        lambda values: values.pop("sweep"),
        lambda values: values.update(schema=2),
        lambda values: values["confusion"].pop(),
        lambda values: values["probes"][0]["bias"].pop(),
        lambda values: values["probes"][0].update(classes=[10] * 10),
        lambda values: values["meter"]["layers"][0].pop("std"),
        lambda values: values.update(probes=None),
    ],
)
def test_damaged_findings_are_refused(damage, card, tmp_path):
    values = json.loads(findings_path(card.path).read_text())
    damage(values)
    path = tmp_path / "x.findings.json"
    path.write_text(json.dumps(values))
    with pytest.raises(WeightsError, match="damaged"):
        read_findings(path, card.sha256)


@pytest.mark.parametrize("content", [b"", b"[]", b'"text"', b"\xff\xfe"])
def test_what_is_no_object_is_refused(content, card, tmp_path):
    path = tmp_path / "x.findings.json"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="damaged"):
        read_findings(path, card.sha256)


def test_weights_without_findings_have_none(card):
    assert findings_for(by_name("resnet18.IMAGENET1K_V1")) is None
    assert [one.name for one in read_cards(card.path.parent)].count(card.name) == 1, "findings are no card"


def test_reading_needs_no_torch():
    code = "import sys, explorer.nets.findings_file; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
