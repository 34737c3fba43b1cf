"""The part of the state about studies: the one that is set up, those on the disk, the one that runs.

Held by `state/model.py`; changed only by `state/reducer/studies.py`. Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from explorer.engine.study_messages import CellBegan, StudyEstimated, StudyProgress, StudyRow
    from explorer.training.study import Cell, Study

FIRST_AXES = (("depth", ("20", "56")), ("shortcut", ("A", "none")))
"""The question of figure 6 of He 2015 (arXiv 1512.03385): what does depth do with and without shortcuts?"""


@dataclass(frozen=True, slots=True)
class StudyForm:
    """What the user has set up; network, data and plan are those in view and of the training's form.

    Attributes:
        axes: Fields and the texts of their values; one without values is not varied yet.
        seeds: As they are written, with commas between.
        pins: Whether each finished network becomes a column.
    """

    axes: tuple[tuple[str, tuple[str, ...]], ...] = FIRST_AXES
    seeds: str = "0"
    pins: bool = True


@dataclass(frozen=True, slots=True)
class Planned:
    """What the form comes to.

    Attributes:
        study: None where it cannot be.
        cells: Of the study.
        refusal: Why it cannot be; empty where it can.
    """

    study: Study | None
    cells: tuple[Cell, ...] = ()
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class StudiesState:
    """Studies.

    Attributes:
        form: The next one.
        rows: Those on the disk, the newest first.
        shown: The one that is looked at; empty for the form.
        status: `starting` reads data and measures; `pausing` waits for the next step.
        running: The one that is trained; empty while none is.
        began: Its cell that is trained; None between two.
        progress: How far that is.
        estimated: What a study will cost, as it was asked last.
        is_estimating: Whether that is being measured.
    """

    form: StudyForm = field(default_factory=StudyForm)
    rows: tuple[StudyRow, ...] = ()
    shown: str = ""
    status: Literal["idle", "starting", "running", "pausing"] = "idle"
    running: str = ""
    began: CellBegan | None = None
    progress: StudyProgress | None = None
    estimated: StudyEstimated | None = None
    is_estimating: bool = False

    @property
    def is_busy(self) -> bool:
        """Whether a study is trained, so that nothing else can be."""
        return self.status != "idle"

    @property
    def row(self) -> StudyRow | None:
        """The study that is looked at; None for the form."""
        return next((row for row in self.rows if row.id == self.shown), None)
