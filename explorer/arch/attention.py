"""Attention at the end of a residual branch: SE, ECA and CBAM, written once each.

Called by `arch/expand.py`. An attention is one function in `ATTENTIONS`. Pure Python.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log2

from explorer.arch.builder import Builder
from explorer.arch.graph import Node
from explorer.arch.ops import Activation, ChannelConv, Conv2d, Gate, Norm
from explorer.arch.pools import ChannelPool, Pool

ECA_GAMMA, ECA_B = 2, 1
"""Wang et al. 2019 (arXiv 1910.03151), equation 12."""

CBAM_KERNEL = 7
"""Woo et al. 2018 (arXiv 1807.06521), section 4.1."""


def squeezed(channels: int, reduction: int, divisor: int) -> int:
    """The channels between the two layers of SE and CBAM.

    Args:
        channels: That enter.
        reduction: How many times fewer there are to be.
        divisor: 1 to round down (Hu et al. 2017), else to the nearest multiple of it, at least one (timm).
    """
    if divisor == 1:
        return max(1, channels // reduction)
    step = reduction * divisor
    return max(divisor, (channels + step // 2) // step * divisor)


def _squeeze_excite(build: Builder, prefix: str, source: str) -> str:
    """Hu et al. 2017 (arXiv 1709.01507): global average, two layers with biases, sigmoid."""
    channels = build.channels(source)
    inner = squeezed(channels, build.spec.attention_reduction, build.spec.attention_divisor)
    key = build.put(f"{prefix}se.pool", Pool("adaptive_average"), source, branch="side")
    key = build.put(f"{prefix}se.fc1", Conv2d(channels, inner, 1, bias=True), key, branch="side")
    key = build.put(f"{prefix}se.act", Activation("relu"), key, branch="side")
    key = build.put(f"{prefix}se.fc2", Conv2d(inner, channels, 1, bias=True), key, branch="side")
    key = build.put(f"{prefix}se.sigmoid", Activation("sigmoid"), key, branch="side")
    return build.put(f"{prefix}se.gate", Gate(), source, key)


def eca_kernel(channels: int) -> int:
    """The odd number nearest to (log₂ C + b) / γ from above, at least 3 as the authors' code has it."""
    nearest = int(abs((log2(channels) + ECA_B) / ECA_GAMMA))
    return max(nearest if nearest % 2 else nearest + 1, 3)


def _efficient_channel(build: Builder, prefix: str, source: str) -> str:
    """Wang et al. 2019: global average, one short convolution over the channels, sigmoid."""
    kernel = eca_kernel(build.channels(source))
    key = build.put(f"{prefix}eca.pool", Pool("adaptive_average"), source, branch="side")
    key = build.put(f"{prefix}eca.conv", ChannelConv(kernel), key, branch="side")
    key = build.put(f"{prefix}eca.sigmoid", Activation("sigmoid"), key, branch="side")
    return build.put(f"{prefix}eca.gate", Gate(), source, key)


def _block_attention(build: Builder, prefix: str, source: str) -> str:
    """Woo et al. 2018: channels weighed by both global poolings through shared layers, then places."""
    channels = build.channels(source)
    inner = squeezed(channels, build.spec.attention_reduction, build.spec.attention_divisor)
    # Both poolings lie one above the other, so that one 1×1 convolution is the shared layer for both.
    key = build.put(f"{prefix}cbam.pool", Pool("average_and_max"), source, branch="side")
    key = build.put(f"{prefix}cbam.fc1", Conv2d(channels, inner, 1), key, branch="side")
    key = build.put(f"{prefix}cbam.act", Activation("relu"), key, branch="side")
    key = build.put(f"{prefix}cbam.fc2", Conv2d(inner, channels, 1), key, branch="side")
    key = build.put(f"{prefix}cbam.sum", Pool("sum"), key, branch="side")
    key = build.put(f"{prefix}cbam.sigmoid", Activation("sigmoid"), key, branch="side")
    weighed = build.put(f"{prefix}cbam.channel_gate", Gate(), source, key)
    key = build.put(f"{prefix}cbam.squeeze", ChannelPool(), weighed, branch="side")
    spatial = Conv2d(2, 1, CBAM_KERNEL, 1, CBAM_KERNEL // 2)
    key = build.put(f"{prefix}cbam.conv", spatial, key, branch="side")
    key = build.put(f"{prefix}cbam.bn", Norm(1), key, branch="side")
    key = build.put(f"{prefix}cbam.spatial_sigmoid", Activation("sigmoid"), key, branch="side")
    return build.put(f"{prefix}cbam.gate", Gate(), weighed, key)


TITLES = {"se": "SE", "eca": "ECA", "cbam": "CBAM"}
"""What people call each attention, by the part of a key that its nodes share."""


def attention_title(node: Node) -> str:
    """The attention that a node is the end of; empty for all others."""
    *_, name, leaf = ("", "", *node.key.split("."))
    return TITLES.get(name, "") if leaf == "gate" else ""


ATTENTIONS: dict[str, Callable[[Builder, str, str], str]] = {
    "none": lambda build, prefix, source: source,
    "se": _squeeze_excite,
    "eca": _efficient_channel,
    "cbam": _block_attention,
}
"""(builder, key prefix, source) → the key of the weighed maps."""
