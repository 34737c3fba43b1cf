"""The two families of He 2015 as specs, and the plain twin of a net: what presets and papers are made of.

Called by the modules of presets, by `arch/papers.py`, by those who ask whose weights fit, and by tests. Pure
Python and pydantic.
"""

from __future__ import annotations

from explorer.arch.spec import ArchitectureSpec, applies
from explorer.errors import SpecError

CIFAR_DEPTHS = (20, 32, 44, 56, 110, 1202)
IMAGENET_STAGES = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
"""Blocks of each stage by depth (He 2015, table 1)."""

WITHOUT_SHORTCUT: dict[str, object] = {
    "overrides": (),
    "merge": "add",
    "shortcut_path": "identity",
    "residual_scale": 1.0,
    "stochastic_depth": 0.0,
}
"""What the fields that speak of a shortcut are where there is none."""


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
    """The same net without shortcuts (He 2015, section 3.3), and without what needs one."""
    return spec.edited(shortcut="none", **WITHOUT_SHORTCUT)


def essence(spec: ArchitectureSpec) -> ArchitectureSpec:
    """The spec without the choices that make no difference to a trained network."""
    changes: dict[str, object] = {}
    if spec.zero_init_residual:
        changes["zero_init_residual"] = False
    if not applies(spec, "stride_on") and spec.stride_on != "3x3":
        changes["stride_on"] = "3x3"
    return spec.edited(**changes) if changes else spec


def preactivation_spec(n: int, *, block: str = "basic", k: int = 1) -> ArchitectureSpec:
    """A CIFAR net of full pre-activation with n blocks a stage, projected without norm where shapes change.

    Args:
        n: Blocks in each of the three stages.
        block: `basic` (He 2016's 110 layers, WRN) or `bottleneck` (164 and 1001 layers).
        k: WRN's widening factor.

    Raises:
        SpecError: The numbers are out of bounds.
    """
    return cifar_spec(
        6 * n + 2,
        block=block,
        expansion=4 if block == "bottleneck" else 1,
        width_factor=k,
        order="full_preactivation",
        shortcut="B",
        projection_norm=False,
    )
