"""Networks in use: evaluation without side effects, and faster copies for many pictures.

Called by `nets/predict.py`, `nets/classify.py`, `nets/probe.py`. A fast copy has its batch norms folded into
the convolutions before them and computes in the precision that a short measurement found fastest there.
"""

from __future__ import annotations

import contextlib
import copy
import time
from collections.abc import Generator, Hashable, Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from explorer.arch.spec import ArchitectureSpec
from explorer.nets.device import synchronise
from explorer.nets.layers import PaddedConv2d

Dtype = Literal["float32", "bfloat16"]

_MEASURED_PIXELS = 4 * 224 * 224
"""Pixels in a measured batch: four photographs, or a hundred and more of CIFAR's size."""
_MOST_MEASURED = 128
_ROUNDS = 3
"""The first round warms up; of the others the fastest counts, because other work only slows."""
_LEAST_GAIN = 1.15
"""bfloat16 must be this much faster than float32 to be worth its rounding."""


@dataclass(frozen=True, slots=True)
class Precision:
    """How a network computes its answers.

    Attributes:
        dtype: Of weights and maps.
        channels_last: The memory order of weights and maps.
    """

    dtype: Dtype = "float32"
    channels_last: bool = False

    @property
    def torch_dtype(self) -> torch.dtype:
        """The same in torch's terms."""
        return torch.bfloat16 if self.dtype == "bfloat16" else torch.float32

    @property
    def memory_format(self) -> torch.memory_format:
        """The memory order in torch's terms."""
        return torch.channels_last if self.channels_last else torch.contiguous_format


FLOAT32 = Precision()
"""What a single picture is answered in."""

_CANDIDATES = (FLOAT32, Precision("float32", True), Precision("bfloat16", True))

_measured: dict[Hashable, Precision] = {}


@contextlib.contextmanager
def in_mode(model: nn.Module, *, training: bool) -> Iterator[None]:
    """Training or evaluation mode; module by module it is as before at the end."""
    others = [module for module in model.modules() if module.training != training]
    for module in others:
        module.training = training
    try:
        yield
    finally:
        for module in others:
            module.training = not training


