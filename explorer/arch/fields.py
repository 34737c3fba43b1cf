"""The spec's fields around the residual units: input, stem, layers, attention, head and regularisation.

Each has its title, bounds, description and citation. `arch/spec.py` joins the groups to `ArchitectureSpec`
with those of `arch/block_fields.py`; the architecture panel is generated from them. Imports pydantic.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from explorer.arch.field import MAX_WIDTH, Fields, OddKernel, about
from explorer.arch.ops import ACTIVATION_TITLES, ActivationKind
from explorer.arch.sources import (
    ALEXNET,
    BATCH_NORM,
    BLUR,
    CBAM,
    ECA,
    GOYAL,
    GROUP_NORM,
    HE_2015,
    HE_2016,
    SE,
    STOCHASTIC,
    TRICKS,
    VGG,
    WIDE,
)

Downsampling = Literal["stride", "max_pool", "blur", "average"]

MAX_INPUT_PX = 1024


class StemFields(Fields):
    """What comes before the first stage."""

    stem: Literal["conv", "none", "deep", "deep_tiered"] = Field(
        default="conv",
        title="Stem",
        description="One convolution, three 3×3 ones instead, or none.",
        json_schema_extra=about(
            "Stem",
            f"{TRICKS}, ResNet-C; timm (deep_tiered)",
            conv="One convolution",
            none="None",
            deep="Three 3×3 (ResNet-C)",
            deep_tiered="Three 3×3, tiered (ResNet-T)",
        ),
    )
    stem_kernel: OddKernel = Field(
        default=3,
        title="Stem kernel",
        description="Side of the first convolution's window, in pixels.",
        json_schema_extra=about("Stem", f"{HE_2015}, table 1 and section 4.2"),
    )
    stem_stride: Literal[1, 2, 4] = Field(
        default=1,
        title="Stem stride",
        description="Pixels between two positions of the first convolution.",
        json_schema_extra=about("Stem", f"{HE_2015}, table 1"),
    )
    stem_padding: int = Field(
        default=-1,
        ge=-1,
        le=5,
        title="Stem padding",
        description="Pixels added on each side before the first convolution; -1 is half the kernel.",
        json_schema_extra=about("Stem", f"{ALEXNET}, as torchvision builds it"),
    )
    stem_norm: bool = Field(
        default=True,
        title="Norm in the stem",
        description="A norm after the stem's convolution.",
        json_schema_extra=about("Stem", HE_2015),
    )
    stem_pool: Literal["none", "max"] = Field(
        default="none",
        title="Stem pool",
        description="A 3×3 max pool of stride 2 after the stem's convolution, as ImageNet nets have.",
        json_schema_extra=about("Stem", f"{HE_2015}, table 1", none="None", max="Max, stride 2"),
    )
    stem_pool_first: bool = Field(
        default=False,
        title="Pool before norm",
        description="Leave the stem's norm and activation to the first block although a pool comes between.",
        json_schema_extra=about("Stem", f"timm (resnetv2); {HE_2016} pools after them"),
    )
    stem_width: int = Field(
        default=16,
        ge=1,
        le=MAX_WIDTH,
        title="Stem width",
        description="Channels that leave the stem.",
        json_schema_extra=about("Stem", f"{HE_2015}, table 1"),
    )


class LayerFields(Fields):
    """What every convolution, norm and activation is like."""

    downsampling: Downsampling = Field(
        default="stride",
        title="Downsampling",
        description="How a stage begins with a smaller map: by stride, by a max pool before it (VGG), or "
        "by stride 1 "
        "and a blur or average, against aliasing.",
        json_schema_extra=about(
            "Layers",
            f"{HE_2015}; {VGG}; {BLUR}",
            stride="Stride",
            max_pool="Max pool before the stage",
            blur="Blur (anti-aliased)",
            average="Average (anti-aliased)",
        ),
    )
    pool_window: Literal["3x3 padded", "3x3", "2x2"] = Field(
        default="3x3 padded",
        title="Pool window",
        description="The window of the stem's pool and of pools between stages.",
        json_schema_extra=about("Layers", f"{HE_2015}; {ALEXNET}; {VGG}"),
    )
    conv_bias: bool = Field(
        default=False,
        title="Convolution bias",
        description="A learned constant for each channel of each convolution; a norm behind it makes it "
        "idle.",
        json_schema_extra=about("Layers", f"{BATCH_NORM}, section 3.2"),
    )
    padding: Literal["symmetric", "same"] = Field(
        default="symmetric",
        title="Padding",
        description="The same on both sides, or TensorFlow's “same”, which adds the odd pixel at the end.",
        json_schema_extra=about(
            "Layers", "TensorFlow, tf.nn.convolution", symmetric="Symmetric", same="“same”"
        ),
    )
    norm: Literal["batch", "group", "layer", "instance", "none"] = Field(
        default="batch",
        title="Norm",
        description="What keeps the scale of maps: statistics over the batch, over groups of channels, "
        "or nothing.",
        json_schema_extra=about(
            "Layers",
            f"{BATCH_NORM}; {GROUP_NORM}",
            batch="Batch",
            group="Group",
            layer="Layer",
            instance="Instance",
            none="None",
        ),
    )
    norm_epsilon: float = Field(
        default=1e-5,
        gt=0,
        le=0.1,
        title="Norm epsilon",
        description="Added to the variance, so that nothing is divided by zero.",
        json_schema_extra=about("Layers", BATCH_NORM),
    )
    norm_groups: int = Field(
        default=32,
        ge=1,
        le=MAX_WIDTH,
        title="Norm groups",
        description="Groups of group norm; a width that they do not divide gets the largest number that "
        "does.",
        json_schema_extra=about("Layers", GROUP_NORM),
    )
    activation: ActivationKind = Field(
        default="relu",
        title="Activation",
        description="The non-linearity. Sigmoid and tanh show how gradients vanish.",
        json_schema_extra=about("Layers", f"{HE_2015}; Hendrycks and Gimpel 2016", **ACTIVATION_TITLES),
    )


class AttentionFields(Fields):
    """What weighs channels and places at the end of a residual branch."""

    attention: Literal["none", "se", "eca", "cbam"] = Field(
        default="none",
        title="Attention",
        description="SE weighs channels by two small layers, ECA by a short convolution, CBAM channels "
        "and places.",
        json_schema_extra=about(
            "Attention",
            f"{SE}; {ECA}; {CBAM}",
            none="None",
            se="SE",
            eca="ECA",
            cbam="CBAM",
        ),
    )
    attention_reduction: int = Field(
        default=16,
        ge=1,
        le=256,
        title="Attention reduction",
        description="How many times fewer channels are between the two layers of SE and CBAM.",
        json_schema_extra=about("Attention", f"{SE}, section 6.1"),
    )
    attention_divisor: int = Field(
        default=1,
        ge=1,
        le=64,
        title="Attention rounding",
        description="The channels between those layers are a multiple of this: 1 in papers, 8 in timm.",
        json_schema_extra=about("Attention", "timm (rd_divisor); Howard et al. 2017, arXiv 1704.04861"),
    )


class HeadFields(Fields):
    """What comes after the last stage."""

    head_max_pool: bool = Field(
        default=False,
        title="Max pool before the head",
        description="One more max pool after the last stage, as AlexNet and VGG have.",
        json_schema_extra=about("Head", VGG),
    )
    head_pool: Literal["average", "max", "both"] = Field(
        default="average",
        title="Head pool",
        description="How each map becomes a number: its average, its maximum, or both side by side.",
        json_schema_extra=about("Head", HE_2015, average="Average", max="Max", both="Both"),
    )
    head_pool_size: int = Field(
        default=1,
        ge=1,
        le=16,
        title="Head pool size",
        description="Side of the map that the pool leaves; 1 is global.",
        json_schema_extra=about("Head", VGG),
    )
    head_hidden: tuple[Annotated[int, Field(ge=1, le=16384)], ...] = Field(
        default=(),
        max_length=4,
        title="Hidden layers",
        description="Widths of fully connected layers before the classifier.",
        json_schema_extra=about("Head", ALEXNET),
    )
    head_dropout: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        title="Head dropout",
        description="The share of features that are zero before each fully connected layer during training.",
        json_schema_extra=about("Head", "Srivastava et al. 2014"),
    )


class RegularisationFields(Fields):
    """What holds a net back during training, and how it starts."""

    stochastic_depth: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        title="Stochastic depth",
        description="How often the last block's branch is dropped during training; earlier ones linearly "
        "less.",
        json_schema_extra=about("Regularisation", STOCHASTIC),
    )
    block_dropout: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        title="Dropout in the block",
        description="The share of numbers that are zero before a block's last convolution during training.",
        json_schema_extra=about("Regularisation", f"{WIDE}, section 2.4"),
    )
    zero_init_residual: bool = Field(
        default=False,
        title="Zero-initialised residuals",
        description="Start each block as its shortcut: the last norm's scale is zero at first.",
        json_schema_extra=about("Regularisation", f"{GOYAL}, section 5.1"),
    )


class InputFields(Fields):
    """What goes in and what comes out."""

    input_size: int = Field(
        default=32,
        ge=8,
        le=MAX_INPUT_PX,
        title="Input size",
        description="Side of the square picture that goes in, in pixels.",
        json_schema_extra=about("Input and classes", HE_2015),
    )
    in_channels: int = Field(
        default=3,
        ge=1,
        le=64,
        title="Input channels",
        description="3 for colour, 1 for grey.",
        json_schema_extra=about("Input and classes", HE_2015),
    )
    num_classes: int = Field(
        default=10,
        ge=1,
        le=100_000,
        title="Classes",
        description="Outputs of the classifier.",
        json_schema_extra=about("Input and classes", HE_2015),
    )
