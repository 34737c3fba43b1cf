"""What nodes of a network put out for one picture, in one forward pass.

Called by the engine's probe handler and `cli`. Leaves train or eval mode, grad mode, hooks and random
numbers as they were.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from explorer.nets.inference import in_use
from explorer.nets.predict import as_tensor, predict


class _AllSeen(BaseException):
    """Ends a forward pass after the last wanted node; no `Exception`, so that torch.fx lets it pass."""


def probe(
    model: nn.Module, image: NDArray[np.float32], keys: Sequence[str], device: torch.device
) -> dict[str, NDArray[np.float32]]:
    """The outputs of some nodes for one picture; what comes after the last of them is not computed.

    Args:
        model: From `assemble`, on the device.
        image: A prepared picture, (channels, height, width).
        keys: Of nodes; repetitions count once.
        device: Where the model is.

    Returns:
        By key, in the order asked for: (channels, height, width) or (features,), float32, C-contiguous, in
        memory of its own.

    Raises:
        KeyError: The network has no such node.
        RuntimeError: The device is out of memory.
    """
    if not keys:
        return {}
    with _kept(model, keys, is_all=False) as seen, contextlib.suppress(_AllSeen), in_use(model):
        model(as_tensor(image)[None].to(device))
    return {key: seen[key].cpu().numpy() for key in keys}


def probe_and_predict(
    model: nn.Module, image: NDArray[np.float32], keys: Sequence[str], device: torch.device
) -> tuple[dict[str, NDArray[np.float32]], NDArray[np.float32]]:
    """The outputs of some nodes for one picture and its answer, in one forward pass.

    Args:
        model: From `assemble`, on the device.
        image: A prepared picture, (channels, height, width).
        keys: Of nodes; repetitions count once.
        device: Where the model is.

    Returns:
        The outputs as `probe` gives them, and the probability of each class: (classes,).

    Raises:
        KeyError: The network has no such node.
        RuntimeError: The device is out of memory.
        WeightsError: The network's outputs are not numbers.
    """
    with _kept(model, keys, is_all=True) as seen:
        probabilities = predict(model, image[None], device)[0]
    return {key: seen[key].cpu().numpy() for key in keys}, probabilities


@contextlib.contextmanager
def _kept(model: nn.Module, keys: Sequence[str], *, is_all: bool) -> Iterator[dict[str, Tensor]]:
    """Within, a forward pass of one picture leaves some nodes' outputs in the yielded dictionary.

    Args:
        model: From `assemble`.
        keys: Of nodes.
        is_all: Whether the pass runs to its end; else it ends with `_AllSeen` after the last wanted node.
    """
    seen: dict[str, Tensor] = {}
    modules = {key: _node(model, key) for key in keys}

    def keep(key: str, output: Tensor) -> None:
        # A copy at once: the next module may work in this memory. On the CPU it is what is handed out.
        seen[key] = output[0].to(torch.float32, memory_format=torch.contiguous_format, copy=True)
        if not is_all and len(seen) == len(modules):
            raise _AllSeen

    handles = [
        module.register_forward_hook(lambda module, inputs, output, key=key: keep(key, output))
        for key, module in modules.items()
    ]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _node(model: nn.Module, key: str) -> nn.Module:
    try:
        module = model.get_submodule(key)
    except AttributeError:
        raise KeyError(key) from None
    # Paths of stages and blocks lead to containers, which never run.
    if not key or type(module) is nn.Module:
        raise KeyError(key)
    return module
