"""What the window and the IO pool say to each other about lessons.

Frozen, as all of `engine/messages.py`. Called by `state`, `ui` and `engine/handlers`. Must not import torch
or Qt.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from explorer.engine.messages import Event, LoadedPicture, Request, WeightsChoice

if TYPE_CHECKING:
    # A dozen classes that no window needs before its first lesson.
    from explorer.engine.lesson import Lesson, LessonFacts, LessonWeights

SUFFIX = ".lesson"
TEXT_SUFFIX = ".lesson.json"
"""Of a lesson that needs no file beside its text, as those that ship with the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLesson(Request):
    """Read a lesson.

    Attributes:
        source: The name of one that ships with the program, or a file's path.
    """

    on_io_pool: ClassVar[bool] = True

    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteLesson(Request):
    """Write a lesson with all that it needs.

    Attributes:
        path: The file.
        lesson: Where its pictures, weights and runs say which members they are, those of `source` are meant.
        source: The lesson's file so far; empty for a new one.
        image_ids: The numbers of its pictures, in their order; None for one that is only in `source`.
        choices: What its weights are on this machine, by name.
    """

    on_io_pool: ClassVar[bool] = True
    replaces: ClassVar[bool] = False

    path: str
    lesson: Lesson
    source: str = ""
    image_ids: tuple[int | None, ...] = ()
    choices: tuple[tuple[str, WeightsChoice], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeLessonWeights(Request):
    """Keep weights that came with a lesson, with their runs, on this machine. The user has said yes."""

    on_io_pool: ClassVar[bool] = True

    path: str
    names: tuple[str, ...]

    @property
    def subject(self) -> Hashable:
        """What it is about, beside its kind."""
        return self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonRead(Event):
    """A lesson is here.

    Attributes:
        source: As in the request.
        lesson: The lesson.
        pictures: Its pictures in their order; None for one that could not be read.
        facts: What is known about it here.
        choices: What its weights are on this machine, by name.
        offered: Those that came with it and that this machine does not know: they wait for a yes.
        offered_bytes: Their size in all.
        remarks: Sentences on what is not as it was where the lesson was made.
    """

    source: str
    lesson: Lesson
    pictures: tuple[LoadedPicture | None, ...]
    facts: LessonFacts
    choices: tuple[tuple[str, WeightsChoice], ...] = ()
    offered: tuple[LessonWeights, ...] = ()
    offered_bytes: int = 0
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonWritten(Event):
    """A lesson is in a file.

    Attributes:
        path: The file.
        lesson: As it would be read from there.
        facts: What is known about it here.
        image_ids: As in the request, without pictures that could not be kept.
        choices: As in the request.
        remarks: Sentences on what could not be kept.
        source: As in the request.
    """

    path: str
    lesson: Lesson
    facts: LessonFacts
    image_ids: tuple[int | None, ...] = ()
    choices: tuple[tuple[str, WeightsChoice], ...] = ()
    remarks: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonWeightsTaken(Event):
    """A lesson's weights are on this machine: what they are here, by name."""

    path: str
    choices: tuple[tuple[str, WeightsChoice], ...]
