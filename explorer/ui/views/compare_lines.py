"""Which lines the overlaid plot shows: every run's training and validation, repeated seeds as one.

Called by the curves section of the comparison. NumPy only; no Qt.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from explorer.present.curves import CurveBuffer, smoothed, thinned_places, x_axis
from explorer.present.overlaid_curves import Float64, Int64, band, repeated, total_macs
from explorer.ui.views.curve_lines import seconds_of, weight_of

Subject = Literal["loss", "accuracy", "error"]
Part = Literal["training", "validation"]
OverlaidAxis = Literal["step", "epoch", "time", "macs"]

MACS_UNIT = 1e12
"""Total cost stands on the axis in millions of millions of multiply-adds."""

_METRICS: dict[Subject, str] = {"loss": "loss", "accuracy": "accuracy", "error": "accuracy"}


@dataclass(frozen=True, slots=True, eq=False)
class OverlaidRun:
    """A run that is drawn.

    Attributes:
        column: Of its network; it is hidden by this name.
        name: Of its column, for people.
        network: Of its network, which repeated seeds share.
        run: Its id.
        ink: The place of its colour.
        buffer: Its metrics.
        seeds: Equal for runs that differ in their seed only.
        plan: Steps an epoch and the batch size, each 0 where it is not known.
        macs: Of one picture's forward pass.
        data: What it learned from, for people.
    """

    column: str
    name: str
    network: str
    run: str
    ink: int
    buffer: CurveBuffer
    seeds: Hashable
    plan: tuple[int, int]
    macs: int
    data: str = ""


@dataclass(frozen=True, slots=True)
class OverlaidAxes:
    """How runs are drawn.

    Attributes:
        subject: What.
        kind: What is along the bottom.
        is_log: Whether values stand on a logarithmic axis.
        smoothing: Over what part of a curve single steps are averaged, 0 to 1.
        joins_seeds: Whether repeated seeds become mean and band.
        n_px: How wide the plot is.
    """

    subject: Subject = "error"
    kind: OverlaidAxis = "epoch"
    is_log: bool = False
    smoothing: float = 0.03
    joins_seeds: bool = True
    n_px: int = 600


@dataclass(frozen=True, slots=True, eq=False)
class OverlaidLine:
    """One line.

    Attributes:
        key: The column by whose name it is hidden: the first of those that it stands for.
        name: As the legend says it.
        ink: The place of its colour.
        part: Dashed and light, or solid.
        x: Where its points are, rising.
        y: Their values as measured.
        edges: The lowest and the highest seed at each; None for one run alone.
        n_runs: How many it stands for.
    """

    key: str
    name: str
    ink: int
    part: Part
    x: Float64
    y: Float64
    edges: tuple[Float64, Float64] | None = None
    n_runs: int = 1


def overlaid_lines(
    runs: Sequence[OverlaidRun], axes: OverlaidAxes
) -> tuple[tuple[OverlaidLine, ...], tuple[str, ...]]:
    """The lines of all runs, training below validation.

    Returns:
        The lines, and the names of runs that have metrics but no place on this axis.
    """
    keys = [run.seeds if axes.joins_seeds else place for place, run in enumerate(runs)]
    lines: list[OverlaidLine] = []
    homeless: list[str] = []
    for group in repeated(keys):
        members = [runs[place] for place in group]
        for part in ("training", "validation"):
            found = [(run, _curve(run, part, axes)) for run in members if _series(run, part, axes.subject)]
            homeless += [run.name for run, curve in found if curve is None]
            curves = [curve for _, curve in found if curve is not None]
            line = _line(members[0], part, curves, axes)
            if line is not None:
                lines.append(line)
    lines.sort(key=lambda line: line.part == "validation")
    return tuple(lines), tuple(dict.fromkeys(homeless))


def _line(
    run: OverlaidRun, part: Part, curves: list[tuple[Float64, Float64]], axes: OverlaidAxes
) -> OverlaidLine | None:
    """One run's line, or that of several as mean and band; None where they never meet."""
    if not curves:
        return None
    made = band(curves) if len(curves) > 1 else None
    if made is None:
        # Seeds that have no part of the axis in common are not averaged: the first stands for them.
        x, y = curves[0]
        places = thinned_places(x, y, axes.n_px)
        return OverlaidLine(run.column, run.name, run.ink, part, x[places], y[places])
    places = thinned_places(made.x, made.mean, axes.n_px)
    edges = made.low[places], made.high[places]
    return OverlaidLine(
        run.column, run.network, run.ink, part, made.x[places], made.mean[places], edges, made.n_curves
    )


def _series(run: OverlaidRun, part: Part, subject: Subject) -> tuple[str, Int64, Float64] | None:
    """A run's metric by name: for training each step's where it was kept, else each epoch's."""
    metric = _METRICS[subject]
    names = (f"step.{metric}", f"epoch.train_{metric}")
    for name in names if part == "training" else (f"epoch.validation_{metric}",):
        steps, values = run.buffer.series(name)
        if len(steps):
            return name, steps, 1 - values if subject == "error" else values
    return None


def _curve(run: OverlaidRun, part: Part, axes: OverlaidAxes) -> tuple[Float64, Float64] | None:
    found = _series(run, part, axes.subject)
    assert found is not None
    name, steps, values = found
    x = _x(run, steps, axes.kind)
    if x is None:
        return None
    if name.startswith("step."):
        values = smoothed(values, weight_of(axes.smoothing, len(values)))
    return x, np.asarray(values)


def _x(run: OverlaidRun, steps: Int64, kind: OverlaidAxis) -> Float64 | None:
    steps_per_epoch, batch_size = run.plan
    if kind == "macs":
        return total_macs(steps, batch_size, run.macs) / MACS_UNIT if batch_size and run.macs else None
    seconds = seconds_of(run.buffer, batch_size) if kind == "time" else None
    return x_axis(steps, kind, steps_per_epoch=steps_per_epoch, seconds=seconds)


def csv_text(runs: Sequence[OverlaidRun], axes: OverlaidAxes) -> str:
    """What is plotted as a table: every measured point of every run, not smoothed and not averaged.

    The place along the bottom is that of the plot's axis; it is empty for a run that has none there.
    """
    import csv
    import io

    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("network", "run", "part", "step", axes.kind, axes.subject))
    for run in runs:
        for part in ("training", "validation"):
            found = _series(run, part, axes.subject)
            if found is None:
                continue
            _, steps, values = found
            x = _x(run, steps, axes.kind)
            places = [""] * len(steps) if x is None else [f"{place:.9g}" for place in x]
            for step, place, value in zip(steps.tolist(), places, values.tolist(), strict=True):
                writer.writerow((run.name, run.run, part, step, place, f"{value:.9g}"))
    return table.getvalue()
