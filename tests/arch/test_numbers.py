"""The parameter counts of the papers, by specs that are written out here and owe nothing to the presets.

He 2015 and torchvision are in `test_cost.py`, errors and accuracies in `test_papers.py`.
"""

import pytest

from explorer.arch.cost import cost_of
from explorer.arch.spec import ArchitectureSpec

BESIDE = {
    "about",
    "torchvision",
    "he2015_imagenet",
    "he2015_cifar10",
    "receptive_field_last_conv",
    "trained_weights",
}
"""Parts of the reference without counts of their own, or with counts that `test_cost.py` holds."""

PREACTIVATED = {"order": "full_preactivation", "shortcut": "B", "projection_norm": False}

PREACT = {
    "110": {"stage_depths": (18, 18, 18)},
    "164_bottleneck": {"block": "bottleneck", "expansion": 4, "stage_depths": (18, 18, 18)},
    "1001_bottleneck": {"block": "bottleneck", "expansion": 4, "stage_depths": (111, 111, 111)},
}

WIDE = {"40-1": (6, 1), "40-2": (6, 2), "40-4": (6, 4), "28-10": (4, 10), "16-8": (2, 8), "22-10": (3, 10)}
"""(blocks a stage, width factor)."""

RESNEXT_29 = {
    "block": "bottleneck",
    "stage_widths": (64, 128, 256),
    "expansion": 4,
    "cardinality": 8,
    "stem_width": 64,
    "shortcut": "B",
}

RESNET_50 = {
    "block": "bottleneck",
    "stage_depths": (3, 4, 6, 3),
    "stage_widths": (64, 128, 256, 512),
    "expansion": 4,
    "stem_kernel": 7,
    "stem_stride": 2,
    "stem_pool": "max",
    "stem_width": 64,
    "shortcut": "B",
    "input_size": 224,
    "num_classes": 1000,
}

BEFORE_2015 = {
    "block": "single",
    "norm": "none",
    "conv_bias": True,
    "shortcut": "none",
    "downsampling": "max_pool",
    "head_max_pool": True,
    "head_hidden": (4096, 4096),
    "input_size": 224,
    "num_classes": 1000,
}

TAUGHT = {
    "AlexNet": (
        61_100_840,
        BEFORE_2015
        | {
            "stem_kernel": 11,
            "stem_stride": 4,
            "stem_padding": 2,
            "stem_width": 64,
            "stem_pool": "max",
            "pool_window": "3x3",
            "stage_depths": (1, 1, 2),
            "stage_widths": (192, 384, 256),
            "stage_strides": (1, 2, 1),
            "stage_kernels": (5, 3, 3),
            "head_pool_size": 6,
        },
    ),
    "VGG-16": (
        138_357_544,
        BEFORE_2015
        | {
            "stem": "none",
            "pool_window": "2x2",
            "stage_depths": (2, 2, 3, 3, 3),
            "stage_widths": (64, 128, 256, 512, 512),
            "stage_strides": (1, 2, 2, 2, 2),
            "head_pool_size": 7,
        },
    ),
    "CIFAR ResNet-18": (
        11_173_962,
        {
            "stage_depths": (2, 2, 2, 2),
            "stage_widths": (64, 128, 256, 512),
            "stem_width": 64,
            "shortcut": "B",
        },
    ),
    "two-convolution residual": (
        39_370,
        {
            "stem": "none",
            "norm": "none",
            "conv_bias": True,
            "stage_depths": (1,),
            "stage_widths": (64,),
            "residual_scale": 2,
        },
    ),
    "five-stage Keras-style net": (
        19_608_394,
        {
            "stem_kernel": 7,
            "stem_stride": 2,
            "stem_width": 64,
            "stem_norm": False,
            "stage_depths": (1, 1, 1, 1, 1),
            "stage_widths": (64, 128, 256, 512, 1024),
            "stage_strides": (2, 2, 2, 2, 2),
            "conv_bias": True,
            "shortcut": "C",
            "projection_norm": False,
            "order": "no_activation_after_addition",
            "padding": "same",
            "input_size": 224,
        },
    ),
    "two-class ResNet-50": (23_512_130, RESNET_50 | {"num_classes": 2}),
}
"""Networks that tutorials and torchvision build: their parameters and how we say them."""


def parameters(**fields):
    return cost_of(ArchitectureSpec(**fields)).parameters


@pytest.mark.shared
def test_no_part_of_the_reference_is_left_out(reference):
    assert set(reference) - BESIDE == {"preact2016", "resnext2016", "wideresnet2016", "se2017", "resnetd2018"}


@pytest.mark.shared
def test_preactivated_nets_of_he_2016(reference):
    exact = reference["preact2016"]["exact_parameters_full_preactivation_B"]
    assert {name: parameters(**PREACTIVATED, **fields) for name, fields in PREACT.items()} == exact


@pytest.mark.shared
def test_wide_nets(reference):
    exact = {name: row["parameters"] for name, row in reference["wideresnet2016"]["nets"].items()}
    found = {
        name: parameters(**PREACTIVATED, stage_depths=(n, n, n), width_factor=k)
        for name, (n, k) in WIDE.items()
    }
    assert found == exact


@pytest.mark.shared
def test_resnext_29(reference):
    exact = reference["resnext2016"]["exact_parameters"]
    assert exact == {"cifar_29_8x64d": parameters(**RESNEXT_29)}


@pytest.mark.shared
def test_squeeze_and_excitation_and_resnet_d(reference):
    assert reference["se2017"]["exact_parameters"] == {"se_resnet50": parameters(**RESNET_50, attention="se")}
    tweaked = parameters(**RESNET_50, stem="deep", projection_pool=True)
    assert reference["resnetd2018"]["exact_parameters"] == {"resnet50d": tweaked}


@pytest.mark.parametrize("name", TAUGHT)
def test_networks_that_are_taught(name):
    exact, fields = TAUGHT[name]
    assert parameters(**fields) == exact
