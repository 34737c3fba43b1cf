"""`describe`: the contract's shapes, and numbers against the reference."""

from __future__ import annotations

import json

import pytest

from explorer.arch.cost import cost_of
from explorer.arch.presets import preset


def test_json_has_exactly_the_contract_s_shape(run):
    found = run("describe", "cifar-resnet20", "--json").json
    assert list(found) == ["spec", "summary", "nodes", "edges", "paper"]
    assert found["summary"] == {
        "parameters": 269_722,
        "macs": 40_551_040,
        "activation_bytes": cost_of(preset("cifar-resnet20").spec).activation_bytes,
        "receptive_field": 81,
        "depth": 20,
    }
    first, conv = found["nodes"][:2]
    assert first["op"] == "input"
    assert conv == {
        "key": "conv1",
        "op": "conv2d",
        "stage": None,
        "block": None,
        "output_shape": [16, 32, 32],
        "parameters": 432,
        "macs": 442_368,
    }
    assert ["input", "conv1"] in found["edges"]
    assert found["paper"] == {
        "name": "He 2015 ResNet-20",
        "source": "He et al. 2015, arXiv 1512.03385, table 6",
        "parameters": 269_722,
        "error_percent": 8.75,
        "error_kind": "CIFAR-10 test",
        "differences": [],
        "parameter_gap": 0,
    }


def test_json_s_spec_is_a_spec_file(run, tmp_path):
    described = run("describe", "resnet50", "--set", "shortcut=C", "--json").json
    path = tmp_path / "own.json"
    path.write_text(json.dumps(described["spec"]))
    assert run("describe", path, "--json").json == described
    assert described["spec"]["shortcut"] == "C"


def test_the_lamp_names_the_nearest_net_and_what_differs(run):
    paper = run("describe", "cifar-resnet20", "--set", "shortcut=B", "--json").json["paper"]
    assert paper["differences"] == [
        {"field": "shortcut", "title": "Shortcut", "theirs": "A", "ours": "B", "parameters": 2_752}
    ]
    assert (paper["name"], paper["parameter_gap"]) == ("He 2015 ResNet-20", 2_752)
    far = run("describe", "tutorial-two-convolutions", "--json").json["paper"]
    assert (far["name"], len(far["differences"])) == ("He 2015 ResNet-20", 6)
    assert sum(one["parameters"] for one in far["differences"]) == far["parameter_gap"] == 39_370 - 269_722


def test_text_says_which_paper_is_near(run):
    out = run("describe", "cifar-resnet20", "--set", "shortcut=B").out
    assert "Nearest" in out
    assert "2,752 above option A because shortcuts are B" in out
    assert "8.75 % error" in run("describe", "cifar-resnet20").out


def test_several_edits_are_made_together(run):
    edits = ["--set", "stage_depths=2,2", "--set", "stage_widths=8,16", "--set", "stem_width=8"]
    assert run("describe", "cifar-resnet20", *edits, "--json").json["summary"]["depth"] == 10


def test_reference_numbers(run, shared):
    reference = json.loads((shared / "reference" / "architectures.json").read_text())
    for name, row in reference["torchvision"]["models"].items():
        summary = run("describe", name, "--json").json["summary"]
        assert (summary["parameters"], summary["macs"]) == (row["parameters"], row["macs"]), name


def test_blocks_say_their_attention(run):
    out = run("describe", "se_resnet50").out
    assert "bottleneck, SE, projection, /2" in out
    assert "bottleneck, SE, identity ×5" in out
    assert "bottleneck, identity ×5" in run("describe", "resnet50").out


def test_text_folds_equal_blocks_and_adds_up(run):
    out = run("describe", "resnet152").out
    assert "resnet152" in out
    assert "60,192,808" in out
    assert "layer3.1 … layer3.35" in out
    assert "×35" in out
    header, _, *rows = out.split("\n\n")[1].splitlines()
    end = header.index("Parameters") + len("Parameters")
    counts = [row[end - 12 : end].strip().replace(",", "") for row in rows]
    assert sum(int(count) for count in counts if count) == 60_192_808


def test_text_with_nodes_has_a_row_for_each(run):
    described = run("describe", "resnet18", "--json").json
    lines = run("describe", "resnet18", "--nodes").out.splitlines()
    first_words = {line.split()[0] for line in lines if line.strip()}
    assert {node["key"] for node in described["nodes"]} <= first_words


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (["--set", "shortcut"], "not field=value"),
        (["--set", "colour=red"], "no field colour"),
        (["--set", "stage_depths=1,2"], "stage_widths"),
    ],
)
def test_wrong_edits_are_explained(words, cause, run):
    ended = run("describe", "resnet18", *words)
    assert ended.status == 1
    assert cause in ended.complaint


def test_wrong_files_are_explained(run, tmp_path):
    absent, broken = tmp_path / "absent.json", tmp_path / "broken.json"
    broken.write_text("{")
    assert "absent.json cannot be read: No such file" in run("describe", absent).complaint
    assert "not JSON" in run("describe", broken).complaint
