"""The presets in the order of history: from AlexNet to attention, each with what it changed and why.

Called by `arch/presets.py`. Pure Python and pydantic.
"""

from __future__ import annotations

from explorer.arch.families import (
    CIFAR_DEPTHS,
    IMAGENET_STAGES,
    cifar_spec,
    imagenet_spec,
    preactivation_spec,
)
from explorer.arch.preset import Preset
from explorer.arch.sources import (
    ALEXNET,
    CBAM,
    ECA,
    HE_2015,
    HE_2016,
    HIGHWAY,
    RESNEXT,
    SE,
    STOCHASTIC,
    TRICKS,
    VGG,
    WIDE,
)
from explorer.arch.spec import ArchitectureSpec

ONE_COLUMN = f"{ALEXNET}; one column, as torchvision builds it"

WRN_SIZES = ((16, 8), (22, 10), (28, 10), (40, 1), (40, 2), (40, 4))
"""(depth, widening factor k); depth is 6n+4."""


def alexnet_spec() -> ArchitectureSpec:
    """Five convolutions and three fully connected layers, as torchvision has them."""
    return ArchitectureSpec(
        block="single",
        norm="none",
        conv_bias=True,
        shortcut="none",
        stem_kernel=11,
        stem_stride=4,
        stem_padding=2,
        stem_width=64,
        stem_pool="max",
        pool_window="3x3",
        stage_depths=(1, 1, 2),
        stage_widths=(192, 384, 256),
        stage_strides=(1, 2, 1),
        stage_kernels=(5, 3, 3),
        downsampling="max_pool",
        head_max_pool=True,
        head_pool_size=6,
        head_hidden=(4096, 4096),
        head_dropout=0.5,
        input_size=224,
        num_classes=1000,
    )


def vgg16_spec() -> ArchitectureSpec:
    """Thirteen 3×3 convolutions and three fully connected layers: the paper's configuration D."""
    return ArchitectureSpec(
        block="single",
        norm="none",
        conv_bias=True,
        shortcut="none",
        stem="none",
        pool_window="2x2",
        stage_depths=(2, 2, 3, 3, 3),
        stage_widths=(64, 128, 256, 512, 512),
        stage_strides=(1, 2, 2, 2, 2),
        downsampling="max_pool",
        head_max_pool=True,
        head_pool_size=7,
        head_hidden=(4096, 4096),
        head_dropout=0.5,
        input_size=224,
        num_classes=1000,
    )


def highway19_spec() -> ArchitectureSpec:
    """Nineteen layers on CIFAR: single convolutions without norm, each blended with its input by a gate."""
    return ArchitectureSpec(
        block="single",
        norm="none",
        conv_bias=True,
        order="relu_before_addition",
        merge="gate",
        gate_bias=-2.0,
        stage_depths=(6, 6, 5),
    )


def resnext29_spec() -> ArchitectureSpec:
    """29 layers on CIFAR of bottlenecks with 8 paths of 64 channels (Xie 2016, section 5.2)."""
    return ArchitectureSpec(
        block="bottleneck",
        stage_depths=(3, 3, 3),
        stage_widths=(64, 128, 256),
        expansion=4,
        cardinality=8,
        base_width=64,
        stem_width=64,
        shortcut="B",
    )


def resnet50d_spec() -> ArchitectureSpec:
    """ResNet-50 with a stem of three 3×3 convolutions and average-pooled projections."""
    return imagenet_spec("bottleneck", IMAGENET_STAGES[50], stem="deep", projection_pool=True)


