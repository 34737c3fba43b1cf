"""The fields of the spec, in groups: each with its title, bounds, description and citation.

`arch/spec.py` joins the groups to `ArchitectureSpec`; the architecture panel is generated from them.
Imports pydantic.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from explorer.arch.ops import ACTIVATION_TITLES, ActivationKind

BlockType = Literal["basic", "bottleneck", "single", "narrow"]
Order = Literal[
    "original",
    "bn_after_addition",
    "relu_before_addition",
    "relu_only_preactivation",
    "full_preactivation",
    "no_activation_after_addition",
]
Shortcut = Literal["none", "A", "B", "C"]
ShortcutPath = Literal["identity", "scale", "gate", "conv1x1", "dropout"]
Merge = Literal["add", "gate", "concat"]
StrideOn = Literal["1x1", "3x3"]
Downsampling = Literal["stride", "max_pool", "blur", "average"]
OddKernel = Literal[1, 3, 5, 7, 9, 11]

MAX_STAGES = 8
MAX_BLOCKS_A_STAGE = 1000
MAX_WIDTH = 8192
MAX_INPUT_PX = 1024

HE_2015 = "He et al. 2015, arXiv 1512.03385"
HE_2016 = "He et al. 2016, arXiv 1603.05027"
RESNEXT = "Xie et al. 2016, arXiv 1611.05431"
WIDE = "Zagoruyko and Komodakis 2016, arXiv 1605.07146"
GOYAL = "Goyal et al. 2017, arXiv 1706.02677"
TRICKS = "He et al. 2018, arXiv 1812.01187"
HIGHWAY = "Srivastava et al. 2015, arXiv 1505.00387"
TORCHVISION = "torchvision.models.resnet"


def about(group: str, citation: str, /, **labels: str) -> dict[str, Any]:
    """What a field tells the panel besides title and bounds: its group, citation and choices' labels."""
    return {"group": group, "citation": citation, "labels": labels}


