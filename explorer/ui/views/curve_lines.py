"""Which lines a plot of a training shows: chosen, smoothed and thinned from the run's metrics.

Called by the training view. NumPy only; no Qt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from explorer.present.curves import AxisKind, CurveBuffer, best_place, gap, smoothed, thinned, x_axis

Float64 = NDArray[np.float64]
Subject = Literal["loss", "accuracy", "rate", "speed", "gradients", "weights", "ratios"]
Role = Literal["train", "validation", "other", "stage"]

SUBJECTS: dict[Subject, str] = {
    "loss": "Loss",
    "accuracy": "Accuracy",
    "rate": "Learning rate",
    "speed": "Images/s",
    "gradients": "Gradient norms",
    "weights": "Weight norms",
    "ratios": "Residual ratio by block",
}
_STEP_NAMES: dict[Subject, str] = {
    "loss": "step.loss",
    "accuracy": "step.accuracy",
    "rate": "step.learning_rate",
    "speed": "step.images_per_second",
}
_NORMS: dict[Subject, str] = {
    "gradients": "step.norm.gradient.",
    "weights": "step.norm.weight.",
    "ratios": "epoch.ratio.",
}


@dataclass(frozen=True, slots=True)
class Axes:
    """How the plots of a run are drawn.

    Attributes:
        kind: What is along the bottom.
        is_log: Whether values stand on a logarithmic axis.
        smoothing: Over what part of the curve single steps are averaged, 0 to 1.
        steps_per_epoch: For the epoch axis; 0 where it is not known.
        batch_size: For the time axis.
        n_px: How wide the plot is.
    """

    kind: AxisKind = "epoch"
    is_log: bool = False
    smoothing: float = 0.03
    steps_per_epoch: int = 0
    batch_size: int = 0
    n_px: int = 600


@dataclass(frozen=True, slots=True, eq=False)
class CurveLine:
    """One line.

    Attributes:
        name: As the legend says it.
        x: Where its points are, rising.
        y: Their values, as measured: a logarithmic axis takes the logarithm itself.
        role: What it is, for its colour.
        place: Its number among those of its role.
        raw: The unsmoothed points to be drawn faintly behind; None where it is not smoothed.
        is_other: Whether it is another run's.
        is_twin: Whether it is the plain twin's, which learns in lock-step.
    """

    name: str
    x: Float64
    y: Float64
    role: Role
    place: int = 0
    raw: tuple[Float64, Float64] | None = None
    is_other: bool = False
    is_twin: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class PlotLines:
    """All that a plot shows.

    Attributes:
        lines: In the order they are drawn.
        gap: Where, training's and validation's value: what is shaded between; None for nothing.
        best: Where the best epoch is and its value; None where it is not known.
        best_epoch: Its number, from 1.
    """

    lines: tuple[CurveLine, ...] = ()
    gap: tuple[Float64, Float64, Float64] | None = None
    best: tuple[float, float] | None = None
    best_epoch: int = 0

    @property
    def has_twin(self) -> bool:
        """Whether a plain twin's lines are among them: then a colour is a network."""
        return any(line.is_twin for line in self.lines)


def plot_lines(
    buffer: CurveBuffer,
    subject: Subject,
    axes: Axes,
    *,
    other: CurveBuffer | None = None,
    other_axes: Axes | None = None,
    twin: CurveBuffer | None = None,
) -> PlotLines:
    """What a plot shows of a run.

    Args:
        buffer: The run's metrics.
        subject: What is plotted.
        axes: How.
        other: Another run's, drawn faintly.
        other_axes: Of that run.
        twin: The plain twin's, which has the same steps.
    """
    if subject in _NORMS:
        return PlotLines(_norms(buffer, _NORMS[subject], axes))
    if subject in ("rate", "speed"):
        line = _step_line(buffer, subject, axes, smooth=subject == "speed")
        return PlotLines((line,) if line else ())
    others: tuple[CurveLine, ...] = ()
    if other is not None and other_axes is not None:
        others = tuple(
            CurveLine(f"{line.name} (other run)", line.x, line.y, line.role, is_other=True)
            for line in _pair(other, subject, other_axes)
        )
    best = _best(buffer, subject, axes)
    twins: tuple[CurveLine, ...] = ()
    if twin is not None:
        pair = _pair(twin, subject, axes)
        twins = tuple(replace(line, name=f"twin's {line.name}", raw=None, is_twin=True) for line in pair)
    own = _pair(buffer, subject, axes)
    return PlotLines(
        (*others, *twins, *own),
        # Between two networks a shaded gap would say nothing.
        None if twins else _gap(own, axes),
        best[:2] if best else None,
        best[2] if best else 0,
    )


def weight_of(share: float, n_values: int) -> float:
    """The weight of the past that averages over about so large a share of a curve.

    An exponential moving average of weight w reaches back 1 / (1 - w) values.
    """
    return 1 - 1 / max(share * n_values, 1.0)


def _x(buffer: CurveBuffer, steps: NDArray[np.int64], axes: Axes) -> Float64:
    """Places on the axis; steps where the axis cannot be made."""
    seconds = seconds_of(buffer, axes.batch_size) if axes.kind == "time" else None
    made = x_axis(steps, axes.kind, steps_per_epoch=axes.steps_per_epoch, seconds=seconds)
    return np.asarray(steps + 1.0) if made is None else made


def places_of(buffer: CurveBuffer, done: Sequence[int], axes: Axes) -> Float64:
    """Where the moments after so many steps are on the axis of a run's plot."""
    return _x(buffer, np.asarray(done, np.int64) - 1, axes)