def _before_residuals() -> list[Preset]:
    alexnet, vgg = alexnet_spec(), vgg16_spec()
    return [
        Preset(
            "alexnet",
            "AlexNet",
            2012,
            ONE_COLUMN,
            alexnet,
            "Five convolutions, ReLU and dropout on two GPUs won ImageNet by over ten points and "
            "began deep learning's decade.",
        ),
        Preset(
            "alexnet-residual",
            "AlexNet with shortcuts",
            2012,
            ONE_COLUMN,
            alexnet.edited(shortcut="B"),
            "AlexNet with a shortcut around each convolution after the first: what if 2012 had known "
            "of 2015?",
        ),
        Preset(
            "vgg16",
            "VGG-16",
            2014,
            VGG,
            vgg,
            "Small 3×3 windows, stacked, see as far as large ones with fewer weights, so the net "
            "could become deeper.",
        ),
        Preset(
            "vgg16-residual",
            "VGG-16 with shortcuts",
            2014,
            VGG,
            vgg.edited(shortcut="B"),
            "VGG-16 with a shortcut around each convolution, so that its gradient no longer has to "
            "pass all of them.",
        ),
        Preset(
            "cifar-highway19",
            "Highway network, 19 layers",
            2015,
            f"{HIGHWAY}; with He 2015's CIFAR widths",
            highway19_spec(),
            "A learned gate lets each layer carry its input on unchanged, which first made hundreds "
            "of layers trainable.",
        ),
    ]


def _he_2015() -> list[Preset]:
    deeper = (
        "An identity beside every two convolutions leaves them only the residual to learn, so "
        "depth helps instead of "
        "hurting."
    )
    limit = (
        "With 1202 layers it still trains, but overfits a set of 50,000 pictures: depth alone is "
        "not everything."
    )
    imagenet = {
        18: "The shallow residual net of ImageNet: no better than its plain twin yet, but it learns faster.",
        34: "At 34 layers the plain twin degrades and the residual net gains: the paper's first proof.",
        50: "Bottlenecks narrow the 3×3 convolutions, so 50 layers cost about what 34 did.",
        101: "Twice the depth of ResNet-50, all in the third stage, and still more accurate.",
        152: "Eight times deeper than VGG and yet cheaper: it won ImageNet 2015.",
    }
    rows = [
        Preset(
            f"cifar-resnet{depth}",
            f"CIFAR ResNet-{depth}",
            2015,
            HE_2015,
            cifar_spec(depth),
            limit if depth > 1000 else deeper,
        )
        for depth in CIFAR_DEPTHS
    ]
    # The paper compares its options on ImageNet (table 3); on CIFAR they differ as little.
    options = {
        "B": "Projections where shapes change, identities elsewhere: a little better than zero padding.",
        "C": "A projection on every shortcut: more weights, hardly better, so identities are enough.",
    }
    rows += [
        Preset(
            f"cifar-resnet20-{option.lower()}",
            f"CIFAR ResNet-20, option {option}",
            2015,
            HE_2015,
            cifar_spec(20, shortcut=option),
            sentence,
        )
        for option, sentence in options.items()
    ]
    for depth, stages in IMAGENET_STAGES.items():
        spec = imagenet_spec("basic" if depth < 50 else "bottleneck", stages)
        rows.append(Preset(f"resnet{depth}", f"ResNet-{depth}", 2015, HE_2015, spec, imagenet[depth]))
    return rows


def _preactivation() -> list[Preset]:
    shallow = "The order of He 2016 at the depths of He 2015: the clean shortcut changes little there."
    history = {
        20: shallow,
        56: shallow,
        110: "Norm and ReLU before each convolution leave the shortcut a clean path from end to end.",
        164: "Pre-activated bottlenecks: the order that pays off most where the net is deep.",
        1001: "A thousand layers that no longer overfit or stall, because nothing stands on the shortcut.",
    }
    specs = {
        20: preactivation_spec(3),
        56: preactivation_spec(9),
        110: preactivation_spec(18),
        164: preactivation_spec(18, block="bottleneck"),
        1001: preactivation_spec(111, block="bottleneck"),
    }
    return [
        Preset(
            f"cifar-preact{depth}",
            f"Pre-activation ResNet-{depth}",
            2016,
            HE_2016,
            specs[depth],
            history[depth],
        )
        for depth in specs
    ]


