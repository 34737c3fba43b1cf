"""A study in words: its fields and their values, its headline, its tables, and these as CSV.

Called by the study view. Pure functions; imports no Qt and no torch.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath

from explorer.arch.cost import cost_of
from explorer.arch.depths import depths
from explorer.arch.presets import net_title
from explorer.arch.spec import ArchitectureSpec
from explorer.arch.speech import value_text
from explorer.engine.study_messages import CellRow, CellStatus, StudyEstimated, StudyRow
from explorer.engine.study_results import Spread, results
from explorer.present.text import byte_size, grouped, short
from explorer.state.learning import TrainingForm
from explorer.state.studies import Planned, StudiesState
from explorer.training.plan import Plan
from explorer.training.recipes import RECIPES
from explorer.ui.panels.field_facts import FieldFacts, described
from explorer.ui.views.run_words import duration
from explorer.ui.widgets.elided_label import Tone

DASH = "–"
DEPTH = "depth"
FIRST_FIELDS = (DEPTH, "block", "shortcut")
"""What is compared most often, on top of the list."""
_LEFT_OUT = frozenset({"num_classes", "seed"})
"""The data decides the one, and the other has a line of its own."""
_FEW_DEPTHS = 10
_SHOWN_DEPTHS = (0, 2, 4, 6, 8, 17)
"""Of a family with many depths: 8, 20, 32, 44, 56 and 110 of He 2015's."""

_CSV_HEADER = (
    "seed",
    "status",
    "run",
    "epochs",
    "validation_accuracy",
    "test_accuracy",
    "seconds",
    "parameters",
    "macs",
    "cause",
)

