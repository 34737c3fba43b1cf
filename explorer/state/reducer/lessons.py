"""The reducer's slice of lessons: opened, stepped through, put away.

Going to a step is one step of undo, so the document from before is never lost. Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, get_args

from explorer.engine.lesson_messages import (
    LessonRead,
    LessonWeightsTaken,
    ReadLesson,
    TakeLessonWeights,
)
from explorer.engine.messages import LoadedPicture, WeightsChoice
from explorer.engine.picture_messages import ForgetPictures
from explorer.engine.run_messages import ListRuns
from explorer.engine.values import FIRST_VALUES, KNOWN_WEIGHTS
from explorer.present.text import byte_size
from explorer.state.actions import RemovePicture, SelectPicture
from explorer.state.compare import Column
from explorer.state.compare_actions import ChooseColouring, ChoosePair, ChoosePairMode, MoveDepth
from explorer.state.inside import InsideTopic
from explorer.state.inside_actions import ShowTopic
from explorer.state.learning import TrainingForm
from explorer.state.lesson_actions import (
    CloseLesson,
    GoBackTo,
    GoToStep,
    OpenLesson,
    ReopenLesson,
    StepLesson,
    TakeWeights,
)
from explorer.state.lessons import LessonState
from explorer.state.model import Document, Notice, NoticeAction
from explorer.state.reducer.compare import (
    named,
    on_choose_colouring,
    on_choose_pair,
    on_choose_pair_mode,
    on_move_depth,
)
from explorer.state.reducer.document import set_document
from explorer.state.reducer.inside_topics import on_show_topic
from explorer.state.reducer.pictures import answer_rest, on_remove_picture, on_select_picture
from explorer.state.reducer.turn import Turn
from explorer.training.recipes import DEFAULT_RECIPE, RECIPES

if TYPE_CHECKING:
    # What a lesson is made of is imported with the first one: no window needs it before its first paint.
    from explorer.engine.lesson import LessonForm, LessonNet, LessonView


def on_open_lesson(turn: Turn, action: OpenLesson) -> None:
    """Read it."""
    turn.ask(ReadLesson, source=action.source)


def on_lesson_read(turn: Turn, event: LessonRead) -> None:
    """It is here: take its pictures, set the form, show the step that it opens with."""
    if not turn.is_newest(event, ReadLesson):
        # Nobody sees its pictures: they need not stay in memory.
        unseen = tuple(picture.image_id for picture in event.pictures if picture is not None)
        if unseen:
            turn.ask(ForgetPictures, image_ids=unseen)
        return
    before = turn.state.lessons
    _forget_closed(turn)
    if before.is_changed:
        _offer_again(turn, before)
    turn.change(
        lessons=LessonState(
            lesson=event.lesson,
            source=event.source,
            shown=before.shown,
            facts=event.facts,
            choices=MappingProxyType(dict(event.choices)),
            image_ids=_taken(turn, event),
            before=before.before or turn.state.document,
        )
    )
    if event.lesson.form is not None and not turn.state.training.is_busy:
        turn.change(form=_form(event.lesson.form))
    _show(turn, event.lesson.start)
    answer_rest(turn)
    for remark in event.remarks:
        turn.notify("warning", "{text}", arguments=(("text", remark),))
    if event.offered:
        names = tuple(weights.name for weights in event.offered)
        turn.notify(
            "question",
            "{title} brings trained weights of its own: {names} ({size}).",
            "This machine does not know them. Until you take them, their networks are untrained.",
            arguments=(
                ("title", event.lesson.title),
                ("names", ", ".join(names)),
                ("size", byte_size(event.offered_bytes)),
            ),
            actions=(NoticeAction("Take them", TakeWeights(event.source, names)),),
        )


def on_take_weights(turn: Turn, action: TakeWeights) -> None:
    """The user has said yes."""
    turn.ask(TakeLessonWeights, path=action.path, names=action.names)


def on_lesson_weights_taken(turn: Turn, event: LessonWeightsTaken) -> None:
    """They are on this machine: the networks get them, and their runs are listed."""
    turn.ask(ListRuns)
    lessons = turn.state.lessons
    if lessons.lesson is None or lessons.source != event.path:
        return
    choices = MappingProxyType({**lessons.choices, **dict(event.choices)})
    turn.change(lessons=replace(lessons, choices=choices))
    _show(turn, lessons.step)


def on_go_to_step(turn: Turn, action: GoToStep) -> None:
    """Look at a step."""
    lesson = turn.state.lessons.lesson
    if lesson is not None and 0 <= action.place < len(lesson.steps):
        _show(turn, action.place)


def on_step_lesson(turn: Turn, action: StepLesson) -> None:
    """The next or the previous one; there is none behind the last."""
    on_go_to_step(turn, GoToStep(turn.state.lessons.step + action.step))


def on_close_lesson(turn: Turn, action: CloseLesson) -> None:
    """Put it away; the way back to what was before stays open."""
    lessons = turn.state.lessons
    if lessons.lesson is None or lessons.before is None:
        return
    turn.change(lessons=LessonState(shown=lessons.shown))
    _offer_again(turn, lessons)


def _offer_again(turn: Turn, lessons: LessonState) -> None:
    """A lesson is put away: offer to go on with it, or back to what was before it."""
    assert lessons.lesson is not None
    actions = [NoticeAction("Go on with it", ReopenLesson(lessons))]
    if lessons.before is not None and lessons.before != turn.state.document:
        actions.append(NoticeAction("Back to what was before", GoBackTo(lessons.before)))
    turn.notify(
        "info",
        "The lesson {title} is closed, and its last changes are not saved."
        if lessons.is_changed
        else "The lesson {title} is closed.",
        "What it showed stays; undo goes back step by step.",
        arguments=(("title", lessons.lesson.title),),
        actions=tuple(actions),
    )


def on_reopen_lesson(turn: Turn, action: ReopenLesson) -> None:
    """Take it up where it was put away."""
    before = turn.state.lessons
    _forget_closed(turn, action.lessons)
    if before.is_changed:
        _offer_again(turn, before)
    turn.change(lessons=replace(action.lessons, shown=before.shown))
    _show(turn, action.lessons.step)


def on_go_back_to(turn: Turn, action: GoBackTo) -> None:
    """Show a document from before again."""
    set_document(turn, action.document)


def _forget_closed(turn: Turn, reopened: LessonState | None = None) -> None:
    """A lesson is open again: nobody is offered the way back to one that was put away and is in a file."""

    def is_needless(notice: Notice) -> bool:
        closed = [
            button.action.lessons for button in notice.actions if isinstance(button.action, ReopenLesson)
        ]
        return any(lessons is reopened or not lessons.is_changed for lessons in closed)

    turn.change(notices=tuple(notice for notice in turn.state.notices if not is_needless(notice)))


def _show(turn: Turn, place: int) -> None:
    """Look at a step: all that it wants on screen at once, as one step of undo."""
    lessons = turn.state.lessons
    assert lessons.lesson is not None
    turn.change(lessons=replace(lessons, step=place, shown=lessons.shown + 1))
    view = lessons.lesson.steps[place].view
    if view is None:
        return
    columns = _columns(turn, view.columns)
    document = Document(
        spec=view.net.spec,
        weights=_choice(turn, view.net),
        seed=view.net.seed,
        selected=view.selected,
        unfolded=view.unfolded,
        lesions=view.lesions,
        columns=columns,
    )
    set_document(turn, document)
    on_move_depth(turn, MoveDepth(view.share))
    pair = None if view.pair is None else (columns[view.pair[0]].name, columns[view.pair[1]].name)
    on_choose_pair(turn, ChoosePair(pair))
    on_choose_pair_mode(turn, ChoosePairMode("difference" if view.is_subtracted else "flicker"))
    on_choose_colouring(turn, ChooseColouring(view.colouring))
    if view.picture is not None:
        image_id = turn.state.lessons.image_ids[view.picture]
        if image_id is not None:
            on_select_picture(turn, SelectPicture(image_id))
    turn.change(channel=view.channel)
    _show_topic(turn, view)


def _show_topic(turn: Turn, view: LessonView) -> None:
    for topic in get_args(InsideTopic):
        if topic == view.topic:
            on_show_topic(turn, ShowTopic(topic))


def _choice(turn: Turn, net: LessonNet) -> WeightsChoice:
    from explorer.engine.lesson import KNOWN

    if net.weights == KNOWN:
        return KNOWN_WEIGHTS
    return turn.state.lessons.choices.get(net.weights, FIRST_VALUES)


def _columns(turn: Turn, nets: tuple[LessonNet, ...]) -> tuple[Column, ...]:
    """The columns of a step; those that stand there already stay the same and need not be built again."""
    there = list(turn.state.document.columns)
    columns = []
    for net in nets:
        wanted = Column("", net.spec, _choice(turn, net), net.seed)
        same = next((column for column in there if replace(column, name="") == wanted), None)
        if same is not None:
            there.remove(same)
        columns.append(same or named(turn, [wanted])[0])
    return tuple(columns)


def _form(form: LessonForm) -> TrainingForm:
    return TrainingForm(
        data=form.data,
        recipe=form.recipe if form.recipe in RECIPES else DEFAULT_RECIPE,
        plan=form.plan,
        chosen=form.chosen & type(form.plan).model_fields.keys(),
    )


def _taken(turn: Turn, event: LessonRead) -> tuple[int | None, ...]:
    """Put the lesson's pictures on the list, each once, and give their numbers."""
    ids: list[int | None] = []
    for picture in event.pictures:
        if picture is None:
            ids.append(None)
            continue
        same = next((item for item in turn.state.pictures.items if _is_same(item, picture)), None)
        if same is not None:
            turn.ask(ForgetPictures, image_ids=(picture.image_id,))
            ids.append(same.image_id)
            continue
        pictures = turn.state.pictures
        turn.change(pictures=replace(pictures, items=(*pictures.items, picture)))
        ids.append(picture.image_id)
    sample = turn.state.pictures.sample
    if ids and sample is not None and sample not in ids:
        on_remove_picture(turn, RemovePicture(sample))
    if turn.state.pictures.current is None and (known := [number for number in ids if number is not None]):
        on_select_picture(turn, SelectPicture(known[0]))
    return tuple(ids)


def _is_same(item: object, picture: LoadedPicture) -> bool:
    if not isinstance(item, LoadedPicture):
        return False
    if item.path is not None or picture.path is not None:
        return item.path == picture.path
    known = (item.name, item.width, item.height) == (picture.name, picture.width, picture.height)
    return known and bool((item.preview == picture.preview).all())
