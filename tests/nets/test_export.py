"""ONNX files: the same logits from another runtime, and a clear word where the extra is missing."""

import importlib.util

import pytest
import torch

from explorer.arch.expand import expand
from explorer.arch.presets import cifar_spec, imagenet_spec
from explorer.arch.spec import from_json
from explorer.errors import SetupError
from explorer.nets.assemble import assemble
from explorer.nets.export import export_onnx

SPECS = {
    "resnet20": cifar_spec(20),
    "bottleneck": imagenet_spec("bottleneck", (1, 1, 1, 1), input_size=64, num_classes=7),
    "preactivation": cifar_spec(8, order="full_preactivation", shortcut="B"),
    "resnext": cifar_spec(8, block="bottleneck", expansion=4, cardinality=4, base_width=16, shortcut="B"),
    "attention": cifar_spec(8, attention="se", activation="hard_swish"),
    "ECA, blur": cifar_spec(8, attention="eca", downsampling="blur", shortcut="B"),
    "CBAM, concatenated": cifar_spec(8, attention="cbam", merge="concat", norm="instance"),
    "heads that do not divide": cifar_spec(8, head_pool="both", head_pool_size=3, activation="prelu"),
    "gates": cifar_spec(8, merge="gate", norm="group", padding="same", shortcut="B"),
}


@pytest.fixture
def runtime():
    pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    return pytest.importorskip("onnxruntime")


@pytest.mark.parametrize("name", SPECS)
def test_another_runtime_gives_the_same_logits(runtime, tmp_path, name):
    spec = SPECS[name]
    module = assemble(expand(spec), seed=3).eval()
    path = tmp_path / "net.onnx"
    export_onnx(module, spec, path)
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(0)
    for batch in (1, 3):
        images = torch.randn(batch, 3, spec.input_size, spec.input_size, generator=generator)
        with torch.no_grad():
            wanted = module(images)
        (logits,) = session.run(["logits"], {"image": images.numpy()})
        torch.testing.assert_close(torch.from_numpy(logits), wanted, rtol=1e-4, atol=1e-4)


def test_the_file_tells_its_spec_and_the_module_stays_as_it_was(runtime, tmp_path):
    import onnx

    spec = cifar_spec(8, head_pool="max", head_pool_size=3)
    module = assemble(expand(spec)).train()
    pool = module.get_submodule("head.largest")
    before = {name: value.clone() for name, value in module.state_dict().items()}
    export_onnx(module, spec, tmp_path / "net.onnx")
    assert module.training
    assert module.get_submodule("head.largest") is pool
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    found = {item.key: item.value for item in onnx.load(tmp_path / "net.onnx").metadata_props}
    assert from_json(found["resnet_explorer.spec"]) == spec
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["net.onnx"]


def test_an_unwritable_place_is_an_os_error(runtime, tmp_path):
    spec = cifar_spec(8)
    with pytest.raises(FileNotFoundError):
        export_onnx(assemble(expand(spec)), spec, tmp_path / "absent" / "net.onnx")


def test_without_the_extra_it_says_how_to_get_it(monkeypatch, tmp_path):
    real = importlib.util.find_spec
    monkeypatch.setattr(
        "explorer.nets.export.find_spec", lambda name: None if name == "onnxscript" else real(name)
    )
    spec = cifar_spec(8)
    with pytest.raises(SetupError, match=r"onnxscript.*pip install"):
        export_onnx(assemble(expand(spec)), spec, tmp_path / "net.onnx")
