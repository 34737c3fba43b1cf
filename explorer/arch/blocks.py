"""What a residual unit is made of: the convolutions of each block type, and each order of operations.

Called by `arch/expand.py`, which walks these tables, and by code export and depths, which read them. A block
type is one row of `BLOCKS`, the convolutions of its residual branch F(x); where norm and activation stand
around them is one row of `ORDERS`. Pure Python.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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
