"""The reducer's slice of the user's own lessons: written in, added to, saved.

Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING

from explorer.engine.lesson_messages import SUFFIX, LessonWritten, WriteLesson
from explorer.state.lesson_actions import AddStep, NameStep, SaveLesson, WriteNote
from explorer.state.lessons import LessonState
from explorer.state.reducer.turn import Turn

if TYPE_CHECKING:
    from explorer.engine.lesson import Lesson

MAX_TITLE = 200


def on_write_note(turn: Turn, action: WriteNote) -> None:
    """Write it to the step in view."""
    _edit_step(turn, note=action.note)


def on_name_step(turn: Turn, action: NameStep) -> None:
    """Give the step in view another heading."""
    if action.heading.strip():
        _edit_step(turn, heading=action.heading.strip())


def on_add_step(turn: Turn, action: AddStep) -> None:
    """What is on screen becomes the step behind the one in view."""
    from explorer.engine.lesson import MAX_STEPS, LessonStep
    from explorer.state.reducer.lesson_keeping import Keeping

    lessons = turn.state.lessons
    lesson = lessons.lesson
    if lesson is None or not lessons.is_own:
        return
    if len(lesson.steps) >= MAX_STEPS:
        turn.notify(
            "info",
            "A lesson has {most} steps at most.",
            "Begin another one.",
            arguments=(("most", MAX_STEPS),),
        )
        return
    keeping = Keeping(turn.state)
    place = lessons.step + 1
    fresh = LessonStep(f"Step {place + 1}", view=keeping.view(action.docks))
    steps = (*lesson.steps[:place], fresh, *lesson.steps[place:])
    turn.change(
        lessons=replace(
            lessons,
            lesson=keeping.lesson(replace(lesson, steps=steps)),
            image_ids=tuple(keeping.image_ids),
            choices=MappingProxyType(keeping.choices),
            step=place,
            shown=lessons.shown + 1,
            is_changed=True,
        )
    )


def on_save_lesson(turn: Turn, action: SaveLesson) -> None:
    """Write what is on screen, with the steps of the lesson that is open."""
    from explorer.engine.lesson import Lesson, LessonStep
    from explorer.state.reducer.lesson_keeping import Keeping

    lessons = turn.state.lessons
    title = PurePath(action.path).name.removesuffix(SUFFIX)[:MAX_TITLE]
    lesson = lessons.lesson or Lesson(title, (LessonStep(title),))
    keeping = Keeping(turn.state)
    view = keeping.view(action.docks)
    steps = tuple(
        replace(step, view=view) if place == lessons.step else step for place, step in enumerate(lesson.steps)
    )
    turn.ask(
        WriteLesson,
        path=action.path,
        lesson=keeping.lesson(replace(lesson, steps=steps, start=lessons.step)),
        source=lessons.source,
        image_ids=tuple(keeping.image_ids),
        choices=tuple(keeping.choices.items()),
    )
    if keeping.n_copied:
        turn.notify(
            "warning",
            "Weights copied from another network are not kept in a lesson; there they are untrained.",
            "Save the weights to a file, open that, and save the lesson again.",
        )
    if keeping.n_rewound:
        turn.notify(
            "info",
            "A run that was rewound is kept in the lesson with the weights that it ended with.",
            "Save the weights of the moment to a file and open that, where it is to be this moment.",
        )


def on_lesson_written(turn: Turn, event: LessonWritten) -> None:
    """It is in a file, and is the user's own from now on; unless another is looked at by now."""
    before = turn.state.lessons
    lesson = _as_it_is_now(event, before)
    if lesson is not None:
        turn.change(
            lessons=LessonState(
                lesson=lesson,
                source=event.path,
                step=lesson.start if before.lesson is None else before.step,
                shown=before.shown + (before.lesson is None),
                facts=event.facts,
                choices=MappingProxyType(dict(event.choices)),
                image_ids=event.image_ids,
                before=before.before or turn.state.document,
                is_changed=lesson != event.lesson,
            )
        )
    settings = turn.state.settings
    turn.change(settings=replace(settings, recent=settings.with_recent((event.path,))))
    turn.notify("info", "The lesson is in {path}.", arguments=(("path", event.path),))
    for remark in event.remarks:
        turn.notify("warning", "{text}", arguments=(("text", remark),))


def _as_it_is_now(event: LessonWritten, now: LessonState) -> Lesson | None:
    """The lesson in the file with what was written into it since; None where it is not the open one."""
    written, open_one = event.lesson, now.lesson
    if now.source != event.source:
        return None
    if open_one is None:
        return written
    if len(open_one.steps) != len(written.steps):
        return None
    pairs = zip(written.steps, open_one.steps, strict=True)
    steps = tuple(replace(step, heading=other.heading, note=other.note) for step, other in pairs)
    return replace(written, steps=steps)


def _edit_step(turn: Turn, **fields: str) -> None:
    lessons = turn.state.lessons
    lesson, step = lessons.lesson, lessons.present
    if lesson is None or step is None or not lessons.is_own:
        return
    edited = replace(step, **fields)  # type: ignore[arg-type]
    if edited != step:
        steps = (*lesson.steps[: lessons.step], edited, *lesson.steps[lessons.step + 1 :])
        turn.change(lessons=replace(lessons, lesson=replace(lesson, steps=steps), is_changed=True))
