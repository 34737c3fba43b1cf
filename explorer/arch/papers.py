"""The paper lamp's table: published networks with their sources, exact parameters and errors.

Called by `arch/lamp.py`, the totals panel and `describe`. Each row's parameters are held against `expand`
by a test, so that recognising a net never builds another. Pure Python and pydantic.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache

from explorer.arch.families import IMAGENET_STAGES, cifar_spec, imagenet_spec, plain_twin, preactivation_spec
from explorer.arch.presets_history import alexnet_spec, resnet50d_spec, resnext29_spec, vgg16_spec
from explorer.arch.rules import APPLIES
from explorer.arch.sources import CBAM, ECA, HE_2015, HE_2016, RESNEXT, SE, STOCHASTIC, TRICKS, WIDE
from explorer.arch.spec import ArchitectureSpec

TORCHVISION_SOURCE = "torchvision model weights, IMAGENET1K_V1"
CIFAR = "CIFAR-10 test"
ONE_CROP = "ImageNet top-1, 1-crop"
TEN_CROPS = "ImageNet top-1, 10-crop"


@dataclass(frozen=True, slots=True)
class Published:
    """A published network.

    Attributes:
        name: As the source calls it.
        source: Where its number stands.
        error_percent: The source's own test error; None where it gives none for this net.
        error_kind: What the error was measured on, in words.
        parameters: Trainable numbers, exact.
        spec: The network.
        above_percent: Where the source says only that the error lies above a number: that number.
    """

    name: str
    source: str
    error_percent: float | None
    error_kind: str
    parameters: int
    spec: ArchitectureSpec
    above_percent: float | None = None

    @property
    def error_text(self) -> str:
        """The error in words: `6.97 %` or `above 60 %`; empty where the source gives none."""
        if self.error_percent is not None:
            return f"{self.error_percent:.4g} %"
        return "" if self.above_percent is None else f"above {self.above_percent:g} %"

    @property
    def whose(self) -> str:
        """Who measured it: `paper`, or torchvision by its name."""
        return "paper" if "arXiv" in self.source else "torchvision"


def _he_2015_cifar() -> list[Published]:
    counts = {
        20: (269_722, 8.75),
        32: (464_154, 7.51),
        44: (658_586, 7.17),
        56: (853_018, 6.97),
        110: (1_727_962, 6.43),
        1202: (19_421_274, 7.93),
    }
    residual = [
        Published(
            f"He 2015 ResNet-{depth}", f"{HE_2015}, table 6", error, CIFAR, parameters, cifar_spec(depth)
        )
        for depth, (parameters, error) in counts.items()
    ]
    # The figure shows the plain nets' curves, its caption speaks of 110 layers; no table has their errors.
    plain = [
        Published(
            f"He 2015 plain-{depth}",
            f"{HE_2015}, figure 6",
            None,
            CIFAR,
            counts[depth][0],
            plain_twin(cifar_spec(depth)),
            above,
        )
        for depth, above in ((20, None), (32, None), (44, None), (56, None), (110, 60.0))
    ]
    return residual + plain


def _he_2015_imagenet() -> list[Published]:
    shallow, deep = IMAGENET_STAGES[18], IMAGENET_STAGES[34]
    rows = [
        ("plain-18", imagenet_spec("basic", shallow, shortcut="none"), "table 2", 27.94, 11_515_688),
        ("plain-34", imagenet_spec("basic", deep, shortcut="none"), "table 2", 28.54, 21_623_848),
        ("ResNet-18", imagenet_spec("basic", shallow, shortcut="A"), "table 2", 27.88, 11_515_688),
        ("ResNet-34 A", imagenet_spec("basic", deep, shortcut="A"), "table 3", 25.03, 21_623_848),
        ("ResNet-34 B", imagenet_spec("basic", deep), "table 3", 24.52, 21_797_672),
        ("ResNet-34 C", imagenet_spec("basic", deep, shortcut="C"), "table 3", 24.19, 22_716_840),
    ]
    for depth, error, parameters in (
        (50, 22.85, 25_557_032),
        (101, 21.75, 44_549_160),
        (152, 21.43, 60_192_808),
    ):
        spec = imagenet_spec("bottleneck", IMAGENET_STAGES[depth], stride_on="1x1")
        rows.append((f"ResNet-{depth}", spec, "table 3", error, parameters))
    return [
        Published(f"He 2015 {name}", f"{HE_2015}, {table}", error, TEN_CROPS, parameters, spec)
        for name, spec, table, error, parameters in rows
    ]


ORDER_TITLES = {
    "original": "original order",
    "bn_after_addition": "norm after addition",
    "relu_before_addition": "ReLU before addition",
    "relu_only_preactivation": "ReLU-only pre-activation",
}


def _he_2016_orders() -> list[Published]:
    """Table 2: where norm and ReLU stand. Bottlenecks project where shapes change, as their code does."""
    source = f"{HE_2016}, table 2"
    errors = {
        "bn_after_addition": (8.17, 6.50),
        "relu_before_addition": (7.84, 6.14),
        "relu_only_preactivation": (6.71, 5.91),
    }
    rows = []
    for order, (error, _) in errors.items():
        spec = cifar_spec(110, order=order)
        rows.append(
            Published(f"He 2016 ResNet-110, {ORDER_TITLES[order]}", source, error, CIFAR, 1_727_962, spec)
        )
    for order, error in {"original": 5.93, **{name: both[1] for name, both in errors.items()}}.items():
        spec = cifar_spec(110, block="bottleneck", expansion=4, shortcut="B", order=order)
        rows.append(
            Published(f"He 2016 ResNet-164, {ORDER_TITLES[order]}", source, error, CIFAR, 1_704_154, spec)
        )
    full = [
        (110, preactivation_spec(18), "table 2", 6.37, 1_730_522),
        (164, preactivation_spec(18, block="bottleneck"), "table 2", 5.46, 1_703_258),
        (1001, preactivation_spec(111, block="bottleneck"), "table 4", 4.92, 10_327_706),
    ]
    return rows + [
        Published(
            f"He 2016 pre-activation ResNet-{depth}",
            f"{HE_2016}, {table}",
            error,
            CIFAR,
            parameters,
            spec,
        )
        for depth, spec, table, error, parameters in full
    ]


FAILED_PERCENT = 20.0
"""He 2016, table 1: "fail" stands for a larger test error."""


def _he_2016_shortcuts() -> list[Published]:
    """Table 1: what was tried on the shortcut of ResNet-110; None where it failed."""
    rows: list[tuple[str, float | None, int, dict[str, object]]] = [
        ("scaled shortcuts", None, 1_727_962, {"shortcut_path": "scale"}),
        ("constant scaling", 12.35, 1_727_962, {"shortcut_path": "scale", "residual_scale": 0.5}),
        ("exclusive gating", 8.70, 1_824_186, {"merge": "gate"}),
        ("shortcut-only gating", 6.91, 1_824_186, {"shortcut_path": "gate"}),
        ("1×1 convolution shortcuts", 12.22, 1_824_730, {"shortcut_path": "conv1x1"}),
        ("dropout on shortcuts", None, 1_727_962, {"shortcut_path": "dropout"}),
    ]
    return [
        Published(
            f"He 2016 ResNet-110, {name}",
            f"{HE_2016}, table 1",
            error,
            CIFAR,
            parameters,
            cifar_spec(110, **changes),
            FAILED_PERCENT if error is None else None,
        )
        for name, error, parameters, changes in rows
    ]


def _stochastic_depth() -> list[Published]:
    spec = cifar_spec(110, stochastic_depth=0.5)
    source = f"{STOCHASTIC}, and its authors' code"
    return [Published("Huang 2016 stochastic depth ResNet-110", source, 5.23, CIFAR, 1_727_962, spec)]


def _wide() -> list[Published]:
    rows = [
        (40, 1, 6.85, 563_930),
        (40, 2, 5.33, 2_243_546),
        (40, 4, 4.97, 8_949_210),
        (28, 10, 4.17, 36_479_194),
        (16, 8, 4.81, 10_961_370),
        (22, 10, 4.44, 26_797_914),
    ]
    return [
        Published(
            f"Zagoruyko 2016 WRN-{depth}-{k}",
            WIDE,
            error,
            CIFAR,
            parameters,
            preactivation_spec((depth - 4) // 6, k=k),
        )
        for depth, k, error, parameters in rows
    ]


def _resnext() -> list[Published]:
    deep, deeper = IMAGENET_STAGES[50], IMAGENET_STAGES[101]
    rows = [
        ("ResNeXt-29 8×64d", resnext29_spec(), 3.65, CIFAR, 34_426_698),
        ("ResNeXt-50 32×4d", _paths(deep, 32, 4), 22.2, ONE_CROP, 25_028_904),
        ("ResNeXt-101 32×4d", _paths(deeper, 32, 4), 21.2, ONE_CROP, 44_177_704),
        ("ResNeXt-101 64×4d", _paths(deeper, 64, 4), 20.4, ONE_CROP, 83_455_272),
        ("ResNet-50 without shortcuts", plain_twin(_paths(deep, 1, 64)), 31.2, ONE_CROP, 22_780_456),
        ("ResNeXt-50 without shortcuts", plain_twin(_paths(deep, 32, 4)), 26.1, ONE_CROP, 22_252_328),
    ]
    return [
        Published(f"Xie 2016 {name}", RESNEXT, error, kind, parameters, spec)
        for name, spec, error, kind, parameters in rows
    ]


def _paths(stages: tuple[int, ...], cardinality: int, base_width: int) -> ArchitectureSpec:
    return imagenet_spec("bottleneck", stages, cardinality=cardinality, base_width=base_width)


def _tweaked() -> list[Published]:
    """Attention and ResNet-D. SE's authors keep 2015's stride on the first 1×1; the others moved it."""
    fifty = imagenet_spec("bottleneck", IMAGENET_STAGES[50])
    se = [
        Published(
            f"Hu 2017 SE-ResNet-{depth}",
            f"{SE}, table 2",
            error,
            ONE_CROP,
            parameters,
            imagenet_spec("bottleneck", IMAGENET_STAGES[depth], attention="se", stride_on="1x1"),
        )
        for depth, error, parameters in ((50, 23.29, 28_088_024), (101, 22.38, 49_326_872))
    ]
    return [
        *se,
        Published("He 2018 ResNet-50-D", f"{TRICKS}, table 5", 22.84, ONE_CROP, 25_576_264, resnet50d_spec()),
        Published(
            "Woo 2018 CBAM ResNet-50", CBAM, 22.66, ONE_CROP, 28_073_576, fifty.edited(attention="cbam")
        ),
        Published(
            "Wang 2019 ECA-Net-50",
            f"{ECA}; github.com/BangguWu/ECANet",
            22.52,
            ONE_CROP,
            25_557_118,
            fifty.edited(attention="eca"),
        ),
    ]


TORCHVISION_ACC1 = {
    "resnet18": 69.758,
    "resnet34": 73.314,
    "resnet50": 76.13,
    "resnet101": 77.374,
    "resnet152": 78.312,
    "resnext50_32x4d": 77.618,
    "resnext101_32x8d": 79.312,
    "resnext101_64x4d": 83.246,
    "wide_resnet50_2": 78.468,
    "wide_resnet101_2": 78.848,
    "alexnet": 56.522,
    "vgg16": 71.592,
}
"""Top-1 accuracy in percent of torchvision's first weights, as their metadata gives it."""


