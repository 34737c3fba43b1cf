"""A study put on a page: which tables, plots and drawings, in words.

Called by `handlers/study_report.py`. Must not import torch or Qt.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from statistics import fmean

from explorer.arch.depths import title as network_title
from explorer.arch.expand import expand
from explorer.arch.papers import CIFAR, published
from explorer.arch.spec import ArchitectureSpec
from explorer.engine.study_messages import StudyRow
from explorer.engine.study_results import Result, Spread
from explorer.present import text
from explorer.present.chart import COLOURS, MOST_TICKS, Axis, Line
from explorer.present.folds import default_unfolded
from explorer.present.layout import lay_out
from explorer.present.report import Drawing, Plot, Report, Sample, Table
from explorer.present.svg import graph_svg
from explorer.runs.names import MetricRow
from explorer.training.recipes import RECIPES
from explorer.training.study import DEPTH, Study, command_of
from explorer.version import VERSION

MetricRows = Sequence[MetricRow]

MOST_LINES = len(COLOURS)
"""Of one plot: each has a colour of its own."""
NAME_LETTERS = 17
"""Room beside a plot for the name of a line."""
MOST_DRAWINGS = 6
LOG_FROM = 8
"""Where the largest is so many times the smallest, equal distances are equal ratios."""
SMALL_TABLE = 3
"""A best row is marked where there are as many, so that it says something."""

ERROR = "Test error in %"
JUDGED = "Validation error in %"
CURVES: tuple[tuple[str, str, str, bool], ...] = (
    ("epoch.validation_accuracy", "Error on the validation pictures", JUDGED, True),
    ("epoch.train_loss", "Loss on the training pictures", "Training loss", False),
)
"""Metric, title, axis, and whether it is an accuracy that is shown as an error in per cent."""


def study_page(
    row: StudyRow,
    found: Sequence[Result],
    curves: Mapping[str, MetricRows],
    samples: Sequence[Sample],
    *,
    date: str,
    versions: Sequence[tuple[str, str]],
) -> Report:
    """The page of a study.

    Args:
        row: The study as it stands.
        found: Its results.
        curves: The metrics of its finished runs, by run.
        samples: Pictures with the networks' answers.
        date: Of today.
        versions: Of what computed it.
    """
    study = row.study
    names = {result.settings: name for result, name in zip(found, _names(found), strict=True)}
    return Report(
        title=f"Study: {study.name}",
        date=date,
        summary=_summary(row, found),
        results=_table(study, found),
        results_note=_note(study, found),
        plots=(*_curves(found, names, curves), *_against(study, found)),
        drawings=_drawings(found),
        samples=tuple(samples),
        samples_note="Test pictures that these networks differ on most, the most divided first. "
        "Of each combination the first finished training is asked.",
        facts=_facts(study),
        left_out=tuple(
            dict.fromkeys(
                (one.cell.title if one.status == "refused" else one.cell.label, one.cause)
                for one in row.cells
                if one.cause
            )
        ),
        versions=(("ResNet Explorer", VERSION), ("Python", platform.python_version()), *versions),
        command=command_of(study),
    )


def percent(spread: Spread | None) -> str:
    """An error with its deviation: `8.75 ± 0.21 %`."""
    if spread is None:
        return "–"
    if spread.deviation is None:
        return f"{100 * spread.mean:.2f} %"
    return f"{100 * spread.mean:.2f} ± {100 * spread.deviation:.2f} %"


def duration(seconds: float) -> str:
    """A time in the two largest units: `42 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def _names(found: Sequence[Result]) -> list[str]:
    """Short names that fit beside a plot, each another one: in full where all fit, else the values alone."""
    for names in ([result.title for result in found], [result.short for result in found]):
        if len(set(names)) == len(names) and max(map(len, names), default=0) <= NAME_LETTERS:
            return names
    names = [result.short for result in found]
    cut = [name if len(name) <= NAME_LETTERS else f"{name[: NAME_LETTERS - 1]}…" for name in names]
    if len(set(cut)) == len(cut):
        return cut
    return [f"{number}: {name}"[:NAME_LETTERS] for number, name in enumerate(names, start=1)]


def _summary(row: StudyRow, found: Sequence[Result]) -> tuple[str, ...]:
    study = row.study
    varied = "; ".join(f"{axis.field.replace('_', ' ')}: {', '.join(axis.values)}" for axis in study.axes)
    seeds = ", ".join(map(str, study.seeds))
    n_refused = row.counted("refused")
    sentences = [
        f"Varied: {varied or 'nothing but the seed'}. Seeds: {seeds}. Trained on {study.data}, "
        f"{study.plan.epochs} epochs each.",
        f"{row.counted('finished')} of {len(row.cells) - n_refused} trainings are finished"
        + (f"; {n_refused} more cannot be." if n_refused else "."),
    ]
    known = [(result.test_error.mean, result) for result in found if result.test_error is not None]
    if len(known) > 1:
        low, high = min(known, key=lambda pair: pair[0]), max(known, key=lambda pair: pair[0])
        sentences.append(
            f"The lowest test error is {percent(low[1].test_error)} ({low[1].title}), the highest "
            f"{percent(high[1].test_error)} ({high[1].title})."
        )
    return tuple(sentences)


def _table(study: Study, found: Sequence[Result]) -> Table:
    fields = [axis.field for axis in study.axes]
    words = ["#", "network", *(field.replace("_", " ") for field in fields if field != DEPTH)]
    rows = []
    for number, result in enumerate(found, start=1):
        values = [value for field, value in result.settings if field != DEPTH]
        rows.append(
            (
                str(number),
                result.network,
                *values,
                percent(result.test_error),
                percent(result.validation_error),
                text.grouped(result.parameters) if result.parameters is not None else "–",
                text.short(result.macs) if result.macs is not None else "–",
                duration(result.seconds.mean) if result.seconds is not None else "–",
                f"{len(result.rows)} of {result.n_cells}",
            )
        )
    header = (*words, "test error", "best validation error", "parameters", "MACs", "time", "trainings")
    return Table(header, tuple(rows), n_words=len(words), best=_best(found))


def _best(found: Sequence[Result]) -> frozenset[int]:
    known = [
        (result.test_error.mean, place) for place, result in enumerate(found) if result.test_error is not None
    ]
    return frozenset({min(known)[1]}) if len(known) >= SMALL_TABLE else frozenset()


def _note(study: Study, found: Sequence[Result]) -> str:
    parts = []
    if any(result.test_error is not None and result.test_error.n > 1 for result in found):
        parts.append("Errors are means over the seeds ± the standard deviation of the sample (n - 1).")
    if any(result.test_error is not None and result.test_error.n == 1 for result in found):
        parts.append("A single training says little: its error would be another with another seed.")
    parts.append("MACs are the multiply-adds of one picture; time is of one training.")
    return " ".join(parts)


# Plots


def _curves(
    found: Sequence[Result],
    names: Mapping[tuple[tuple[str, str], ...], str],
    curves: Mapping[str, MetricRows],
) -> list[Plot]:
    """By epoch, the mean over the seeds; several plots where one would hold too many lines."""
    plots = []
    for metric, title, axis, is_accuracy in CURVES:
        lines = []
        for result in found:
            each = [_series(curves[row.run], metric, is_accuracy=is_accuracy) for row in result.rows]
            points = _mean(each)
            if points:
                lines.append(Line(names[result.settings], points))
        chunks = [lines[start : start + MOST_LINES] for start in range(0, len(lines), MOST_LINES)]
        for number, chunk in enumerate(chunks, start=1):
            part = f" ({number} of {len(chunks)})" if len(chunks) > 1 else ""
            plots.append(Plot(f"{title}{part}", tuple(chunk), _epochs(chunk), Axis(axis)))
    return plots


def _epochs(lines: Sequence[Line]) -> Axis:
    """Whole epochs, where they are few."""
    last = max(len(line.points) for line in lines)
    return Axis("Epoch", ticks=tuple(map(float, range(1, last + 1))) if last <= MOST_TICKS else ())


def _series(rows: MetricRows, metric: str, *, is_accuracy: bool) -> list[float]:
    """A metric's values epoch by epoch."""
    values = [value for _, name, value in rows if name == metric]
    return [100 * (1 - value) for value in values] if is_accuracy else values


def _mean(each: Sequence[Sequence[float]]) -> tuple[tuple[float, float], ...]:
    """The mean of several series, as far as all of them reach."""
    n = min(map(len, each), default=0)
    return tuple((epoch + 1.0, fmean(series[epoch] for series in each)) for epoch in range(n))


def _against(study: Study, found: Sequence[Result]) -> list[Plot]:
    """The error against depth and against parameters, where these differ."""
    plots = []
    for title, measure, name in (
        ("Error against depth", "Depth (weighted layers)", "depth"),
        ("Error against parameters", "Parameters", "parameters"),
    ):
        groups: dict[str, list[tuple[float, float]]] = {}
        for result in found:
            x = getattr(result, name)
            if result.test_error is None or x is None:
                continue
            point = (float(x), 100 * result.test_error.mean)
            groups.setdefault(_group(result), []).append(point)
        places = {x for points in groups.values() for x, _ in points}
        if len(places) < 2:
            continue
        axis = Axis(measure, is_log=max(places) > LOG_FROM * min(places))
        lines = [Line(rest, tuple(sorted(points))) for rest, points in groups.items()][: MOST_LINES - 1]
        if study.data == "cifar10":
            lines += _published(min(places), max(places), is_depth=name == "depth")
        plots.append(Plot(title, tuple(lines), axis, Axis(ERROR)))
    return plots


def _group(result: Result) -> str:
    """What networks of a line have in common, in few letters: `ResNet`, `Plain`, `ResNet, A`."""
    family, _, rest = result.network.partition("-")
    _, _, settings = result.short.removeprefix(f"{family}-{rest}").partition(", ")
    return ", ".join(filter(None, (family, settings)))[:NAME_LETTERS]


def _published(low: float, high: float, *, is_depth: bool) -> list[Line]:
    """He 2015's own errors on CIFAR-10 in the same range."""
    points = []
    for row in published():
        if (
            row.error_kind == CIFAR
            and row.name.startswith("He 2015 ResNet")
            and row.error_percent is not None
        ):
            x = float(row.name.rpartition("-")[2]) if is_depth else float(row.parameters)
            if low <= x <= high:
                points.append((x, row.error_percent))
    return [Line("He 2015, paper", tuple(sorted(points)))] if points else []


# What else


def _drawings(found: Sequence[Result]) -> tuple[Drawing, ...]:
    """The architectures that were trained: the first few that differ."""
    specs: dict[ArchitectureSpec, str] = {}
    for result in found:
        for row in result.rows[:1]:
            if row.cell.spec is not None:
                specs.setdefault(row.cell.spec, result.title)
    return tuple(_drawing(title, spec) for spec, title in list(specs.items())[:MOST_DRAWINGS])


def _drawing(title: str, spec: ArchitectureSpec) -> Drawing:
    graph, name = expand(spec), network_title(spec)
    return Drawing(title, graph_svg(lay_out(graph, default_unfolded(graph)), name))


def _facts(study: Study) -> tuple[tuple[str, str], ...]:
    """What all cells have in common: the network and the fields of the plan that are not varied."""
    varied = {axis.field for axis in study.axes} | {"seed"}
    recipe = RECIPES[study.recipe].title if study.recipe in RECIPES else ""
    facts = [("data", study.data), ("network", network_title(study.spec))]
    if recipe:
        facts.append(("recipe", recipe))
    for name, value in study.plan.model_dump().items():
        if name not in varied:
            facts.append((name.replace("_", " "), _in_words(value)))
    return tuple(facts)


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
