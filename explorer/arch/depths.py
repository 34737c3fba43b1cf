"""The depths a family can have, in the papers' language: 20, 32, 44 … or 18, 34, 50 ….

Called by the depth control and by titles. A family is the spec's number of stages and block
type; depth counts weighted layers on the main path (He 2015). Pure Python.
"""

from __future__ import annotations

from explorer.arch.blocks import block_convolutions
from explorer.arch.spec import ArchitectureSpec
from explorer.errors import SpecError

FAMILIES: dict[tuple[str, int], list[tuple[int, ...]]] = {
    ("basic", 4): [(1, 1, 1, 1), (2, 2, 2, 2), (3, 4, 6, 3)],
    ("bottleneck", 4): [(2, 2, 2, 2), (3, 4, 6, 3), (3, 4, 23, 3), (3, 8, 36, 3), (3, 24, 36, 3)],
    ("single", 5): [(1, 1, 2, 2, 2), (2, 2, 2, 2, 2), (2, 2, 3, 3, 3), (2, 2, 4, 4, 4)],
}
"""(block, stages) → blocks in each stage. He 2015, table 1; 200 from He 2016 (arXiv 1603.05027), table 5; 10
and 26 as common shallow members; VGG's A, B, D and E (Simonyan and Zisserman 2014, table 1)."""

BETWEEN: dict[tuple[str, int, str], tuple[int, ...]] = {
    ("single", 3, "add"): (1, 1, 2),
    ("single", 3, "gate"): (6, 6, 5),
}
"""(block, stages, merge) → what AlexNet and the highway network of 19 layers have, beside n in each stage."""

LARGEST_N = 200
"""Blocks a stage of the deepest net of He 2015, ResNet-1202."""

_STEM_CONVOLUTIONS = {"none": 0, "conv": 1, "deep": 3, "deep_tiered": 3}


def layers_a_block(spec: ArchitectureSpec, stage: int) -> int:
    """Weighted layers on the main path of a block: its convolutions, and the 1×1 after a concatenation.

    Args:
        spec: The network.
        stage: From 1.
    """
    return block_convolutions(spec, stage) + (spec.merge == "concat")


def depth_of(spec: ArchitectureSpec) -> int:
    """Weighted layers on the main path; the same as `cost_of(spec).depth`, without the graph."""
    cut = sum(kind == "none" for kind in spec.overridden.values()) if spec.merge == "concat" else 0
    return _outside(spec) + _inside(spec.stage_depths, _layers(spec)) - cut


def _outside(spec: ArchitectureSpec) -> int:
    """Weighted layers of stem and head."""
    return _STEM_CONVOLUTIONS[spec.stem] + len(spec.head_hidden) + 1


def _layers(spec: ArchitectureSpec) -> list[int]:
    """Weighted layers of a block in each stage."""
    return [layers_a_block(spec, stage) for stage in range(1, spec.n_stages + 1)]


def _inside(blocks: tuple[int, ...], layers: list[int]) -> int:
    """Weighted layers of so many blocks in each stage."""
    return sum(n * each for n, each in zip(blocks, layers, strict=True))


def depths(spec: ArchitectureSpec) -> dict[int, tuple[int, ...]]:
    """Every depth the spec's family has, with its blocks in each stage, from shallow to deep.

    ImageNet's family of four stages and VGG's take their tables; others have n blocks in each stage, and what
    was published between.
    """
    stages = None if spec.stage_blocks else FAMILIES.get((spec.block, spec.n_stages))
    if stages is None:
        stages = [(n,) * spec.n_stages for n in range(1, LARGEST_N + 1)]
        between = None if spec.stage_blocks else BETWEEN.get((spec.block, spec.n_stages, spec.merge))
        stages += [between] if between else []
    outside, layers = _outside(spec), _layers(spec)
    return dict(sorted((outside + _inside(blocks, layers), blocks) for blocks in stages))


def with_depth(spec: ArchitectureSpec, depth: int) -> ArchitectureSpec:
    """The spec with the nearest depth that its family has."""
    known = depths(spec)
    nearest = min(known, key=lambda candidate: abs(candidate - depth))
    return spec.edited(stage_depths=known[nearest])


PUBLISHED_N = (3, 5, 7, 9)
"""n of He 2015's ResNet-20, 32, 44 and 56; deeper ones are for those who ask."""


def published_depths(spec: ArchitectureSpec) -> tuple[ArchitectureSpec, ...]:
    """The same network at the depths that papers put side by side, from shallow to deep.

    Four stages of basic or bottleneck blocks: 18, 34, 50, 101, 152, whose block type follows the depth (He
    2015, table 1); VGG's: 11, 13, 16, 19; others: n of 3, 5, 7 and 9 blocks a stage (He 2015, section 4.2). A
    depth that the rest of the spec refuses is left out.
    """
    changes: list[dict[str, object]] = [{"stage_depths": (n,) * spec.n_stages} for n in PUBLISHED_N]
    if not spec.stage_blocks and (spec.block, spec.n_stages) in FAMILIES:
        if spec.n_stages == 4:
            small, large = FAMILIES["basic", 4][1:], FAMILIES["bottleneck", 4][1:4]
            changes = [_with_block(spec, "basic", stages) for stages in small]
            changes += [_with_block(spec, "bottleneck", stages) for stages in large]
        else:
            changes = [{"stage_depths": stages} for stages in FAMILIES[spec.block, spec.n_stages]]
    found = []
    for change in changes:
        try:
            found.append(spec.edited(**change))
        except SpecError:
            continue
    return tuple(found)


def _with_block(spec: ArchitectureSpec, block: str, stages: tuple[int, ...]) -> dict[str, object]:
    changed = {} if spec.block == block else block_changes(block)
    return {**changed, "stage_depths": stages}


def block_changes(block: str) -> dict[str, object]:
    """The fields that change when another block type is chosen: expansion, groups and base width follow."""
    expansion = 4 if block == "bottleneck" else 1
    return {"block": block, "expansion": expansion, "cardinality": 1, "base_width": 64}


_ATTENTION = {"none": "", "se": "SE-", "eca": "ECA-", "cbam": "CBAM-"}


def title(spec: ArchitectureSpec) -> str:
    """A short name by depth, such as `ResNet-56`, `Plain-20` or `SE-ResNet-50`.

    A deep stem counts as the one convolution that it stands for, as in the name of ResNet-50-D (He 2018).
    """
    is_plain = spec.shortcut == "none"
    name = "Plain" if is_plain else "ResNet"
    depth = depth_of(spec) - max(0, _STEM_CONVOLUTIONS[spec.stem] - 1)
    end = _tweak(spec)
    if spec.cardinality > 1:
        name = "Plain ResNeXt" if is_plain else "ResNeXt"
        end = f"{end} {spec.cardinality}×{spec.base_width}d"
    elif spec.base_width != 64 and spec.base_width % 64 == 0:
        name, end = f"Wide {name}", f"-{spec.base_width // 64}{end}"
    return f"{_ATTENTION[spec.attention]}{name}-{depth}{end}"


def _tweak(spec: ArchitectureSpec) -> str:
    """The letter of ResNet-C and -D (He 2018, section 4) or of timm's -T; empty for the usual stem."""
    if spec.stem not in ("deep", "deep_tiered"):
        return ""
    if spec.stem == "deep_tiered":
        return "-T"
    return "-D" if spec.projection_pool and spec.shortcut in ("B", "C") else "-C"
