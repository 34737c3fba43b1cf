import numpy as np
import pytest
import torch

from explorer.arch.expand import expand
from explorer.arch.ops import OPS
from explorer.arch.presets import cifar_spec, preset
from explorer.errors import InsideError
from explorer.nets.arithmetic import how_made
from explorer.nets.probe import probe
from explorer.present.arithmetic import Pointwise, Windowed
from explorer.present.number_rows import ROWS
from tests.nets.test_inference import _trained_like

CPU = torch.device("cpu")
SMALL = preset("resnet18").spec.edited(input_size=37, stage_depths=(1, 1), stage_widths=(4, 8), num_classes=3)
SPECS = {
    "A": cifar_spec(8),
    "large stem": SMALL,
    "same": SMALL.edited(padding="same", conv_bias=True),
    "deep stem, averages": SMALL.edited(stem="deep", projection_pool=True, head_hidden=(5,)),
    "blur, se": SMALL.edited(downsampling="blur", attention="se", residual_scale=0.5),
    "cbam": SMALL.edited(attention="cbam", block_dropout=0.3, stochastic_depth=0.2),
    "eca, concat": SMALL.edited(attention="eca", merge="concat"),
    "highway, group": SMALL.edited(merge="gate", norm="group", norm_groups=2),
    "groups": preset("resnext50_32x4d").spec.edited(
        input_size=33, stage_depths=(1, 1), stage_widths=(64, 64), num_classes=3
    ),
    "instance, both pools": SMALL.edited(norm="instance", head_pool="both", head_pool_size=2),
    "layer": SMALL.edited(norm="layer", shortcut_path="scale", shortcut_scale=0.7),
}


def _image(spec):
    shape = (spec.in_channels, spec.input_size, spec.input_size)
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


def _places(shape):
    shape = shape if len(shape) == 3 else (*shape, 1, 1)
    return {(0, 0, 0), tuple(n - 1 for n in shape), tuple(n // 2 for n in shape)}


def test_every_operation_has_a_row():
    assert set(ROWS) == set(OPS.values())


@pytest.mark.parametrize("name", SPECS)
def test_the_arithmetic_gives_what_the_network_gives(name):
    spec = SPECS[name]
    graph, image = expand(spec), _image(spec)
    model = _trained_like(spec)
    outputs = probe(model, image, [node.key for node in graph.nodes], CPU)
    # One node of each kind of operation: the first and the last.
    kinds = {repr(type(n.op)) + str(getattr(n.op, "kind", "")): n for n in graph.nodes}
    kinds |= {f"first {type(n.op)}": n for n in reversed(graph.nodes)}
    for node in kinds.values():
        for place in _places(node.output_shape):
            found = how_made(model, graph, image, node.key, place, CPU)
            output = outputs[node.key]
            maps = output if output.ndim == 3 else output[:, None, None]
            assert found.measured == pytest.approx(maps[place], rel=1e-4, abs=1e-5), node.key
            assert found.made.value == pytest.approx(found.measured, rel=1e-4, abs=1e-4), (node.key, place)
            assert found.made.formula.format(**found.made.arguments)


@pytest.mark.parametrize("activation", ["leaky_relu", "elu", "gelu", "silu", "mish", "sigmoid", "tanh"])
def test_activations(activation):
    _one_activation(activation)


@pytest.mark.parametrize("activation", ["hard_swish", "prelu", "identity", "relu"])
def test_more_activations(activation):
    _one_activation(activation)


def _one_activation(activation):
    spec = cifar_spec(8).edited(activation=activation)
    graph, model, image = expand(spec), _trained_like(spec), _image(spec)
    for column in range(0, 32, 5):
        found = how_made(model, graph, image, "act1", (3, 7, column), CPU)
        assert found.made.value == pytest.approx(found.measured, rel=1e-5, abs=1e-6)


def test_a_convolutions_parts():
    spec = cifar_spec(8)
    graph, model, image = expand(spec), _trained_like(spec), _image(spec)
    found = how_made(model, graph, image, "conv1", (5, 0, 4), CPU)
    made = found.made
    assert isinstance(made, Windowed)
    assert (made.top, made.left) == (-1, 3)
    np.testing.assert_array_equal(made.patch[:, 0], 0)
    np.testing.assert_array_equal(made.patch[:, 1:], image[:, :2, 3:6])
    np.testing.assert_array_equal(made.kernel, model.conv1.weight[5].detach().numpy())
    assert made.products.sum() == pytest.approx(made.value)
    strengths = np.abs(made.sums[made.order])
    assert (np.diff(strengths) <= 0).all()
    assert not made.patch.flags.writeable
    assert found.inputs == ("input",)


def test_an_additions_parts_and_a_norms():
    spec = cifar_spec(8)
    graph, model, image = expand(spec), _trained_like(spec), _image(spec)
    wanted = probe(model, image, ["layer1.0.bn2", "act1", "layer1.0.add"], CPU)
    found = how_made(model, graph, image, "layer1.0.add", (2, 3, 4), CPU)
    assert isinstance(found.made, Pointwise)
    assert found.made.arguments["branch"] == pytest.approx(wanted["layer1.0.bn2"][2, 3, 4])
    assert found.made.arguments["shortcut"] == pytest.approx(wanted["act1"][2, 3, 4])
    assert found.inputs == ("layer1.0.bn2", "act1")
    norm = how_made(model, graph, image, "bn1", (2, 3, 4), CPU).made
    assert norm.arguments["mean"] == pytest.approx(float(model.bn1.running_mean[2]))


def test_the_network_stays_as_it_is():
    spec = cifar_spec(8)
    graph, model, image = expand(spec), _trained_like(spec).train(), _image(spec)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    random = torch.get_rng_state()
    how_made(model, graph, image, "layer2.0.add", (0, 0, 0), CPU)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert all(module.training for module in model.modules())
    assert torch.equal(random, torch.get_rng_state())
    assert torch.is_grad_enabled()


@pytest.mark.parametrize(("key", "place"), [("nothing", (0, 0, 0)), ("conv1", (16, 0, 0)), ("fc", (0, 1, 0))])
def test_what_does_not_exist_is_refused(key, place):
    spec = cifar_spec(8)
    with pytest.raises(InsideError):
        how_made(_trained_like(spec), expand(spec), _image(spec), key, place, CPU)
