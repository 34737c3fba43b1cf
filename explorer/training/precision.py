"""Which numbers and which memory order train fastest here: found by a short measurement, never by name.

Called by `training/precision_memory.py`, the evaluation and the command line; a run keeps what was chosen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import product
from typing import Literal, cast

import torch
from torch import nn
from torch.nn import functional

from explorer.errors import DeviceError
from explorer.training.fields import LayoutChoice, PrecisionChoice
from explorer.training.layout import gradients_as_maps

Dtype = Literal["float32", "bfloat16"]

ROUNDS = 3
"""Timed steps of each candidate; the fastest counts, because other work on the machine only slows."""
MEASURED_PIXELS = 128 * 32 * 32
"""Pixels in a measured batch: enough to fill the device, little enough to take seconds for any net."""
LEAST_GAIN = 1.1
"""bfloat16 must be this much faster than float32 to be worth its rounding."""


@dataclass(frozen=True, slots=True)
class Precision:
    """How a network computes.

    Attributes:
        dtype: Of convolutions and linear layers; weights and statistics are float32 always.
        channels_last: The memory order of pictures, maps and weights.
        rates: Training pictures a second of each candidate that was measured, by name.
    """

    dtype: Dtype = "float32"
    channels_last: bool = False
    rates: tuple[tuple[str, float], ...] = ()

    @property
    def name(self) -> str:
        """Such as `bfloat16 channels-last`."""
        return self.dtype + (" channels-last" if self.channels_last else "")

    @property
    def memory_format(self) -> torch.memory_format:
        """The same in torch's terms."""
        return torch.channels_last if self.channels_last else torch.contiguous_format

    def autocast(self, device: torch.device) -> AbstractContextManager[None]:
        """The context in which the network's forward runs."""
        context = torch.autocast(device.type, dtype=torch.bfloat16, enabled=self.dtype == "bfloat16")
        return cast("AbstractContextManager[None]", context)


FLOAT32 = Precision()


def synchronise(device: torch.device) -> None:
    """Wait until the device has done all it was given."""
    if device.type != "cpu":
        torch.accelerator.synchronize(device)


def candidates(precision: PrecisionChoice, layout: LayoutChoice) -> list[Precision]:
    """All that the choices leave open."""
    dtypes: tuple[Dtype, ...] = ("float32", "bfloat16") if precision == "auto" else (precision,)
    layouts = {"auto": (False, True), "yes": (True,), "no": (False,)}[layout]
    return [Precision(dtype, channels_last) for dtype, channels_last in product(dtypes, layouts)]


def choose_precision(
    make_model: Callable[[], nn.Module],
    device: torch.device,
    batch_shape: tuple[int, int, int, int],
    precision: PrecisionChoice = "auto",
    layout: LayoutChoice = "auto",
) -> Generator[None, None, Precision]:
    """The fastest precision for training a network on a device, measured in slices.

    Candidates take turns, so that other work on the machine slows all of them alike.

    Args:
        make_model: Makes the network on the device.
        device: Where it runs.
        batch_shape: (batch, channels, height, width); a smaller batch is measured where pictures are large.
        precision: `auto`, or the one that the plan demands.
        layout: `auto`, or the one that the plan demands.

    Yields:
        None after each measured step.

    Raises:
        DeviceError: No candidate runs on the device.
    """
    open_choices = candidates(precision, layout)
    if len(open_choices) == 1:
        return open_choices[0]
    images = measured_images(batch_shape, device)
    fastest: dict[Precision, float] = {}
    models = {item: make_model().to(memory_format=item.memory_format) for item in open_choices}
    reason = ""
    for turn in range(ROUNDS + 1):
        for candidate in list(models):
            try:
                seconds = time_step(models[candidate], images, candidate)
            except RuntimeError as error:
                reason = str(error).partition("\n")[0]
                del models[candidate]
                fastest.pop(candidate, None)
                continue
            # The first turn warms up: libraries choose and pack there.
            if turn:
                fastest[candidate] = min(seconds, fastest.get(candidate, seconds))
            yield
    if not fastest:
        raise DeviceError(
            "The network cannot be trained on {device}: {reason}.",
            "Choose another device, or a smaller batch.",
            device=str(device),
            reason=reason,
        )
    return _best(fastest, len(images))


def measured_images(batch_shape: tuple[int, int, int, int], device: torch.device) -> torch.Tensor:
    """A batch to measure with: enough to fill the device, little enough to take seconds for any net."""
    batch, channels, height, width = batch_shape
    batch = min(batch, max(8, MEASURED_PIXELS // (height * width)))
    images = torch.linspace(-1, 1, batch * channels * height * width, device=device)
    return images.view(batch, channels, height, width)


def time_step(model: nn.Module, images: torch.Tensor, precision: Precision) -> float:
    """The seconds of one forward and backward pass; the model's gradients are gone at the end."""
    device = images.device
    synchronise(device)
    started = time.perf_counter()
    inputs = images.contiguous(memory_format=precision.memory_format)
    labels = torch.zeros(len(inputs), dtype=torch.int64, device=device)
    with torch.enable_grad(), gradients_as_maps(model), precision.autocast(device):
        loss = functional.cross_entropy(model(inputs), labels)
    torch.autograd.backward(loss)
    model.zero_grad(set_to_none=True)
    synchronise(device)
    return time.perf_counter() - started


def _best(fastest: dict[Precision, float], batch: int) -> Precision:
    rates = tuple((item.name, round(batch / seconds, 1)) for item, seconds in fastest.items())

    def cost(item: Precision) -> float:
        return fastest[item] * (LEAST_GAIN if item.dtype == "bfloat16" else 1.0)

    best = min(fastest, key=cost)
    return Precision(best.dtype, best.channels_last, rates)
