"""Curves: a buffer that grows while a training runs, and what is drawn of it.

The buffer is held by the state and filled by its reducer; the training view and the command line ask the
functions. NumPy only: no Qt, no torch, nothing of the state.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

MetricRow = tuple[int, str, float]
"""(step, name, value), as the store of runs has them."""

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
AxisKind = Literal["step", "epoch", "time"]
Scale = Literal["linear", "log"]

MAX_POINTS = 2_000
"""Points of a curve that is drawn; more cost time and show nothing (pyqtgraph, measured)."""

_FIRST_CAPACITY = 256
_BLOCK, _N_ROWS = 64, 64
"""Values that are smoothed by one row of a matrix product, and rows of one product: OpenBLAS keeps products
of at most 64³ on one thread. One that is spread over the cores waits 20 times as long beside a training."""


class _Series:
    """One metric: steps that rise, and their values, in arrays that double when they are full."""

    def __init__(self) -> None:
        self._steps: Int64 = np.empty(_FIRST_CAPACITY, np.int64)
        self._values: Float64 = np.empty(_FIRST_CAPACITY, np.float64)
        self._length = 0

    def append(self, steps: Int64, values: Float64) -> None:
        if len(steps) > 1 and not np.all(steps[1:] > steps[:-1]):
            steps, values = _last_of_each(steps, values)
        start = self._length
        if start and steps[0] <= self._steps[start - 1]:
            # Redone steps: what was before them stays where it is, the rest is put together anew.
            start = int(np.searchsorted(self._steps[:start], steps[0]))
            old_steps, old_values = self._steps[start : self._length], self._values[start : self._length]
            steps, values = _last_of_each(
                np.concatenate([old_steps, steps]), np.concatenate([old_values, values])
            )
        end = start + len(steps)
        if end > len(self._steps):
            self._grow(end)
        self._steps[start:end] = steps
        self._values[start:end] = values
        self._length = end

    def views(self) -> tuple[Int64, Float64]:
        steps, values = self._steps[: self._length], self._values[: self._length]
        steps.flags.writeable = values.flags.writeable = False
        return steps, values

    def _grow(self, needed: int) -> None:
        capacity = max(needed, 2 * len(self._steps))
        self._steps = np.concatenate([self._steps, np.empty(capacity - len(self._steps), np.int64)])
        self._values = np.concatenate([self._values, np.empty(capacity - len(self._values), np.float64)])


class CurveBuffer:
    """A run's metrics by name. It only grows, except that a redone step overwrites.

    Not safe to fill on one thread and read on another.
    """

    def __init__(self, rows: Iterable[MetricRow] = ()) -> None:
        self._series: dict[str, _Series] = {}
        self.version = 0
        """Rises with each appending that brought something."""
        self.append(rows)

    @property
    def names(self) -> tuple[str, ...]:
        """The metrics so far, in the order they came."""
        return tuple(self._series)

    def append(self, rows: Iterable[MetricRow]) -> None:
        """Add rows, at a cost that does not grow with what is there already.

        A row of a step and name that were there overwrites; among these the last one counts.
        """
        by_name: dict[str, tuple[list[int], list[float]]] = {}
        for step, name, value in rows:
            steps, values = by_name.setdefault(name, ([], []))
            steps.append(step)
            values.append(value)
        for name, (steps, values) in by_name.items():
            series = self._series.setdefault(name, _Series())
            series.append(np.array(steps, np.int64), np.array(values, np.float64))
        if by_name:
            self.version += 1

    def series(self, name: str) -> tuple[Int64, Float64]:
        """One metric.

        Returns:
            Steps, rising, and values: read-only views, which a redone step changes. Both are empty where
            there is none of that name.
        """
        found = self._series.get(name)
        return found.views() if found else (np.empty(0, np.int64), np.empty(0))


def thinned(
    x: NDArray[np.number],
    values: Float64,
    n_px: int,
    keep: Sequence[int] = (),
    scale: Scale = "linear",
) -> tuple[NDArray[np.number], Float64]:
    """At most `MAX_POINTS` points that look as all would: the smallest and the largest of each column.

    The first and the last point stay too.

    Args:
        x: Where the points are, rising; above 0 where the scale is logarithmic.
        values: As many.
        n_px: How wide the picture is; two points a pixel are kept.
        keep: Places of points that stay in any case, such as the best epoch's; at most some hundred.
        scale: Of the x axis.

    Returns:
        The points that stay, in their order.
    """
    places = thinned_places(x, values, n_px, keep, scale)
    return x[places], values[places]


def thinned_places(
    x: NDArray[np.number],
    values: Float64,
    n_px: int,
    keep: Sequence[int] = (),
    scale: Scale = "linear",
) -> Int64:
    """The places of the points that `thinned` keeps, rising."""
    n = len(values)
    limit = min(MAX_POINTS, 2 * max(n_px, 1) + 2 + len(keep))
    if n <= limit:
        return np.arange(n)
    n_columns = max((limit - 2 - len(keep)) // 2, 1)
    first, last = float(x[0]), float(x[-1])
    if scale == "log" and first > 0:
        edges = np.geomspace(first, last, n_columns + 1)[:-1]
    else:
        edges = np.linspace(first, last, n_columns + 1)[:-1]
    starts = np.unique(np.searchsorted(x, edges[1:]))
    starts = np.concatenate([[0], starts[(starts > 0) & (starts < n)]])
    counts = np.diff(starts, append=n)
    # Not `minimum`: a value that is no number must not hide the others of its column.
    extremes = [
        _first_hits(values, ufunc.reduceat(values, starts), counts, starts) for ufunc in (np.fmin, np.fmax)
    ]
    wanted = [place % n for place in keep if -n <= place < n]
    return np.unique(np.concatenate([*extremes, [0, n - 1], np.array(wanted, np.int64)]))


def thinned_rows(rows: Iterable[MetricRow], n_points: int = MAX_POINTS) -> list[MetricRow]:
    """Rows by step and name, those of steps thinned to so many a metric, those of epochs all kept."""
    buffer = CurveBuffer(rows)
    kept: list[MetricRow] = []
    for name in buffer.names:
        steps, values = buffer.series(name)
        if name.startswith("step."):
            places = thinned_places(steps, values, max((n_points - 2) // 2, 1))
            steps, values = steps[places], values[places]
        kept += [(int(step), name, float(value)) for step, value in zip(steps, values, strict=True)]
    return sorted(kept)


def smoothed(values: Float64, weight: float) -> Float64:
    """The exponential moving average, freed of the pull of its start at zero (Adam's bias correction).

    Args:
        values: One after the other. What is no number is left out of the average and stays as it is.
        weight: Of the past, from 0 (the values themselves) to below 1.

    Raises:
        ValueError: The weight is outside.
    """
    if not 0 <= weight < 1:
        raise ValueError(f"the weight {weight} is not in 0 <= weight < 1")
    result = np.array(values, np.float64)
    known = np.isfinite(result)
    if weight > 0 and known.any():
        average = _moving_average(result[known], weight)
        result[known] = average / -np.expm1(np.arange(1, len(average) + 1) * np.log(weight))
    return result


def x_axis(
    steps: Int64,
    kind: AxisKind,
    *,
    steps_per_epoch: int = 0,
    seconds: tuple[Int64, Float64] | None = None,
) -> Float64 | None:
    """Where steps are on an axis.

    Args:
        steps: From 0.
        kind: `step` counts from 1, the first that is done; `epoch` is 1.0 at the end of the first; `time` is
            in seconds.
        steps_per_epoch: For epochs.
        seconds: For time: the series `step.seconds`; between two of its steps time goes evenly.

    Returns:
        As many numbers, never falling; None where what is needed is not known.
    """
    done = steps.astype(np.float64) + 1
    if kind == "step":
        return done
    if kind == "epoch":
        return done / steps_per_epoch if steps_per_epoch > 0 else None
    if seconds is None or not len(seconds[0]):
        return None
    known_steps = np.concatenate([[0.0], seconds[0].astype(np.float64) + 1])
    # A redone step may bear an earlier time than a step that was lost: time never goes back.
    known_seconds = np.maximum.accumulate(np.concatenate([[0.0], seconds[1]]))
    pace = known_seconds[-1] / known_steps[-1]
    beyond = np.maximum(done - known_steps[-1], 0.0) * pace
    return np.asarray(np.interp(done, known_steps, known_seconds) + beyond)


def gap(
    first: tuple[Float64, Float64], second: tuple[Float64, Float64], scale: Scale = "linear"
) -> tuple[Float64, Float64, Float64]:
    """What lies between two lines as they are drawn, to be shaded.

    Args:
        first: Where its points are, rising, and their values.
        second: The same of the other.
        scale: Of the values; between two points a line is straight on its axis.

    Returns:
        Where either has a point, as far as both reach, and the values of the first and of the second there.
    """
    if not len(first[0]) or not len(second[0]):
        return np.empty(0), np.empty(0), np.empty(0)
    x = np.union1d(first[0], second[0])
    x = x[(x >= max(first[0][0], second[0][0])) & (x <= min(first[0][-1], second[0][-1]))]
    return x, _on_line(x, first, scale), _on_line(x, second, scale)


def _on_line(x: Float64, line: tuple[Float64, Float64], scale: Scale) -> Float64:
    if scale == "linear":
        return np.asarray(np.interp(x, *line))
    return np.asarray(np.exp(np.interp(x, line[0], np.log(np.maximum(line[1], np.finfo(float).tiny)))))


def best_place(values: Float64, *, highest: bool = True) -> int | None:
    """The place of the best value, the first of several; None where none is a number."""
    signed = np.where(np.isnan(values), -np.inf, values if highest else -values)
    if not len(signed) or np.isnan(values).all():
        return None
    return int(signed.argmax())


def _last_of_each(steps: Int64, values: Float64) -> tuple[Int64, Float64]:
    """Rising steps; of several of the same step the last."""
    order = np.argsort(steps, kind="stable")
    steps, values = steps[order], values[order]
    is_last = np.append(steps[1:] != steps[:-1], True)
    return steps[is_last], values[is_last]


def _first_hits(values: Float64, wanted: Float64, counts: Int64, starts: Int64) -> Int64:
    """In each column the first place of its wanted value; a column of NaN is stood for by its first."""
    columns = np.repeat(np.arange(len(counts)), counts)
    hits = np.flatnonzero(values == wanted[columns])
    is_first = np.diff(columns[hits], prepend=-1) != 0
    return np.concatenate([hits[is_first], starts[np.isnan(wanted)]])


def _moving_average(values: Float64, weight: float) -> Float64:
    """s[n] = weight · s[n - 1] + (1 - weight) · values[n] from s = 0, a block of values at a time."""
    n_blocks = -(-len(values) // _BLOCK)
    blocks = np.zeros((n_blocks, _BLOCK))
    blocks.reshape(-1)[: len(values)] = values
    lags = np.arange(_BLOCK)[:, None] - np.arange(_BLOCK)
    influence = np.where(lags >= 0, weight ** np.maximum(lags, 0.0), 0.0)
    factors = (1 - weight) * influence.T
    averages = np.concatenate([blocks[i : i + _N_ROWS] @ factors for i in range(0, n_blocks, _N_ROWS)])
    fading = weight ** np.arange(1.0, _BLOCK + 1)
    carried = 0.0
    for row in averages:
        row += carried * fading
        carried = row[-1]
    return np.asarray(averages.reshape(-1)[: len(values)])
