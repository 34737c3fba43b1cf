"""A training in words: what it does now, what it reached, its numbers, its facts.

Called by the training view. Pure functions of the state's values; imports no Qt and no torch.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import PurePath

from explorer.arch.presets import net_title
from explorer.state.learning import TrainingForm, TrainingState
from explorer.ui.views.run_words import duration
from explorer.ui.widgets.elided_label import Tone

DASH = "–"
NOT_KEPT = "Not kept with this run."


@dataclass(frozen=True, slots=True)
class Headline:
    """What is said at the top: a title, what more there is to know, and its colour."""

    title: str
    detail: str = ""
    tone: Tone = "text"


def is_finding(training: TrainingState) -> bool:
    """Whether the learning-rate finder runs, not a training."""
    return training.is_busy and training.purpose == "find"


def is_another(training: TrainingState) -> bool:
    """Whether what it holds is of the run before: another is being made ready and has no numbers yet."""
    is_made_ready = training.status in ("opening", "preparing") and training.purpose != "find"
    began = training.began
    goes_on = began is not None and began.run == training.resumes and not training.extends_to
    return is_made_ready and not (training.purpose == "resume" and goes_on)


def percent(share: float | None) -> str:
    """An accuracy: `97.8 %`."""
    return DASH if share is None else f"{100 * share:.1f} %"


def headline(training: TrainingState, form: TrainingForm) -> Headline:
    """What the training does, in a few words."""
    if is_finding(training):
        what = "One short training with a rising rate."
        if training.curves is not None:
            # In a narrow view there is room for one sentence.
            what = "The curves below are of the run before."
        return Headline("Finding a learning rate…", what, "accent")
    if training.status == "failed":
        return Headline("It could not go on", "Start begins again.", "danger")
    if training.status == "opening":
        return Headline("Reading the data…", PurePath(form.data).name)
    if training.status == "preparing":
        return Headline("Getting ready…", "Choosing the fastest precision.")
    if training.ended is not None and not training.is_busy:
        return _finished(training)
    if training.began is None:
        return Headline("No training here yet", "Press Start to teach the net in view.")
    what = f"{net_title(training.began.spec)} on {PurePath(training.began.data).name}"
    if training.status == "idle":
        return Headline("It did not come to its end", f"{what}; it has left no checkpoint to go on from.")
    if training.twin is not None and training.twin.status == "running":
        what += ", in lock-step with its plain twin"
    if training.status in ("paused", "stopped"):
        return _halted(training)
    titles = {"pausing": "Pausing…", "stopping": "Stopping…"}
    return Headline(titles.get(training.status, "Training"), what, "accent")


def _finished(training: TrainingState) -> Headline:
    assert training.began is not None
    assert training.ended is not None
    began, ended = training.began, training.ended
    what = net_title(began.spec)
    epochs = "1 epoch" if ended.epochs == 1 else f"{ended.epochs} epochs"
    early = ", stopped early" if ended.stopped_early else ""
    return Headline(
        f"{percent(ended.test_accuracy)} on the test pictures",
        f"{what} after {epochs} in {duration(ended.seconds)}{early}.{_beside(training)}",
        "success",
    )


def _beside(training: TrainingState) -> str:
    """How the plain twin did, where there is one."""
    twin = training.twin
    if twin is None or twin.test_accuracy is None:
        return ""
    return f" Its plain twin reaches {percent(twin.test_accuracy)}."


def _halted(training: TrainingState) -> Headline:
    title = "Paused" if training.status == "paused" else "Stopped"
    if training.cause:
        return Headline(title, f"{training.cause} Resume goes on where it was.", "warning")
    if training.status == "paused":
        return Headline(title, "Resume goes on at the next step.", "warning")
    return Headline(title, "It can go on, here or from the runs.", "muted")


@dataclass(frozen=True, slots=True)
class Number:
    """A number with what it is."""

    value: str
    caption: str


def numbers(training: TrainingState) -> tuple[Number, ...]:
    """The numbers at the top, the weightiest first; empty before a run's first step."""
    began, curves, pace = training.began, training.curves, training.images_per_second
    if began is None or curves is None or is_finding(training) or is_another(training):
        return ()
    accuracies = curves.buffer.series("epoch.validation_accuracy")[1]
    now = float(accuracies[-1]) if len(accuracies) else None
    best = float(accuracies.max()) if len(accuracies) else None
    epoch = min(training.epoch + 1, began.epochs)
    said = [Number(f"{epoch} / {began.epochs}", "epoch"), Number(percent(now), "accuracy now")]
    caption = "best" if training.best_epoch is None else f"best, epoch {training.best_epoch + 1}"
    said.append(Number(percent(best), caption))
    if training.status in ("running", "pausing", "stopping"):
        # As long as the pace is not known nothing is.
        said.append(Number(duration(training.eta_seconds if pace else None), "left"))
    if training.twin is not None:
        theirs = training.twin.curves.buffer.series("epoch.validation_accuracy")[1]
        said.insert(2, Number(percent(float(theirs[-1]) if len(theirs) else None), "plain twin now"))
    if training.is_earlier:
        return tuple(said)
    said.append(Number(f"{pace:,.0f}" if pace else DASH, "images/s"))
    said.append(Number(_share(training.side_share), "spent watching"))
    return tuple(said)


