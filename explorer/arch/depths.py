"""The depths a family can have, in the papers' language: 20, 32, 44 … or 18, 34, 50 ….

Called by the depth control and by titles. A family is the spec's number of stages and block
type; depth counts weighted layers on the main path (He 2015). Pure Python.
"""

from __future__ import annotations

from explorer.arch.cost import cost_of
from explorer.arch.expand import block_convolutions
from explorer.arch.spec import ArchitectureSpec

FOUR_STAGES: dict[str, list[tuple[int, ...]]] = {
    "basic": [(1, 1, 1, 1), (2, 2, 2, 2), (3, 4, 6, 3)],
    "bottleneck": [(2, 2, 2, 2), (3, 4, 6, 3), (3, 4, 23, 3), (3, 8, 36, 3), (3, 24, 36, 3)],
}
"""He 2015, table 1; 200 from He 2016 (arXiv 1603.05027), table 5; 10 and 26 as common shallow members."""

LARGEST_N = 200
"""Blocks a stage of the deepest net of He 2015, ResNet-1202."""


def depth_of(spec: ArchitectureSpec) -> int:
    """Weighted layers on the main path."""
    return cost_of(spec).depth


def depths(spec: ArchitectureSpec) -> dict[int, tuple[int, ...]]:
    """Every depth the spec's family has, with its blocks in each stage, from shallow to deep.

    Four stages of basic or bottleneck blocks are the ImageNet family and take its table; other families get n
    blocks in each stage.
    """
    per_block = [block_convolutions(spec, stage) for stage in range(1, spec.n_stages + 1)]
    if spec.merge == "concat":
        per_block = [count + 1 for count in per_block]
    outside = depth_of(spec) - sum(n * count for n, count in zip(spec.stage_depths, per_block, strict=True))
    known = FOUR_STAGES.get(spec.block) if spec.n_stages == 4 and not spec.stage_blocks else None
    stages = known or [(n,) * spec.n_stages for n in range(1, LARGEST_N + 1)]
    return {
        outside + sum(n * count for n, count in zip(blocks, per_block, strict=True)): blocks
        for blocks in stages
    }


def with_depth(spec: ArchitectureSpec, depth: int) -> ArchitectureSpec:
    """The spec with the nearest depth that its family has."""
    known = depths(spec)
    nearest = min(known, key=lambda candidate: abs(candidate - depth))
    return spec.edited(stage_depths=known[nearest])


def block_changes(block: str) -> dict[str, object]:
    """The fields that change when another block type is chosen: expansion, groups and base width follow."""
    expansion = 4 if block == "bottleneck" else 1
    return {"block": block, "expansion": expansion, "cardinality": 1, "base_width": 64}


def with_block(spec: ArchitectureSpec, block: str) -> ArchitectureSpec:
    """The spec with another block type and as many blocks a stage; expansion and base width follow.

    Raises:
        SpecError: There is no such block type.
    """
    return spec if block == spec.block else spec.edited(**block_changes(block))


def title(spec: ArchitectureSpec) -> str:
    """A short name by depth, such as `ResNet-56` or `Plain-20`."""
    family = "Plain" if spec.shortcut == "none" else "ResNet"
    if spec.cardinality > 1:
        family = "ResNeXt" if spec.shortcut != "none" else "Plain ResNeXt"
        return f"{family}-{depth_of(spec)} {spec.cardinality}×{spec.base_width}d"
    if spec.base_width != 64 and spec.base_width % 64 == 0:
        return f"Wide {family}-{depth_of(spec)}-{spec.base_width // 64}"
    return f"{family}-{depth_of(spec)}"
