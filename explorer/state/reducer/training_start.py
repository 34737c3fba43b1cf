"""The reducer's slice of how a training starts: anew, resumed, or a finished one trained on.

In two steps: the IO pool opens the data (`data.on_data_opened` calls `begin`), then the compute thread
trains. Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import replace

from explorer.arch.spec import ArchitectureSpec
from explorer.engine.data_messages import DataFacts, OpenData
from explorer.engine.messages import WeightsChoice
from explorer.engine.training_messages import FindRate, ResumeTraining, Train
from explorer.engine.values import FIRST_VALUES, KNOWN_WEIGHTS
from explorer.errors import SpecError
from explorer.state.in_view import training_in_view
from explorer.state.learning import FinderState, Purpose, TrainingForm
from explorer.state.learning_actions import BringBackRuns, EditPlan, GoOnTraining, StartTraining
from explorer.state.model import NoticeAction
from explorer.state.reducer.document import put_in_view
from explorer.state.reducer.one_at_a_time import is_free_for_training
from explorer.state.reducer.plan_form import fitted, on_edit_plan
from explorer.state.reducer.rewind import at_moment, is_of
from explorer.state.reducer.training import give_up
from explorer.state.reducer.turn import Turn
from explorer.state.reducer.twin import may_have_twin, wanted_twin


def on_start_training(turn: Turn, action: StartTraining) -> None:
    """Open the data; the training begins when it is there."""
    spec = turn.state.document.spec
    if action.batch_size is not None:
        on_edit_plan(turn, EditPlan((("batch_size", action.batch_size),)))
    if not action.with_twin or may_have_twin(turn, spec):
        is_anew = action.is_anew or training_in_view(turn.state).can_resume
        open_data(turn, "train", turn.state.form.data, spec, with_twin=action.with_twin, is_anew=is_anew)


def on_go_on_training(turn: Turn, action: GoOnTraining) -> None:
    """Resume: the one in memory at once, another, and one that is trained on, when its data is open again."""
    state, training = turn.state, turn.state.training
    if training.is_busy or not is_free_for_training(turn):
        return
    present = training.began.run if training.began is not None else ""
    began = training_in_view(state).began
    run = action.run or (began.run if began is not None else "")
    if run in state.runs.discarded:
        turn.notify(
            "warning",
            "This run was deleted.",
            "Undo that, and it can go on.",
            actions=(NoticeAction("Undo", BringBackRuns((run,))),),
        )
        return
    if action.epochs:
        _extend(turn, run, action.epochs)
        return
    if run and run == present and training.status in ("paused", "stopped"):
        turn.change(training=replace(training.asking("preparing", "resume"), resumes=run, extends_to=0))
        turn.ask(ResumeTraining, run=run)
        return
    row = next((row for row in state.runs.rows if row.id == run), None)
    if row is not None and row.can_resume:
        open_data(turn, "resume", row.data, row.spec, run)


def _extend(turn: Turn, run: str, epochs: int) -> None:
    """Train a finished run on. What one that ships has learned from may not be here: the form has data."""
    state = turn.state
    row = next((row for row in state.runs.rows if row.id == run), None)
    began = training_in_view(state).began
    if row is not None:
        data = state.form.data if row.is_bundled and not row.has_data else row.data
        open_data(turn, "resume", data, row.spec, run, epochs=epochs)
    elif began is not None and began.run == run:
        open_data(turn, "resume", began.data, began.spec, run, epochs=epochs)


def open_data(
    turn: Turn,
    purpose: Purpose,
    data: str,
    spec: ArchitectureSpec,
    run: str = "",
    *,
    epochs: int = 0,
    with_twin: bool = False,
    is_anew: bool = False,
) -> None:
    """Read the data; what it is for begins when it is there."""
    if turn.state.training.is_busy or not is_free_for_training(turn):
        return
    opening = replace(
        turn.state.training.asking("opening", purpose),
        resumes=run,
        extends_to=epochs,
        waits_for=(data, spec.input_size),
        wants_twin=with_twin,
        is_anew=is_anew,
    )
    turn.change(
        training=opening,
        data=replace(turn.state.data, status="opening", wanted=data),
    )
    turn.ask(OpenData, data=data, input_size=spec.input_size)


def begin(turn: Turn, facts: DataFacts) -> None:
    """The data that a training waited for is open: show the network that learns, and let it."""
    training = turn.state.training
    if training.status != "opening":
        return
    if (facts.data, facts.input_size) != training.waits_for:
        # Somebody looked at other data, which took the place of the reading.
        data, input_size = training.waits_for
        turn.ask(OpenData, data=data, input_size=input_size)
        return
    if training.purpose == "resume":
        turn.change(training=replace(training, status="preparing"))
        data = facts.data if training.extends_to else ""
        turn.ask(ResumeTraining, run=training.resumes, epochs=training.extends_to, data=data)
        return
    form = fitted(replace(turn.state.form, lacks=""), facts)
    try:
        spec = turn.state.document.spec.edited(num_classes=len(facts.classes))
    except SpecError as error:
        give_up(turn)
        turn.notify("error", error.message, error.hint, arguments=tuple(error.arguments.items()))
        return
    # Before the net's head is made anew for the data, which gives its weights up.
    start = _start(turn, form)
    turn.change(form=form, training=replace(training, status="preparing"))
    if training.purpose == "find":
        turn.change(training=replace(turn.state.training, finder=FinderState()))
        turn.ask(FindRate, spec=spec, plan=form.plan, data=facts.data, weights=start)
        return
    put_in_view(turn, spec)
    turn.ask(
        Train,
        spec=spec,
        plan=form.plan,
        data=facts.data,
        weights=start,
        recipe=form.recipe,
        twin=wanted_twin(turn, spec),
    )


def _start(turn: Turn, form: TrainingForm) -> WeightsChoice:
    """What the training starts from; `known` means those of the net in view, whatever its classes.

    Where that is untrained, also by choice, those that are known for it.
    """
    state = turn.state
    if form.starts_from != KNOWN_WEIGHTS:
        return form.starts_from
    run = next((row for row in state.runs.rows if is_of(state.net.origin, row.id)), None)
    is_known = run is not None and run.data == form.data and run.start != FIRST_VALUES
    if state.training.is_anew and is_known and run is not None and run.start.kind != "copied":
        return run.start
    if state.document.weights == FIRST_VALUES:
        return KNOWN_WEIGHTS
    return at_moment(state, state.document.weights)
