"""Lines over two axes as SVG text: self-contained, on a light ground, for documents and reports.

Called by `tests/benchmarks/growth.py` and whoever puts a measurement into a document; the window draws its
curves itself. Takes plain values. Imports no Qt and no torch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from explorer.present.svg import FONT, INK, MUTED, PAPER
from explorer.present.text import grouped, short

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b87f00", "#56b4e9", "#5d6673")
"""Okabe and Ito 2008, told apart by all eyes; the yellow darkened for a white ground."""
GRID = "#e6e7e9"
WIDTH, HEIGHT = 720.0, 400.0
LEFT, RIGHT, TOP, BOTTOM = 72.0, 150.0, 48.0, 56.0
"""Room around the plot in pixels: titles, the numbers of the ticks, and the names of the lines."""
TITLE_PX, TEXT_PX, LABEL_PX = 15, 12, 11
ROW = 20.0
"""Height of one name of a line."""
MOST_TICKS = 7
MARGIN_SHARE = 0.04
"""Of the span of the values, left free at both ends."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart.

    Attributes:
        name: Beside it.
        points: (x, y) by x; those that are not finite are left out.
    """

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a chart.

    Attributes:
        title: What it measures, with the unit.
        is_log: Whether equal distances are equal ratios; its values must then be above zero.
        ticks: Where it is marked; found by itself where none are given.
    """

    title: str
    is_log: bool = False
    ticks: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class _Scale:
    """Values to pixels along one axis; `low` and `high` are logarithms where the axis is logarithmic."""

    axis: Axis
    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        placed = math.log10(value) if self.axis.is_log else value
        return self.start + (placed - self.low) / (self.high - self.low) * (self.end - self.start)


def chart_svg(title: str, lines: Sequence[Line], x: Axis, y: Axis) -> str:
    """The chart as an SVG document.

    Args:
        title: Above it, and for screen readers.
        lines: With one point in all at least; the names stand to the right in this order.
        x: From left to right.
        y: From bottom to top.

    Returns:
        XML that needs nothing from outside.

    Raises:
        ValueError: There is no point, or one that is not above zero on a logarithmic axis.
    """
    shown = [_finite(line) for line in lines]
    across = _scale(x, [point[0] for line in shown for point in line.points], LEFT, WIDTH - RIGHT)
    up = _scale(y, [point[1] for line in shown for point in line.points], HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH:g}" height="{HEIGHT:g}" '
        f'viewBox="0 0 {WIDTH:g} {HEIGHT:g}" font-family="{FONT}" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH:g}" height="{HEIGHT:g}" fill="{PAPER}"/>',
        _text(title, LEFT, TOP / 2, size=TITLE_PX, colour=INK),
        *_axes(across, up),
    ]
    for place, line in enumerate(shown):
        parts += _line(line, COLOURS[place % len(COLOURS)], across, up, TOP + ROW * (place + 0.5))
    return "\n".join([*parts, "</svg>", ""])


def ticks_between(low: float, high: float, *, is_log: bool) -> tuple[float, ...]:
    """Round numbers from one value to another: 1, 2 or 5 times a power of ten, at most `MOST_TICKS`.

    Args:
        low: Above zero where `is_log`.
        high: Above `low`.
        is_log: Whether equal distances are equal ratios.
    """
    if is_log:
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        for factors in ((1, 2, 5), (1, 3), (1,)):
            found = [factor * 10.0**power for power in powers for factor in factors]
            found = [value for value in found if low <= value <= high]
            if len(found) <= MOST_TICKS:
                return tuple(found)
        return tuple(found[:: math.ceil(len(found) / MOST_TICKS)])
    rough = (high - low) / (MOST_TICKS - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(number * step for number in range(first, last + 1))


def _finite(line: Line) -> Line:
    return Line(line.name, tuple(point for point in line.points if all(map(math.isfinite, point))))


def _scale(axis: Axis, values: Sequence[float], start: float, end: float) -> _Scale:
    known = [*values, *axis.ticks] if values else []
    if not known or (axis.is_log and min(known) <= 0):
        raise ValueError(f"nothing to show on the axis {axis.title}: {known}")
    low, high = min(known), max(known)
    placed = [math.log10(low), math.log10(high)] if axis.is_log else [low, high]
    # A single value gets some room of its own.
    room = MARGIN_SHARE * (placed[1] - placed[0]) or 0.5
    ends = placed[0] - room, placed[1] + room
    reach = [10.0**end for end in ends] if axis.is_log else ends
    ticks = axis.ticks or ticks_between(reach[0], reach[1], is_log=axis.is_log)
    return _Scale(axis, *ends, start, end, ticks)


def _axes(across: _Scale, up: _Scale) -> list[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = []
    for tick in across.ticks:
        x = across.at(tick)
        parts += [
            _rule(x, TOP, x, bottom),
            _text(_number(tick), x, bottom + 14, size=LABEL_PX, anchor="middle"),
        ]
    for tick in up.ticks:
        y = up.at(tick)
        parts += [_rule(LEFT, y, right, y), _text(_number(tick), LEFT - 8, y, size=LABEL_PX, anchor="end")]
    middle = (TOP + bottom) / 2
    turned = f' transform="rotate(-90 18 {middle:g})"'
    return [
        *parts,
        _text(across.axis.title, (LEFT + right) / 2, HEIGHT - 18, anchor="middle"),
        _text(up.axis.title, 18, middle, anchor="middle", more=turned),
    ]


def _number(value: float) -> str:
    """Whole where it is and has room."""
    is_whole = value == round(value) and abs(value) < 100_000
    return grouped(round(value)) if is_whole else short(value)


def _line(line: Line, colour: str, across: _Scale, up: _Scale, name_y: float) -> list[str]:
    """The line with a dot at each point, and its name with a piece of it."""
    spots = [(across.at(x), up.at(y)) for x, y in line.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    name_x = WIDTH - RIGHT + 14
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"/>',
        *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in spots),
        _rule(name_x, name_y, name_x + 18, name_y, colour=colour, width=2),
        _text(line.name, name_x + 24, name_y, colour=INK),
    ]


def _rule(x: float, y: float, to_x: float, to_y: float, *, colour: str = GRID, width: int = 1) -> str:
    return (
        f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" '
        f'stroke="{colour}" stroke-width="{width}"/>'
    )


def _text(
    words: str,
    x: float,
    middle: float,
    *,
    size: int = TEXT_PX,
    colour: str = MUTED,
    anchor: str = "start",
    more: str = "",
) -> str:
    """A text around a height."""
    # A third of the letters' height below the middle is their base line.
    base = middle + size * 0.35
    return (
        f'<text x="{x:.1f}" y="{base:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}"{more}>'
        f"{escape(words)}</text>"
    )
