"""Holding a cost while the net changes: one field follows, so that parameters or MACs stay what they were.

Called by the reducer while a budget is locked. The cost grows with each field that may follow, so the nearest
value is found by bisection. Pure Python.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from math import sqrt
from typing import Literal

from explorer.arch import rules
from explorer.arch.expand import expand
from explorer.arch.field import MAX_WIDTH
from explorer.arch.spec import ArchitectureSpec
from explorer.errors import SpecError

Hold = Literal["parameters", "macs"]
Vary = Literal["width_factor", "stage_widths", "base_width", "cardinality"]

FACTOR_STEPS = 1000
"""Width factors are tried in thousandths."""
MOST_FACTOR = 64
MOST_PATHS = 1024
FARTHEST_PROBE = 64
"""How far from a value that the spec refuses an accepted one is looked for."""


@dataclass(frozen=True, slots=True)
class Budget:
    """A cost that is held.

    Attributes:
        hold: Which cost.
        target: Its value.
        vary: The field that follows.
    """

    hold: Hold
    target: int
    vary: Vary


def _steps(spec: ArchitectureSpec, vary: Vary) -> Sequence[int]:
    """The whole numbers that are tried, rising."""
    if vary == "width_factor":
        return range(1, MOST_FACTOR * FACTOR_STEPS + 1)
    if vary == "stage_widths":
        return range(1, MAX_WIDTH + 1)
    ends = _grouped_ends(spec) if vary == "cardinality" else set()
    return [n for n in range(1, MOST_PATHS + 1) if not any(channels % n for channels in ends)]


def _grouped_ends(spec: ArchitectureSpec) -> set[int]:
    """Channels at the ends of blocks that grouped convolutions touch; inside, groups always fit."""
    single = spec.model_copy(update={"cardinality": 1})
    found: set[int] = set()
    before = spec.in_channels if spec.stem == "none" else spec.stem_width
    for stage in range(1, spec.n_stages + 1):
        out = spec.width_of(stage) * spec.expansion
        touched = {
            channels for pair in rules.grouped_convolutions(single, stage, before, out) for channels in pair
        }
        found |= touched & {before, out} if spec.block_of(stage) != "bottleneck" else set()
        before = out
    return found


def _fields(spec: ArchitectureSpec, vary: Vary, n: int) -> dict[str, object]:
    """The varied field as the n-th step has it."""
    if vary == "width_factor":
        return {vary: n / FACTOR_STEPS}
    if vary == "stage_widths":
        widest = max(spec.stage_widths)
        return {vary: tuple(max(1, round(width * n / widest)) for width in spec.stage_widths)}
    return {vary: n}


def _own_step(spec: ArchitectureSpec, vary: Vary) -> int:
    """The step nearest to what the spec has."""
    if vary == "width_factor":
        return max(1, round(spec.width_factor * FACTOR_STEPS))
    return max(spec.stage_widths) if vary == "stage_widths" else int(getattr(spec, vary))


def total(spec: ArchitectureSpec, hold: Hold) -> int:
    """The held cost of a spec.

    In a stage all blocks but the first are alike, so two of them tell the cost of any number.
    """
    # Overrides name single blocks, so that those of a stage need not be alike.
    depths = spec.stage_depths if spec.overrides else tuple(min(depth, 2) for depth in spec.stage_depths)
    whole = 0
    for node in expand(spec.model_copy(update={"stage_depths": depths})).nodes:
        own = node.op.parameters() if hold == "parameters" else node.op.macs(node.output_shape)
        times = 1
        if node.stage is not None and node.block == 1 and not spec.overrides:
            times = spec.stage_depths[node.stage - 1] - 1
        whole += own * times
    return whole


class _Search:
    """Values of one field, tried lazily; a place is an index of the steps.

    Args:
        spec: Everything else.
        budget: What is held and what follows.
    """

    def __init__(self, spec: ArchitectureSpec, budget: Budget) -> None:
        self.spec = spec
        self.budget = budget
        self.steps = _steps(spec, budget.vary)
        self.own = bisect_left(self.steps, _own_step(spec, budget.vary))
        self._costs: dict[int, int | None] = {}

    def candidate(self, place: int) -> ArchitectureSpec | None:
        """The spec with the value at a place, or None where it is refused."""
        # Copying without validation and checking the rules alone is much faster; the steps are in bounds.
        fields = _fields(self.spec, self.budget.vary, self.steps[place])
        made = self.spec.model_copy(update=fields)
        try:
            rules.check(made)
        except SpecError:
            return None
        return made

    def cost(self, place: int) -> int | None:
        """The cost with the value at a place."""
        if place not in self._costs:
            made = self.candidate(place)
            self._costs[place] = None if made is None else total(made, self.budget.hold)
        return self._costs[place]

    def accepted(self, middle: int, low: int, high: int) -> int | None:
        """The accepted place nearest to one, between two others (both left out)."""
        for place in _outwards(middle, low, high):
            if self.candidate(place) is not None:
                return place
        return None

    def guesses(self) -> Iterator[tuple[int, int]]:
        """Places around where a cost that grows with the square would reach the target, from near to far."""
        own = self.cost(self.own) if self.own < len(self.steps) else None
        if own:
            ideal = self.own * sqrt(self.budget.target / own)
            yield from ((round(ideal / reach), round(ideal * reach)) for reach in (1.05, 1.5))

    def bounds(self) -> tuple[int, int]:
        """Two places (left out) that the target lies between; found by a guess where one holds."""
        for low, high in self.guesses():
            if low >= 0 and high < len(self.steps):
                below, above = self.cost(low), self.cost(high)
                if below is not None and above is not None and below <= self.budget.target <= above:
                    return low, high
        return -1, len(self.steps)

    def nearest(self) -> set[int]:
        """The accepted places just below and above the target, with the spec's own."""
        low, high = self.bounds()
        while (middle := self.accepted((low + high) // 2, low, high)) is not None:
            cost = self.cost(middle)
            assert cost is not None
            low, high = (middle, high) if cost <= self.budget.target else (low, middle)
        # Where widths happen to agree a projection is saved, a small dip: look at the neighbours too.
        near = {low - 1, low, low + 1, high - 1, high, high + 1, self.own}
        return {place for place in near if 0 <= place < len(self.steps) and self.cost(place) is not None}


def _outwards(middle: int, low: int, high: int) -> Iterator[int]:
    """A place and its neighbours between two others, the nearest first."""
    steps = chain.from_iterable((step, -step) for step in range(1, FARTHEST_PROBE + 1))
    return (middle + step for step in chain((0,), steps) if low < middle + step < high)


def _roundest(search: _Search, place: int) -> int:
    """Of the width factors that give the same widths, the one with the fewest digits."""

    def widths(other: int) -> list[int]:
        factor = search.steps[other] / FACTOR_STEPS
        return [max(1, round(width * factor)) for width in search.spec.stage_widths]

    wanted = widths(place)
    alike = [other for other in _outwards(place, -1, len(search.steps)) if widths(other) == wanted]
    return min(alike, key=lambda other: (len(f"{search.steps[other] / FACTOR_STEPS:g}"), abs(other - place)))


def fit_budget(spec: ArchitectureSpec, *, hold: Hold, target: int, vary: Vary) -> ArchitectureSpec:
    """The spec whose cost is the nearest to the target that one field can reach.

    Args:
        spec: Everything but the field that follows.
        hold: Which cost is held.
        target: Its value.
        vary: The field that follows; `stage_widths` keep their proportions.

    Returns:
        The spec with the fitted field; the spec itself where the field makes no difference, or nothing nearer
        is accepted.
    """
    search = _Search(spec, Budget(hold, target, vary))
    own = total(spec, hold)
    if own == target:
        return spec
    costs = {place: search.cost(place) or 0 for place in search.nearest()}
    best = min(costs, key=lambda place: abs(costs[place] - target), default=None)
    # The spec's own value may stand between two steps.
    if best is None or abs(own - target) <= abs(costs[best] - target):
        return spec
    chosen = _roundest(search, best) if vary == "width_factor" else best
    return spec.edited(**_fields(spec, vary, search.steps[chosen]))
