"""A network from the shapes of its weights: spec, key by key.

Called by `engine.handlers.weights`, `cli` and tests. Works on shapes alone; must not import torch.
Understood are torchvision's ResNets, AlexNet and VGGs, timm's ResNets (deep stems, SE, ECA, CBAM), the CIFAR
networks of many authors (`shortcut.0`, `linear`, option A) and our own keys.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isqrt
from typing import Any

from explorer.arch import spec as specs
from explorer.arch.expand import expand
from explorer.arch.presets import presets
from explorer.arch.spec import ArchitectureSpec
from explorer.errors import SpecError, WeightsError
from explorer.nets.assumptions import Assumption, untraced
from explorer.nets.keys import (
    COUNTER,
    FEATURE,
    Shape,
    absent_in_file,
    absent_in_network,
    canonical,
    mismatch,
    pooled_projections,
    renames,
    shape_text,
    state_shapes,
)

_BLOCK = re.compile(r"^layer(\d+)\.(\d+)\.(.+)$")
_CONV = re.compile(r"^conv(\d+)\.weight$")
_LINEAR = re.compile(r"^classifier\.(\d+)\.weight$")

_IMAGENET_PX, _CIFAR_PX = 224, 32
_SMALLEST_LARGE_KERNEL = 5
"""A first convolution at least so large belongs to a net for large pictures."""

_LOOKED_FOR = (
    "Looked for were blocks (layer1.0.conv1.weight or features.0.weight) and a classifier "
    "(fc.weight, linear.weight or classifier.N.weight); the file begins with {first}."
)


@dataclass(frozen=True, slots=True)
class Inferred:
    """What a file's shapes say.

    Attributes:
        spec: The network.
        renames: File key → our key, for what fits.
        assumed: What the shapes leave open.
        unexplained: Keys of the file that the network lacks or has in another shape.
        missing: Our keys that the file lacks.
        problems: The last two in words, key by key.
    """

    spec: ArchitectureSpec
    renames: Mapping[str, str]
    assumed: tuple[Assumption, ...]
    unexplained: tuple[str, ...]
    missing: tuple[str, ...]
    problems: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether the file and the network agree key by key."""
        return not (self.unexplained or self.missing)


def infer_spec(shapes: Mapping[str, Shape]) -> Inferred:
    """The network whose state dict has these shapes.

    Args:
        shapes: By the file's own keys.

    Raises:
        WeightsError: It is no network that can be described here; the texts say what was looked for.
    """
    names = canonical(shapes)
    tensors = {names[key]: tuple(shape) for key, shape in shapes.items()}
    is_features = any(map(FEATURE.match, tensors))
    try:
        values = _sequential(tensors) if is_features else _Reading(tensors, pooled_projections(shapes)).spec()
        spec = _as_published(specs.parse(values))
    except SpecError as error:
        raise _unlike(f"{error.cause_text[:1].lower()}{error.cause_text[1:].rstrip('.')}", shapes) from error
    except _Unlike as error:
        raise _unlike(str(error), shapes) from None
    return match(shapes, spec)


def match(shapes: Mapping[str, Shape], spec: ArchitectureSpec) -> Inferred:
    """How a file's shapes agree with a given network."""
    expected = state_shapes(expand(spec))
    found = {key: ours for key, ours in renames(shapes, expected).items() if shapes[key] == expected[ours]}
    there = set(found.values())
    unexplained = tuple(key for key in shapes if key not in found and not key.endswith(COUNTER))
    missing = tuple(key for key in expected if key not in there and not key.endswith(COUNTER))
    wrong = {key: ours for key, ours in renames(shapes, expected).items() if key in unexplained}
    problems = [mismatch(key, shapes[key], expected[ours]) for key, ours in wrong.items()]
    problems += [absent_in_file(key) for key in missing if key not in wrong.values()]
    problems += [absent_in_network(key) for key in unexplained if key not in wrong]
    return Inferred(spec, found, untraced(spec), unexplained, missing, tuple(problems))


