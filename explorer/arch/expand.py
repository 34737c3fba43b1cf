"""spec → graph: the one place where a network's structure is written.

`expand` is called by the state (at every edit), the assembler and the command line. It walks the tables of
`arch/blocks.py` (block types, orders), `arch/attention.py` and `arch/shortcuts.py`. Pure Python.
"""

from __future__ import annotations

from functools import lru_cache

from explorer.arch.attention import ATTENTIONS
from explorer.arch.blocks import BLOCKS, ORDERS, Conv, Site
from explorer.arch.builder import Builder
from explorer.arch.graph import Block, Graph
from explorer.arch.ops import (
    Concat,
    Conv2d,
    Dropout,
    DropPath,
    Flatten,
    Input,
    Linear,
    Output,
    Scale,
)
from explorer.arch.pools import Pool
from explorer.arch.shortcuts import carry, merge, shortcut_of
from explorer.arch.spec import ArchitectureSpec


def _residual_branch(
    build: Builder, prefix: str, source: str, convs: list[Conv], stride: int
) -> tuple[str, str]:
    """F(x): (its last key, the key of the pre-activated input, or the input itself)."""
    spec = build.spec
    arrangement = ORDERS[spec.order]
    key = entry = source
    for number, conv in enumerate(convs, start=1):
        is_last = number == len(convs)
        letters = arrangement.last if is_last else arrangement.each
        smooth = conv.strides and stride > 1 and spec.downsampling in ("blur", "average")
        for letter in letters:
            if letter == "n":
                zero = spec.zero_init_residual and is_last
                key = build.norm(f"{prefix}bn{number}", key, zero_init=zero)
            elif letter == "a":
                key = build.act(f"{prefix}act{number}", key)
            else:
                if number == 1:
                    entry = key
                if is_last and spec.block_dropout and len(convs) > 1:
                    key = build.put(f"{prefix}dropout", Dropout(spec.block_dropout), key)
                step = stride if conv.strides and not smooth else 1
                key = build.conv(f"{prefix}conv{number}", key, conv.width, conv.kernel, step, conv.groups)
        if smooth:
            # After the non-linearity where one follows, so that what it makes is not aliased (Zhang 2019).
            key = build.smoothed(f"{prefix}smooth", key)
    return key, entry


def _drop_rate(build: Builder) -> float:
    """Linear decay: block l of L has l/L of the last one's rate (Huang et al. 2016, equation 4)."""
    spec = build.spec
    return spec.stochastic_depth * (len(build.blocks) + 1) / sum(spec.stage_depths)


def _put_block(build: Builder, source: str, stride: int) -> str:
    """One residual unit after `source`; returns the key of its last node."""
    spec, stage, index = build.spec, build.stage, build.block
    assert stage is not None
    assert index is not None
    name = f"layer{stage}.{index}"
    prefix = f"{name}."
    start, entered, step = len(build.nodes), source, stride
    if stride > 1 and spec.downsampling == "max_pool":
        source, stride = build.max_pool(f"layer{stage}.pool", source), 1
    width = spec.width_of(stage)
    kind = spec.block_of(stage)
    site = Site(
        spec, spec.kernel_of(stage), spec.inner_width(width), width * spec.expansion, build.channels(source)
    )
    convs = BLOCKS[kind](site)
    key, entry = _residual_branch(build, prefix, source, convs, stride)
    key = ATTENTIONS[spec.attention](build, prefix, key)
    shortcut, what = shortcut_of(build, prefix, source, entry, build.channels(key), stride)
    if shortcut is not None:
        if spec.residual_scale != 1:
            key = build.put(f"{prefix}scale", Scale(spec.residual_scale), key)
        if spec.stochastic_depth:
            key = build.put(f"{prefix}drop_path", DropPath(_drop_rate(build)), key)
        shortcut = carry(build, prefix, shortcut, source, stride)
        key = merge(build, prefix, key, shortcut, source, stride)
    for letter in ORDERS[spec.order].after:
        number = len(convs)
        key = (
            build.norm(f"{prefix}bn{number}", key)
            if letter == "n"
            else build.act(f"{prefix}act{number}", key)
        )
    build.blocks.append(Block(name, kind, stage, index, what, step, start, len(build.nodes), entered))
    return key


