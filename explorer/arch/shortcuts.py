"""What runs beside a block, and how it meets the residual branch.

Called by `arch/expand.py` for each block. Keys of projections are torchvision's. Pure Python.
"""

from __future__ import annotations

from explorer.arch.blocks import ORDERS
from explorer.arch.builder import Builder
from explorer.arch.ops import Activation, Add, Concat, Conv2d, Dropout, Gate, Pad, Scale
from explorer.arch.pools import Pool, Subsample


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


def shortcut_of(
    build: Builder, prefix: str, source: str, entry: str, out: int, stride: int
) -> tuple[str | None, str]:
    """Everything beside one block that makes its input as large as its output.

    Args:
        build: In the block.
        prefix: Of the block's keys, with its dot.
        source: What enters the block.
        entry: What the residual branch's first norm and activation leave; the source where none stand there.
        out: Channels that leave the residual branch.
        stride: Of the block.

    Returns:
        Its last key, None where there is no shortcut, and what it is: none, identity, projection or A.
    """
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
        projected = entry if ORDERS[spec.order].is_preactivation else source
        return _projection(build, prefix, projected, out, stride), "projection"
    if same_shape:
        return source, "identity"
    return _option_a(build, prefix, source, out, stride), "A"


def carry(build: Builder, prefix: str, key: str, source: str, stride: int) -> str:
    """What the shortcut is carried through (He 2016, table 1).

    Args:
        build: In the block.
        prefix: Of the block's keys, with its dot.
        key: The shortcut so far.
        source: What enters the block; a gate looks at it.
        stride: Of the block.

    Returns:
        Its last key.
    """
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


def merge(build: Builder, prefix: str, residual: str, shortcut: str, source: str, stride: int) -> str:
    """Where F(x) and the shortcut meet.

    Args:
        build: In the block.
        prefix: Of the block's keys, with its dot.
        residual: The last key of F(x).
        shortcut: The shortcut's.
        source: What enters the block; a gate looks at it.
        stride: Of the block.

    Returns:
        The key of what they become.
    """
    spec = build.spec
    if spec.merge == "concat":
        key = build.put(f"{prefix}concat", Concat(), residual, shortcut)
        return build.conv(f"{prefix}merge", key, build.channels(residual), 1)
    if spec.merge == "gate":
        gate = _gate(build, f"{prefix}gate", source, build.channels(residual), stride)
        residual = build.put(f"{prefix}transform", Gate(), residual, gate)
        shortcut = build.put(f"{prefix}carry", Gate(complement=True), shortcut, gate, branch="shortcut")
    return build.put(f"{prefix}add", Add(), residual, shortcut)
