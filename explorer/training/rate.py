"""How fast a network trains on a device: a few steps, timed.

Called by the engine's study handler, for estimates.
"""

from __future__ import annotations

from collections.abc import Generator

import torch

from explorer.arch.cost import cost_of
from explorer.arch.expand import expand
from explorer.arch.spec import ArchitectureSpec
from explorer.errors import DeviceError
from explorer.nets.assemble import assemble
from explorer.training.estimate import Pace
from explorer.training.plan import Plan
from explorer.training.precision import candidates, measured_images, time_step
from explorer.training.precision_memory import known_precision

TRIED_BATCH = 32
"""Pictures of a timed step: enough for a rate, little enough that nobody waits."""
TRIED_MACS = 4_000_000_000
"""Multiply-adds of a timed step's forward pass on the CPU: some tenths of a second, in which no click is
answered."""
LEAST_TRIED = 2
"""Batch norm needs more than one."""


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
    """Training pictures a second: as it was measured before a training, else of two short tries.

    The precision is not chosen here, which takes as long as some dozen steps: of those that the plan leaves
    open the first and the last are timed, and the faster counts.

    Args:
        spec: The network.
        plan: How it is trained.
        device: Where.

    Yields:
        None after each measured step.

    Raises:
        DeviceError: It does not run on the device.
    """
    known = known_precision(spec, device, plan.batch_size, plan.precision, plan.channels_last)
    rate = dict(known.rates).get(known.name) if known is not None else None
    if rate is not None:
        return rate
    graph = expand(spec)
    side = spec.input_size
    images = measured_images((tried_pictures(spec, plan, device), spec.in_channels, side, side), device)
    open_choices = candidates(plan.precision, plan.channels_last)
    fastest, reason = float("inf"), ""
    for precision in dict.fromkeys((open_choices[0], open_choices[-1])):
        try:
            model = assemble(graph, device=device).to(memory_format=precision.memory_format)
            # The first step warms up: libraries choose and pack there.
            time_step(model, images, precision)
            yield
            fastest = min(fastest, time_step(model, images, precision))
        except RuntimeError as error:
            reason = str(error).partition("\n")[0]
        yield
    if fastest == float("inf"):
        raise DeviceError(
            "The network cannot be trained on {device}: {reason}.",
            "Choose another device, or a smaller batch.",
            device=str(device),
            reason=reason,
        )
    return len(images) / fastest


def tried_pictures(spec: ArchitectureSpec, plan: Plan, device: torch.device) -> int:
    """How many pictures a timed step has: fewer for a network that is heavy for its device."""
    most = min(plan.batch_size, TRIED_BATCH)
    if device.type != "cpu":
        return most
    return max(min(most, TRIED_MACS // max(cost_of(spec).macs, 1)), min(LEAST_TRIED, most))
