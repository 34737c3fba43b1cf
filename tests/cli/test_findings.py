"""`findings`: what ships with trained weights is what the commands find on the same pictures."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.arch.expand import expand
from explorer.arch.presets import preset
from explorer.files import sha256_of
from explorer.images.prepare import cifar_transform
from explorer.nets.assemble import assemble
from explorer.nets.findings_file import read_findings
from explorer.nets.weight_files import save_weights
from tests.cli.conftest import SAMPLE

pytestmark = pytest.mark.usefixtures("one_core")


@pytest.fixture
def digit_weights(tmp_path):
    """A small untaught network that says it knows the digits."""
    spec = preset("cifar-resnet20").spec.edited(stage_depths=(1, 1, 1), in_channels=1, input_size=16)
    path = tmp_path / "tiny.safetensors"
    save_weights(path, assemble(expand(spec)), spec, tuple(map(str, range(10))), cifar_transform(16))
    return path


def test_a_file_holds_what_lesion_evaluate_and_probe_find(run, digit_weights, tmp_path):
    out = tmp_path / "tiny.findings.json"
    words = ["findings", digit_weights, "--data", "digits", "--title", "digits of UCI", "--out", out]
    said = run(*words, "--json").json
    found = read_findings(out, sha256_of(digit_weights))
    assert said["weights"] == found.weights == "tiny"
    assert said["images"] == found.images == 359
    assert found.data == "digits of UCI"
    assert found.classes == tuple("0123456789")
    words = ["--weights", digit_weights, "--data", "digits", "--json"]
    evaluated = run("evaluate", "--model", _spec(tmp_path), *words).json
    right = int(np.trace(found.confusion))
    assert found.confusion.sum() == 359
    assert right / 359 == pytest.approx(evaluated["accuracy"]) == pytest.approx(said["accuracy"])
    rows = run("lesion", "--sweep", *words).json
    assert [row["accuracy"] for row in rows[1:]] == pytest.approx(
        [block.knowledge.accuracy for block in found.sweep.blocks]
    )
    probes = run("probe", *words).json
    assert [row["accuracy"] for row in probes] == pytest.approx([probe.accuracy for probe in found.probes])
    assert [block.key for block in found.meter.blocks] == ["layer1.0", "layer2.0", "layer3.0"]
    assert all(layer.std > 0 for layer in found.meter.layers)


def _spec(folder):
    spec = preset("cifar-resnet20").spec.edited(stage_depths=(1, 1, 1), in_channels=1, input_size=16)
    path = folder / "spec.json"
    path.write_text(spec.to_json())
    return path


def test_text_sums_up(run, digit_weights, tmp_path):
    out = tmp_path / "tiny.findings.json"
    ended = run("findings", digit_weights, "--data", "digits", "--count", 50, "--out", out)
    assert "50 of digits" in ended.out
    assert str(out) in ended.out


def test_data_of_other_classes_is_refused(run, tmp_path):
    out = tmp_path / "x.findings.json"
    ended = run("findings", "cifar-resnet20", "--data", "digits", "--out", out)
    assert ended.status == 1
    assert "digits" in ended.complaint
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (["no-such-net", "--data", "digits", "--out", "x.json"], "no-such-net"),
        (["cifar-resnet20", "--data", "digits", "--out", "no-such-folder/x.json"], "no-such-folder"),
        ([SAMPLE, "--data", "digits", "--out", "x.json"], "cat.jpg"),
    ],
)
def test_wrong_words_are_explained(words, cause, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ended = run("findings", *words)
    assert ended.status == 1
    assert cause in ended.complaint
    assert not list(tmp_path.glob("*.json"))
