"""How fast a network trains on a device: a few steps, timed.

Called by the engine's study handler, for estimates.
"""

from __future__ import annotations

from collections.abc import Generator

import torch
from torch import nn

from explorer.arch.cost import cost_of
from explorer.arch.expand import expand
from explorer.arch.spec import ArchitectureSpec
from explorer.nets.assemble import assemble
from explorer.training.estimate import Pace
from explorer.training.plan import Plan
from explorer.training.precision import ROUNDS, measured_images, time_step
from explorer.training.precision_memory import remembered_precision


def measured_pace(
    pairs: list[tuple[ArchitectureSpec, Plan]], device: torch.device
) -> Generator[None, None, Pace]:
    """The pace of a device, from the smallest and the largest of some networks.

    Args:
        pairs: Networks with how each is trained; one at least.
        device: Where.

    Yields:
        None after each measured step.

    Raises:
        DeviceError: One does not run on the device.
    """
    ordered = sorted(pairs, key=lambda pair: cost_of(pair[0]).macs)
    points = []
    for spec, plan in dict.fromkeys((ordered[0], ordered[-1])):
        rate = yield from measured_rate(spec, plan, device)
        points.append((cost_of(spec).macs, rate))
    return Pace(tuple(points))


def measured_rate(spec: ArchitectureSpec, plan: Plan, device: torch.device) -> Generator[None, None, float]:
    """Training pictures a second, in the precision that the training would choose; remembered if possible.

    Args:
        spec: The network.
        plan: How it is trained.
        device: Where.

    Yields:
        None after each measured step.

    Raises:
        DeviceError: It does not run on the device.
    """
    graph = expand(spec)

    def make_model() -> nn.Module:
        return assemble(graph, device=device)

    precision = yield from remembered_precision(
        spec, make_model, device, plan.batch_size, plan.precision, plan.channels_last
    )
    known = dict(precision.rates).get(precision.name)
    if known is not None:
        return known
    shape = (plan.batch_size, spec.in_channels, spec.input_size, spec.input_size)
    images = measured_images(shape, device)
    model = make_model().to(memory_format=precision.memory_format)
    fastest = float("inf")
    for turn in range(ROUNDS + 1):
        seconds = time_step(model, images, precision)
        # The first turn warms up.
        fastest = min(fastest, seconds) if turn else fastest
        yield
    return len(images) / fastest
