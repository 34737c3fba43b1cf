"""The spec's fields of a residual unit: what it is made of, what runs beside it, and how the two meet.

`arch/spec.py` joins these groups with those of `arch/fields.py`. Imports pydantic.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from explorer.arch.field import MAX_STAGES, MAX_WIDTH, Fields, OddKernel, about
from explorer.arch.sources import (
    ALEXNET,
    HE_2015,
    HE_2016,
    HIGHWAY,
    RESNEXT,
    TORCHVISION,
    TRICKS,
    WIDE,
)

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

MAX_BLOCKS_A_STAGE = 1000


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
        json_schema_extra=about("Blocks", ALEXNET),
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
