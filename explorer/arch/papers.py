"""The paper lamp's table: published networks with their sources and numbers.

Called by the totals panel and `describe`. Pure Python and pydantic.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from explorer.arch.fields import HE_2015
from explorer.arch.presets import CIFAR_DEPTHS, cifar_spec, imagenet_spec, presets
from explorer.arch.spec import ArchitectureSpec

TORCHVISION_SOURCE = "torchvision model weights, IMAGENET1K_V1"


@dataclass(frozen=True, slots=True)
class Published:
    """A published network.

    Attributes:
        name: As the source calls it.
        source: Where its number stands.
        error_percent: The source's own test error; None where it gives none for this net.
        error_kind: What the error was measured on, in words.
    """

    name: str
    source: str
    error_percent: float | None
    error_kind: str


def _he_cifar_rows() -> list[tuple[ArchitectureSpec, Published]]:
    errors = dict(zip(CIFAR_DEPTHS, (8.75, 7.51, 7.17, 6.97, 6.43, 7.93), strict=True))
    return [
        (
            cifar_spec(depth),
            Published(f"He 2015 ResNet-{depth}", f"{HE_2015}, table 6", error, "CIFAR-10 test"),
        )
        for depth, error in errors.items()
    ]


def _he_imagenet_rows() -> list[tuple[ArchitectureSpec, Published]]:
    shallow, deep = (2, 2, 2, 2), (3, 4, 6, 3)
    stages = {50: deep, 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
    rows = [
        ("plain-18", imagenet_spec("basic", shallow, shortcut="none"), "table 2", 27.94),
        ("plain-34", imagenet_spec("basic", deep, shortcut="none"), "table 2", 28.54),
        ("ResNet-18", imagenet_spec("basic", shallow, shortcut="A"), "table 2", 27.88),
        ("ResNet-34 A", imagenet_spec("basic", deep, shortcut="A"), "table 3", 25.03),
        ("ResNet-34 B", imagenet_spec("basic", deep), "table 3", 24.52),
        ("ResNet-34 C", imagenet_spec("basic", deep, shortcut="C"), "table 3", 24.19),
    ]
    for depth, error in ((50, 22.85), (101, 21.75), (152, 21.43)):
        spec = imagenet_spec("bottleneck", stages[depth], stride_on="1x1")
        rows.append((f"ResNet-{depth}", spec, "table 3", error))
    return [
        (spec, Published(f"He 2015 {name}", f"{HE_2015}, {table}", error, "ImageNet top-1, 10-crop"))
        for name, spec, table, error in rows
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
}
"""Top-1 accuracy in percent of torchvision's first weights, as their metadata gives it."""


def _torchvision_rows() -> list[tuple[ArchitectureSpec, Published]]:
    return [
        (
            presets()[name].spec,
            Published(
                f"torchvision {name}", TORCHVISION_SOURCE, round(100 - acc1, 3), "ImageNet top-1, 1-crop"
            ),
        )
        for name, acc1 in TORCHVISION_ACC1.items()
    ]


@lru_cache(maxsize=1)
def _table() -> dict[ArchitectureSpec, Published]:
    # A paper's own row wins over torchvision's for the same net.
    return dict([*_torchvision_rows(), *_he_cifar_rows(), *_he_imagenet_rows()])


def recognise(spec: ArchitectureSpec) -> Published | None:
    """The published network that a spec is, or None. How it starts to learn does not matter."""
    return _table().get(spec.edited(zero_init_residual=False) if spec.zero_init_residual else spec)