def _share(share: float) -> str:
    return "0 %" if share == 0 else f"{100 * share:.1f} %"


def facts(training: TrainingState) -> tuple[tuple[str, str], ...]:
    """What the run is, as (what, value) lines; empty before it began."""
    began = training.began
    if began is None:
        return ()
    plan = began.plan
    data = PurePath(began.data).name
    length = f"{began.epochs:,} epochs of {began.steps_per_epoch:,} steps of {plan.batch_size} pictures"
    if training.is_earlier:
        # The store does not know more.
        lines: list[tuple[str, str]] = [("Network", net_title(began.spec)), ("Data", data)]
        lines += [("Length", length)] if began.steps_per_epoch else []
    else:
        lines = [
            ("Network", net_title(began.spec)),
            ("Data", f"{data}: {began.n_train:,} to learn from, {began.n_validation:,} judge it"),
            ("Classes", str(len(began.classes))),
            ("Length", length),
            ("Device", began.device),
            ("Precision", began.precision),
        ]
    # The fastest first: that is the one that was taken.
    for name, rate in sorted(began.rates, key=lambda pair: -pair[1]):
        lines.append((f"  {name}", f"{rate:,.0f} images/s measured"))
    lines += [("Seed", str(plan.seed)), ("Optimiser", f"{plan.optimiser}, rate {plan.learning_rate:g}")]
    lines.append(("Schedule", plan.schedule))
    if training.eta_seconds:
        lines.append(("Left", duration(training.eta_seconds)))
    lines.append(("Run", began.run))
    if training.twin is not None:
        lines.append(("Plain twin", f"run {training.twin.run}, {training.twin.status}"))
    return tuple(lines)


def problem(training: TrainingState) -> str:
    """Why it broke off and what helps; empty where it did not."""
    if training.status != "failed":
        return ""
    return f"{training.cause} {training.remedy}".strip() or "The message above says why."


def facts_csv(lines: tuple[tuple[str, str], ...]) -> str:
    """The facts as a table."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("what", "value"))
    writer.writerows((what.strip(), value) for what, value in lines)
    return table.getvalue()


def empty_message(training: TrainingState, form: TrainingForm) -> str:
    """What is said where there are no curves yet."""
    name = PurePath(form.data).name
    if training.status == "opening":
        return f"Reading {name}. A set that is new is first decoded; the next time it is here at once."
    if is_finding(training):
        return "The curve of the learning-rate finder grows in the form."
    if training.status == "preparing":
        return (
            "The network is built, then a few steps are timed to choose the fastest precision. "
            "The curves begin in a moment."
        )
    if training.status == "running":
        return "The first step is under way."
    return f"Press Start and watch the network learn {name}: loss and accuracy are drawn here as it goes."