class _Unlike(Exception):
    """Why the shapes are those of no network that is known here."""


def _unlike(reason: str, shapes: Mapping[str, Shape]) -> WeightsError:
    error = WeightsError(
        "These are not the weights of a network that can be described here: {reason}.",
        _LOOKED_FOR,
        reason=reason,
        first=", ".join(list(shapes)[:3]) or "nothing",
    )
    error.detail = "\n".join(f"{key}: {shape_text(shape)}" for key, shape in shapes.items())
    return error


def _as_published(spec: ArchitectureSpec) -> ArchitectureSpec:
    """The preset with the same shapes, where there is one: it knows what shapes leave open.

    Of several the one that differs in the fewest fields; classes and input channels are the file's.
    """
    wanted = state_shapes(expand(spec))
    best, fewest = spec, len(type(spec).model_fields)
    for known in presets().values():
        if known.spec.stage_depths != spec.stage_depths or known.spec.shortcut != spec.shortcut:
            continue
        candidate = known.spec.edited(num_classes=spec.num_classes, in_channels=spec.in_channels)
        n_different = sum(getattr(candidate, name) != getattr(spec, name) for name in type(spec).model_fields)
        if n_different < fewest and state_shapes(expand(candidate)) == wanted:
            best, fewest = candidate, n_different
    return best


