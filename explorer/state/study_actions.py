"""What the user does about studies.

Dispatched by `ui`; handled by `state/reducer/studies.py`. Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import dataclass

from explorer.state.actions import Action
from explorer.state.studies import StudyForm


@dataclass(frozen=True, slots=True)
class LookUpStudies(Action):
    """Read the studies, to show them."""


@dataclass(frozen=True, slots=True)
class EditStudy(Action):
    """Set the next study up."""

    form: StudyForm


@dataclass(frozen=True, slots=True)
class PriceStudy(Action):
    """Measure what the study that is set up will cost."""


@dataclass(frozen=True, slots=True)
class StartStudy(Action):
    """Train the study that is set up."""


@dataclass(frozen=True, slots=True)
class PauseStudy(Action):
    """Pause at the next step."""


@dataclass(frozen=True, slots=True)
class GoOnStudy(Action):
    """Go on with a study; with `retries` also with what failed."""

    id: str
    retries: bool = False


@dataclass(frozen=True, slots=True)
class ShowStudy(Action):
    """Look at a study; empty for the one that is set up."""

    id: str


@dataclass(frozen=True, slots=True)
class ForgetStudy(Action):
    """Take a study from the list; its runs stay."""

    id: str


@dataclass(frozen=True, slots=True)
class BringStudyBack(Action):
    """Put a study back into the list."""

    id: str


@dataclass(frozen=True, slots=True)
class ReportStudy(Action):
    """Write what a study found as one HTML file."""

    id: str
    path: str
