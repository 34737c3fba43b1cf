"""What a class loses where a part of the picture is covered.

Called by the engine's handlers and `cli`. Needs no gradients. Leaves weights, modes, grad mode and random
numbers as they were.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from explorer.arch.graph import Graph
from explorer.arch.lesions import INTACT, Lesions, route
from explorer.errors import InsideError
from explorer.nets.explanation import attribution, chosen_class, picture_batch
from explorer.nets.inference import in_use
from explorer.nets.insights import Attribution
from explorer.nets.walk import Walk, slice_size


def occluding(
    model: nn.Module,
    graph: Graph,
    image: NDArray[np.float32],
    device: torch.device,
    *,
    label: int | None = None,
    patch: int | None = None,
    stride: int | None = None,
    baseline: NDArray[np.float32] | None = None,
    lesions: Lesions = INTACT,
) -> Generator[float, None, Attribution]:
    """What the class loses where a square of the picture is covered (Zeiler and Fergus 2013, section 4.2).

    A pixel's heat is the mean loss over the squares that cover it.

    Args:
        model: From `assemble`, on the device.
        graph: Its own.
        image: A prepared picture, (channels, height, width).
        device: Where the model is.
        label: The class to explain; None for the most probable.
        patch: The square's side in pixels; None for an eighth of the picture's height.
        stride: From square to square, at most the side; None for half of it.
        baseline: A prepared picture that shows through; None for zeros, the mean colour.
        lesions: What is changed in the network meanwhile.

    Yields:
        The share that is done, after each slice.

    Raises:
        InsideError: The class does not exist, the squares do not fit, or the lesions do not.
        RuntimeError: The device is out of memory.
        WeightsError: The network's outputs are not numbers.
    """
    height, width = image.shape[1:]
    patch = max(1, height // 8) if patch is None else patch
    stride = max(1, patch // 2) if stride is None else stride
    rows, columns = _corners(height, patch, stride), _corners(width, patch, stride)
    walk = Walk(model, route(graph, lesions, skipping=True))
    picture = picture_batch(image, device)
    cover = torch.zeros_like(picture) if baseline is None else picture_batch(baseline, device)
    with in_use(model):
        label, score = chosen = chosen_class(walk.logits(picture), label)
    corners = [(top, left) for top in rows for left in columns]
    losses: list[float] = []
    size = slice_size(graph, device)
    for first in range(0, len(corners), size):
        here = corners[first : first + size]
        with in_use(model):
            covered = picture.repeat(len(here), 1, 1, 1)
            for one, (top, left) in zip(covered, here, strict=True):
                square = (slice(None), slice(top, top + patch), slice(left, left + patch))
                one[square] = cover[0][square]
            losses += (score - walk.logits(covered)[:, label]).tolist()
        yield len(losses) / len(corners)
    heat = _spread(corners, losses, patch, height, width)
    return attribution("occlusion", "", chosen, heat)


def _spread(
    corners: list[tuple[int, int]], losses: list[float], patch: int, height: int, width: int
) -> torch.Tensor:
    """(height, width): at each pixel the mean loss over the squares that cover it."""
    heat, count = torch.zeros(height, width), torch.zeros(height, width)
    for (top, left), loss in zip(corners, losses, strict=True):
        heat[top : top + patch, left : left + patch] += loss
        count[top : top + patch, left : left + patch] += 1
    return heat / count


def _corners(length: int, patch: int, stride: int) -> range:
    """Where squares begin along one side; the last can reach over the edge."""
    if not (1 <= patch <= length and 1 <= stride <= patch):
        raise InsideError(
            "Squares of {patch} pixels every {stride} do not cover {length} pixels.",
            "Use a side from 1 to {length} and a stride from 1 to the side.",
            patch=patch,
            stride=stride,
            length=length,
        )
    return range(0, length - patch + stride, stride)
