"""A residual net from shapes: block by block, then field by field.

Called by `nets/infer.py`. Must not import torch.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from explorer.arch.attention import squeezed
from explorer.nets.infer_head import IMAGENET_PX, SMALLEST_LARGE_KERNEL, Unlike, head_fields
from explorer.nets.keys import Shape

Value = TypeVar("Value")

_BLOCK = re.compile(r"^layer(\d+)\.(\d+)\.(.+)$")
_CONV = re.compile(r"^conv(\d+)\.weight$")

_CIFAR_PX = 32

_DIVISORS = (1, 8, 4, 16, 2, 32, 64)
"""Of an attention's inner channels, the likeliest first."""


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
    def kernels(self) -> list[int]:
        """The sides of the windows that its stage decides; a 1×1 beside them is always one."""
        sides = [shape[2] for shape in self.convs]
        return sides[1:2] if self.kind in ("bottleneck", "narrow") else sides

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


class ResidualReading:
    """The spec of a residual net, field by field.

    Args:
        tensors: Shapes by canonical key.
        pooled: Of each block with a projection, whether something stands before it.

    Raises:
        Unlike: There are no blocks.
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
            raise Unlike("it has no residual blocks")
        stages = sorted({block.stage for block in self._blocks})
        if stages != list(range(1, len(stages) + 1)):
            raise Unlike(f"its stages are numbered {', '.join(map(str, stages))}")
        self._stages = [[block for block in self._blocks if block.stage == stage] for stage in stages]
        for block in self._blocks:
            if not block.convs or any(len(shape) != 4 for shape in block.convs):
                raise Unlike(f"layer{block.stage}.{block.index} has no convolutions of its own")

    def spec(self) -> dict[str, Any]:
        """Everything that the shapes say."""
        values = {
            **self._block_fields(),
            **self._layer_fields(),
            **self._stem_fields(),
            **self._attention_fields(),
            **head_fields(self._tensors, self._blocks[-1].out),
        }
        return values | self._width_fields() | self._shortcut_fields()

    def _block_fields(self) -> dict[str, Any]:
        kinds = [_commonest(block.kind for block in stage) for stage in self._stages]
        kernels = [_commonest(side for block in stage for side in block.kernels) for stage in self._stages]
        convolutions = {len(block.convs) for block in self._blocks if block.kind == "basic"}
        if len(convolutions) > 1:
            raise Unlike("its blocks differ in their number of convolutions")
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
        raise Unlike(f"no expansion leads from {inners} to {outs} channels")

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
            raise Unlike(f"its convolutions have {', '.join(map(str, sorted(groups)))} groups")
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
            is_large = kernel >= SMALLEST_LARGE_KERNEL
            values |= {"stem_width": width, "in_channels": channels, "stem_kernel": kernel}
        elif "conv1.6.weight" in tensors and "conv1.0.weight" in tensors:
            first, second = tensors["conv1.0.weight"], tensors.get("conv1.3.weight", (0,))
            is_large = True
            kind = "deep" if first[0] == second[0] else "deep_tiered"
            values |= {"stem": kind, "stem_width": tensors["conv1.6.weight"][0], "in_channels": first[1]}
        else:
            return values | {"stem": "none", "in_channels": self._blocks[0].convs[0][1]}
        if is_large:
            values |= {"input_size": IMAGENET_PX, "stem_stride": 2, "stem_pool": "max"}
        if not self._has_norm:
            return values
        if is_preactivation and not is_large:
            # The stem's norm is left to the first block, unless a pool comes between.
            return values | ({"stem_pool": "max", "stem_stride": 2} if "bn1.weight" in tensors else {})
        if is_preactivation and "bn1.weight" not in tensors:
            return values | {"stem_pool_first": True}
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
        names = self._blocks[-1].tensors
        for attention, key in (("se", "se.fc1.weight"), ("cbam", "cbam.fc1.weight")):
            if key in names:
                return {"attention": attention, **self._squeeze(key)}
        return {"attention": "eca"} if "eca.conv.weight" in names else {}

    def _squeeze(self, key: str) -> dict[str, Any]:
        """Reduction and rounding; the widest block says the reduction, because rounding shows least there."""
        seen = {(block.out, block.tensors[key][0]) for block in self._blocks if key in block.tensors}
        widest, inner = max(seen)
        reduction = max(1, widest // inner)
        for divisor in _DIVISORS:
            if all(squeezed(channels, reduction, divisor) == within for channels, within in seen):
                return {"attention_reduction": reduction, "attention_divisor": divisor}
        return {"attention_reduction": reduction}

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


def _commonest(values: Iterable[Value]) -> Value:
    """What most blocks of a stage have, so that one that does not fit is told instead of all others."""
    return Counter(values).most_common(1)[0][0]


def _is_norm(name: str) -> bool:
    return re.match(r"^bn\d+\.weight$", name) is not None