def _torchvision() -> list[Published]:
    deep, deeper = IMAGENET_STAGES[50], IMAGENET_STAGES[101]
    nets = {
        "resnet18": (imagenet_spec("basic", IMAGENET_STAGES[18]), 11_689_512),
        "resnet34": (imagenet_spec("basic", IMAGENET_STAGES[34]), 21_797_672),
        "resnet50": (imagenet_spec("bottleneck", deep), 25_557_032),
        "resnet101": (imagenet_spec("bottleneck", deeper), 44_549_160),
        "resnet152": (imagenet_spec("bottleneck", IMAGENET_STAGES[152]), 60_192_808),
        "resnext50_32x4d": (_paths(deep, 32, 4), 25_028_904),
        "resnext101_32x8d": (_paths(deeper, 32, 8), 88_791_336),
        "resnext101_64x4d": (_paths(deeper, 64, 4), 83_455_272),
        "wide_resnet50_2": (_paths(deep, 1, 128), 68_883_240),
        "wide_resnet101_2": (_paths(deeper, 1, 128), 126_886_696),
        "alexnet": (alexnet_spec(), 61_100_840),
        "vgg16": (vgg16_spec(), 138_357_544),
    }
    also = {"alexnet": "; Krizhevsky et al. 2012", "vgg16": "; Simonyan and Zisserman 2014"}
    return [
        Published(
            f"torchvision {name}",
            TORCHVISION_SOURCE + also.get(name, ""),
            round(100 - TORCHVISION_ACC1[name], 3),
            ONE_CROP,
            parameters,
            spec,
        )
        for name, (spec, parameters) in nets.items()
    ]