def _head(tensors: Mapping[str, Shape], channels: int) -> dict[str, Any]:
    """The fields of the head, from the fully connected layers in order."""
    layers = sorted((int(found[1]), shape) for key, shape in tensors.items() if (found := _LINEAR.match(key)))
    if not layers:
        raise _Unlike("it has no classifier")
    features = layers[0][1][1]
    side = isqrt(features // channels)
    both = isqrt(features // (2 * channels))
    pool: dict[str, Any] = {"head_pool_size": side}
    if side * side * channels != features:
        if 2 * both * both * channels != features:
            raise _Unlike(f"its classifier reads {features} features, and {channels} channels come before it")
        pool = {"head_pool_size": both, "head_pool": "both"}
    return {
        **pool,
        "head_hidden": tuple(shape[0] for _, shape in layers[:-1]),
        "num_classes": layers[-1][1][0],
    }


def _sequential(tensors: Mapping[str, Shape]) -> dict[str, Any]:
    """AlexNet and the VGGs: `features.N`, whose numbers leave room for what has no weights."""
    weights = {
        int(found[1]): shape
        for key, shape in tensors.items()
        if (found := FEATURE.match(key)) and found[2] == "weight"
    }
    convs = sorted((number, shape) for number, shape in weights.items() if len(shape) == 4)
    if not convs:
        raise _Unlike("its features hold no convolutions")
    has_norm = any(len(shape) == 1 for shape in weights.values())
    values: dict[str, Any] = {
        "block": "single",
        "shortcut": "none",
        "norm": "batch" if has_norm else "none",
        "conv_bias": f"features.{convs[0][0]}.bias" in tensors,
        "downsampling": "max_pool",
        "pool_window": "2x2",
        "stem": "none",
        "head_max_pool": True,
        "head_dropout": 0.5,
        "input_size": _IMAGENET_PX,
        "in_channels": convs[0][1][1],
        **_head(tensors, convs[-1][1][0]),
    }
    groups = _between_pools(convs, 3 if has_norm else 2)
    first = convs[0][1]
    if first[2] > _SMALLEST_LARGE_KERNEL and len(groups[0]) == 1:
        # AlexNet: torchvision pads its 11×11 convolution by 2, and a pool ends the stem.
        groups = groups[1:]
        values |= {"stem": "conv", "stem_kernel": first[2], "stem_stride": 4, "stem_padding": 2}
        values |= {"stem_width": first[0], "stem_pool": "max", "stem_norm": has_norm, "pool_window": "3x3"}
    return values | _stages_of(groups)


def _between_pools(convs: Sequence[tuple[int, Shape]], step: int) -> list[list[Shape]]:
    """Numbered convolutions, grouped where the numbers leave room for a pool."""
    groups: list[list[Shape]] = [[]]
    before = convs[0][0]
    for number, shape in convs:
        if number - before > step:
            groups.append([])
        groups[-1].append(shape)
        before = number
    return groups


def _stages_of(groups: list[list[Shape]]) -> dict[str, Any]:
    """A stage where a pool stands or the width changes; only pools halve the map."""
    stages: list[list[Shape]] = []
    strides: list[int] = []
    for place, group in enumerate(groups):
        for number, shape in enumerate(group):
            if number and shape[0] == group[number - 1][0]:
                stages[-1].append(shape)
            else:
                stages.append([shape])
                strides.append(2 if place and not number else 1)
    kernels = tuple(stage[0][2] for stage in stages)
    usual = (1, *[2] * (len(stages) - 1))
    return {
        "stage_depths": tuple(map(len, stages)),
        "stage_widths": tuple(stage[0][0] for stage in stages),
        "stage_strides": () if tuple(strides) == usual else tuple(strides),
        "stage_kernels": () if set(kernels) == {3} else kernels,
    }


@dataclass(slots=True)
class _Block:
    """The tensors of one block, by their names in it."""

    stage: int
    index: int
    tensors: dict[str, Shape] = field(default_factory=dict)

    @property
    def convs(self) -> list[Shape]:
        """Its numbered convolutions in order."""
        found = sorted(
            (int(number[1]), shape) for name, shape in self.tensors.items() if (number := _CONV.match(name))
        )
        return [shape for _, shape in found]

    @property
    def kind(self) -> str:
        """Its block type, by its windows."""
        kernels = [shape[2] for shape in self.convs]
        if len(kernels) == 1:
            return "single"
        if len(kernels) == 2 and kernels[0] == 1:
            return "narrow"
        if len(kernels) == 3 and kernels[0] == kernels[2] == 1:
            return "bottleneck"
        return "basic"

    @property
    def kernel(self) -> int:
        """The side of its largest window."""
        return max(shape[2] for shape in self.convs)

    @property
    def out(self) -> int:
        """Channels that leave it."""
        return self.convs[-1][0]

    @property
    def inner(self) -> int:
        """Channels inside of it."""
        return self.convs[0][0]

    @property
    def projects(self) -> bool:
        """Whether a 1×1 convolution runs beside it."""
        return "downsample.conv.weight" in self.tensors


class _Reading:
    """The spec of a residual net, field by field.

    Args:
        tensors: Shapes by canonical key.
        pooled: Of each block with a projection, whether something stands before it.

    Raises:
        _Unlike: There are no blocks.
    """

    def __init__(self, tensors: Mapping[str, Shape], pooled: Mapping[str, bool]) -> None:
        self._tensors = tensors
        self._pooled = pooled
        blocks: dict[tuple[int, int], _Block] = {}
        for key, shape in tensors.items():
            if found := _BLOCK.match(key):
                place = int(found[1]), int(found[2])
                blocks.setdefault(place, _Block(*place)).tensors[found[3]] = shape
        self._blocks = [blocks[place] for place in sorted(blocks)]
        if not self._blocks:
            raise _Unlike("it has no residual blocks")
        stages = sorted({block.stage for block in self._blocks})
        if stages != list(range(1, len(stages) + 1)):
            raise _Unlike(f"its stages are numbered {', '.join(map(str, stages))}")
        self._stages = [[block for block in self._blocks if block.stage == stage] for stage in stages]
        for block in self._blocks:
            if not block.convs or any(len(shape) != 4 for shape in block.convs):
                raise _Unlike(f"layer{block.stage}.{block.index} has no convolutions of its own")

    def spec(self) -> dict[str, Any]:
        """Everything that the shapes say."""
        values = {
            **self._block_fields(),
            **self._layer_fields(),
            **self._stem_fields(),
            **self._attention_fields(),
            **_head(self._tensors, self._blocks[-1].out),
        }
        return values | self._width_fields() | self._shortcut_fields()

    def _block_fields(self) -> dict[str, Any]:
        kinds = [stage[0].kind for stage in self._stages]
        kernels = [stage[0].kernel for stage in self._stages]
        convolutions = {len(block.convs) for block in self._blocks if block.kind == "basic"}
        if len(convolutions) > 1:
            raise _Unlike("its blocks differ in their number of convolutions")
        return {
            "block": kinds[0],
            "stage_blocks": () if len(set(kinds)) == 1 else tuple(kinds),
            "stage_depths": tuple(map(len, self._stages)),
            "stage_kernels": () if set(kernels) == {3} else tuple(kernels),
            **({"block_convolutions": convolutions.pop()} if convolutions else {}),
        }

    def _width_fields(self) -> dict[str, Any]:
        """Widths, expansion, cardinality and base width: the usual expansion that explains all stages."""
        groups = self._groups()
        outs = [stage[0].out for stage in self._stages]
        inners = [stage[0].inner for stage in self._stages]
        usual = (4, 2, 1) if self._blocks[0].kind == "bottleneck" else (1, 2, 4)
        for expansion in (*usual, 3, *range(5, 17)):
            if any(out % expansion for out in outs):
                continue
            widths = [out // expansion for out in outs]
            base = self._base_width(widths, inners, groups or 1)
            if base is not None:
                return {
                    "expansion": expansion,
                    "stage_widths": tuple(widths),
                    "base_width": base,
                    "cardinality": groups or 1,
                    "depthwise": groups is None,
                }
        raise _Unlike(f"no expansion leads from {inners} to {outs} channels")

    def _base_width(self, widths: list[int], inners: list[int], groups: int) -> int | None:
        """The base width that gives all stages their inner channels (torchvision's rounding), if there is."""
        if all(stage[0].kind == "single" for stage in self._stages):
            return 64
        nearest = round(64 * inners[0] / (groups * widths[0]))
        for base in (64, nearest, nearest + 1, nearest - 1):
            if base > 0 and all(
                int(width * (base / 64.0)) * groups == inner
                for width, inner, stage in zip(widths, inners, self._stages, strict=True)
                if stage[0].kind != "single"
            ):
                return base
        return None

    def _groups(self) -> int | None:
        """The groups of the larger convolutions; None where each channel is one."""
        found = set()
        for before, block in zip([None, *self._blocks[:-1]], self._blocks, strict=True):
            source = before.out if before else self._stem_channels()
            for conv in block.convs:
                if conv[2] > 1 or block.kind in ("basic", "single"):
                    found.add((source // conv[1], conv[1] == 1 and source > 1))
                source = conv[0]
        if all(is_depthwise for _, is_depthwise in found):
            return None
        groups = {number for number, _ in found}
        if len(groups) > 1:
            raise _Unlike(f"its convolutions have {', '.join(map(str, sorted(groups)))} groups")
        return groups.pop()

    def _stem_channels(self) -> int:
        for key in ("conv1.weight", "conv1.6.weight"):
            if key in self._tensors:
                return self._tensors[key][0]
        return self._blocks[0].convs[0][1]

    def _stem_fields(self) -> dict[str, Any]:
        tensors = self._tensors
        is_preactivation = "norm.weight" in tensors
        values: dict[str, Any] = {"input_size": _CIFAR_PX}
        if "conv1.weight" in tensors:
            width, channels, kernel = tensors["conv1.weight"][:3]
            is_large = kernel >= _SMALLEST_LARGE_KERNEL
            values |= {"stem_width": width, "in_channels": channels, "stem_kernel": kernel}
        elif "conv1.6.weight" in tensors and "conv1.0.weight" in tensors:
            first, second = tensors["conv1.0.weight"], tensors.get("conv1.3.weight", (0,))
            is_large = True
            kind = "deep" if first[0] == second[0] else "deep_tiered"
            values |= {"stem": kind, "stem_width": tensors["conv1.6.weight"][0], "in_channels": first[1]}
        else:
            return values | {"stem": "none", "in_channels": self._blocks[0].convs[0][1]}
        if is_large:
            values |= {"input_size": _IMAGENET_PX, "stem_stride": 2, "stem_pool": "max"}
        if not self._has_norm:
            return values
        if is_preactivation and not is_large:
            # The stem's norm is left to the first block, unless a pool comes between.
            return values | ({"stem_pool": "max", "stem_stride": 2} if "bn1.weight" in tensors else {})
        return values | {"stem_norm": "bn1.weight" in tensors}

    @property
    def _has_norm(self) -> bool:
        return any(_is_norm(name) for block in self._blocks for name in block.tensors)

    def _layer_fields(self) -> dict[str, Any]:
        tensors = self._tensors
        norm = "none"
        if self._has_norm:
            norm = "batch" if any(key.endswith("running_mean") for key in tensors) else "group"
        values: dict[str, Any] = {
            "norm": norm,
            "conv_bias": "conv1.bias" in self._blocks[0].tensors,
            "activation": "prelu" if any(key.endswith("act1.weight") for key in tensors) else "relu",
        }
        if "norm.weight" in tensors:
            values["order"] = "full_preactivation"
        return values

    def _attention_fields(self) -> dict[str, Any]:
        # The widest block: timm rounds the others' inner layers up.
        names = self._blocks[-1].tensors
        out = self._blocks[-1].out
        for attention, key in (("se", "se.fc1.weight"), ("cbam", "cbam.fc1.weight")):
            if key in names:
                return {"attention": attention, "attention_reduction": max(1, out // names[key][0])}
        return {"attention": "eca"} if "eca.conv.weight" in names else {}

    def _shortcut_fields(self) -> dict[str, Any]:
        names = {name for block in self._blocks for name in block.tensors}
        values: dict[str, Any] = {}
        if "gate.conv.weight" in names:
            values["merge"] = "gate"
        elif "merge.weight" in names:
            values["merge"] = "concat"
        if "shortcut.gate.conv.weight" in names:
            values["shortcut_path"] = "gate"
        elif "shortcut.conv.weight" in names:
            values["shortcut_path"] = "conv1x1"
        projecting = [block for block in self._blocks if block.projects]
        if not projecting:
            return values | {"shortcut": "A"}
        values["projection_norm"] = "downsample.norm.weight" in names
        values["projection_pool"] = any(self._pooled.values())
        if len(projecting) == len(self._blocks) and any(block.index for block in self._blocks):
            return values | {"shortcut": "C"}
        if any(block.index for block in projecting):
            overrides = tuple(f"{block.stage}.{block.index}=projection" for block in projecting)
            return values | {"shortcut": "A", "overrides": overrides}
        return values | self._projected_where_shapes_change()

    def _projected_where_shapes_change(self) -> dict[str, Any]:
        """Option B: a first block that projects without a change of channels strides, and the reverse."""
        strides, sources = [], [self._stem_channels(), *(stage[-1].out for stage in self._stages)]
        for source, stage in zip(sources, self._stages, strict=False):
            first = stage[0]
            if first.projects:
                strides.append(2 if first.stage > 1 or source == first.out else 1)
            elif source == first.out:
                strides.append(1)
            else:
                projecting = [block for block in self._blocks if block.projects]
                overrides = tuple(f"{block.stage}.{block.index}=projection" for block in projecting)
                return {"shortcut": "A", "overrides": overrides}
        usual = [1, *[2] * (len(strides) - 1)]
        return {"shortcut": "B", "stage_strides": () if strides == usual else tuple(strides)}


def _is_norm(name: str) -> bool:
    return re.match(r"^bn\d+\.weight$", name) is not None
