"""Which fields go together: when a field makes a difference, and what is refused, with the remedy.

Called by `arch/spec.py` at every validation, and by the test of all pairs of values. Pure Python.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from explorer.errors import SpecError

if TYPE_CHECKING:
    from explorer.arch.spec import ArchitectureSpec

Condition = Callable[["ArchitectureSpec"], bool]

_OVERRIDE = re.compile(r"^\d{1,2}\.\d{1,4}=(identity|projection|none)$")


def _has_block(*kinds: str) -> Condition:
    return lambda spec: any(spec.block_of(stage) in kinds for stage in range(1, spec.n_stages + 1))


def _projects(spec: ArchitectureSpec) -> bool:
    return spec.shortcut in ("B", "C") or "projection" in spec.overridden.values()


def _halves(spec: ArchitectureSpec) -> bool:
    return any(spec.stride_of(stage) > 1 for stage in range(1, spec.n_stages + 1))


def _has_shortcut(spec: ArchitectureSpec) -> bool:
    return spec.shortcut != "none"


def _is_preactivation(spec: ArchitectureSpec) -> bool:
    return spec.order in ("relu_only_preactivation", "full_preactivation")


def _leaves_norm(spec: ArchitectureSpec) -> bool:
    """Whether the first block begins with the norm that would end the stem."""
    return spec.order == "full_preactivation" and (spec.stem_pool == "none" or spec.stem_pool_first)


def _ends_with_norm(spec: ArchitectureSpec) -> bool:
    return spec.order in ("original", "relu_only_preactivation", "no_activation_after_addition")


APPLIES: dict[str, Condition] = {
    "block_convolutions": _has_block("basic"),
    "base_width": _has_block("bottleneck", "basic", "narrow"),
    "stride_on": lambda spec: (
        spec.downsampling != "max_pool"
        and any(
            spec.stride_of(stage) > 1 and spec.block_of(stage) in ("bottleneck", "narrow")
            for stage in range(1, spec.n_stages + 1)
        )
    ),
    "cardinality": lambda spec: not spec.depthwise,
    "overrides": _has_shortcut,
    "projection_norm": lambda spec: _projects(spec) and spec.norm != "none",
    "projection_pool": lambda spec: _projects(spec) and _halves(spec) and spec.downsampling == "stride",
    "shortcut_path": _has_shortcut,
    "shortcut_scale": lambda spec: spec.shortcut_path == "scale",
    "shortcut_dropout": lambda spec: spec.shortcut_path == "dropout",
    "gate_bias": lambda spec: spec.shortcut_path == "gate" or spec.merge == "gate",
    "residual_scale": _has_shortcut,
    "merge": _has_shortcut,
    "stem_kernel": lambda spec: spec.stem == "conv",
    "stem_padding": lambda spec: spec.stem == "conv",
    "stem_stride": lambda spec: spec.stem != "none",
    "stem_norm": lambda spec: (
        spec.norm != "none" and spec.stem != "none" and not (spec.stem == "conv" and _leaves_norm(spec))
    ),
    "stem_pool": lambda spec: spec.stem != "none",
    "stem_pool_first": lambda spec: spec.stem_pool == "max" and _is_preactivation(spec),
    "stem_width": lambda spec: spec.stem != "none",
    "downsampling": _halves,
    "pool_window": lambda spec: (
        spec.stem_pool == "max" or (spec.downsampling == "max_pool" and _halves(spec)) or spec.head_max_pool
    ),
    "norm_epsilon": lambda spec: spec.norm != "none",
    "norm_groups": lambda spec: spec.norm == "group",
    "attention_reduction": lambda spec: spec.attention in ("se", "cbam"),
    "attention_divisor": lambda spec: spec.attention in ("se", "cbam"),
    "stochastic_depth": _has_shortcut,
    "block_dropout": _has_block("basic", "bottleneck", "narrow"),
    "zero_init_residual": lambda spec: spec.norm != "none" and _ends_with_norm(spec),
}
"""When a field makes a difference; a field that is not here always does."""


def check(spec: ArchitectureSpec) -> None:
    """Refuse what does not go together.

    Raises:
        SpecError: It names the field and the remedy.
    """
    _check_stages(spec)
    _check_overrides(spec)
    for field, refused, message, hint in REFUSALS:
        if refused(spec):
            raise SpecError(field, message, hint, **_values(spec))
    _check_channels(spec)
    _check_sizes(spec)


def _values(spec: ArchitectureSpec) -> dict[str, object]:
    return {name: getattr(spec, name) for name in type(spec).model_fields}


REFUSALS: tuple[tuple[str, Condition, str, str], ...] = (
    (
        "block_convolutions",
        lambda spec: _has_block("basic")(spec) and spec.block_convolutions == 1,
        "A basic block with {field} 1 is a single block.",
        "Set block=single, or {field} to 2, 3 or 4.",
    ),
    (
        "depthwise",
        lambda spec: spec.depthwise and spec.cardinality > 1,
        "{field} already has a group for each channel, and cardinality is {cardinality}.",
        "Set cardinality to 1 or {field} to false.",
    ),
    (
        "merge",
        lambda spec: spec.shortcut == "none" and spec.merge != "add",
        "{field} {merge} has nothing to merge with: shortcut is none.",
        "Choose shortcut A, B or C, or {field}=add.",
    ),
    (
        "shortcut_path",
        lambda spec: spec.shortcut == "none" and spec.shortcut_path != "identity",
        "{field} {shortcut_path} has no shortcut to be on: shortcut is none.",
        "Choose shortcut A, B or C, or {field}=identity.",
    ),
    (
        "residual_scale",
        lambda spec: spec.shortcut == "none" and spec.residual_scale != 1,
        "{field} weighs a branch against a shortcut, and shortcut is none.",
        "Choose shortcut A, B or C, or set {field} to 1.",
    ),
    (
        "stochastic_depth",
        lambda spec: spec.shortcut == "none" and spec.stochastic_depth > 0,
        "{field} would cut the net in two: without a shortcut nothing goes round a dropped block.",
        "Choose shortcut A, B or C, or set {field} to 0.",
    ),
    (
        "shortcut_path",
        lambda spec: spec.merge == "gate" and spec.shortcut_path == "gate",
        "{field}=gate and merge=gate are two gates on one shortcut.",
        "Keep one of them: merge=gate is the exclusive gate of He 2016.",
    ),
    (
        "projection_pool",
        lambda spec: spec.projection_pool and spec.downsampling != "stride",
        "{field} is how projections halve by stride, and downsampling is {downsampling}.",
        "Set downsampling=stride or {field}=false.",
    ),
    (
        "stem_pool",
        lambda spec: spec.stem == "none" and spec.stem_pool != "none",
        "{field} {stem_pool} has no stem to follow.",
        "Set {field}=none or choose a stem.",
    ),
    (
        "zero_init_residual",
        lambda spec: spec.zero_init_residual and spec.norm == "none",
        "{field} starts the last norm of each block at zero, and norm is none.",
        "Choose a norm or set {field} to false.",
    ),
    (
        "zero_init_residual",
        lambda spec: spec.zero_init_residual and not _ends_with_norm(spec),
        "{field} starts the last norm of each branch at zero, and with order {order} none stands there.",
        "Set order=original or {field} to false.",
    ),
    (
        "norm",
        lambda spec: spec.norm == "none" and spec.order == "bn_after_addition",
        "order bn_after_addition moves a norm, and {field} is none.",
        "Choose a {field} or order=original.",
    ),
)
"""(field, when it is refused, the cause, the remedy)."""


def _check_stages(spec: ArchitectureSpec) -> None:
    for name in ("stage_widths", "stage_strides", "stage_kernels", "stage_blocks"):
        given = len(getattr(spec, name))
        if given != spec.n_stages and (given or name == "stage_widths"):
            raise SpecError(
                name,
                "{field} has {given} stages and stage_depths has {depths}.",
                "Give both the same number of stages.",
                given=given,
                depths=spec.n_stages,
            )


def _check_overrides(spec: ArchitectureSpec) -> None:
    for text in spec.overrides:
        if not _OVERRIDE.match(text):
            raise SpecError(
                "overrides",
                "{field} has {text}, which is not of the form STAGE.BLOCK=KIND.",
                "Write 2.0=projection: stages from 1, blocks from 0; identity, projection or none.",
                text=text,
            )
    if spec.overrides and spec.shortcut == "none":
        raise SpecError(
            "overrides", "{field} changes shortcuts, and shortcut is none.", "Choose shortcut A, B or C."
        )
    for (stage, block), kind in spec.overridden.items():
        if not (1 <= stage <= spec.n_stages and block < spec.stage_depths[stage - 1]):
            raise SpecError(
                "overrides",
                "{field} names block {stage}.{block}, which this net does not have.",
                "Stages go from 1 to {stages}, blocks from 0.",
                stage=stage,
                block=block,
                stages=spec.n_stages,
            )
        if kind == "identity" and block == 0 and _changes_shape(spec, stage):
            raise SpecError(
                "overrides",
                "{field} asks for an identity in block {stage}.0, where the shape changes.",
                "Use {stage}.0=projection there.",
                stage=stage,
            )


def _channels_before(spec: ArchitectureSpec, stage: int) -> int:
    if stage > 1:
        return spec.width_of(stage - 1) * spec.expansion
    return spec.in_channels if spec.stem == "none" else spec.stem_width


def _changes_shape(spec: ArchitectureSpec, stage: int) -> bool:
    strides = spec.stride_of(stage) > 1 and spec.downsampling != "max_pool"
    return strides or _channels_before(spec, stage) != spec.width_of(stage) * spec.expansion


def _check_channels(spec: ArchitectureSpec) -> None:
    for stage in range(1, spec.n_stages + 1):
        width, before = spec.width_of(stage), _channels_before(spec, stage)
        out = width * spec.expansion
        if spec.inner_width(width) < 1:
            raise SpecError(
                "base_width",
                "{field} {base} leaves no channel in the stage of width {width}.",
                "Use a {field} of at least {least} or a wider stage.",
                base=spec.base_width,
                width=width,
                least=-(-64 // width),
            )
        _check_groups(spec, stage, before, out)
        if spec.shortcut == "A" and out < before and spec.overridden.get((stage, 0)) is None:
            raise SpecError(
                "shortcut",
                "{field} A pads with zeros and cannot narrow {before} channels to {after} at stage {number}.",
                "Choose {field} B or C, or let the widths grow.",
                before=before,
                after=out,
                number=stage,
            )


def _check_groups(spec: ArchitectureSpec, stage: int, before: int, out: int) -> None:
    """Each grouped convolution's channels must divide by its groups, coming in and going out."""
    if not spec.depthwise and spec.cardinality == 1:
        return
    name = "depthwise" if spec.depthwise else "cardinality"
    for width_in, width_out in grouped_convolutions(spec, stage, before, out):
        groups = width_in if spec.depthwise else spec.cardinality
        if width_in % groups or width_out % groups:
            raise SpecError(
                name,
                "{field} needs {groups} groups, but in stage {stage} a convolution goes from {before} to "
                "{after} "
                "channels, which they do not divide.",
                "Choose widths that are multiples of each other, or block=bottleneck.",
                groups=groups,
                stage=stage,
                before=width_in,
                after=width_out,
            )


