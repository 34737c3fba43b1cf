"""What each operation's module computes, starts from and may overwrite."""

from typing import get_args

import pytest
import torch
from torch import nn
from torch.nn import functional

from explorer.arch import ops, pools
from explorer.arch.block_fields import Order
from explorer.arch.expand import expand
from explorer.arch.presets import cifar_spec
from explorer.nets.assemble import assemble
from explorer.nets.ops import ACTIVATIONS, MODULES, NORMS, POOLS, initialise


def _made(op):
    module = MODULES[type(op)](op, False)
    if op.parameters():
        module = module.to_empty(device="cpu")
    initialise(module, op, torch.Generator().manual_seed(0))
    return module


def _maps(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def test_every_kind_has_a_module():
    assert set(ACTIVATIONS) == set(get_args(ops.ActivationKind))
    assert set(NORMS) == set(get_args(ops.NormKind))
    assert set(POOLS) == set(get_args(pools.PoolKind))


@pytest.mark.parametrize("order", get_args(Order))
@pytest.mark.parametrize("kind", get_args(ops.ActivationKind))
def test_memory_used_again_changes_no_gradient(kind, order):
    spec = cifar_spec(8).edited(
        activation=kind, order=order, stage_widths=(4, 8, 8), stem_width=4, shortcut="B", input_size=8
    )
    found = []
    for overwrites in (True, False):
        model = assemble(expand(spec))
        if not overwrites:
            for module in model.modules():
                if hasattr(module, "inplace"):
                    module.inplace = False
        model(_maps(2, 3, 8, 8)).square().sum().backward()
        found.append([parameter.grad for parameter in model.parameters()])
    assert all(grad is not None for grad in found[0])
    for with_it, without in zip(*found, strict=True):
        torch.testing.assert_close(with_it, without)


def test_memory_is_used_again_where_nothing_else_reads_it():
    def overwriting(**fields):
        model = assemble(expand(cifar_spec(8).edited(**fields)))
        return {key for key, module in model.named_modules() if getattr(module, "inplace", False)}

    assert {"layer1.0.act1", "layer1.0.add", "layer1.0.act2"} <= overwriting()
    # The gradient of an activation needs what came out of it, so the addition must not write there.
    assert "layer1.0.add" not in overwriting(order="relu_before_addition")
    # What the shortcut carries is read twice.
    assert "layer1.1.act1" not in overwriting(order="relu_only_preactivation", stage_depths=(2, 1, 1))


def test_same_padding_adds_the_odd_pixel_at_the_end():
    op = ops.Conv2d(3, 4, 3, 2, 0, padding_after=1)
    module, maps = _made(op), _maps(1, 3, 8, 8)
    assert module.state_dict().keys() == {"weight"}
    wanted = functional.conv2d(functional.pad(maps, (0, 1, 0, 1)), module.weight, stride=2)
    torch.testing.assert_close(module(maps), wanted)
    assert tuple(wanted.shape[1:]) == op.output_shape([(3, 8, 8)])


def test_a_gates_bias_starts_where_the_spec_says():
    model = assemble(expand(cifar_spec(8).edited(merge="gate", gate_bias=-3)))
    bias = model.get_submodule("layer1.0.gate.conv").bias
    assert torch.equal(bias, torch.full_like(bias, -3))
    assert _made(ops.Activation("prelu")).weight.item() == 0.25


def test_a_gate_and_its_complement_share_out_the_maps():
    maps, gate = _maps(2, 3, 4, 4), torch.rand(2, 3, 1, 1)
    through, carried = (_made(ops.Gate(complement=side))(maps, gate) for side in (False, True))
    torch.testing.assert_close(through + carried, maps)
    torch.testing.assert_close(through, maps * gate)


def test_a_blur_keeps_what_is_flat_and_removes_the_finest_stripes():
    blur = _made(pools.Blur(1))
    assert not blur.state_dict()
    inside = slice(1, -1)
    flat, stripes = torch.ones(1, 2, 6, 6), torch.ones(1, 2, 6, 6)
    stripes[..., ::2] = -1
    torch.testing.assert_close(blur(flat)[..., inside, inside], flat[..., inside, inside])
    torch.testing.assert_close(blur(stripes)[..., inside, inside], torch.zeros(1, 2, 4, 4))


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("side", [7, 8])
def test_a_blur_is_a_depthwise_convolution_with_the_binomial_kernel(stride, side):
    maps = _maps(2, 5, side, side)
    theirs = nn.Conv2d(5, 5, 3, stride, padding=1, groups=5, bias=False)
    binomial = torch.tensor([[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]) / 16
    with torch.no_grad():
        theirs.weight.copy_(binomial.expand(5, 1, 3, 3))
        blurred = _made(pools.Blur(stride))(maps)
        torch.testing.assert_close(blurred, theirs(maps))
    assert tuple(blurred.shape[1:]) == pools.Blur(stride).output_shape([(5, side, side)])


def test_an_anti_aliased_block_is_a_stride_after_what_it_blurs():
    spec = cifar_spec(8, downsampling="blur", shortcut="B")
    model = assemble(expand(spec)).eval()
    block = {name: model.get_submodule(f"layer2.0.{name}") for name in ("conv1", "bn1", "conv2", "bn2")}
    beside = [model.get_submodule(f"layer2.0.downsample.{place}") for place in (1, 2)]
    kernel = torch.outer(*(torch.tensor([0.25, 0.5, 0.25]),) * 2)

    def blurred(these):
        channels = these.shape[1]
        return functional.conv2d(these, kernel.expand(channels, 1, 3, 3), padding=1, groups=channels)[
            ..., ::2, ::2
        ]

    seen = {}
    for key in ("layer1.0.act2", "layer2.0.act2"):
        model.get_submodule(key).register_forward_hook(
            lambda module, args, output, key=key: seen.__setitem__(key, output.clone())
        )
    with torch.inference_mode():
        model(_maps(2, 3, 32, 32))
        x = seen["layer1.0.act2"]
        y = blurred(functional.relu(block["bn1"](functional.conv2d(x, block["conv1"].weight, padding=1))))
        y = block["bn2"](block["conv2"](y))
        shortcut = beside[1](beside[0](blurred(x)))
        torch.testing.assert_close(seen["layer2.0.act2"], functional.relu(y + shortcut))


def test_drop_path_drops_whole_pictures_in_training_alone():
    module, maps = _made(ops.DropPath(0.75)), torch.ones(4000, 2, 1, 1)
    torch.manual_seed(0)
    dropped = module.train()(maps)
    assert set(dropped.flatten().tolist()) == {0.0, 4.0}
    assert torch.equal(dropped[:, 0], dropped[:, 1])
    assert dropped.mean().item() == pytest.approx(1, abs=0.1)
    assert module.eval()(maps) is maps


def test_a_channel_convolution_is_ecas():
    module, maps = _made(ops.ChannelConv(3)), _maps(2, 8, 1, 1)
    assert {key: tuple(value.shape) for key, value in module.state_dict().items()} == {"weight": (1, 1, 3)}
    padded = functional.pad(maps[..., 0, 0], (1, 1))
    wanted = sum(padded[:, place : place + 8] * module.weight[0, 0, place] for place in range(3))
    torch.testing.assert_close(module(maps)[..., 0, 0], wanted)


def test_poolings_of_whole_maps():
    maps = _maps(2, 3, 5, 4)
    both = _made(pools.Pool("average_and_max"))(maps)
    torch.testing.assert_close(both[:, :, 0, 0], maps.mean((2, 3)))
    torch.testing.assert_close(both[:, :, 1, 0], maps.amax((2, 3)))
    torch.testing.assert_close(_made(pools.Pool("sum"))(maps), maps.sum((2, 3), keepdim=True))
    over_channels = _made(pools.ChannelPool())(maps)
    torch.testing.assert_close(over_channels, torch.stack((maps.mean(1), maps.amax(1)), 1))


@pytest.mark.parametrize("kind", get_args(ops.NormKind))
def test_norms_take_the_epsilon_and_start_neutral(kind):
    groups = {"group": 2, "instance": 4}.get(kind, 1)
    module = _made(ops.Norm(4, kind=kind, epsilon=0.5, groups=groups))
    maps = _maps(3, 4, 5, 5)
    over = {"batch": (0, 2, 3), "group": (2, 3, 4), "layer": (1, 2, 3), "instance": (2, 3)}[kind]
    seen = maps.view(3, 2, 2, 5, 5) if kind == "group" else maps
    wanted = (seen - seen.mean(over, keepdim=True)) / (
        seen.var(over, correction=0, keepdim=True) + 0.5
    ).sqrt()
    torch.testing.assert_close(module.train()(maps), wanted.reshape(maps.shape))
    assert _made(ops.Norm(4, True, kind, groups=groups)).weight.abs().sum() == 0


def test_one_picture_of_single_numbers_is_normalised():
    module = _made(ops.Norm(4, kind="group", groups=4))
    torch.testing.assert_close(module(_maps(1, 4, 1, 1)), torch.zeros(1, 4, 1, 1), rtol=0, atol=1e-4)


def test_building_a_net_with_dropout_is_exact_in_use():
    spec = cifar_spec(8).edited(head_dropout=0.5, block_dropout=0.5, stochastic_depth=0.5, shortcut="A")
    plain = cifar_spec(8)
    models = [assemble(expand(each)).eval() for each in (spec, plain)]
    images = _maps(2, 3, 32, 32)
    with torch.inference_mode():
        torch.testing.assert_close(models[0](images), models[1](images))
    assert isinstance(models[0].get_submodule("layer1.0.dropout"), nn.Dropout)
