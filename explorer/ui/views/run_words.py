"""A run in words: its title, status, numbers, the command that makes it, and the table of all as CSV.

Called by the runs view and its model. Pure functions; imports no Qt and no torch.
"""

from __future__ import annotations

import csv
import io
import shlex
import time
from collections.abc import Sequence

from explorer.arch.presets import net_title
from explorer.arch.speech import as_command, edits_between
from explorer.engine.run_messages import RunRow, RunStatus
from explorer.training.recipes import RECIPES, fitted_fields
from explorer.ui.widgets.elided_label import Tone

STATUS: dict[RunStatus, tuple[str, Tone, str]] = {
    "running": ("running", "accent", "It trains now."),
    "finished": ("finished", "success", "All of its epochs are done."),
    "paused": ("paused", "warning", "Resume goes on at the next step."),
    "stopped": ("stopped", "muted", "It was ended before its last epoch."),
    "interrupted": (
        "cut off",
        "warning",
        "The program ended while it ran. Resume goes on.",
    ),
    "failed": ("failed", "danger", "It could not go on."),
}
"""A status as it is said, its colour, and what it means."""

BUNDLED = "ships with the program"

_CSV_HEADER = (
    "id",
    "name",
    "network",
    "data",
    "status",
    "epochs",
    "validation_accuracy",
    "test_accuracy",
    "seconds",
    "created",
    "starred",
    "note",
)


def status(row: RunRow) -> tuple[str, Tone, str]:
    """How it stands: the word, its colour, and what it means."""
    if row.is_bundled:
        return "bundled", "muted", f"It {BUNDLED}."
    word, tone, about = STATUS[row.status]
    return word, tone, " ".join(filter(None, (about, row.cause)))


def chip(row: RunRow | None) -> tuple[str, Tone, str]:
    """How it stands, for the head of its details; empty for none."""
    if row is None:
        return "", "muted", ""
    if row.is_bundled:
        return BUNDLED, "accent", "It can be looked at and opened, not changed."
    return status(row)


def epochs(row: RunRow) -> str:
    """Epochs that are done, of how many."""
    return f"{row.epochs_done:,} / {row.plan.epochs:,}"


def percent(share: float | None) -> str:
    """A share with two decimals, as accuracies are compared; a dash where there is none."""
    return "–" if share is None else f"{100 * share:.2f} %"


def is_untested(row: RunRow) -> bool:
    """Whether its best validation accuracy is all that is known of how well it does."""
    return row.test_accuracy is None and row.validation_accuracy is not None


def reached(row: RunRow) -> str:
    """Its test accuracy; of one that was not tested the best of its validation, which says so."""
    if is_untested(row):
        return f"val. {percent(row.validation_accuracy)}"
    return percent(row.test_accuracy)


def duration(seconds: float | None) -> str:
    """How long a training took: `42 s`, `2 min 05 s`, `3 h 20 min`; a dash where it is not known."""
    if seconds is None:
        return "–"
    if seconds < 59.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min" if minutes >= 10 else f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes:02d} min"


def date(row: RunRow) -> str:
    """When it began, in local time."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(row.created))


def searched(row: RunRow) -> str:
    """All that the filter looks at, in small letters."""
    bundled = BUNDLED if row.is_bundled else ""
    parts = (row.title, row.id, net_title(row.spec), row.data, row.note, status(row)[0], bundled)
    return "\n".join(parts).lower()


def has_network(row: RunRow) -> bool:
    """Whether weights of it are there: what it ended with, or a moment of its training."""
    return row.has_weights or row.has_moments


def deletable(rows: Sequence[RunRow]) -> tuple[str, ...]:
    """The ids of those that may be deleted: neither bundled nor running."""
    return tuple(row.id for row in rows if not row.is_bundled and row.status != "running")


def open_text(row: RunRow | None) -> str:
    """What opening it gives."""
    if row is None or row.has_weights:
        return "Open the network with its trained weights (Enter or a double-click)"
    if row.has_moments:
        return "Open the network as it was at the last moment that was kept (Enter or a double-click)"
    return "Open the network; this run has kept no trained weights"


def extend_text(row: RunRow | None) -> str:
    """What training on does with it."""
    text = "Train for more epochs from where it ended: a new run that has its curves; this one stays as it is"
    if row is not None and row.is_bundled and not row.has_data:
        text += f". It learned from {row.data}: choose such data in Training first"
    return text


def facts(row: RunRow) -> str:
    """The row in one line, what it reached first; network and data only where the title does not say them."""
    plan = row.plan
    parts = [f"epoch {epochs(row)}"]
    if is_untested(row):
        parts.append(f"best validation {percent(row.validation_accuracy)}, not tested")
    elif row.test_accuracy is not None:
        parts.append(f"test {percent(row.test_accuracy)}")
    parts += [net_title(row.spec), row.data_title] if row.name else []
    parts.append(f"began {date(row)}")
    parts += [f"batch {plan.batch_size:,}", f"rate {plan.learning_rate:g}", f"seed {plan.seed}"]
    if row.extends:
        parts.append(f"goes on from {row.extends}")
    if row.seconds is not None:
        parts.append(duration(row.seconds))
    return " · ".join(parts)


def command(row: RunRow) -> str:
    """The command line that makes this run again."""
    if row.extends:
        words = ["resnet-explorer", "train", "--extend", row.extends, "--epochs", str(row.plan.epochs)]
        return shlex.join([*words, "--data", row.data])
    said = shlex.split(as_command(row.spec))
    said[1] = "train"
    classes = f"num_classes={row.spec.num_classes}"
    if classes in said:
        # The data says it; known weights to start from have a head of their own.
        at = said.index(classes)
        del said[at - 1 : at + 1]
    name, edits = min(
        ((name, _edits(name, row)) for name in RECIPES), key=lambda candidate: len(candidate[1])
    )
    said += ["--data", row.data, "--recipe", name, "--epochs", str(row.plan.epochs)]
    if row.start.name and row.start.kind != "copied":
        said += ["--weights", row.start.name]
    for edit in edits:
        said += ["--plan", edit]
    return shlex.join(said)


def _edits(recipe_name: str, row: RunRow) -> list[str]:
    """What makes the run's plan of a recipe's, whatever the recipe would have been fitted to."""
    plan = row.plan
    fitted = fitted_fields(row.data, recipe_name) - {"epochs"}
    return edits_between(RECIPES[recipe_name].plan.edited(epochs=plan.epochs), plan, always=fitted)


def to_csv(rows: Sequence[RunRow]) -> str:
    """The runs as a table: accuracies 0 to 1, the date in ISO 8601."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(_CSV_HEADER)
    for row in rows:
        writer.writerow(
            (
                row.id,
                row.name,
                net_title(row.spec),
                row.data,
                row.status,
                row.epochs_done,
                _number(row.validation_accuracy),
                _number(row.test_accuracy),
                "" if row.seconds is None else f"{row.seconds:.1f}",
                time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(row.created)),
                int(row.is_starred),
                row.note,
            )
        )
    return table.getvalue()


def _number(share: float | None) -> str:
    return "" if share is None else f"{share:.6f}"
