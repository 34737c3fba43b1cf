"""Error against depth and against parameters: the papers' points, and which points a line joins.

He 2015 (arXiv 1512.03385) gives CIFAR-10 errors of residual nets in table 6; figure 6 draws their curves and
the plain nets', of which no table gives a number, so that plain nets have points on ImageNet only (table 2).
Called by the comparison. Takes plain values; imports `arch` only: no Qt, no torch, nothing of the state.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import fmean
from typing import Literal

from explorer.arch.depths import depth_of
from explorer.arch.papers import CIFAR, Published, published

Across = Literal["depth", "parameters"]

CIFAR_10, IMAGENET = "CIFAR-10", "ImageNet"
"""What the papers' errors were measured on."""
OTHERS = "other papers"
"""The family of what stands alone."""

_FAMILIES = (
    (r"He 2015 ResNet-", "He 2015 ResNet", True),
    (r"He 2015 plain-", "He 2015 plain", True),
    (r"He 2016 pre-activation ", "He 2016 pre-activation", True),
    (r"torchvision resnet\d", "torchvision ResNet", True),
    (r"Zagoruyko 2016 WRN-", "Wide ResNet", False),
)
"""How a published name begins, its family, and whether the family is one of depths, which a line joins."""


@dataclass(frozen=True, slots=True)
class Point:
    """A network and its error.

    Attributes:
        name: Of the network.
        family: What it is shown and hidden with.
        data: What the error was measured on, as it is chosen: errors on other data are not beside it.
        depth: Weighted layers on the main path.
        parameters: Trainable numbers.
        error_percent: 0 to 100.
        kind: What the error was measured on, in words.
        source: Where the number stands.
        joined: A line goes through the points of equal ones; None for none.
        column: Of a pinned network its column; empty for a paper's.
    """

    name: str
    family: str
    data: str
    depth: int
    parameters: int
    error_percent: float
    kind: str
    source: str
    joined: Hashable = None
    column: str = ""

    def across(self, across: Across) -> int:
        """Where it is on the bottom axis."""
        return self.depth if across == "depth" else self.parameters


@lru_cache(maxsize=1)
def paper_points() -> tuple[Point, ...]:
    """What papers and publishers give, as far as they give a number."""
    return tuple(made for row in published() if (made := _point(row)) is not None)


def _point(row: Published) -> Point | None:
    if row.error_percent is None:
        return None
    known = (entry for entry in _FAMILIES if re.match(entry[0], row.name))
    _, family, is_joined = next(known, ("", OTHERS, False))
    data = CIFAR_10 if row.error_kind == CIFAR else IMAGENET
    return Point(
        name=row.name,
        family=family,
        data=data,
        depth=depth_of(row.spec),
        parameters=row.parameters,
        error_percent=row.error_percent,
        kind=row.error_kind,
        source=row.source,
        joined=(family, data) if is_joined else None,
    )


def families(points: Sequence[Point]) -> tuple[str, ...]:
    """The families in the order in which they come, those that stand alone last."""
    found = dict.fromkeys(point.family for point in points)
    return tuple(sorted(found, key=lambda family: family == OTHERS))


def joined(points: Sequence[Point], across: Across) -> tuple[tuple[Point, ...], ...]:
    """The lines: points that belong together from left to right, above each other from the top down.

    Pinned networks of one place, which differ in their seed, are one corner of their line: their mean.

    Args:
        points: Those that are shown.
        across: What is along the bottom.

    Returns:
        Lines of two points and more.
    """
    lines: dict[Hashable, dict[Hashable, list[Point]]] = {}
    for point in points:
        if point.joined is not None:
            # Published points stand for themselves.
            place = (point.depth, point.parameters) if point.column else point
            lines.setdefault(point.joined, {}).setdefault(place, []).append(point)
    corners = (tuple(map(_mean, line.values())) for line in lines.values())
    ordered = (
        tuple(sorted(line, key=lambda point: (point.across(across), -point.error_percent)))
        for line in corners
    )
    return tuple(line for line in ordered if len(line) > 1)


def _mean(seeds: Sequence[Point]) -> Point:
    if len(seeds) == 1:
        return seeds[0]
    return replace(seeds[0], error_percent=fmean(point.error_percent for point in seeds))


def nearest(places: Sequence[tuple[float, float]], place: tuple[float, float], reach: float) -> int | None:
    """The number of the place next to another, the last of equally near ones: it is painted on top.

    Args:
        places: (x, y) in pixels.
        place: Likewise.
        reach: How far it may be.
    """
    best, found = reach, None
    for number, (x, y) in enumerate(places):
        distance = ((x - place[0]) ** 2 + (y - place[1]) ** 2) ** 0.5
        if distance <= best:
            best, found = distance, number
    return found
