"""What a chart shows, and the arithmetic of its axes: no Qt.

Used by `widgets/chart.py` and by the views that fill it. Imports nothing of the project.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["line", "bars", "dots", "dashes"]
Unit = Literal["number", "percent", "log"]

_LEAST_DECADES = 1.0


@dataclass(frozen=True, slots=True)
class Series:
    """One line, or one row of bars.

    Attributes:
        name: As the legend says it.
        places: Where its points are along the bottom, rising.
        values: At each; None, infinite or no number for a gap.
        labels: What each point is of.
        notes: Why a point is missing; empty where nothing is to be said.
        kind: How it is drawn.
        ink: The place of its colour; −1 for the colour of second rank.
        at_end: Whether its name stands at its right end too.
        in_legend: Whether its name stands in the legend.
    """

    name: str
    places: tuple[float, ...]
    values: tuple[float | None, ...]
    labels: tuple[str, ...]
    notes: tuple[str, ...] = ()
    kind: Kind = "line"
    ink: int = 0
    at_end: bool = False
    in_legend: bool = True

    def nearest(self, place: float) -> int | None:
        """The number of the point next to a place; None where there are none."""
        if not self.places:
            return None
        return min(range(len(self.places)), key=lambda at: abs(self.places[at] - place))

    def known(self, at: int) -> float | None:
        """A point's value; None for a gap."""
        value = self.values[at]
        return value if value is not None and math.isfinite(value) else None


@dataclass(frozen=True, slots=True)
class Level:
    """A value that holds everywhere, such as the intact network's accuracy.

    Attributes:
        name: As the legend says it.
        value: Which.
        ink: As in `Series`; −1 for the colour of text.
    """

    name: str
    value: float
    ink: int = -1


@dataclass(frozen=True, slots=True)
class Tick:
    """A name along the bottom, and a word below it."""

    place: float
    text: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the bottom axis that is shaded, because something is said of all of it."""

    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A place of the bottom axis with a line through the whole chart, and a word at its top."""

    place: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class ChartData:
    """All that a chart shows.

    Attributes:
        title: What the values are.
        series: In the order of the legend; lines lie above bars, earlier lines above later ones.
        levels: Lines through the whole chart.
        unit: How values are written, and whether they stand on a logarithmic axis.
        ticks: Along the bottom; as many are drawn as find room.
        bounds: The least the axis shows, where it must: lowest and highest value.
        marked: Labels of points that stand out.
        bottom: What is along the bottom.
        reach: Where the bottom axis begins and ends; as far as the points where it is None.
        spans: Parts of the bottom axis that are shaded.
        marks: Places of the bottom axis that are marked.
    """

    title: str
    series: tuple[Series, ...] = ()
    levels: tuple[Level, ...] = ()
    unit: Unit = "number"
    ticks: tuple[Tick, ...] = ()
    bounds: tuple[float | None, float | None] = (None, None)
    marked: frozenset[str] = frozenset()
    bottom: str = ""
    reach: tuple[float, float] | None = None
    spans: tuple[Span, ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether no point can be drawn."""
        return not any(line.known(at) is not None for line in self.series for at in range(len(line.values)))


def scaled(value: float, unit: Unit) -> float | None:
    """A value on its axis; None where it has no place there."""
    if unit != "log":
        return value
    return math.log10(value) if value > 0 else None


def value_range(data: ChartData, hidden: frozenset[str] = frozenset()) -> tuple[float, float]:
    """The lowest and the highest place on the value axis, with room around.

    Args:
        data: What is shown.
        hidden: Names of lines that are not.
    """
    shown = [line for line in data.series if line.name not in hidden]
    values = [line.known(at) for line in shown for at in range(len(line.values))]
    values += [level.value for level in data.levels]
    found = [
        place for value in values if value is not None and (place := scaled(value, data.unit)) is not None
    ]
    bounds = [scaled(bound, data.unit) for bound in data.bounds if bound is not None]
    found += [bound for bound in bounds if bound is not None]
    if not found:
        return 0.0, 1.0
    low, high = min(found), max(found)
    least = _LEAST_DECADES if data.unit == "log" else max(abs(high) * 0.02, 1e-12)
    if high - low < least:
        middle = (low + high) / 2
        low, high = middle - least / 2, middle + least / 2
    room = 0.06 * (high - low)
    floor, ceiling = data.bounds
    return (
        low if floor is not None and scaled(floor, data.unit) == low else low - room,
        high if ceiling is not None and scaled(ceiling, data.unit) == high else high + room,
    )


def value_ticks(low: float, high: float, unit: Unit, wanted: int) -> tuple[tuple[float, str], ...]:
    """Where the value axis bears a number, and which.

    Args:
        low: As `value_range` gives it.
        high: Likewise.
        unit: Of the axis.
        wanted: About so many.
    """
    if unit == "log":
        return _log_ticks(low, high, wanted)
    rough = (high - low) / max(wanted, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    sizes = [factor * share * power for share in (0.1, 1) for factor in (1, 2, 5)] + [10 * power]
    fitting = next(place for place, size in enumerate(sizes) if size >= rough * 0.999)
    # One number alone tells no scale: then more of them than were wanted.
    for step_size in reversed(sizes[: fitting + 1]):
        first, last = math.ceil(low / step_size - 1e-9), math.floor(high / step_size + 1e-9)
        if last > first:
            break
    return tuple((at * step_size, _tick_text(at * step_size, unit)) for at in range(first, last + 1))


def _log_ticks(low: float, high: float, wanted: int) -> tuple[tuple[float, str], ...]:
    """Powers of ten; where they are few, 2 and 5 times them too."""
    decades = range(math.floor(low), math.ceil(high) + 1)
    factors = (1, 2, 5) if 2 * (high - low) <= wanted else (1,)
    step = max(1, math.ceil((high - low) / max(wanted, 1)))
    found = [(at + math.log10(factor), factor, at) for at in decades[::step] for factor in factors]
    return tuple((place, _power(factor, at)) for place, factor, at in found if low <= place <= high)


def _power(factor: int, exponent: int) -> str:
    return f"{factor * 10.0**exponent:g}" if -3 <= exponent <= 3 else f"{factor}e{exponent}"


def _tick_text(value: float, unit: Unit) -> str:
    return f"{100 * value:.6g} %" if unit == "percent" else f"{value:.6g}".replace("-", "−")


def value_text(value: float | None, unit: Unit) -> str:
    """A value as it is read off: `71.0 %`, `0.382`, `2.1e-05`."""
    if value is None:
        return "none"
    if unit == "percent":
        return f"{100 * value:.1f} %"
    return f"{value:.3g}".replace("-", "−")


def every_fitting(widths: Iterable[float], pitch: float) -> int:
    """Each how-many-th tick finds room.

    Args:
        widths: Of the ticks' texts, with their gaps.
        pitch: From tick to tick, in the same unit.
    """
    widest = max(widths, default=0.0)
    return max(1, math.ceil(widest / pitch)) if pitch > 0 else 1


def csv_text(*charts: ChartData) -> str:
    """Charts as one table: a row a point."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("chart", "series", "at", "value", "note"))
    for chart in charts:
        for level in chart.levels:
            writer.writerow((chart.title, level.name, "", f"{level.value:.9g}", ""))
        for line in chart.series:
            for at, label in enumerate(line.labels):
                value = line.values[at]
                note = line.notes[at] if line.notes else ""
                writer.writerow(
                    (chart.title, line.name, label, "" if value is None else f"{value:.9g}", note)
                )
    return table.getvalue()
