"""spec → graph: the one place where a block's structure is written.

`expand` is called by the state (at every edit), the assembler and the command line. Pure Python.
A block type is one function in `BLOCKS`; it appends the nodes of the residual branch F(x).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from explorer.arch.graph import Block, Branch, Graph, Node
from explorer.arch.ops import (
    Activation,
    Add,
    Conv2d,
    Flatten,
    Input,
    Linear,
    Norm,
    Op,
    Output,
    Pad,
    Pool,
    Shape,
    Subsample,
)
from explorer.arch.spec import ArchitectureSpec


class _Builder:
    """Appends nodes one after another and remembers where it stands."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.shapes: dict[str, Shape] = {}
        self.blocks: list[Block] = []
        self.stage: int | None = None
        self.block: int | None = None

    def put(self, key: str, op: Op, *inputs: str, branch: Branch = "main") -> str:
        """Append a node and return its key."""
        shape = op.output_shape([self.shapes[name] for name in inputs])
        self.shapes[key] = shape
        self.nodes.append(Node(key, op, inputs, shape, self.stage, self.block, branch))
        return key

    def channels(self, key: str) -> int:
        return self.shapes[key][0]


def _conv_norm(
    build: _Builder,
    prefix: str,
    number: int,
    source: str,
    width: int,
    kernel: int,
    stride: int = 1,
    groups: int = 1,
    *,
    zero_init: bool = False,
) -> str:
    """`convK bnK`, padded so that only the stride changes the size."""
    conv = Conv2d(build.channels(source), width, kernel, stride, kernel // 2, groups)
    key = build.put(f"{prefix}conv{number}", conv, source)
    return build.put(f"{prefix}bn{number}", Norm(width, zero_init), key)


def _basic(build: _Builder, spec: ArchitectureSpec, prefix: str, source: str, width: int, stride: int) -> str:
    """Two 3×3 convolutions (He 2015, figure 5, left)."""
    key = _conv_norm(build, prefix, 1, source, width, 3, stride)
    key = build.put(f"{prefix}act1", Activation(), key)
    return _conv_norm(build, prefix, 2, key, width, 3, zero_init=spec.zero_init_residual)


def _bottleneck(
    build: _Builder, spec: ArchitectureSpec, prefix: str, source: str, width: int, stride: int
) -> str:
    """1×1, 3×3 in groups, 1×1 (He 2015, figure 5, right; grouped as in Xie 2016)."""
    inner = spec.inner_width(width)
    first, second = (stride, 1) if spec.stride_on == "1x1" else (1, stride)
    key = _conv_norm(build, prefix, 1, source, inner, 1, first)
    key = build.put(f"{prefix}act1", Activation(), key)
    key = _conv_norm(build, prefix, 2, key, inner, 3, second, spec.cardinality)
    key = build.put(f"{prefix}act2", Activation(), key)
    return _conv_norm(build, prefix, 3, key, width * spec.expansion, 1, zero_init=spec.zero_init_residual)


ResidualBranch = Callable[[_Builder, ArchitectureSpec, str, str, int, int], str]

BLOCKS: dict[str, ResidualBranch] = {"basic": _basic, "bottleneck": _bottleneck}
"""The residual branch of each block type: (builder, spec, key prefix, source, width, stride) → last key."""

BLOCK_CONVOLUTIONS: dict[str, int] = {"basic": 2, "bottleneck": 3}
"""Weighted layers on the main path of each block type, for counting depth as He 2015 does."""


def _shortcut(
    build: _Builder, spec: ArchitectureSpec, prefix: str, source: str, out: int, stride: int
) -> tuple[str, str]:
    """The shortcut of one block: (its last key, what it is). He 2015, section 3.3, options A, B and C."""
    channels = build.channels(source)
    same_shape = stride == 1 and channels == out
    if spec.shortcut == "C" or (spec.shortcut == "B" and not same_shape):
        conv = Conv2d(channels, out, 1, stride)
        key = build.put(f"{prefix}downsample.0", conv, source, branch="shortcut")
        return build.put(f"{prefix}downsample.1", Norm(out), key, branch="shortcut"), "projection"
    if same_shape:
        return source, "identity"
    key = source
    if stride > 1:
        key = build.put(f"{prefix}shortcut.subsample", Subsample(stride), key, branch="shortcut")
    if channels != out:
        before = (out - channels) // 2
        key = build.put(f"{prefix}shortcut.pad", Pad(before, out - channels - before), key, branch="shortcut")
    return key, "A"


def _put_block(build: _Builder, spec: ArchitectureSpec, source: str, width: int, stride: int) -> str:
    """One residual unit after `source`; returns the key of its last activation."""
    assert build.stage is not None
    assert build.block is not None
    name = f"layer{build.stage}.{build.block}"
    prefix = f"{name}."
    start = len(build.nodes)
    key = BLOCKS[spec.block](build, spec, prefix, source, width, stride)
    shortcut = "none"
    if spec.shortcut != "none":
        other, shortcut = _shortcut(build, spec, prefix, source, build.channels(key), stride)
        key = build.put(f"{prefix}add", Add(), key, other)
    key = build.put(f"{prefix}act{BLOCK_CONVOLUTIONS[spec.block]}", Activation(), key)
    build.blocks.append(
        Block(name, spec.block, build.stage, build.block, shortcut, stride, start, len(build.nodes), source)
    )
    return key


def _put_stem(build: _Builder, spec: ArchitectureSpec) -> str:
    key = build.put("input", Input((spec.in_channels, spec.input_size, spec.input_size)))
    key = _conv_norm(build, "", 1, key, spec.stem_width, spec.stem_kernel, spec.stem_stride)
    key = build.put("act1", Activation(), key)
    if spec.stem_pool == "max":
        key = build.put("maxpool", Pool("max", 3, 2, 1), key)
    return key


def _put_head(build: _Builder, spec: ArchitectureSpec, source: str) -> None:
    key = build.put("avgpool", Pool("global_average"), source)
    key = build.put("flatten", Flatten(), key)
    key = build.put("fc", Linear(build.shapes[key][0], spec.num_classes), key)
    build.put("output", Output(), key)


@lru_cache(maxsize=64)
def expand(spec: ArchitectureSpec) -> Graph:
    """The graph of a spec. Cached: equal specs give the same object.

    Args:
        spec: A valid spec.

    Returns:
        Every operation of the network with its shape for one image of `spec.input_size`.
    """
    build = _Builder()
    key = _put_stem(build, spec)
    for stage, (depth, width) in enumerate(zip(spec.stage_depths, spec.stage_widths, strict=True), start=1):
        build.stage = stage
        for index in range(depth):
            build.block = index
            stride = 2 if stage > 1 and index == 0 else 1
            key = _put_block(build, spec, key, width, stride)
    build.stage = build.block = None
    _put_head(build, spec, key)
    return Graph(tuple(build.nodes), tuple(build.blocks))
