"""How one number of a network is made: what the operation read, its weights, and the network's own answer.

Called by the engine's handlers. The arithmetic is in `present/number_rows.py`. Leaves weights, modes, grad
mode and random numbers as they were.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from explorer.arch.graph import Graph
from explorer.arch.lesions import IMAGE, INTACT, Lesions, route
from explorer.errors import InsideError
from explorer.nets.explanation import picture_batch
from explorer.nets.inference import in_use
from explorer.nets.walk import Walk
from explorer.present.arithmetic import Number
from explorer.present.number_rows import Asked, number


def how_made(
    model: nn.Module,
    graph: Graph,
    image: NDArray[np.float32],
    key: str,
    place: tuple[int, int, int],
    device: torch.device,
    *,
    lesions: Lesions = INTACT,
) -> Number:
    """Take one number of a node apart.

    Args:
        model: From `assemble`, on the device.
        graph: Its own.
        image: A prepared picture, (channels, height, width).
        key: Of the node.
        place: Channel, row and column on its map; a vector has feature, 0, 0.
        device: Where the model is.
        lesions: What is changed in the network meanwhile.

    Returns:
        What went in and what comes out, in double precision, beside what the network itself has there.

    Raises:
        InsideError: There is no such node or place, or the lesions do not fit the network.
        RuntimeError: The device is out of memory.
    """
    _require(graph, key, place)
    walk = Walk(model, route(graph, lesions))
    end = walk.after(key)
    step = walk.steps[end - 1]
    with in_use(model):
        values = {IMAGE: picture_batch(image, device)}
        walk.run(values, 0, end - 1)
        # Copies, because the operation may work in its input's memory.
        inputs = [_maps(values[name]) for name in step.inputs]
        walk.run(values, end - 1, end)
        measured = float(_maps(values[key])[place])
        module = model.get_submodule(key)
        tensors = {**dict(module.named_parameters()), **dict(module.named_buffers())}
        weights = {name: value.float().cpu().numpy() for name, value in tensors.items()}
        made = number(graph.by_key[key].op, Asked(inputs, weights, *place))
    return Number(key, *place, step.inputs, made, measured)


def _maps(values: Tensor) -> NDArray[np.float32]:
    """The first picture's output as (channels, height, width), in memory of its own."""
    first = values[0] if values.ndim == 4 else values[0][:, None, None]
    return np.array(first.float().cpu().numpy())


def _require(graph: Graph, key: str, place: tuple[int, int, int]) -> None:
    node = graph.by_key.get(key)
    if node is None:
        raise InsideError("The network has no node {key}.", "Try {last}.", key=key, last=graph.nodes[-1].key)
    shape = node.output_shape if len(node.output_shape) == 3 else (*node.output_shape, 1, 1)
    if not all(0 <= at < size for at, size in zip(place, shape, strict=True)):
        raise InsideError(
            "Node {key} has no number at {place}.",
            "It puts out {shape}, counted from 0.",
            key=key,
            place=place,
            shape=" × ".join(map(str, shape)),
        )
