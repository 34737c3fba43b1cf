"""What trainings will cost, before they begin: steps, multiply-adds, time and memory. Estimates all.

Called by the command line, the engine's study handler and the state. Imports no torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from explorer.arch.cost import FLOAT32_BYTES, cost_of
from explorer.training.plan import ADAM_KINDS, Plan
from explorer.training.study import Cell

BACKWARD = 3
"""A step costs about three forward passes: one, and twice that for the gradients of maps and of weights."""
LIVE_GRADIENTS = 4
"""The largest map is there so often on the way back: gradients in and out, and what is unfolded."""
BUILD_S = 1.5
"""Of each training, to assemble the network and to write its checkpoints."""
CHOOSING_STEPS = 4
"""Steps of each precision that is tried where the plan leaves it open, warming up included."""


@dataclass(frozen=True, slots=True)
class DataSize:
    """How much data there is.

    Attributes:
        n_train: Pictures that are learned from, before a validation part is taken.
        n_test: Pictures to test on.
        picture_bytes: Of one picture, as it lies in memory.
    """

    n_train: int
    n_test: int
    picture_bytes: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast this machine trains, from one or two networks that were measured.

    Attributes:
        points: Multiply-adds of a forward pass, and training pictures a second; the smallest network first.
    """

    points: tuple[tuple[int, float], ...]

    def seconds_a_picture(self, macs: int) -> float:
        """The time of one training picture for a network of so many multiply-adds.

        With one point it grows with the multiply-adds; with two there is a part that every network costs.
        """
        (low, low_rate), (high, high_rate) = self.points[0], self.points[-1]
        if high <= low or high_rate >= low_rate:
            return macs / high / high_rate
        slope = (1 / high_rate - 1 / low_rate) / (high - low)
        fixed = max(0.0, 1 / low_rate - slope * low)
        return fixed + slope * macs


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one cell of a study will cost.

    Attributes:
        cell: Its id.
        steps: In all.
        parameters: Of the network.
        macs: Of one forward pass of one picture.
        total_macs: Of the whole training, evaluations included.
        seconds: None where no pace is known.
        memory_bytes: On the device, beside what the program itself needs.
    """

    cell: str
    steps: int
    parameters: int
    macs: int
    total_macs: int
    seconds: float | None
    memory_bytes: int


def estimate(
    cell: Cell, data: DataSize, pace: Pace | None = None, *, chooses_precision: bool = True
) -> Estimate:
    """What a cell will cost.

    Args:
        cell: One that is not refused.
        data: What it is trained on.
        pace: Measured; without one no time is said.
        chooses_precision: Whether its precision is measured first, where the plan leaves it open.
    """
    assert cell.spec is not None
    assert cell.plan is not None
    plan, cost = cell.plan, cost_of(cell.spec)
    n_held = round(data.n_train * plan.validation_share)
    n_train = max(1, data.n_train - n_held)
    batch = min(plan.batch_size, n_train)
    steps = plan.epochs * (n_train // batch)
    learned = steps * batch
    judged = plan.epochs * (n_held or data.n_test) + data.n_test
    seconds = None
    if pace is not None:
        tried = _n_precisions(plan) * CHOOSING_STEPS * batch if chooses_precision else 0
        seconds = BUILD_S + (learned + tried + judged / BACKWARD) * pace.seconds_a_picture(cost.macs)
    return Estimate(
        cell=cell.id,
        steps=steps,
        parameters=cost.parameters,
        macs=cost.macs,
        total_macs=cost.macs * (BACKWARD * learned + judged),
        seconds=seconds,
        memory_bytes=_memory(cell, plan, batch, data),
    )


def estimates(cells: Sequence[Cell], data: DataSize, pace: Pace | None = None) -> tuple[Estimate, ...]:
    """What all cells that are not refused will cost, one after another."""
    found = []
    chosen: set[tuple[object, int]] = set()
    for cell in cells:
        if cell.spec is None or cell.plan is None:
            continue
        network = (cell.spec, cell.plan.batch_size)
        found.append(estimate(cell, data, pace, chooses_precision=network not in chosen))
        chosen.add(network)
    return tuple(found)


def _n_precisions(plan: Plan) -> int:
    """How many are tried before a training; 0 where the plan says which."""
    count = (1 + (plan.precision == "auto")) * (1 + (plan.channels_last == "auto"))
    return count if count > 1 else 0


def total_seconds(found: Sequence[Estimate]) -> float | None:
    """The time of all together; None where it is not known."""
    known = [item.seconds for item in found if item.seconds is not None]
    return sum(known) if known and len(known) == len(found) else None


def _memory(cell: Cell, plan: Plan, batch: int, data: DataSize) -> int:
    """Weights, gradients and the optimiser's tensors, the maps of a batch, and the pictures."""
    assert cell.spec is not None
    cost = cost_of(cell.spec)
    n_states = 2 if plan.optimiser in ADAM_KINDS else int(plan.momentum > 0)
    copies = 2 + n_states + int(plan.ema > 0)
    largest = max((node.activation_bytes for node in cost.by_key.values()), default=0)
    maps = batch * (cost.activation_bytes + LIVE_GRADIENTS * largest)
    pictures = (data.n_train + data.n_test) * data.picture_bytes
    return copies * cost.parameters * FLOAT32_BYTES + maps + pictures
