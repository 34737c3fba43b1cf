"""How much each channel of a node speaks for a class: gradient times activation.

Called by the engine's handlers of looks inside, for sorting channels. Leaves weights, modes, grad mode and
random numbers as they were.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from explorer.arch.graph import Graph
from explorer.arch.lesions import IMAGE, route
from explorer.errors import InsideError
from explorer.nets.explanation import chosen_class, picture_batch
from explorer.nets.inference import in_mode
from explorer.nets.walk import Walk


def class_relevance(
    model: nn.Module,
    graph: Graph,
    image: NDArray[np.float32],
    key: str,
    device: torch.device,
    *,
    label: int | None = None,
) -> tuple[NDArray[np.float32], int]:
    """The sum over a map of activation times the gradient of the class's logit, for each channel.

    To first order that is what the logit would lose without the channel (Molchanov et al. 2016,
    arXiv 1611.06440, equation 7, before the absolute value). Up to the node no gradient is kept.

    Args:
        model: From `assemble`, on the device.
        graph: Its own.
        image: A prepared picture, (channels, height, width).
        key: Of the node.
        device: Where the model is.
        label: The class; None for the most probable.

    Returns:
        (channels,) float32, read-only, and the class.

    Raises:
        InsideError: There is no such node or class.
        RuntimeError: The device is out of memory.
        WeightsError: The network's outputs are not numbers.
    """
    if key not in graph.by_key:
        raise InsideError("The network has no node {key}.", "Try {last}.", key=key, last=graph.nodes[-1].key)
    walk = Walk(model, route(graph, skipping=True))
    with in_mode(model, training=False):
        values = {IMAGE: picture_batch(image, device)}
        with torch.no_grad():
            walk.run(values, 0, walk.after(key))
        maps = values[key].detach().clone().requires_grad_()
        with torch.enable_grad():
            # A leaf of the gradient itself must not be overwritten.
            values[key] = maps.clone()
            walk.run(values, walk.after(key))
            logits = values[walk.steps[-1].name]
            label, _ = chosen_class(logits, label)
            (gradient,) = torch.autograd.grad(logits[0, label], maps)
    relevance = (gradient * maps.detach())[0].flatten(1) if maps.ndim == 4 else (gradient * maps.detach())[0]
    pooled = relevance.sum(1) if maps.ndim == 4 else relevance
    found = np.array(pooled.cpu().numpy(), np.float32)
    found.setflags(write=False)
    return found, label