def _trained_again() -> list[Published]:
    """Nets of others that a paper trained anew to compare with; they are recognised by their own rows."""
    again = cifar_spec(110)
    fifty = _paths(IMAGENET_STAGES[50], 1, 64)
    return [
        Published("He 2016 ResNet-110, original order", f"{HE_2016}, table 2", 6.61, CIFAR, 1_727_962, again),
        Published("Xie 2016 ResNet-50", RESNEXT, 23.9, ONE_CROP, 25_557_032, fifty),
    ]


@lru_cache(maxsize=1)
def published() -> tuple[Published, ...]:
    """Every row. Where two are the same net, the later one, a paper's own, is the one that is recognised."""
    return (
        *_trained_again(),
        *_torchvision(),
        *_he_2015_cifar(),
        *_he_2015_imagenet(),
        *_he_2016_orders(),
        *_he_2016_shortcuts(),
        *_stochastic_depth(),
        *_wide(),
        *_resnext(),
        *_tweaked(),
    )


def traits(spec: ArchitectureSpec) -> dict[str, Hashable]:
    """What tells two networks apart: the fields' values, None where one makes no difference.

    Ways to write the same thing become one: widths hold the width factor, strides and kernels are written
    out. How a net starts to learn is no part of what it is.
    """
    values = dict(spec.__dict__)
    for field, makes_a_difference in APPLIES.items():
        if not makes_a_difference(spec):
            values[field] = None
    values = {field: values[field] for field in type(spec).model_fields}
    stages = range(1, spec.n_stages + 1)
    values["stage_widths"] = tuple(map(spec.width_of, stages))
    values["stage_strides"] = tuple(map(spec.stride_of, stages))
    values["stage_kernels"] = tuple(map(spec.kernel_of, stages))
    values["stage_blocks"] = tuple(map(spec.block_of, stages))
    values["block"] = values["width_factor"] = values["zero_init_residual"] = None
    if spec.stem_padding == spec.stem_kernel // 2:
        values["stem_padding"] = -1 if spec.stem == "conv" else None
    if spec.norm == "none":
        values["projection_norm"] = None
    return values


@lru_cache(maxsize=1)
def _by_traits() -> dict[tuple[Hashable, ...], Published]:
    return {tuple(traits(row.spec).values()): row for row in published()}


def distinct() -> tuple[Published, ...]:
    """One row for each network: the one that is recognised."""
    return tuple(_by_traits().values())


def as_first_strode(spec: ArchitectureSpec) -> Published | None:
    """The published network with the strides of 2015, on the first 1×1, where only that tells it from a spec.

    Its weights have the same shapes, and today's programs stride on the 3×3 under the same name.
    """
    if spec.stride_on == "1x1" or not APPLIES["stride_on"](spec):
        return None
    return recognise(spec.model_copy(update={"stride_on": "1x1"}))


def recognise(spec: ArchitectureSpec) -> Published | None:
    """The published network that a spec is, or None. How it starts to learn does not matter."""
    return _by_traits().get(tuple(traits(spec).values()))
