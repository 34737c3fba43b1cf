"""spec → graph: the one place where a network's structure is written.

`expand` is called by the state (at every edit), the assembler and the command line. Pure Python.
A block type is one row of `BLOCKS`, the convolutions of its residual branch F(x); where norm and activation
stand around them is one row of `ORDERS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from explorer.arch.attention import ATTENTIONS
from explorer.arch.builder import Builder
from explorer.arch.graph import Block, Graph
from explorer.arch.ops import (
    Activation,
    Add,
    Concat,
    Conv2d,
    Dropout,
    DropPath,
    Flatten,
    Gate,
    Input,
    Linear,
    Output,
    Pad,
    Scale,
)
from explorer.arch.pools import Pool, Subsample
from explorer.arch.spec import ArchitectureSpec


@dataclass(frozen=True, slots=True)
class Conv:
    """One convolution of a block: its window, width and groups, and whether the stride may stand on it."""

    kernel: int
    width: int
    groups: int = 1
    strides: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """What a block type must know to say its convolutions.

    Attributes:
        spec: The whole.
        kernel: Of the larger convolutions of this stage.
        inner: Channels inside the block.
        out: Channels that leave it.
        source: Channels that enter it.
    """

    spec: ArchitectureSpec
    kernel: int
    inner: int
    out: int
    source: int

    def groups(self, channels: int) -> int:
        """The groups of a larger convolution that reads so many channels."""
        return channels if self.spec.depthwise else self.spec.cardinality


def _basic(site: Site) -> list[Conv]:
    """3×3 convolutions, two unless the spec says otherwise (He 2015, figure 5, left; WRN, table 3)."""
    last = site.spec.block_convolutions - 1
    widths = [site.inner] * last + [site.out]
    sources = [site.source, *widths[:-1]]
    return [
        Conv(site.kernel, width, site.groups(source), strides=place == 0)
        for place, (source, width) in enumerate(zip(sources, widths, strict=True))
    ]


def _bottleneck(site: Site) -> list[Conv]:
    """1×1, 3×3 in groups, 1×1 (He 2015, figure 5, right; grouped as in Xie 2016)."""
    first = site.spec.stride_on == "1x1"
    middle = Conv(site.kernel, site.inner, site.groups(site.inner), strides=not first)
    return [Conv(1, site.inner, strides=first), middle, Conv(1, site.out)]


def _single(site: Site) -> list[Conv]:
    """One 3×3 convolution with its own shortcut (WRN's B(3))."""
    return [Conv(site.kernel, site.out, site.groups(site.source), strides=True)]


def _narrow(site: Site) -> list[Conv]:
    """1×1, then 3×3 (WRN's B(1,3))."""
    first = site.spec.stride_on == "1x1"
    last = Conv(site.kernel, site.out, site.groups(site.inner), strides=not first)
    return [Conv(1, site.inner, strides=first), last]


BLOCKS: dict[str, Callable[[Site], list[Conv]]] = {
    "basic": _basic,
    "bottleneck": _bottleneck,
    "single": _single,
    "narrow": _narrow,
}
"""The convolutions of each block type's residual branch."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Where norm (n), activation (a) and convolution (c) stand (He 2016, figure 4).

    Attributes:
        each: Around each convolution but the last, in order.
        last: Around the last.
        after: After the addition.
        before_head: Once, after the last block.
    """

    each: str
    last: str
    after: str
    before_head: str = ""

    @property
    def is_preactivation(self) -> bool:
        """Whether something stands before the first convolution."""
        return not self.each.startswith("c")


ORDERS: dict[str, Arrangement] = {
    "original": Arrangement("cna", "cn", "a"),
    "bn_after_addition": Arrangement("cna", "c", "na"),
    "relu_before_addition": Arrangement("cna", "cna", ""),
    "relu_only_preactivation": Arrangement("acn", "acn", "", "a"),
    "full_preactivation": Arrangement("nac", "nac", "", "na"),
    "no_activation_after_addition": Arrangement("cna", "cn", ""),
}
"""Each order of operations."""


def block_convolutions(spec: ArchitectureSpec, stage: int) -> int:
    """Weighted layers on the main path of a block, for counting depth as He 2015 does."""
    return len(BLOCKS[spec.block_of(stage)](Site(spec, 3, 1, 1, 1)))


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


def _projection(build: Builder, prefix: str, source: str, out: int, stride: int) -> str:
    """A 1×1 convolution on the shortcut, halved as the spec says. Keys are torchvision's."""
    spec = build.spec
    parts = 0

    def next_key() -> str:
        nonlocal parts
        parts += 1
        return f"{prefix}downsample.{parts - 1}"

    key = source
    if stride > 1 and spec.downsampling in ("blur", "average"):
        key, stride = build.smoothed(next_key(), key, branch="shortcut"), 1
    elif stride > 1 and spec.projection_pool:
        pool = Pool("average", stride, stride, 0, ceil=True)
        key, stride = build.put(next_key(), pool, key, branch="shortcut"), 1
    key = build.conv(next_key(), key, out, 1, stride, branch="shortcut")
    return build.norm(next_key(), key, branch="shortcut") if spec.projection_norm else key


def _option_a(build: Builder, prefix: str, source: str, out: int, stride: int) -> str:
    """The identity where the shape changes: skipped positions and zero channels (He 2015, section 3.3)."""
    channels = build.channels(source)
    key = source
    if stride > 1:
        key = build.put(f"{prefix}shortcut.subsample", Subsample(stride), key, branch="shortcut")
    if channels != out:
        before = (out - channels) // 2
        pad = Pad(before, out - channels - before)
        key = build.put(f"{prefix}shortcut.pad", pad, key, branch="shortcut")
    return key


def _shortcut(
    build: Builder, prefix: str, source: str, entry: str, out: int, stride: int
) -> tuple[str | None, str]:
    """The shortcut of one block: (its last key, what it is); no key where there is none."""
    spec = build.spec
    assert build.stage is not None
    assert build.block is not None
    wanted = spec.overridden.get((build.stage, build.block))
    same_shape = stride == 1 and build.channels(source) == out
    if spec.shortcut == "none" or wanted == "none":
        return None, "none"
    projects = spec.shortcut == "C" or (spec.shortcut == "B" and not same_shape)
    if wanted == "projection" or (projects and wanted != "identity"):
        # Pre-activation nets project what the first activation leaves, as their authors' code does.
        return _projection(
            build, prefix, entry if ORDERS[spec.order].is_preactivation else source, out, stride
        ), ("projection")
    if same_shape:
        return source, "identity"
    return _option_a(build, prefix, source, out, stride), "A"


def _on_shortcut(build: Builder, prefix: str, key: str, source: str, stride: int) -> str:
    """What the shortcut is carried through (He 2016, table 1)."""
    spec = build.spec
    if spec.shortcut_path == "scale":
        return build.put(f"{prefix}shortcut.scale", Scale(spec.shortcut_scale), key, branch="shortcut")
    if spec.shortcut_path == "dropout":
        return build.put(f"{prefix}shortcut.dropout", Dropout(spec.shortcut_dropout), key, branch="shortcut")
    if spec.shortcut_path == "conv1x1":
        return build.conv(f"{prefix}shortcut.conv", key, build.channels(key), 1, branch="shortcut")
    if spec.shortcut_path == "gate":
        gate = _gate(build, f"{prefix}shortcut.gate", source, build.channels(key), stride)
        return build.put(f"{prefix}shortcut.carry", Gate(complement=True), key, gate, branch="shortcut")
    return key


def _gate(build: Builder, name: str, source: str, out: int, stride: int) -> str:
    """g(x) = σ(Wx + b), a 1×1 convolution (He 2016, section 3.1)."""
    conv = Conv2d(build.channels(source), out, 1, stride, bias=True, bias_start=build.spec.gate_bias)
    key = build.put(f"{name}.conv", conv, source, branch="side")
    return build.put(f"{name}.sigmoid", Activation("sigmoid"), key, branch="side")


def _merge(build: Builder, prefix: str, residual: str, shortcut: str, source: str, stride: int) -> str:
    """Where F(x) and the shortcut meet."""
    spec = build.spec
    if spec.merge == "concat":
        key = build.put(f"{prefix}concat", Concat(), residual, shortcut)
        return build.conv(f"{prefix}merge", key, build.channels(residual), 1)
    if spec.merge == "gate":
        gate = _gate(build, f"{prefix}gate", source, build.channels(residual), stride)
        residual = build.put(f"{prefix}transform", Gate(), residual, gate)
        shortcut = build.put(f"{prefix}carry", Gate(complement=True), shortcut, gate, branch="shortcut")
    return build.put(f"{prefix}add", Add(), residual, shortcut)


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
    shortcut, what = _shortcut(build, prefix, source, entry, build.channels(key), stride)
    if shortcut is not None:
        if spec.residual_scale != 1:
            key = build.put(f"{prefix}scale", Scale(spec.residual_scale), key)
        if spec.stochastic_depth:
            key = build.put(f"{prefix}drop_path", DropPath(_drop_rate(build)), key)
        shortcut = _on_shortcut(build, prefix, shortcut, source, stride)
        key = _merge(build, prefix, key, shortcut, source, stride)
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
    left_to_blocks = "" if spec.stem_pool == "max" else ORDERS[spec.order].each.partition("c")[0]
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
