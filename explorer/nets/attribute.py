"""What in a picture spoke for a class, by gradients: Grad-CAM, Grad-CAM++, saliency, integrated gradients.

All explain the logit of one class (before softmax) for one prepared picture. Called by the engine's handlers
and `cli`. Leaves weights and their gradients, modes, grad mode and random numbers as they were.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from explorer.arch.graph import Graph
from explorer.arch.lesions import IMAGE, INTACT, Lesions, route
from explorer.arch.op import Shape
from explorer.errors import InsideError
from explorer.nets.explanation import attribution, chosen_class, picture_batch
from explorer.nets.inference import in_mode
from explorer.nets.insights import Attribution, Method
from explorer.nets.walk import Walk, slice_size

INTEGRATION_STEPS = 50
"""As captum has it; Sundararajan et al. 2017, section 5, find 20 to 300 enough."""


def grad_cam(
    model: nn.Module,
    graph: Graph,
    image: NDArray[np.float32],
    key: str,
    device: torch.device,
    *,
    label: int | None = None,
    plus_plus: bool = False,
    lesions: Lesions = INTACT,
) -> Attribution:
    """Grad-CAM (Selvaraju et al. 2016, arXiv 1610.02391, equations 1 and 2), or Grad-CAM++.

    Up to the node no gradient is kept, and the gradient runs back from the logit to the node only.

    Args:
        model: From `assemble`, on the device.
        graph: Its own.
        image: A prepared picture, (channels, height, width).
        key: Of a node that puts out maps.
        device: Where the model is.
        label: The class to explain; None for the most probable.
        plus_plus: Weigh places as Chattopadhyay et al. 2017 (arXiv 1710.11063, equations 5 and 19) do.
        lesions: What is changed in the network meanwhile.

    Raises:
        InsideError: The node or class does not exist, the node has no maps, or the lesions do not fit.
        RuntimeError: The device is out of memory.
        WeightsError: The network's outputs are not numbers.
    """
    require_maps(graph, key)
    walk = Walk(model, route(graph, lesions))
    with in_mode(model, training=False):
        values = {IMAGE: picture_batch(image, device)}
        with torch.no_grad():
            walk.run(values, 0, walk.after(key))
        maps = values[key].detach().clone().requires_grad_()
        logits = _logits_from(walk, values, key, maps)
        chosen = chosen_class(logits, label)
        gradient = _gradient(logits, chosen[0], maps)[0]
    with torch.no_grad():
        maps = maps[0]
        weights = _plus_plus_weights(maps, gradient) if plus_plus else gradient.mean((1, 2))
        raw = torch.einsum("c,chw->hw", weights, maps).relu()
        size = image.shape[1:]
        heat = functional.interpolate(raw[None, None], size, mode="bilinear", align_corners=False)[0, 0]
    method: Method = "grad_cam_plus_plus" if plus_plus else "grad_cam"
    return attribution(method, key, chosen, heat)


def saliency(
    model: nn.Module,
    graph: Graph,
    image: NDArray[np.float32],
    device: torch.device,
    *,
    label: int | None = None,
    lesions: Lesions = INTACT,
) -> Attribution:
    """The gradient by each pixel, the largest over the channels (Simonyan et al. 2013, arXiv 1312.6034).

    Arguments as in `grad_cam`.

    Raises:
        InsideError: The class does not exist, or the lesions do not fit.
        RuntimeError: The device is out of memory.
        WeightsError: The network's outputs are not numbers.
    """
    walk = Walk(model, route(graph, lesions, skipping=True))
    with in_mode(model, training=False):
        pictures = picture_batch(image, device).requires_grad_()
        with torch.enable_grad():
            logits = walk.logits(pictures)
        chosen = chosen_class(logits, label)
        raw = _gradient(logits, chosen[0], pictures)[0]
    return attribution("saliency", "", chosen, raw.abs().amax(0))


def integrating(
    model: nn.Module,
    graph: Graph,
    image: NDArray[np.float32],
    device: torch.device,
    *,
    label: int | None = None,
    steps: int = INTEGRATION_STEPS,
    baseline: NDArray[np.float32] | None = None,
    lesions: Lesions = INTACT,
) -> Generator[float, None, Attribution]:
    """Integrated gradients (Sundararajan et al. 2017, arXiv 1703.01365, equation 1), by Gauss and Legendre.

    The heat is the sum over the channels; all of it together is the logit less the baseline's.

    Args:
        model: From `assemble`, on the device.
        graph: Its own.
        image: A prepared picture, (channels, height, width).
        device: Where the model is.
        label: The class to explain; None for the most probable.
        steps: Points on the way.
        baseline: The prepared picture that says nothing; None for zeros, which is the training pictures' mean
            colour once a picture is prepared.
        lesions: What is changed in the network meanwhile.

    Yields:
        The share that is done, after each slice.

    Raises:
        InsideError: The class does not exist, or the lesions do not fit.
        RuntimeError: The device is out of memory.
        WeightsError: The network's outputs are not numbers.
    """
    walk = Walk(model, route(graph, lesions, skipping=True))
    goal = picture_batch(image, device)
    start = torch.zeros_like(goal) if baseline is None else picture_batch(baseline, device)
    with in_mode(model, training=False), torch.no_grad():
        chosen = chosen_class(walk.logits(goal), label)
    # On -1 to 1, with weights of sum 2.
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    shares = torch.from_numpy(((nodes + 1) / 2).astype(np.float32)).to(device).view(-1, 1, 1, 1)
    parts = torch.from_numpy((weights / 2).astype(np.float32)).to(device).view(-1, 1, 1, 1)
    total = torch.zeros_like(goal[0])
    # Backward costs twice what forward does.
    size = max(1, slice_size(graph, device) // 3)
    for first in range(0, steps, size):
        here = slice(first, first + size)
        with in_mode(model, training=False), torch.enable_grad():
            pictures = (start + shares[here] * (goal - start)).requires_grad_()
            gradient = _gradient(walk.logits(pictures), chosen[0], pictures)
        total += (gradient * parts[here]).sum(0)
        yield min(1.0, (first + size) / steps)
    raw = total * (goal - start)[0]
    return attribution("integrated_gradients", "", chosen, raw.sum(0))


def require_maps(graph: Graph, key: str) -> None:
    """Refuse a node without places.

    Raises:
        InsideError: There is no such node, or it puts out single numbers.
    """
    node = graph.by_key.get(key)
    last = next(n.key for n in reversed(graph.nodes) if _has_places(n.output_shape))
    if node is None:
        raise InsideError("The network has no node {key}.", "Try {last}.", key=key, last=last)
    if not _has_places(node.output_shape):
        raise InsideError(
            "Node {key} puts out single numbers, not maps: Grad-CAM has no places there.",
            "Choose a node with maps, such as {last}.",
            key=key,
            last=last,
        )


def _has_places(shape: Shape) -> bool:
    return len(shape) == 3 and shape[1] * shape[2] > 1


def _logits_from(walk: Walk, values: dict[str, Tensor], key: str, maps: Tensor) -> Tensor:
    """The rest of the way, with gradients where it depends on the maps."""
    reached = {key}
    with torch.enable_grad():
        # A leaf of the gradient itself must not be overwritten.
        values[key] = maps.clone()
    for place, step in enumerate(walk.steps[walk.after(key) :], start=walk.after(key)):
        depends = not step.is_zero and not reached.isdisjoint(step.inputs)
        reached |= {step.name} if depends else set()
        with torch.set_grad_enabled(depends):
            walk.run(values, place, place + 1)
    return values[walk.steps[-1].name]


def _gradient(logits: Tensor, label: int, by: Tensor) -> Tensor:
    """Of the class's logits by what they depend on, in its shape; zero where a lesion cut it off."""
    if not logits.requires_grad:
        return torch.zeros_like(by)
    with torch.enable_grad():
        score = logits[:, label].sum()
    (gradient,) = torch.autograd.grad(score, by)
    return gradient


def _plus_plus_weights(maps: Tensor, gradient: Tensor) -> Tensor:
    """(channels,): positive gradients, weighed by place.

    With Y = exp(score) the second and third derivatives are powers of the gradient (equation 19); the common
    factor exp(score) is left out.
    """
    square = gradient.square()
    below = 2 * square + (maps.sum((1, 2), keepdim=True) * square * gradient)
    shares = torch.where(below == 0, torch.zeros_like(square), square / below)
    return (shares * gradient.relu()).sum((1, 2))