@contextlib.contextmanager
def in_use(model: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; both, module by module, are as before at the end."""
    with in_mode(model, training=False), torch.inference_mode():
        yield


def inference_copy(model: fx.GraphModule, precision: Precision) -> fx.GraphModule:
    """A copy for evaluation only, with each batch norm folded into the convolution that feeds it alone.

    Folding is done in float32: y = γ (Wx - μ) / √(σ² + ε) + β is one convolution with scaled weights and a
    bias (Jacob et al. 2017, arXiv 1712.05877, section 3.2).

    Args:
        model: From `assemble`; stays as it is.
        precision: Of the copy; give the same to `predict`.

    Returns:
        The copy, on the same device, without the folded batch norms' keys.
    """
    modules: dict[str, nn.Module] = {}
    wires = fx.Graph()
    made: dict[fx.Node, fx.Node] = {}
    for node in model.graph.nodes:
        if node.op != "call_module":
            made[node] = wires.node_copy(node, made.__getitem__)
            continue
        module = model.get_submodule(node.target)
        source = node.args[0]
        before = modules.get(str(source.target)) if source.op == "call_module" else None
        if isinstance(module, nn.BatchNorm2d) and isinstance(before, nn.Conv2d) and len(source.users) == 1:
            modules[source.target] = _folded(before, module)
            made[node] = made[source]
            continue
        modules[node.target] = module if isinstance(module, nn.Conv2d) else copy.deepcopy(module)
        made[node] = wires.node_copy(node, made.__getitem__)
    # A convolution without a batch norm is still the model's own here.
    own = {id(module) for module in model.modules()}
    modules = {key: copy.deepcopy(value) if id(value) in own else value for key, value in modules.items()}
    classifier = next((key for key in reversed(modules) if isinstance(modules[key], nn.Linear)), None)
    converted = {
        key: _ExactLinear(module) if key == classifier else _converted(module, precision)
        for key, module in modules.items()
    }
    fast = fx.GraphModule(converted, wires, class_name="ResidualNetworkInUse")
    return fast.eval().requires_grad_(False)


def known_precision(spec: ArchitectureSpec, device: torch.device) -> Precision | None:
    """What was measured for networks of this kind on this device; None where nothing was."""
    return _measured.get(_family(spec, device))


def choosing_precision(
    model: fx.GraphModule, spec: ArchitectureSpec, device: torch.device
) -> Generator[None, None, Precision]:
    """The fastest precision for many pictures, measured in slices and remembered for the kind of network.

    Args:
        model: On the device; stays as it is.
        spec: Of the network.
        device: Where it runs.

    Yields:
        None after each measured forward.

    Returns:
        A precision that works; float32 where nothing else does or nothing is clearly faster.
    """
    known = known_precision(spec, device)
    if known is not None:
        return known
    n_images = min(_MOST_MEASURED, max(1, _MEASURED_PIXELS // spec.input_size**2))
    images = torch.linspace(-1, 1, n_images * spec.in_channels * spec.input_size**2, device=device)
    images = images.view(n_images, spec.in_channels, spec.input_size, spec.input_size)
    seconds: dict[Precision, float] = {}
    for candidate in _CANDIDATES:
        try:
            fast = inference_copy(model, candidate)
            for turn in range(_ROUNDS):
                took = _time_forward(fast, images, candidate, device)
                if turn:
                    seconds[candidate] = min(took, seconds.get(candidate, took))
                yield
        except RuntimeError:  # this device cannot compute so
            seconds.pop(candidate, None)
    chosen = min(
        seconds,
        key=lambda item: seconds[item] * (_LEAST_GAIN if item.dtype == "bfloat16" else 1),
        default=FLOAT32,
    )
    _measured[_family(spec, device)] = chosen
    return chosen


class _ExactLinear(nn.Module):
    """A classifier that stays in float32: bfloat16 logits of 16 and more are whole eighths."""

    def __init__(self, linear: nn.Module) -> None:
        super().__init__()
        self.linear = linear

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """float32 (batch, classes)."""
        logits: torch.Tensor = self.linear(features.float())
        return logits


def _converted(module: nn.Module, precision: Precision) -> nn.Module:
    return module.to(precision.torch_dtype).to(memory_format=precision.memory_format)


def _folded(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    assert norm.running_mean is not None
    assert norm.running_var is not None
    folded = type(conv)(
        conv.in_channels,
        conv.out_channels,
        (conv.kernel_size[0], conv.kernel_size[1]),
        (conv.stride[0], conv.stride[1]),
        (int(conv.padding[0]), int(conv.padding[1])),
        groups=conv.groups,
        device="meta",
    )
    if isinstance(folded, PaddedConv2d) and isinstance(conv, PaddedConv2d):
        folded.surround = conv.surround
    statistics = norm.running_mean, norm.running_var, norm.eps
    with torch.no_grad():
        weight, bias = fuse_conv_bn_weights(conv.weight, conv.bias, *statistics, norm.weight, norm.bias)
    folded.weight, folded.bias = weight, bias
    return folded


def _time_forward(
    model: nn.Module, images: torch.Tensor, precision: Precision, device: torch.device
) -> float:
    synchronise(device)
    started = time.perf_counter()
    with torch.inference_mode():
        model(images.to(precision.torch_dtype, memory_format=precision.memory_format))
    synchronise(device)
    return time.perf_counter() - started


def _family(spec: ArchitectureSpec, device: torch.device) -> Hashable:
    """Networks that differ in depth, shortcut and classes only are of one kind."""
    depth_and_head = {"stage_depths", "shortcut", "num_classes", "zero_init_residual"}
    return str(device), tuple(spec.model_dump(exclude=depth_and_head).values())
