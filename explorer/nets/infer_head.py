"""The head of a network from the shapes of its fully connected layers, whatever comes before it.

Called by `nets/infer_residual.py` and `nets/infer_features.py`. Must not import torch.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isqrt
from typing import Any

from explorer.nets.keys import Shape

IMAGENET_PX = 224
"""The side of pictures that large nets are taken to be for."""

SMALLEST_LARGE_KERNEL = 5
"""A first convolution at least so large belongs to a net for large pictures."""

_LINEAR = re.compile(r"^classifier\.(\d+)\.weight$")


class Unlike(Exception):
    """Why the shapes are those of no network that is known here."""


def head_fields(tensors: Mapping[str, Shape], channels: int) -> dict[str, Any]:
    """The spec's fields of the head, from the fully connected layers in order.

    Args:
        tensors: Shapes by canonical key.
        channels: Of the last map.

    Raises:
        Unlike: There are none, or they read what no pool can leave of those maps.
    """
    layers = sorted((int(found[1]), shape) for key, shape in tensors.items() if (found := _LINEAR.match(key)))
    if not layers:
        raise Unlike("it has no classifier")
    features = layers[0][1][1]
    side = isqrt(features // channels)
    both = isqrt(features // (2 * channels))
    pool: dict[str, Any] = {"head_pool_size": side}
    if side * side * channels != features:
        if 2 * both * both * channels != features:
            raise Unlike(f"its classifier reads {features} features, and {channels} channels come before it")
        pool = {"head_pool_size": both, "head_pool": "both"}
    return {
        **pool,
        "head_hidden": tuple(shape[0] for _, shape in layers[:-1]),
        "num_classes": layers[-1][1][0],
    }