class Fields(BaseModel):
    """Common to all groups: immutable, and no field that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class BlockFields(Fields):
    """What a residual unit is made of."""

    block: BlockType = Field(
        default="basic",
        title="Block type",
        description="Basic: 3×3 convolutions. Bottleneck: 1×1 to narrow, 3×3, 1×1 to widen. Single: one 3×3. "
        "Narrow: 1×1, then 3×3.",
        json_schema_extra=about(
            "Blocks",
            f"{HE_2015}, figure 5; {WIDE}, section 2 (B(3) and B(1,3))",
            basic="Basic (3×3, 3×3)",
            bottleneck="Bottleneck (1×1, 3×3, 1×1)",
            single="Single (3×3)",
            narrow="Narrow (1×1, 3×3)",
        ),
    )
    stage_blocks: tuple[BlockType, ...] = Field(
        default=(),
        max_length=MAX_STAGES,
        title="Block type of each stage",
        description="Where stages differ: one block type a stage. Empty: all as the block type above.",
        json_schema_extra=about("Blocks", WIDE),
    )
    stage_depths: tuple[Annotated[int, Field(ge=1, le=MAX_BLOCKS_A_STAGE)], ...] = Field(
        default=(3, 3, 3),
        min_length=1,
        max_length=MAX_STAGES,
        title="Blocks in each stage",
        description="How many residual blocks each stage has. The map is halved where a new stage begins.",
        json_schema_extra=about("Blocks", f"{HE_2015}, table 1"),
    )
    stage_widths: tuple[Annotated[int, Field(ge=1, le=MAX_WIDTH)], ...] = Field(
        default=(16, 32, 64),
        min_length=1,
        max_length=MAX_STAGES,
        title="Width of each stage",
        description="Channels of the 3×3 convolutions in each stage, before width factor and expansion.",
        json_schema_extra=about("Blocks", f"{HE_2015}, table 1"),
    )
    stage_strides: tuple[Literal[1, 2], ...] = Field(
        default=(),
        max_length=MAX_STAGES,
        title="Stride of each stage",
        description="2 where a stage halves the map. Empty: all but the first do.",
        json_schema_extra=about("Blocks", f"{HE_2015}, table 1"),
    )
    stage_kernels: tuple[OddKernel, ...] = Field(
        default=(),
        max_length=MAX_STAGES,
        title="Kernel of each stage",
        description="Side of the 3×3 convolutions' window in each stage. Empty: 3.",
        json_schema_extra=about("Blocks", "Krizhevsky et al. 2012"),
    )
    block_convolutions: int = Field(
        default=2,
        ge=1,
        le=4,
        title="Convolutions in a basic block",
        description="How many 3×3 convolutions a basic block has.",
        json_schema_extra=about("Blocks", f"{WIDE}, table 3"),
    )
    expansion: int = Field(
        default=1,
        ge=1,
        le=16,
        title="Expansion",
        description="Channels that leave a block, as a multiple of the stage's width.",
        json_schema_extra=about("Blocks", f"{HE_2015}, figure 5"),
    )
    cardinality: int = Field(
        default=1,
        ge=1,
        le=1024,
        title="Cardinality",
        description="Groups of the 3×3 convolutions; ResNeXt's parallel paths.",
        json_schema_extra=about("Blocks", f"{RESNEXT}, section 3"),
    )
    base_width: int = Field(
        default=64,
        ge=1,
        le=1024,
        title="Base width",
        description="Channels of each path at a stage width of 64; 64 is usual, 128 is wide.",
        json_schema_extra=about("Blocks", f"{RESNEXT}, table 2; {TORCHVISION} (width_per_group)"),
    )
    width_factor: float = Field(
        default=1.0,
        gt=0,
        le=64,
        title="Width factor",
        description="Multiplies every stage's width: WRN's k.",
        json_schema_extra=about("Blocks", f"{WIDE}, table 1"),
    )
    depthwise: bool = Field(
        default=False,
        title="Depthwise",
        description="Each 3×3 convolution looks at one channel at a time.",
        json_schema_extra=about("Blocks", "Chollet 2016, arXiv 1610.02357"),
    )
    order: Order = Field(
        default="original",
        title="Order",
        description="Where norm and activation stand: after each convolution as in 2015, or before it, "
        "and what "
        "follows the addition.",
        json_schema_extra=about(
            "Blocks",
            f"{HE_2016}, figure 4",
            original="Original (2015)",
            bn_after_addition="Norm after addition",
            relu_before_addition="ReLU before addition",
            relu_only_preactivation="ReLU-only pre-activation",
            full_preactivation="Full pre-activation",
            no_activation_after_addition="No activation after addition",
        ),
    )
    stride_on: StrideOn = Field(
        default="3x3",
        title="Strides on",
        description="The convolution that halves the map: the first 1×1 as in 2015, or the 3×3 (“v1.5”).",
        json_schema_extra=about(
            "Blocks", f"{HE_2015}; {TORCHVISION} (v1.5)", **{"1x1": "First 1×1 (2015)", "3x3": "3×3 (v1.5)"}
        ),
    )


class ShortcutFields(Fields):
    """What runs beside the blocks, and how the two meet."""

    shortcut: Shortcut = Field(
        default="A",
        title="Shortcut",
        description="What runs beside each block, and what it does where the shape changes.",
        json_schema_extra=about(
            "Shortcut",
            f"{HE_2015}, section 3.3 and table 3",
            none="None (plain twin)",
            A="A: identity, zero-padded",
            B="B: projected where shapes change",
            C="C: projected everywhere",
        ),
    )
    overrides: tuple[str, ...] = Field(
        default=(),
        title="Single blocks",
        description="Other shortcuts for single blocks, such as 2.1=projection (stage 2, second block): "
        "identity, "
        "projection or none.",
        json_schema_extra=about("Shortcut", "Keras speaks of IdentityBlock and ConvBlock"),
    )
    projection_norm: bool = Field(
        default=True,
        title="Norm in projections",
        description="A norm after the 1×1 convolution of a projection shortcut.",
        json_schema_extra=about("Shortcut", f"{HE_2015}; {HE_2016} leaves it out"),
    )
    projection_pool: bool = Field(
        default=False,
        title="Average-pool projections",
        description="Halve by a 2×2 average pool before the 1×1 convolution, so that no position is skipped.",
        json_schema_extra=about("Shortcut", f"{TRICKS}, ResNet-D"),
    )
    shortcut_path: ShortcutPath = Field(
        default="identity",
        title="On the shortcut",
        description="What the shortcut carries its input through; all but identity were found to hurt.",
        json_schema_extra=about(
            "Shortcut",
            f"{HE_2016}, table 1",
            identity="Nothing (identity)",
            scale="Constant scaling",
            gate="Shortcut-only gate",
            conv1x1="1×1 convolution",
            dropout="Dropout",
        ),
    )
    shortcut_scale: float = Field(
        default=0.5,
        ge=0,
        le=4,
        title="Shortcut scale",
        description="The constant λ that the shortcut is multiplied by.",
        json_schema_extra=about("Shortcut", f"{HE_2016}, section 3.1"),
    )
    shortcut_dropout: float = Field(
        default=0.5,
        ge=0,
        lt=1,
        title="Shortcut dropout",
        description="The share of numbers on the shortcut that are zero during training.",
        json_schema_extra=about("Shortcut", f"{HE_2016}, section 3.1"),
    )
    gate_bias: float = Field(
        default=-6.0,
        ge=-12,
        le=12,
        title="Gate bias",
        description="Where the gate starts: far below zero it starts closed.",
        json_schema_extra=about("Shortcut", f"{HE_2016}, section 3.1; {HIGHWAY}"),
    )
    residual_scale: float = Field(
        default=1.0,
        gt=0,
        le=4,
        title="Residual scale",
        description="The constant that F(x) is multiplied by before the two meet.",
        json_schema_extra=about("Shortcut", f"{HE_2016}, table 1"),
    )
    merge: Merge = Field(
        default="add",
        title="Merge",
        description="How F(x) and the shortcut meet: added, blended by a learned gate, or side by side "
        "and a 1×1.",
        json_schema_extra=about(
            "Shortcut",
            f"{HE_2015}; {HIGHWAY}; {HE_2016} (exclusive gating)",
            add="Add",
            gate="Gate (highway)",
            concat="Concatenate, 1×1",
        ),
    )


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
        json_schema_extra=about("Stem", "Krizhevsky et al. 2012, as torchvision builds it"),
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
            f"{HE_2015}; Simonyan and Zisserman 2014; Zhang 2019, arXiv 1904.11486",
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
        json_schema_extra=about("Layers", f"{HE_2015}; Krizhevsky et al. 2012; Simonyan and Zisserman 2014"),
    )
    conv_bias: bool = Field(
        default=False,
        title="Convolution bias",
        description="A learned constant for each channel of each convolution; a norm behind it makes it "
        "idle.",
        json_schema_extra=about("Layers", "Ioffe and Szegedy 2015, arXiv 1502.03167, section 3.2"),
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
            "Ioffe and Szegedy 2015, arXiv 1502.03167; Wu and He 2018, arXiv 1803.08494",
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
        json_schema_extra=about("Layers", "Ioffe and Szegedy 2015, arXiv 1502.03167"),
    )
    norm_groups: int = Field(
        default=32,
        ge=1,
        le=MAX_WIDTH,
        title="Norm groups",
        description="Groups of group norm; a width that they do not divide gets the largest number that "
        "does.",
        json_schema_extra=about("Layers", "Wu and He 2018, arXiv 1803.08494"),
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
            "Hu et al. 2017, arXiv 1709.01507; Wang et al. 2019, arXiv 1910.03151; Woo et al. 2018, "
            "arXiv 1807.06521",
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
        json_schema_extra=about("Attention", "Hu et al. 2017, arXiv 1709.01507, section 6.1"),
    )


class HeadFields(Fields):
    """What comes after the last stage."""

    head_max_pool: bool = Field(
        default=False,
        title="Max pool before the head",
        description="One more max pool after the last stage, as AlexNet and VGG have.",
        json_schema_extra=about("Head", "Simonyan and Zisserman 2014, arXiv 1409.1556"),
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
        json_schema_extra=about("Head", "Simonyan and Zisserman 2014, arXiv 1409.1556"),
    )
    head_hidden: tuple[Annotated[int, Field(ge=1, le=16384)], ...] = Field(
        default=(),
        max_length=4,
        title="Hidden layers",
        description="Widths of fully connected layers before the classifier.",
        json_schema_extra=about("Head", "Krizhevsky et al. 2012"),
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
        json_schema_extra=about("Regularisation", "Huang et al. 2016, arXiv 1603.09382"),
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
