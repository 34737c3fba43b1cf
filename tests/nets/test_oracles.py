"""torchvision and timm as oracles: their weights in our networks give their logits."""

import re

import pytest
import torch
from torch import nn
from torchvision import models

from explorer.arch.expand import expand
from explorer.arch.presets import imagenet_spec, preset
from explorer.nets.assemble import assemble

SMALL_PX = 64
"""Enough for five halvings, and quick."""


def as_if_trained(model):
    """Norms unlike their first values, so that a wrong order or epsilon shows."""
    generator = torch.Generator().manual_seed(1)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d | nn.GroupNorm):
            module.weight.data.uniform_(0.5, 1.5, generator=generator)
            module.bias.data.uniform_(-0.3, 0.3, generator=generator)
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.3, 0.3, generator=generator)
            module.running_var.uniform_(0.5, 2.0, generator=generator)
    return model.eval()


def _in_order(theirs, ours):
    """Their values under our keys: both tell their layers in the order they run."""
    values, keys = theirs.state_dict(), ours.state_dict()
    assert [tuple(value.shape) for value in values.values()] == [
        tuple(value.shape) for value in keys.values()
    ]
    return dict(zip(keys, values.values(), strict=True))


def _check(theirs, spec, values_for=_in_order):
    ours = assemble(expand(spec), seed=None)
    ours.load_state_dict(values_for(theirs, ours))
    images = torch.randn(2, 3, spec.input_size, spec.input_size, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(ours.eval()(images), theirs(images), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["alexnet", "vgg16"])
def test_torchvisions_nets_before_2015(name):
    torch.manual_seed(0)
    _check(getattr(models, name)().eval(), preset(name).spec)


RESNET_D = {"stem": "deep", "projection_pool": True}

TIMM = {
    "resnet34": ("basic", (3, 4, 6, 3), {}),
    "resnext50_32x4d": ("bottleneck", (3, 4, 6, 3), {"cardinality": 32, "base_width": 4}),
    "seresnet18": ("basic", (2, 2, 2, 2), {"attention": "se", "attention_divisor": 8}),
    "ecaresnet50d": ("bottleneck", (3, 4, 6, 3), {"attention": "eca", **RESNET_D}),
    "ecaresnet26t": (
        "bottleneck",
        (2, 2, 2, 2),
        {"attention": "eca", "stem": "deep_tiered", "projection_pool": True},
    ),
    "resnet50_gn": ("bottleneck", (3, 4, 6, 3), {"norm": "group"}),
}
"""Their name, and what we call it."""


PRESETS = {
    "se_resnet50": ("seresnet50", {}),
    "se_resnet101": ("seresnet101", {}),
    "resnet50d": ("resnet50d", {}),
    "eca_resnet50": ("resnet50", {"block_args": {"attn_layer": "eca"}}),
    "cbam_resnet50": ("resnet50", {"block_args": {"attn_layer": "cbam"}}),
}
"""Our presets that timm has and torchvision lacks: how timm makes them."""


@pytest.mark.parametrize("name", PRESETS)
def test_presets_that_timm_has(name):
    timm = pytest.importorskip("timm")
    theirs, arguments = PRESETS[name]
    torch.manual_seed(0)
    model = as_if_trained(timm.create_model(theirs, zero_init_last=False, **arguments))
    _check(model, preset(name).spec.edited(input_size=SMALL_PX))


@pytest.mark.parametrize("name", TIMM)
def test_timms_nets(name):
    timm = pytest.importorskip("timm")
    block, depths, fields = TIMM[name]
    torch.manual_seed(0)
    theirs = as_if_trained(timm.create_model(name, zero_init_last=False))
    _check(theirs, imagenet_spec(block, depths, **fields).edited(input_size=SMALL_PX))


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"act_layer": "silu"}, {"activation": "silu"}),
        ({"act_layer": "hard_swish"}, {"activation": "hard_swish"}),
        ({"global_pool": "max"}, {"head_pool": "max"}),
    ],
    ids=["SiLU", "hard swish", "max head"],
)
def test_timms_variations(theirs, ours):
    timm = pytest.importorskip("timm")
    torch.manual_seed(0)
    model = as_if_trained(timm.create_model("resnet26", zero_init_last=False, **theirs))
    _check(model, imagenet_spec("bottleneck", (2, 2, 2, 2), **ours).edited(input_size=SMALL_PX))


@pytest.mark.parametrize("name", ["resnet18", "resnet26"])
@pytest.mark.parametrize("kind", ["blur", "average"])
def test_timms_antialiased_nets(name, kind):
    """The filter's place in the branch is timm's, and on the shortcut, before the 1×1, that of Zhang 2019."""
    timm = pytest.importorskip("timm")
    layer = timm.layers.BlurPool2d if kind == "blur" else nn.AvgPool2d
    torch.manual_seed(0)
    theirs = timm.create_model(name, aa_layer=layer, zero_init_last=False)
    theirs.maxpool = nn.MaxPool2d(3, 2, 1)
    for block in theirs.modules():
        shortcut = getattr(block, "downsample", None)
        if shortcut is not None and shortcut[0].stride == (2, 2):
            shortcut[0].stride = (1, 1)
            shortcut[0] = nn.Sequential(layer(stride=2) if kind == "blur" else layer(2), shortcut[0])
    for module in theirs.modules():
        if hasattr(module, "pad_mode"):
            # As a convolution does, ours sees zeros beyond the edge; timm's mirrors the map there.
            module.pad_mode = "constant"
    block = "basic" if name == "resnet18" else "bottleneck"
    spec = imagenet_spec(block, (2, 2, 2, 2), downsampling=kind).edited(input_size=SMALL_PX)
    _check(as_if_trained(theirs), spec)


def _preactivated(theirs, ours):
    """Their values under our keys, by name: they tell the projection before the branch."""
    renamed = {}
    for key, value in theirs.state_dict().items():
        found = re.fullmatch(r"stages\.(\d)\.blocks\.(\d+)\.(.+)", key)
        if found:
            rest = found[3].replace("norm", "bn").replace("downsample.conv", "downsample.0")
            renamed[f"layer{int(found[1]) + 1}.{found[2]}.{rest}"] = value
        else:
            own = key.replace("stem.conv", "conv1").replace("head.fc", "fc")
            renamed[own] = value.flatten(1) if own == "fc.weight" else value
    assert renamed.keys() == ours.state_dict().keys()
    return renamed


def test_timms_preactivated_net():
    timm = pytest.importorskip("timm")
    torch.manual_seed(0)
    theirs = as_if_trained(timm.create_model("resnetv2_50", zero_init_last=False))
    fields = {"order": "full_preactivation", "projection_norm": False, "stem_pool_first": True}
    spec = imagenet_spec("bottleneck", (3, 4, 6, 3), **fields).edited(input_size=SMALL_PX)
    _check(theirs, spec, _preactivated)
