import numpy as np
import pytest
import torch
from torch import nn

from explorer.arch.expand import expand
from explorer.arch.presets import cifar_spec, preset
from explorer.nets import inference
from explorer.nets.assemble import assemble
from explorer.nets.inference import FLOAT32, Precision, choosing_precision, inference_copy, known_precision
from explorer.nets.predict import predict

CPU = torch.device("cpu")
LAST = Precision("float32", True)
HALF = Precision("bfloat16", True)


def _trained_like(spec):
    """A network whose batch norms have statistics, scales and shifts unlike their first values."""
    model = assemble(expand(spec))
    generator = torch.Generator().manual_seed(1)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            for value, low, high in (
                (module.running_mean, -0.3, 0.3),
                (module.running_var, 0.5, 2.0),
                (module.weight.data, 0.5, 1.5),
                (module.bias.data, -0.3, 0.3),
            ):
                value.uniform_(low, high, generator=generator)
    return model


@pytest.mark.parametrize("precision", [FLOAT32, LAST])
@pytest.mark.parametrize(
    "spec",
    [
        cifar_spec(14),
        cifar_spec(8, shortcut="none"),
        cifar_spec(8, shortcut="C"),
        preset("resnext50_32x4d").spec.edited(input_size=64, stage_depths=(1, 1, 1, 1), num_classes=7),
        cifar_spec(8).edited(padding="same", conv_bias=True, merge="gate", attention="cbam"),
        cifar_spec(8).edited(downsampling="blur", order="full_preactivation", head_hidden=(8,)),
    ],
    ids=["A", "plain", "C", "grouped bottleneck", "same, gates", "blur, norms first"],
)
def test_a_fast_copy_gives_the_same_answers(spec, precision):
    model = _trained_like(spec)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    size = spec.input_size
    batch = np.random.default_rng(0).standard_normal((4, 3, size, size), dtype=np.float32)
    wanted = predict(model, batch, CPU)
    fast = inference_copy(model, precision)
    np.testing.assert_allclose(predict(fast, batch, CPU, precision), wanted, rtol=1e-3, atol=1e-5)
    if spec.order == "original":  # elsewhere some norms follow no convolution
        assert not any(isinstance(module, nn.BatchNorm2d) for module in fast.modules())
    np.testing.assert_array_equal(predict(model, batch, CPU), wanted)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert all(module.training for module in model.modules())


def test_a_fast_copy_shares_no_memory_with_the_network():
    model = _trained_like(cifar_spec(8))
    fast = inference_copy(model, FLOAT32)
    theirs = {value.data_ptr() for value in fast.state_dict().values()}
    assert not theirs & {value.data_ptr() for value in model.state_dict().values()}


def test_bfloat16_is_near():
    model = _trained_like(cifar_spec(14))
    batch = np.random.default_rng(0).standard_normal((4, 3, 32, 32), dtype=np.float32)
    found = predict(inference_copy(model, HALF), batch, CPU, HALF)
    assert np.abs(found - predict(model, batch, CPU)).max() < 0.1
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-5)


def test_the_choice_is_measured_in_slices_once_for_networks_of_a_kind(monkeypatch):
    monkeypatch.setattr(inference, "_measured", {})
    spec = cifar_spec(8)
    model = assemble(expand(spec))
    assert known_precision(spec, CPU) is None
    steps = choosing_precision(model, spec, CPU)
    n_slices = 0
    while True:
        try:
            next(steps)
            n_slices += 1
        except StopIteration as finished:
            chosen = finished.value
            break
    assert n_slices > 3
    assert chosen in (FLOAT32, LAST, HALF)
    assert known_precision(cifar_spec(56, shortcut="B", num_classes=3), CPU) == chosen
    assert known_precision(spec.edited(input_size=64), CPU) is None
    with pytest.raises(StopIteration):
        next(choosing_precision(model, spec, CPU))
    assert all(module.training for module in model.modules())