def _stochastic_depth() -> list[Preset]:
    history = (
        "Whole blocks are skipped at random during training: shorter nets learn, and the deep "
        "one is their ensemble."
    )
    return [
        Preset(
            "cifar-stochastic-depth110",
            "Stochastic depth ResNet-110",
            2016,
            STOCHASTIC,
            cifar_spec(110, stochastic_depth=0.5),
            history,
        )
    ]


def _wide() -> list[Preset]:
    rows = []
    for depth, k in WRN_SIZES:
        history = (
            "The thin baseline of the wide nets: 40 layers at the original width."
            if k == 1
            else f"Few blocks, each {k} times wider, beat very deep thin nets and suit a GPU better."
        )
        spec = preactivation_spec((depth - 4) // 6, k=k)
        rows.append(Preset(f"wrn-{depth}-{k}", f"WRN-{depth}-{k}", 2016, WIDE, spec, history))
    for depth in (50, 101):
        spec = imagenet_spec("bottleneck", IMAGENET_STAGES[depth], base_width=128)
        history = "On ImageNet, doubling the 3×3 convolutions' width does what three times the depth does."
        rows.append(
            Preset(f"wide_resnet{depth}_2", f"Wide ResNet-{depth}-2", 2016, WIDE, spec, history),
        )
    return rows


def _resnext() -> list[Preset]:
    paths = (
        "Many narrow parallel paths instead of one wide: cardinality as a third measure beside "
        "depth and width."
    )
    more = "More paths at the same cost of each: cardinality keeps helping where width and depth tire."
    rows = [
        Preset(
            "cifar-resnext29-8x64d",
            "CIFAR ResNeXt-29 8×64d",
            2016,
            RESNEXT,
            resnext29_spec(),
            "Eight wide paths in 29 layers reach on CIFAR what a thousand thin layers do not.",
        )
    ]
    for depth, cardinality, width in ((50, 32, 4), (101, 32, 8), (101, 64, 4)):
        spec = imagenet_spec("bottleneck", IMAGENET_STAGES[depth], cardinality=cardinality, base_width=width)
        name, title = (
            f"resnext{depth}_{cardinality}x{width}d",
            f"ResNeXt-{depth} {cardinality}×{width}d",
        )
        rows.append(Preset(name, title, 2016, RESNEXT, spec, paths if depth == 50 else more))
    return rows


def _attention() -> list[Preset]:
    se = (
        "Two small layers look at the whole map and weigh its channels: it won ImageNet 2017 for "
        "under one percent more work."
    )
    tweaks = (
        "A deep stem and pooled projections stop throwing three of four positions away; nearly free accuracy."
    )
    cbam = "After the channels, the places: a second map says where to look, not only what to look for."
    eca = (
        "Channels are weighed by a convolution of a few numbers instead of two layers: SE's gain "
        "for 86 parameters."
    )
    fifty = IMAGENET_STAGES[50]
    rows = [
        Preset(
            f"se_resnet{depth}",
            f"SE-ResNet-{depth}",
            2017,
            SE,
            imagenet_spec("bottleneck", IMAGENET_STAGES[depth], attention="se"),
            se,
        )
        for depth in (50, 101)
    ]
    return [
        *rows,
        Preset("resnet50d", "ResNet-50-D", 2018, TRICKS, resnet50d_spec(), tweaks),
        Preset(
            "cbam_resnet50",
            "CBAM ResNet-50",
            2018,
            CBAM,
            imagenet_spec("bottleneck", fifty, attention="cbam"),
            cbam,
        ),
        Preset(
            "eca_resnet50",
            "ECA ResNet-50",
            2019,
            ECA,
            imagenet_spec("bottleneck", fifty, attention="eca"),
            eca,
        ),
    ]


def history() -> list[Preset]:
    """The presets of papers, by year."""
    return [
        *_before_residuals(),
        *_he_2015(),
        *_preactivation(),
        *_stochastic_depth(),
        *_wide(),
        *_resnext(),
        *_attention(),
    ]
