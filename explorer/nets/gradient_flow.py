"""How much gradient arrives at each depth, for one batch: vanishing and exploding gradients made visible.

In training mode, as a training step would find it, but nothing is learned: gradients, batch-norm statistics,
modes and random numbers stay as they were. Called by the engine's handlers and `cli`.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from explorer.arch.expand import expand
from explorer.arch.graph import Graph
from explorer.arch.ops import Conv2d, Linear
from explorer.arch.spec import ArchitectureSpec
from explorer.errors import DataError
from explorer.nets.assemble import assembling
from explorer.nets.inference import in_mode
from explorer.nets.insights import GradientFlow, LayerGradient
from explorer.nets.predict import as_tensor
from explorer.slices import mapped


def gradient_flow(
    model: nn.Module,
    graph: Graph,
    images: NDArray[np.float32],
    labels: NDArray[np.int64],
    device: torch.device,
) -> GradientFlow:
    """The gradient of the mean cross-entropy at every weighted layer of the main path.

    Takes as long as one training step on the batch. It cannot be sliced: batch norm looks at the whole batch.

    Args:
        model: From `assemble`, on the device.
        graph: Its own.
        images: Prepared pictures, (n, channels, height, width); at least two, because batch norm compares.
        labels: The truth, (n,).
        device: Where the model is.

    Raises:
        DataError: There are fewer than two pictures, or a label that the network does not have.
        RuntimeError: The device is out of memory.
    """
    _require_batch(graph, images, labels)
    keys = weighted_keys(graph)
    weights = [_weight(model, key) for key in keys]
    # The batch norms write their statistics into copies.
    buffers = {name: value.clone() for name, value in model.named_buffers()}
    truth = torch.from_numpy(np.require(labels, np.int64, ["C", "W"])).to(device)
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices), in_mode(model, training=True), torch.enable_grad():
        pictures = as_tensor(images).clone().to(device)
        logits = functional_call(model, buffers, (pictures,))
        loss = functional.cross_entropy(logits.float(), truth)
        gradients = torch.autograd.grad(loss, weights)
    norms = torch.stack([gradient.detach().norm() for gradient in gradients]).tolist()
    sizes = torch.stack([weight.detach().norm() for weight in weights]).tolist()
    layers = (
        LayerGradient(key, norm, norm / size if size else None)
        for key, norm, size in zip(keys, norms, sizes, strict=True)
    )
    return GradientFlow(tuple(layers), float(loss.detach()))


def flowing_at_start(
    specs: Sequence[ArchitectureSpec],
    images: NDArray[np.float32],
    labels: NDArray[np.int64],
    device: torch.device,
    *,
    seed: int = 0,
) -> Generator[float, None, tuple[GradientFlow, ...]]:
    """The gradient flow of untrained networks of one seed, one after the other.

    Layers of equal key and shape start equal in all of them.

    Args:
        specs: Of the networks, with one input size.
        images: As in `gradient_flow`.
        labels: As in `gradient_flow`.
        device: Where they are built.
        seed: Of the first values.

    Yields:
        The share that is done, after each slice of building and each network.

    Raises:
        DataError: As in `gradient_flow`.
        RuntimeError: The device is out of memory.
    """
    flows: list[GradientFlow] = []
    for spec in specs:
        graph = expand(spec)
        _require_batch(graph, images, labels)
        model = yield from mapped(
            assembling(graph, device=device, seed=seed),
            lambda share: (len(flows) + share / 2) / len(specs),
        )
        flows.append(gradient_flow(model, graph, images, labels, device))
        del model
        yield len(flows) / len(specs)
    return tuple(flows)


def weighted_keys(graph: Graph) -> list[str]:
    """The layers that count for depth (He 2015): convolutions and linear layers on the main path."""
    return [
        node.key for node in graph.nodes if node.branch == "main" and isinstance(node.op, Conv2d | Linear)
    ]


def _weight(model: nn.Module, key: str) -> Tensor:
    weight = model.get_submodule(key).weight
    assert isinstance(weight, Tensor)
    return weight


def _require_batch(graph: Graph, images: NDArray[np.float32], labels: NDArray[np.int64]) -> None:
    if len(images) < 2:
        raise DataError(
            "Gradients in training need a batch: batch norm compares pictures.",
            "Choose a sample of two pictures or more.",
        )
    classes = graph.nodes[-1].output_shape[0]
    wrong = labels[(labels < 0) | (labels >= classes)]
    if len(wrong):
        raise DataError(
            "The sample has label {label} and the network {classes} classes.",
            "Choose data with the network's classes.",
            label=int(wrong[0]),
            classes=classes,
        )