def seconds_of(buffer: CurveBuffer, batch_size: int) -> tuple[NDArray[np.int64], Float64] | None:
    """How many seconds of training each measured step was reached after; None where speed is not known.

    Where they were not recorded they follow from the images a second, evaluation not counted.
    """
    recorded = buffer.series("step.seconds")
    if len(recorded[0]):
        return recorded
    for name in ("step.images_per_second", "epoch.images_per_second"):
        steps, speeds = buffer.series(name)
        if len(steps) and batch_size:
            durations = np.diff(steps, prepend=-1) * batch_size / np.maximum(speeds, 1e-9)
            return steps, np.cumsum(durations)
    return None


def _pair(buffer: CurveBuffer, subject: Subject, axes: Axes) -> tuple[CurveLine, ...]:
    train = _step_line(buffer, subject, axes, smooth=True) or _epoch_line(buffer, subject, "train", axes)
    validation = _epoch_line(buffer, subject, "validation", axes)
    return tuple(line for line in (train, validation) if line is not None)


def _step_line(buffer: CurveBuffer, subject: Subject, axes: Axes, *, smooth: bool) -> CurveLine | None:
    steps, values = buffer.series(_STEP_NAMES[subject])
    if not len(steps):
        return None
    x = _x(buffer, steps, axes)
    name = {"rate": "learning rate", "speed": "images/s"}.get(subject, "training")
    if not smooth or axes.smoothing == 0:
        return CurveLine(name, *_thinned(x, values, axes), "train")
    line = _thinned(x, smoothed(values, weight_of(axes.smoothing, len(values))), axes)
    return CurveLine(name, *line, "train", raw=_thinned(x, values, axes))


def _epoch_line(buffer: CurveBuffer, subject: Subject, part: Role, axes: Axes) -> CurveLine | None:
    steps, values = buffer.series(f"epoch.{part}_{subject}")
    if not len(steps):
        return None
    name = "training" if part == "train" else "validation"
    place = best_place(values, highest=subject == "accuracy")
    keep = () if place is None else (place,)
    x, y = thinned(_x(buffer, steps, axes), values, axes.n_px, keep)
    return CurveLine(name, np.asarray(x, np.float64), y, part)


def _norms(buffer: CurveBuffer, prefix: str, axes: Axes) -> tuple[CurveLine, ...]:
    lines = []
    for place, name in enumerate(name for name in buffer.names if name.startswith(prefix)):
        steps, values = buffer.series(name)
        line = _thinned(
            _x(buffer, steps, axes), smoothed(values, weight_of(axes.smoothing, len(values))), axes
        )
        lines.append(CurveLine(name.removeprefix(prefix), *line, "stage", place))
    return tuple(lines)


def _gap(pair: tuple[CurveLine, ...], axes: Axes) -> tuple[Float64, Float64, Float64] | None:
    """What lies between the lines of training and validation, where both are drawn."""
    if len(pair) < 2 or len(pair[1].x) < 2:
        return None
    train, validation = pair
    return gap((train.x, train.y), (validation.x, validation.y), "log" if axes.is_log else "linear")


def _best(buffer: CurveBuffer, subject: Subject, axes: Axes) -> tuple[float, float, int] | None:
    """The epoch with the best validation accuracy, also among the losses."""
    steps, accuracies = buffer.series("epoch.validation_accuracy")
    place = best_place(accuracies)
    if place is None:
        return None
    at, values = buffer.series(f"epoch.validation_{subject}")
    here = int(np.searchsorted(at, steps[place]))
    if here >= len(at) or at[here] != steps[place]:
        return None
    epoch = (int(steps[place]) + 1) // axes.steps_per_epoch if axes.steps_per_epoch else place + 1
    return float(_x(buffer, steps[place : place + 1], axes)[0]), float(values[here]), epoch


def _thinned(x: Float64, values: Float64, axes: Axes) -> tuple[Float64, Float64]:
    places, kept = thinned(x, values, axes.n_px)
    return np.asarray(places, np.float64), kept


def value_at(line: CurveLine, x: float) -> float | None:
    """The value of the point next to a place on the axis; None outside of the line."""
    if not len(line.x) or not line.x[0] <= x <= line.x[-1]:
        return None
    after = int(np.searchsorted(line.x, x))
    before = max(after - 1, 0)
    place = before if x - line.x[before] <= line.x[min(after, len(line.x) - 1)] - x else after
    return float(line.y[place])


def value_text(subject: Subject, value: float) -> str:
    """A value as the plots say it: per cent for accuracies, else at most four digits."""
    if subject == "accuracy":
        return f"{100 * value:.1f} %"
    if subject == "speed":
        return f"{value:,.0f}"
    return f"{value:.4g}"


def csv_text(buffer: CurveBuffer, names: tuple[str, ...]) -> str:
    """Metrics as a table: step, name, value a line, every value that is there."""
    rows = ["step,name,value"]
    for name in names:
        steps, values = buffer.series(name)
        rows += [f"{step},{name},{value:.9g}" for step, value in zip(steps, values, strict=True)]
    return "\n".join(rows) + "\n"


def names_of(buffer: CurveBuffer, subject: Subject) -> tuple[str, ...]:
    """The metrics that a plot is about."""
    prefix = _NORMS.get(subject)
    if prefix is not None:
        return tuple(name for name in buffer.names if name.startswith(prefix))
    wanted = [_STEP_NAMES[subject], f"epoch.train_{subject}", f"epoch.validation_{subject}"]
    if subject == "speed":
        wanted.append("epoch.images_per_second")
    return tuple(name for name in wanted if name in buffer.names)
