"""Six networks that tutorials teach, so that their readers can open what they have just written.

Called by `arch/presets.py`. Pure Python and pydantic.
"""

from __future__ import annotations

from explorer.arch.families import IMAGENET_STAGES, cifar_spec, imagenet_spec
from explorer.arch.preset import Preset
from explorer.arch.sources import HE_2015, HE_2016
from explorer.arch.spec import ArchitectureSpec

AFTER_2015 = f"tutorials after {HE_2015}"
AFTER_2016 = f"tutorials after {HE_2016}"


def classic_resnet18_spec() -> ArchitectureSpec:
    """ResNet-18 for pictures of 32 pixels: a 3×3 stem of 64 channels and no pool."""
    return ArchitectureSpec(
        stage_depths=(2, 2, 2, 2), stage_widths=(64, 128, 256, 512), stem_width=64, shortcut="B"
    )


def digits_spec() -> ArchitectureSpec:
    """ResNet-8 for scikit-learn's grey digits, which are doubled to 16 pixels."""
    return cifar_spec(8, in_channels=1, input_size=16)


def two_convolutions_spec() -> ArchitectureSpec:
    """Two biased 3×3 convolutions of 64 and nothing else: y = ReLU(2·F(x) + zero-padded x)."""
    return ArchitectureSpec(
        stem="none",
        norm="none",
        conv_bias=True,
        stage_depths=(1,),
        stage_widths=(64,),
        shortcut="A",
        residual_scale=2,
    )


def three_stages_spec(filters: int = 64, blocks: tuple[int, int, int] = (3, 3, 3)) -> ArchitectureSpec:
    """A 7×7 stem of f filters, a max pool and three pre-activated stages of f, 2f and 4f.

    Raises:
        SpecError: The numbers are out of bounds.
    """
    spec = ArchitectureSpec(
        stem_kernel=7,
        stem_stride=2,
        stem_pool="max",
        order="full_preactivation",
        shortcut="B",
        projection_norm=False,
        stage_widths=(64, 128, 256),
        stem_width=64,
        input_size=224,
    )
    if (filters, blocks) == (64, (3, 3, 3)):
        return spec
    widths = (filters, 2 * filters, 4 * filters)
    return spec.edited(stem_width=filters, stage_widths=widths, stage_depths=blocks)


def five_stages_spec() -> ArchitectureSpec:
    """One biased block a stage, all halving, every shortcut projected, no norm on either side of them."""
    return ArchitectureSpec(
        stem_kernel=7,
        stem_stride=2,
        stem_width=64,
        stem_norm=False,
        stage_depths=(1,) * 5,
        stage_widths=(64, 128, 256, 512, 1024),
        stage_strides=(2,) * 5,
        conv_bias=True,
        shortcut="C",
        projection_norm=False,
        order="no_activation_after_addition",
        padding="same",
        input_size=224,
    )


def tutorials() -> list[Preset]:
    """The six, from the best known to the most peculiar."""
    rows: list[tuple[str, str, int, str, ArchitectureSpec, str]] = [
        (
            "cifar-resnet18-classic",
            "CIFAR ResNet-18 of the tutorials",
            2015,
            AFTER_2015,
            classic_resnet18_spec(),
            "ImageNet's four stages with a 3×3 stem: the net most people train first, 13 times "
            "ResNet-56's weights.",
        ),
        (
            "digits-resnet8",
            "Digits ResNet-8",
            2015,
            AFTER_2015,
            digits_spec(),
            "One block a stage on grey 16×16 digits: small enough to learn on any CPU while one watches.",
        ),
        (
            "tutorial-two-convolutions",
            "One residual block by hand",
            2015,
            AFTER_2015,
            two_convolutions_spec(),
            "Two convolutions and a zero-padded shortcut, written out to show that a residual is one "
            "addition.",
        ),
        (
            "tutorial-finetuned-resnet50",
            "ResNet-50 for cats and dogs",
            2015,
            AFTER_2015,
            imagenet_spec("bottleneck", IMAGENET_STAGES[50], num_classes=2),
            "ImageNet's features with a new head of two classes, because a thousand pictures then "
            "are enough.",
        ),
        (
            "tutorial-preact-three-stages",
            "Pre-activation net of three stages",
            2016,
            AFTER_2016,
            three_stages_spec(),
            "A 7×7 stem, then pre-activated stages of f, 2f and 4f: change f and the blocks, the "
            "rest follows.",
        ),
        (
            "tutorial-keras-five-stages",
            "Keras-style net of five stages",
            2015,
            AFTER_2015,
            five_stages_spec(),
            "One block a stage, each projected and halved, so that every line of the code is used "
            "exactly once.",
        ),
    ]
    return [Preset(*row, kind="tutorial") for row in rows]
