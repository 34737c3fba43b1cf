"""AlexNet and the VGGs from shapes: `features.N`, whose numbers leave room for what has no weights.

Called by `nets/infer.py`. Must not import torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from explorer.nets.infer_head import IMAGENET_PX, SMALLEST_LARGE_KERNEL, Unlike, head_fields
from explorer.nets.keys import FEATURE, Shape


def features_fields(tensors: Mapping[str, Shape]) -> dict[str, Any]:
    """The spec's fields that numbered convolutions say.

    Args:
        tensors: Shapes by canonical key.

    Raises:
        Unlike: There are no convolutions, or no head that fits them.
    """
    weights = {
        int(found[1]): shape
        for key, shape in tensors.items()
        if (found := FEATURE.match(key)) and found[2] == "weight"
    }
    convs = sorted((number, shape) for number, shape in weights.items() if len(shape) == 4)
    if not convs:
        raise Unlike("its features hold no convolutions")
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
        "input_size": IMAGENET_PX,
        "in_channels": convs[0][1][1],
        **head_fields(tensors, convs[-1][1][0]),
    }
    groups = _between_pools(convs, 3 if has_norm else 2)
    first = convs[0][1]
    if first[2] > SMALLEST_LARGE_KERNEL and len(groups[0]) == 1:
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