def grouped_convolutions(
    spec: ArchitectureSpec, stage: int, before: int, out: int
) -> tuple[tuple[int, int], ...]:
    """(channels in, channels out) of each convolution of a stage that is done in groups."""
    inner = spec.inner_width(spec.width_of(stage))
    sources = {before, out} if spec.stage_depths[stage - 1] > 1 else {before}
    match spec.block_of(stage):
        case "bottleneck":
            return ((inner, inner),)
        case "narrow":
            return ((inner, out),)
        case "single":
            return tuple((source, out) for source in sorted(sources))
        case _:
            first = [(source, inner) for source in sorted(sources)]
            middle = [(inner, inner)] if spec.block_convolutions > 2 else []
            return (*first, *middle, (inner, out))


def _check_sizes(spec: ArchitectureSpec) -> None:
    """A map must not become smaller than what a window or a norm needs."""
    size = spec.input_size
    if spec.stem == "conv":
        padding = spec.stem_kernel // 2 if spec.stem_padding < 0 else spec.stem_padding
        size = (size + 2 * padding - spec.stem_kernel) // spec.stem_stride + 1
    elif spec.stem != "none":
        size = -(-size // spec.stem_stride)
    size = _pooled(spec, size, "stem_pool") if spec.stem_pool == "max" else size
    for stage in range(1, spec.n_stages + 1):
        if spec.stride_of(stage) > 1:
            pools = spec.downsampling == "max_pool"
            size = _pooled(spec, size, "downsampling") if pools else -(-size // 2)
    if spec.head_max_pool:
        size = _pooled(spec, size, "head_max_pool")
    if size < 1:
        raise SpecError(
            "input_size",
            "{field} {size} is too small: nothing is left of the map.",
            "Use a larger picture or a smaller stem.",
            size=spec.input_size,
        )
    if spec.norm == "instance" and size < 2:
        raise SpecError(
            "norm",
            "{field} instance has no statistics of a map of one number, and the last maps are {size}×{size}.",
            "Use a larger input_size, fewer strides or {field}=group.",
            size=size,
        )


def _pooled(spec: ArchitectureSpec, size: int, field: str) -> int:
    kernel, padding = pool_window(spec)
    after = (size + 2 * padding - kernel) // 2 + 1
    if after < 1:
        raise SpecError(
            field,
            "A {window} pool has nothing to look at in a map of {size}×{size}.",
            "Use a larger input_size or fewer pools.",
            window=spec.pool_window,
            size=size,
        )
    return after


def pool_window(spec: ArchitectureSpec) -> tuple[int, int]:
    """(kernel, padding) of the max pools."""
    return {"3x3 padded": (3, 1), "3x3": (3, 0), "2x2": (2, 0)}[spec.pool_window]
