"""Learning rates of a plan: plain arithmetic, so that the window can draw the curve before torch is there.

Called by the loop and whoever shows a plan. Must not import torch.
"""

from __future__ import annotations

import math

from explorer.training.plan import Plan

START_DIVISOR = 25.0
"""Warm-up begins at the largest learning rate divided by this (Smith and Topin 2017, as torch has it)."""
STEP_FACTOR = 0.1
"""He et al. 2015, section 4.2: divided by 10 at each milestone."""
PAPER_MILESTONES = (0.5, 0.75)
"""He et al. 2015, section 4.2: 32k and 48k of 64k iterations."""
PAPER_WARM_STEPS = 400
"""He et al. 2015, section 4.2: about as many iterations at a tenth of the rate, for ResNet-110."""


def learning_rate(plan: Plan, step: int, steps: int) -> float:
    """The learning rate of one step.

    A restart at or after the last epoch makes no difference.

    Args:
        plan: The schedule, its largest learning rate and its restarts.
        step: From 0.
        steps: Of the whole training.
    """
    begin, end, largest = 0, steps, plan.learning_rate
    for epoch in plan.restarts:
        restart = steps * epoch // plan.epochs
        if step < restart:
            end = min(restart, steps)
            break
        begin, largest = restart, largest * plan.restart_rate
    return _within(plan, largest, step - begin, end - begin)


def _within(plan: Plan, largest: float, step: int, steps: int) -> float:
    """The learning rate of one step of a stretch that goes through the whole schedule."""
    warm_steps = plan.warm_up * steps
    if plan.schedule == "paper":
        is_warming = step < min(PAPER_WARM_STEPS, warm_steps)
        return _divided(largest, 1 if is_warming else _passed(PAPER_MILESTONES, step, steps))
    if step < warm_steps:
        share = (step + 1) / (warm_steps + 1)
        return largest * (1 / START_DIVISOR + share * (1 - 1 / START_DIVISOR))
    if plan.schedule == "step":
        return _divided(largest, _passed(plan.milestones, step, steps))
    if plan.schedule == "constant":
        return largest
    left = (steps - step) / max(steps - warm_steps, 1)
    if plan.schedule == "cosine":
        return largest * 0.5 * (1 - math.cos(math.pi * min(left, 1.0)))
    return largest * min(left, 1.0)


def _passed(milestones: tuple[float, ...], step: int, steps: int) -> int:
    """How many milestones, shares of all steps, are behind."""
    return sum(step >= milestone * steps for milestone in milestones)


def _divided(rate: float, times: int) -> float:
    return float(rate * STEP_FACTOR**times)
