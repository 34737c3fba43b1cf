"""What the user does with lessons, as values that widgets dispatch.

Called by `ui` and `state/reducer`. Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import dataclass

from explorer.state.actions import Action
from explorer.state.lessons import LessonState
from explorer.state.model import Document


@dataclass(frozen=True, slots=True)
class OpenLesson(Action):
    """Open one that ships with the program by its name, or a file by its path."""

    source: str


@dataclass(frozen=True, slots=True)
class GoToStep(Action):
    """Look at a step of the lesson, counted from 0; the one in view is shown as it was meant again."""

    place: int


@dataclass(frozen=True, slots=True)
class StepLesson(Action):
    """Look at the next (+1) or the previous (−1) step."""

    step: int


@dataclass(frozen=True, slots=True)
class CloseLesson(Action):
    """Put the lesson away; what it showed stays."""


@dataclass(frozen=True, slots=True)
class ReopenLesson(Action):
    """Take up a lesson that was put away."""

    lessons: LessonState


@dataclass(frozen=True, slots=True)
class GoBackTo(Action):
    """Show a document from before again. A step of undo."""

    document: Document


@dataclass(frozen=True, slots=True)
class WriteNote(Action):
    """Write the user's note to the step in view."""

    note: str


@dataclass(frozen=True, slots=True)
class NameStep(Action):
    """Call the step in view something else."""

    heading: str


@dataclass(frozen=True, slots=True)
class AddStep(Action):
    """Add a step to the user's own lesson, behind the one in view: what is on screen.

    Attributes:
        docks: The views that are open, the last ones in front.
    """

    docks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SaveLesson(Action):
    """Write what is on screen as a lesson; where one is open, as its step in view.

    Attributes:
        path: The file.
        docks: The views that are open, the last ones in front.
    """

    path: str
    docks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TakeWeights(Action):
    """Yes, keep the weights that came with the open lesson, and use them.

    Attributes:
        path: The lesson's file.
        names: Of the weights.
    """

    path: str
    names: tuple[str, ...]
