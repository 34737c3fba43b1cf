"""The residual meter: how much each block adds, how strongly each layer answers.

One forward pass in slices, in evaluation mode. Called by the engine's handlers and `cli`. Leaves weights,
modes, grad mode and random numbers as they were.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from explorer.arch.graph import Block, Graph
from explorer.arch.lesions import IMAGE, INTACT, Lesions, merge_of, route
from explorer.arch.ops import Conv2d, Norm
from explorer.errors import DataError
from explorer.nets.inference import in_use
from explorer.nets.insights import BlockMeter, LayerResponse, ResidualMeter
from explorer.nets.predict import as_tensor
from explorer.nets.walk import Walk, slice_size


def metering(
    model: nn.Module,
    graph: Graph,
    images: NDArray[np.float32],
    device: torch.device,
    *,
    lesions: Lesions = INTACT,
) -> Generator[float, None, ResidualMeter]:
    """Measure blocks and layers, for one picture or many.

    F(x) and x are what the addition adds or the concatenation joins: with a scale, gate or dropped path where
    the block has one. Pictures on which a number does not exist, because F(x) or x is zero, are left out of
    its mean.

    Args:
        model: From `assemble`, on the device.
        graph: Its own.
        images: Prepared pictures, (n, channels, height, width).
        device: Where the model is.
        lesions: What is changed in the network meanwhile.

    Yields:
        The share that is done, after each slice.

    Raises:
        DataError: There is no picture.
        InsideError: The lesions do not fit the network.
        RuntimeError: The device is out of memory.
    """
    if not len(images):
        raise DataError("There are no pictures to measure with.", "Drop a picture or choose a data set.")
    walk = Walk(model, route(graph, lesions))
    merges = {merge.key: block.key for block in graph.blocks if (merge := merge_of(graph, block)) is not None}
    responses = response_keys(graph)
    blocks: dict[str, list[Tensor]] = {key: [] for key in merges.values()}
    layers: dict[str, list[Tensor]] = {key: [] for key in responses}
    watched = {response: key for key, response in responses.items()}
    size = slice_size(graph, device)
    for start in range(0, len(images), size):
        pictures = images[start : start + size]
        with in_use(model):
            values = {IMAGE: as_tensor(pictures).clone().to(device)}
            for place, step in enumerate(walk.steps):
                if step.name in merges:
                    branch, shortcut = (values[name] for name in step.inputs)
                    blocks[merges[step.name]].append(_meeting(branch, shortcut).cpu())
                walk.run(values, place, place + 1)
                if step.name in watched:
                    # Each picture's own; joined in double precision afterwards.
                    moments = torch.var_mean(values[step.name].flatten(1), dim=1, correction=0)
                    layers[watched[step.name]].append(torch.stack(moments).cpu())
        yield min(1.0, (start + size) / len(images))
    return ResidualMeter(
        tuple(_block_meter(block, blocks.get(block.key)) for block in graph.blocks),
        tuple(_layer_response(graph, key, responses[key], parts) for key, parts in layers.items()),
        len(images),
    )


def response_keys(graph: Graph) -> dict[str, str]:
    """What each convolution of the main path answers with.

    Returns:
        Its key → the norm that reads it, or itself where none does.
    """
    norms = {node.inputs[0]: node.key for node in graph.nodes if isinstance(node.op, Norm)}
    return {
        node.key: norms.get(node.key, node.key)
        for node in graph.nodes
        if isinstance(node.op, Conv2d) and node.branch == "main"
    }


def _meeting(branch: Tensor, shortcut: Tensor) -> Tensor:
    """(4, batch): both norms, their ratio and the cosine; not numbers where they do not exist."""
    branch, shortcut = branch.flatten(1).float(), shortcut.flatten(1).float()
    branch_norm, shortcut_norm = branch.norm(dim=1), shortcut.norm(dim=1)
    ratio = (branch_norm / shortcut_norm).masked_fill(shortcut_norm == 0, math.nan)
    cosine = functional.cosine_similarity(branch, shortcut, dim=1, eps=0)
    cosine = cosine.masked_fill((branch_norm == 0) | (shortcut_norm == 0), math.nan)
    return torch.stack((branch_norm, shortcut_norm, ratio, cosine))


def _block_meter(block: Block, parts: list[Tensor] | None) -> BlockMeter:
    if parts is None:
        return BlockMeter(block.key, None, None, None, None, "It has no shortcut.")
    branch_norm, shortcut_norm, ratio, cosine = map(_mean, torch.cat(parts, 1).double().numpy())
    reason = ""
    if shortcut_norm == 0:
        reason = "Its shortcut carries zeros."
    elif branch_norm == 0:
        reason = "Its branch puts out zeros."
    elif ratio is None or cosine is None:
        reason = "Its values overflow."
    return BlockMeter(block.key, ratio, cosine, branch_norm, shortcut_norm, reason)


def _mean(values: Iterable[float]) -> float | None:
    known = [float(value) for value in values if math.isfinite(value)]
    return math.fsum(known) / len(known) if known else None


def _layer_response(graph: Graph, key: str, response_key: str, parts: list[Tensor]) -> LayerResponse:
    """All pictures have as many numbers, so their moments weigh the same."""
    variances, means = torch.cat(parts, 1).double().numpy()
    op = graph.by_key[key].op
    assert isinstance(op, Conv2d)
    return LayerResponse(key, response_key, op.kernel, float(np.sqrt(variances.mean() + means.var())))
