"""The part of the state about the lesson that is open, and the lessons that ship with the program.

Held by `state/model.py`; changed only by `state/reducer/lessons.py`. Must not import torch or Qt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from explorer.engine.lesson import Lesson, LessonFacts, LessonStep
    from explorer.engine.messages import WeightsChoice
    from explorer.state.model import Document

LESSONS = (
    ("why-shortcuts", "Why shortcuts"),
    ("depth", "Depth"),
    ("options", "Options A, B, C"),
    ("pre-activation", "Pre-activation"),
    ("lesions", "Lesions"),
)
"""The lessons that ship with the program, by name and title; a test holds the titles."""


def _nothing() -> Mapping[Any, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class LessonState:
    """The lesson that is open.

    Attributes:
        lesson: None where none is.
        source: Its name, where it ships with the program, else its path.
        step: The one that is looked at.
        shown: Rises whenever a step is gone to, also to the same one again.
        facts: What is known about it here; None where no lesson is open.
        choices: What its weights are on this machine, by name.
        image_ids: The numbers of its pictures; None for one that could not be read.
        before: The document before it was opened; None where no lesson is open.
        is_changed: Whether it was changed since it was opened or saved.
    """

    lesson: Lesson | None = None
    source: str = ""
    step: int = 0
    shown: int = 0
    facts: LessonFacts | None = None
    choices: Mapping[str, WeightsChoice] = field(default_factory=_nothing)
    image_ids: tuple[int | None, ...] = ()
    before: Document | None = None
    is_changed: bool = False

    @property
    def is_own(self) -> bool:
        """Whether it is the user's own, and not one that ships with the program."""
        return self.lesson is not None and self.source not in dict(LESSONS)

    @property
    def present(self) -> LessonStep | None:
        """The step that is looked at."""
        return None if self.lesson is None else self.lesson.steps[self.step]
