"""Named architectures as a timeline: the papers' nets by year, six of tutorials, and plain twins at the end.

Called by the command line, the gallery and the architecture panel. Pure Python and pydantic.
"""

from __future__ import annotations

import difflib
from functools import lru_cache

from explorer.arch.depths import title
from explorer.arch.families import CIFAR_DEPTHS, cifar_spec, imagenet_spec, plain_twin
from explorer.arch.preset import Preset
from explorer.arch.presets_history import history
from explorer.arch.presets_tutorials import tutorials
from explorer.arch.sources import HE_2015, RESNEXT, WIDE
from explorer.arch.spec import ArchitectureSpec
from explorer.errors import SpecError

__all__ = [
    "CIFAR_DEPTHS",
    "DEFAULT_PRESET",
    "Preset",
    "cifar_spec",
    "imagenet_spec",
    "plain_twin",
    "preset",
    "preset_name",
    "presets",
]

DEFAULT_PRESET = "cifar-resnet20"


def _has_twin(item: Preset) -> bool:
    """He 2015 compared its own nets with plain ones, and torchvision's names continue them."""
    if item.name.startswith("cifar-"):
        # Options B and C have the twin of option A.
        return item.source == HE_2015 and item.spec.shortcut == "A"
    return item.source in (HE_2015, WIDE, RESNEXT) and item.spec.n_stages == 4


def _twin(item: Preset) -> Preset:
    if "resnext" in item.name or "wide" in item.name:
        name = f"plain-{item.name}"
    else:
        name = item.name.replace("resnet", "plain")
    title = item.title.replace("CIFAR ResNet", "CIFAR plain").replace("ResNet-", "Plain-", 1)
    if item.title.startswith(("ResNeXt", "Wide")):
        title = f"{item.title} without shortcuts"
    sentence = f"{item.title} without its shortcuts, to see what they do: the deeper, the worse it trains."
    return Preset(name, title, item.year, item.source, plain_twin(item.spec), sentence, "plain twin")


@lru_cache(maxsize=1)
def presets() -> dict[str, Preset]:
    """Every preset by its name: papers by year, then tutorials, then plain twins."""
    papers = history()
    twins = [_twin(item) for item in papers if _has_twin(item)]
    return {item.name: item for item in [*papers, *tutorials(), *twins]}


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


@lru_cache(maxsize=512)
def net_title(spec: ArchitectureSpec) -> str:
    """What people call this net: its preset's title, or its family and depth; cached, for lists ask often."""
    name = preset_name(spec)
    return preset(name).title if name else title(spec)
