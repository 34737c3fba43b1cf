"""`resnet-explorer export`: each format is what it says, and a place that cannot be written is named."""

from xml.etree import ElementTree

import pytest

from explorer.arch.presets import cifar_spec, preset
from explorer.arch.spec import from_json
from explorer.cli.export import FORMATS


def test_json_is_the_spec(run, tmp_path):
    out = tmp_path / "net.json"
    ended = run("export", "cifar-resnet20", "--set", "shortcut=B", "--to", "json", "--out", out)
    assert ended.status == 0
    assert from_json(out.read_text(encoding="utf-8")) == cifar_spec(20, shortcut="B")
    again = run("describe", out, "--json").json
    assert again["summary"]["parameters"] == 272474


def test_svg_is_the_graph(run, tmp_path):
    out = tmp_path / "net.svg"
    found = run("export", "resnet18", "--to", "svg", "--out", out, "--json").json
    assert found == {"out": str(out), "format": "svg", "bytes": out.stat().st_size, "origin": None}
    root = ElementTree.fromstring(out.read_text(encoding="utf-8"))
    assert "Stage 4" in {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}


def test_python_is_a_module(run, tmp_path):
    out = tmp_path / "net.py"
    assert run("export", "resnet18", "--to", "python", "--out", out).status == 0
    compile(out.read_text(encoding="utf-8"), str(out), "exec")


def test_safetensors_say_what_they_are(run, tmp_path):
    from explorer.nets.weight_files import read_weights, source_spec

    out = tmp_path / "net.safetensors"
    ended = run("export", "cifar-resnet20", "--set", "num_classes=3", "--to", "safetensors", "--out", out)
    assert ended.status == 0
    assert "untrained" in ended.out
    assert source_spec(read_weights(out)) == cifar_spec(20, num_classes=3)


def test_onnx_runs_elsewhere(run, tmp_path):
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    out = tmp_path / "net.onnx"
    assert run("export", "cifar-plain20", "--to", "onnx", "--out", out).status == 0
    session = runtime.InferenceSession(str(out), providers=["CPUExecutionProvider"])
    assert session.get_inputs()[0].shape[1:] == [3, 32, 32]


@pytest.mark.parametrize("form", FORMATS)
def test_a_missing_folder_is_named(run, tmp_path, form):
    ended = run("export", "cifar-resnet20", "--to", form, "--out", tmp_path / "absent" / "net")
    assert ended.status == 1
    assert "absent" in ended.complaint
    assert "folder" in ended.complaint


def test_weights_where_none_are_held_are_refused(run, tmp_path):
    ended = run(
        "export", "resnet18", "--to", "svg", "--out", tmp_path / "a.svg", "--weights", "x.safetensors"
    )
    assert ended.status == 1
    assert "--weights" in ended.complaint


def test_every_preset_name_is_taken_by_json(run, tmp_path):
    out = tmp_path / "a.json"
    run("export", "resnext50_32x4d", "--to", "json", "--out", out)
    assert from_json(out.read_text(encoding="utf-8")) == preset("resnext50_32x4d").spec