STATUS: dict[CellStatus, tuple[str, Tone]] = {
    "waiting": ("waits", "muted"),
    "running": ("running", "accent"),
    "paused": ("paused", "warning"),
    "finished": ("finished", "success"),
    "failed": ("failed", "danger"),
    "refused": ("left out", "muted"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field that a study can vary.

    Attributes:
        name: As the command line takes it.
        title: Its label.
        about: Its tooltip.
    """

    name: str
    title: str
    about: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of a table: what it says, what it sorts by, its colour and what there is to know."""

    text: str
    key: float | str
    tone: Tone = "text"
    about: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: headings, how many of them are words from the left, and rows."""

    headings: tuple[str, ...]
    n_words: int
    rows: tuple[tuple[Entry, ...], ...]


@cache
def fields() -> tuple[tuple[Field, ...], ...]:
    """All fields that can be varied: the usual ones, the network's, the training's."""
    spec = [name for name in ArchitectureSpec.model_fields if name not in (*_LEFT_OUT, *FIRST_FIELDS)]
    plan = [name for name in Plan.model_fields if name not in _LEFT_OUT]
    return (
        tuple(map(field, FIRST_FIELDS)),
        tuple(sorted(map(field, spec), key=lambda one: one.title)),
        tuple(sorted(map(field, plan), key=lambda one: one.title)),
    )


@cache
def field(name: str) -> Field:
    """One field, by its name."""
    if name == DEPTH:
        return Field(DEPTH, "Depth", "<p>Weighted layers on the main path, as papers count them.</p>")
    facts = _facts(name)
    return Field(name, facts.title, facts.tooltip)


@cache
def _facts(name: str) -> FieldFacts:
    return described(Plan if name in Plan.model_fields else ArchitectureSpec, name, "study")


def options(name: str, spec: ArchitectureSpec, plan: Plan) -> tuple[tuple[str, str], ...]:
    """Values to choose from, as texts with their labels: all where they are few, else some.

    Args:
        name: Of the field.
        spec: The network in view; its own value is among them.
        plan: Of the training.
    """
    if name == DEPTH:
        known = list(depths(spec))
        if len(known) > _FEW_DEPTHS:
            known = [known[place] for place in _SHOWN_DEPTHS]
        return tuple((str(depth), str(depth)) for depth in known)
    facts = _facts(name)
    present = getattr(plan if name in Plan.model_fields else spec, name)
    if isinstance(present, bool):
        return (("true", "on"), ("false", "off"))
    if isinstance(present, str) and facts.choices:
        return tuple((str(value), label) for value, label in facts.choices.items())
    text = value_text(present)
    return ((text, text),) if text else ()


# What is said


def common(spec: ArchitectureSpec, form: TrainingForm) -> str:
    """What all trainings of the form have in common."""
    recipe = RECIPES[form.recipe].title
    return (
        f"{net_title(spec)} on {PurePath(form.data).name}, {recipe}, {form.plan.epochs} epochs, from first "
        "values: the network in view, and data and settings of the Training view."
    )


def cost(planned: Planned, estimated: StudyEstimated | None, *, is_estimating: bool) -> str:
    """What a study will cost, in one line; an estimate."""
    if planned.study is None:
        return planned.refusal
    kept = sum(not cell.reason for cell in planned.cells)
    count = "1 training" if kept == 1 else f"{kept} trainings"
    if estimated is None or estimated.study != planned.study:
        return f"{count} · measuring what they cost…" if is_estimating else count
    seconds = sum(item.seconds or 0.0 for item in estimated.estimates)
    size = max((item.memory_bytes for item in estimated.estimates), default=0)
    free = f" of {byte_size(estimated.free_bytes)} free" if estimated.free_bytes else ""
    return f"{count} · about {duration(seconds)} · about {byte_size(size)}{free} · an estimate"


def is_too_large(planned: Planned, estimated: StudyEstimated | None) -> bool:
    """Whether the largest training may need more memory than is free."""
    if estimated is None or estimated.study != planned.study or not estimated.free_bytes:
        return False
    return max((item.memory_bytes for item in estimated.estimates), default=0) > estimated.free_bytes


def study_title(row: StudyRow) -> str:
    """What a study is called in the list."""
    done = row.counted("finished")
    whole = len(row.cells) - row.counted("refused")
    return f"{row.study.name} on {PurePath(row.study.data).name} ({done} of {whole})"


def headline(studies: StudiesState) -> tuple[str, str, Tone]:
    """What happens: title, detail and colour."""
    row = studies.row
    if studies.status == "starting":
        return "Getting ready…", "Reading the data and measuring the networks.", "accent"
    if row is None:
        return "A new study", "Every combination is trained, one after another.", "text"
    name = study_title(row)
    if studies.is_busy and row.id == studies.running:
        title = "Pausing…" if studies.status == "pausing" else "Training"
        return title, _running(studies) or name, "accent"
    failed = row.counted("failed")
    if row.status == "finished":
        more = f", {failed} failed" if failed else ""
        return "Finished", name + more, "warning" if failed else "success"
    if row.status == "running":
        return "Running elsewhere", f"{name}. Another program trains it.", "accent"
    return (
        "Paused" if row.status == "paused" else "Not begun",
        f"{name}. Resume goes on where it was.",
        "warning",
    )


def _running(studies: StudiesState) -> str:
    began, progress = studies.began, studies.progress
    if began is None:
        return ""
    cells = studies.row.cells if studies.row is not None else ()
    called = next((one.cell.label for one in cells if one.cell.id == began.cell), began.cell)
    if progress is None:
        return called
    left = progress.eta_seconds
    parts = [called, f"epoch {progress.epoch + 1} of {began.epochs}"]
    if progress.images_per_second:
        parts.append(f"{progress.images_per_second:,.0f} images/s")
    if left is not None:
        parts.append(f"about {duration(left)} left")
    return " · ".join(parts)


def share(studies: StudiesState) -> float:
    """How much of the study that is looked at is done, 0 to 1."""
    row = studies.row
    if row is None:
        return 0.0
    whole = max(len(row.cells) - row.counted("refused"), 1)
    done = float(row.counted("finished") + row.counted("failed"))
    began, progress = studies.began, studies.progress
    if row.id == studies.running and began is not None and progress is not None:
        done += progress.step / max(began.steps, 1)
    return min(done / whole, 1.0)


# Tables


def planned_sheet(planned: Planned, estimated: StudyEstimated | None) -> Sheet:
    """The cells of the form, with what each will cost."""
    known = {}
    if estimated is not None and estimated.study == planned.study:
        known = {item.cell: item for item in estimated.estimates}
    names = [name for name, _ in planned.cells[0].settings] if planned.cells else []
    rows = []
    for cell in planned.cells:
        values = [_value(value) for _, value in cell.settings]
        if cell.spec is None:
            refused = Entry("left out", "left out", "warning", cell.reason)
            blank = Entry("", -1.0)
            rows.append((*values, _value(str(cell.seed)), refused, blank, blank, blank))
            continue
        facts, item = cost_of(cell.spec), known.get(cell.id)
        seconds = item.seconds if item is not None else None
        rows.append(
            (
                *values,
                _value(str(cell.seed)),
                Entry("waits", "waits", "muted"),
                Entry(grouped(facts.parameters), float(facts.parameters)),
                Entry(short(facts.macs), float(facts.macs)),
                Entry(duration(seconds), -1.0 if seconds is None else seconds),
            )
        )
    headings = (*map(_heading, names), "Seed", "Status", "Parameters", "MACs", "Time (estimate)")
    return Sheet(headings, len(names) + 2, tuple(rows))


def cells_sheet(row: StudyRow) -> Sheet:
    """The trainings of a study."""
    names = [axis.field for axis in row.study.axes]
    headings = (*map(_heading, names), "Seed", "Status", "Test", "Validation", "Epochs", "Time")
    return Sheet(headings, len(names) + 2, tuple(map(_cell, row.cells)))


def _cell(row: CellRow) -> tuple[Entry, ...]:
    word, tone = STATUS[row.status]
    epochs = row.cell.plan.epochs if row.cell.plan is not None else 0
    return (
        *(_value(value) for _, value in row.cell.settings),
        _value(str(row.cell.seed)),
        Entry(word, word, tone, row.cause),
        _percent(row.test_accuracy),
        _percent(row.validation_accuracy),
        Entry(f"{row.epochs_done} / {epochs}" if epochs else "", float(row.epochs_done)),
        Entry(duration(row.seconds), -1.0 if row.seconds is None else row.seconds),
    )


def results_sheet(row: StudyRow) -> Sheet:
    """Each combination over its seeds."""
    names = [axis.field for axis in row.study.axes]
    rows = []
    for result in results(row):
        seconds = result.seconds.mean if result.seconds else None
        rows.append(
            (
                *(_value(value) for _, value in result.settings),
                _spread(result.test_error),
                _spread(result.validation_error),
                Entry(grouped(result.parameters or 0), float(result.parameters or 0)),
                Entry(short(result.macs or 0), float(result.macs or 0)),
                Entry(duration(seconds), -1.0 if seconds is None else seconds),
                Entry(f"{len(result.rows)} of {result.n_cells}", float(len(result.rows))),
            )
        )
    headings = (
        *map(_heading, names),
        "Test error",
        "Validation error",
        "Parameters",
        "MACs",
        "Time",
        "Trainings",
    )
    return Sheet(headings, len(names), tuple(rows))


def _heading(name: str) -> str:
    return field(name).title


def _value(text: str) -> Entry:
    try:
        return Entry(text, float(text))
    except ValueError:
        return Entry(text, text)


def _percent(accuracy: float | None) -> Entry:
    if accuracy is None:
        return Entry(DASH, -1.0)
    return Entry(f"{100 * accuracy:.2f} %", accuracy)


def _spread(error: Spread | None) -> Entry:
    if error is None:
        return Entry(DASH, 2.0)
    more = f" ± {100 * error.deviation:.2f}" if error.deviation is not None else ""
    about = f"Mean over {error.n} seeds ± the deviation of the sample" if error.n > 1 else "One seed"
    return Entry(f"{100 * error.mean:.2f}{more} %", error.mean, about=about)


def to_csv(row: StudyRow) -> str:
    """A study's trainings as a table: accuracies 0 to 1."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    names = [axis.field for axis in row.study.axes]
    writer.writerow([*names, *_CSV_HEADER])
    for one in row.cells:
        facts = cost_of(one.cell.spec) if one.cell.spec is not None else None
        writer.writerow(
            [
                *(value for _, value in one.cell.settings),
                one.cell.seed,
                one.status,
                one.run,
                one.epochs_done,
                *_numbers(one.validation_accuracy, one.test_accuracy),
                "" if one.seconds is None else f"{one.seconds:.1f}",
                facts.parameters if facts else "",
                facts.macs if facts else "",
                one.cause,
            ]
        )
    return table.getvalue()


def _numbers(*shares: float | None) -> Sequence[str]:
    return ["" if share is None else f"{share:.6f}" for share in shares]