def _deep_stem(build: Builder, source: str) -> str:
    """Three 3×3 convolutions instead of one large (He 2018, ResNet-C; tiered as in timm)."""
    spec = build.spec
    half = max(1, spec.stem_width // 2)
    first = max(1, 3 * half // 4) if spec.stem == "deep_tiered" else half
    key = build.conv("conv1.0", source, first, 3, spec.stem_stride)
    key = build.norm("conv1.1", key) if spec.stem_norm else key
    key = build.act("conv1.2", key)
    key = build.conv("conv1.3", key, half, 3)
    key = build.norm("conv1.4", key) if spec.stem_norm else key
    key = build.act("conv1.5", key)
    return build.conv("conv1.6", key, spec.stem_width, 3)


def _stem_conv(build: Builder, source: str) -> str:
    spec = build.spec
    if spec.stem_padding < 0:
        return build.conv("conv1", source, spec.stem_width, spec.stem_kernel, spec.stem_stride)
    conv = Conv2d(
        spec.in_channels,
        spec.stem_width,
        spec.stem_kernel,
        spec.stem_stride,
        spec.stem_padding,
        bias=spec.conv_bias,
    )
    return build.put("conv1", conv, source)


def _put_stem(build: Builder) -> str:
    spec = build.spec
    key = build.put("input", Input((spec.in_channels, spec.input_size, spec.input_size)))
    if spec.stem == "none":
        return key
    key = _stem_conv(build, key) if spec.stem == "conv" else _deep_stem(build, key)
    # Where blocks begin with norm or activation, the stem leaves that to them, unless a pool comes between.
    pools_between = spec.stem_pool == "max" and not spec.stem_pool_first
    left_to_blocks = "" if pools_between else ORDERS[spec.order].each.partition("c")[0]
    if spec.stem_norm and "n" not in left_to_blocks:
        key = build.norm("bn1", key)
    if "a" not in left_to_blocks:
        key = build.act("act1", key)
    return build.max_pool("maxpool", key) if spec.stem_pool == "max" else key


def _put_stages(build: Builder, source: str) -> str:
    spec = build.spec
    key = source
    for stage, depth in enumerate(spec.stage_depths, start=1):
        build.stage = stage
        stride = spec.stride_of(stage)
        for index in range(depth):
            build.block = index
            key = _put_block(build, key, stride if index == 0 else 1)
        build.block = None
    build.stage = None
    return key


def _put_head(build: Builder, source: str) -> None:
    spec = build.spec
    key = source
    for letter in ORDERS[spec.order].before_head:
        key = build.norm("norm", key) if letter == "n" else build.act("act", key)
    key = build.max_pool("head.maxpool", key) if spec.head_max_pool else key
    if spec.head_pool == "both":
        average = build.put("avgpool", Pool("adaptive_average", spec.head_pool_size), key)
        largest = build.put("head.largest", Pool("adaptive_max", spec.head_pool_size), key)
        key = build.put("head.concat", Concat(), average, largest)
    elif spec.head_pool == "max":
        key = build.put("head.largest", Pool("adaptive_max", spec.head_pool_size), key)
    else:
        key = build.put("avgpool", Pool("adaptive_average", spec.head_pool_size), key)
    key = build.put("flatten", Flatten(), key)
    for number, width in enumerate((*spec.head_hidden, spec.num_classes), start=1):
        if spec.head_dropout:
            key = build.put(f"head.dropout{number}", Dropout(spec.head_dropout), key)
        is_last = number > len(spec.head_hidden)
        name = "fc" if is_last else f"head.fc{number}"
        key = build.put(name, Linear(build.shapes[key][0], width), key)
        key = key if is_last else build.act(f"head.act{number}", key)
    build.put("output", Output(), key)


@lru_cache(maxsize=64)
def expand(spec: ArchitectureSpec) -> Graph:
    """The graph of a spec. Cached: equal specs give the same object.

    Args:
        spec: A valid spec.

    Returns:
        Every operation of the network with its shape for one image of `spec.input_size`.
    """
    build = Builder(spec)
    _put_head(build, _put_stages(build, _put_stem(build)))
    return Graph(tuple(build.nodes), tuple(build.blocks))
