"""What a state dict does not say about its network, a sentence each.

Option A, plain nets, strides, activation and input size leave no trace in the shapes of tensors.
Called by `nets/infer.py`, `nets/weights.py` and `state`. Must not import torch.
"""

from __future__ import annotations

from dataclasses import dataclass

from explorer.arch.ops import ACTIVATION_TITLES
from explorer.arch.spec import ArchitectureSpec, applies

TRACELESS = (
    "shortcut",
    "stride_on",
    "activation",
    "input_size",
    "order",
    "stem_stride",
    "stem_pool",
    "stem_pool_first",
    "stem_padding",
    "pool_window",
    "stage_strides",
    "downsampling",
    "padding",
    "norm",
    "norm_groups",
    "norm_epsilon",
    "residual_scale",
    "shortcut_path",
    "shortcut_scale",
    "head_pool",
    "projection_pool",
)
"""Fields whose value may change without a change of keys or shapes."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something that is taken for granted because the file does not say it.

    Attributes:
        field: Of the spec.
        sentence: For people.
        other: The other likely value; None where there is none.
        other_label: What a button says that takes it.
    """

    field: str
    sentence: str
    other: object = None
    other_label: str = ""


def untraced(spec: ArchitectureSpec) -> tuple[Assumption, ...]:
    """What the shapes of this network's weights leave open, the likeliest mistakes first."""
    return (
        *_of_shortcut(spec),
        *_of_stride(spec),
        *_of_input(spec),
        *_of_layers(spec),
        *_of_rarities(spec),
    )


def _of_shortcut(spec: ArchitectureSpec) -> list[Assumption]:
    if spec.shortcut == "none":
        sentence = "The file does not say that its network had no shortcuts."
        return [Assumption("shortcut", sentence, "A", "It has shortcuts")]
    if spec.shortcut == "A":
        sentence = "The file does not say that its shortcuts are option A, padded with zeros."
        return [Assumption("shortcut", sentence, "none", "It has no shortcuts")]
    return []


def _of_stride(spec: ArchitectureSpec) -> list[Assumption]:
    strides = spec.downsampling == "stride" and any(
        spec.stride_of(stage) > 1 and spec.block_of(stage) in ("bottleneck", "narrow")
        for stage in range(1, spec.n_stages + 1)
    )
    if not strides:
        return []
    if spec.stride_on == "1x1":
        sentence = "The file does not say that its bottlenecks stride on the first 1×1 convolution (2015)."
        return [Assumption("stride_on", sentence, "3x3", "It strides on the 3×3")]
    sentence = "The file does not say that its bottlenecks stride on the 3×3 convolution (v1.5)."
    return [Assumption("stride_on", sentence, "1x1", "It strides on the first 1×1")]


def _of_input(spec: ArchitectureSpec) -> list[Assumption]:
    pool = ", then a max pool" if spec.stem_pool == "max" else ""
    stem = f", the stem strides by {spec.stem_stride}{pool}" if spec.stem != "none" else ""
    sentence = f"Pictures are taken to be {spec.input_size}×{spec.input_size}{stem}."
    return [Assumption("input_size", f"{sentence[:-1]}; the file does not say it.")]


def _of_layers(spec: ArchitectureSpec) -> list[Assumption]:
    found = []
    if spec.activation != "prelu":
        title = ACTIVATION_TITLES[spec.activation]
        sentence = f"The file does not say that its activation is {title}."
        found.append(Assumption("activation", sentence))
    if spec.norm in ("group", "layer", "instance"):
        sentence = f"The file does not say that its norm is {spec.norm} norm."
        found.append(Assumption("norm", sentence))
    return found


def _of_rarities(spec: ArchitectureSpec) -> list[Assumption]:
    """Fields that are seldom other than usual: said only where they are."""
    found = []
    for name in (
        "order",
        "stage_strides",
        "downsampling",
        "padding",
        "residual_scale",
        "shortcut_scale",
        "head_pool",
    ):
        field, value = type(spec).model_fields[name], getattr(spec, name)
        usual = field.get_default(call_default_factory=True)
        if value != usual and applies(spec, name) and not (name == "order" and value == "full_preactivation"):
            shown = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value).replace("_", " ")
            title = (field.title or name).lower()
            found.append(Assumption(name, f"The file does not say that its {title} is {shown}."))
    return found
