"""Named architectures: torchvision's ten, He 2015's CIFAR nets, and the plain twin of each.

Called by the command line and the architecture panel. Pure Python and pydantic.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import lru_cache

from explorer.arch.fields import HE_2015, RESNEXT, WIDE
from explorer.arch.spec import ArchitectureSpec
from explorer.errors import SpecError

DEFAULT_PRESET = "cifar-resnet20"
CIFAR_DEPTHS = (20, 32, 44, 56, 110, 1202)


@dataclass(frozen=True, slots=True)
class Preset:
    """A named architecture.

    Attributes:
        name: As the command line takes it.
        title: As people say it.
        year: Of its source.
        source: The paper.
        spec: The architecture.
    """

    name: str
    title: str
    year: int
    source: str
    spec: ArchitectureSpec


def imagenet_spec(block: str, stage_depths: tuple[int, ...], **changes: object) -> ArchitectureSpec:
    """A spec of the ImageNet family as torchvision builds it (option B, stride on the 3×3).

    Raises:
        SpecError: The changes do not fit.
    """
    spec = ArchitectureSpec(
        block="bottleneck" if block == "bottleneck" else "basic",
        stage_depths=stage_depths,
        stage_widths=(64, 128, 256, 512),
        expansion=4 if block == "bottleneck" else 1,
        shortcut="B",
        stem_kernel=7,
        stem_stride=2,
        stem_pool="max",
        stem_width=64,
        input_size=224,
        num_classes=1000,
    )
    return spec.edited(**changes) if changes else spec


def cifar_spec(depth: int, **changes: object) -> ArchitectureSpec:
    """A spec of He 2015's CIFAR family: 6n+2 layers, n basic blocks a stage, option A.

    Raises:
        SpecError: The depth is not 6n+2, or the changes do not fit.
    """
    n, rest = divmod(depth - 2, 6)
    if rest or n < 1:
        raise SpecError(
            "stage_depths",
            "There is no CIFAR net of depth {depth}.",
            "Use 6n+2: 8, 14, 20, 26, …",
            depth=depth,
        )
    spec = ArchitectureSpec(stage_depths=(n, n, n))
    return spec.edited(**changes) if changes else spec


def plain_twin(spec: ArchitectureSpec) -> ArchitectureSpec:
    """The same net without shortcuts (He 2015, section 3.3)."""
    return spec.edited(shortcut="none")


def _torchvision_presets() -> list[Preset]:
    rows: list[tuple[str, str, int, str, ArchitectureSpec]] = [
        ("resnet18", "ResNet-18", 2015, HE_2015, imagenet_spec("basic", (2, 2, 2, 2))),
        ("resnet34", "ResNet-34", 2015, HE_2015, imagenet_spec("basic", (3, 4, 6, 3))),
        ("resnet50", "ResNet-50", 2015, HE_2015, imagenet_spec("bottleneck", (3, 4, 6, 3))),
        ("resnet101", "ResNet-101", 2015, HE_2015, imagenet_spec("bottleneck", (3, 4, 23, 3))),
        ("resnet152", "ResNet-152", 2015, HE_2015, imagenet_spec("bottleneck", (3, 8, 36, 3))),
    ]
    for depth, cardinality, width, stages in (
        (50, 32, 4, (3, 4, 6, 3)),
        (101, 32, 8, (3, 4, 23, 3)),
        (101, 64, 4, (3, 4, 23, 3)),
    ):
        name = f"resnext{depth}_{cardinality}x{width}d"
        title = f"ResNeXt-{depth} {cardinality}×{width}d"
        spec = imagenet_spec("bottleneck", stages, cardinality=cardinality, base_width=width)
        rows.append((name, title, 2016, RESNEXT, spec))
    for depth, stages in ((50, (3, 4, 6, 3)), (101, (3, 4, 23, 3))):
        spec = imagenet_spec("bottleneck", stages, base_width=128)
        rows.append((f"wide_resnet{depth}_2", f"Wide ResNet-{depth}-2", 2016, WIDE, spec))
    return [Preset(*row) for row in rows]


def _cifar_presets() -> list[Preset]:
    return [
        Preset(f"cifar-resnet{depth}", f"CIFAR ResNet-{depth}", 2015, HE_2015, cifar_spec(depth))
        for depth in CIFAR_DEPTHS
    ]


def _twin(preset: Preset) -> Preset:
    if "resnext" in preset.name or "wide" in preset.name:
        name = f"plain-{preset.name}"
    else:
        name = preset.name.replace("resnet", "plain")
    title = preset.title.replace("CIFAR ResNet", "CIFAR plain").replace("ResNet-", "Plain-", 1)
    if preset.title.startswith(("ResNeXt", "Wide")):
        title = f"{preset.title} without shortcuts"
    return Preset(name, title, preset.year, preset.source, plain_twin(preset.spec))


@lru_cache(maxsize=1)
def presets() -> dict[str, Preset]:
    """Every preset by its name, residual nets first, each family from shallow to deep."""
    residual = [*_cifar_presets(), *_torchvision_presets()]
    return {preset.name: preset for preset in [*residual, *map(_twin, residual)]}


def preset(name: str) -> Preset:
    """One preset.

    Raises:
        SpecError: There is none of that name; the hint names the nearest.
    """
    known = presets()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3)
        raise SpecError(
            "preset",
            "There is no preset {name}.",
            "Did you mean {near}? `resnet-explorer presets` lists all."
            if near
            else "`resnet-explorer presets` lists all.",
            name=name,
            near=", ".join(near),
        )
    return known[name]


@lru_cache(maxsize=1)
def _names_by_spec() -> dict[ArchitectureSpec, str]:
    return {item.spec: name for name, item in presets().items()}


def preset_name(spec: ArchitectureSpec) -> str | None:
    """The name of the preset that this spec equals, or None."""
    return _names_by_spec().get(spec)
