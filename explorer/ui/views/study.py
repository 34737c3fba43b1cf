"""Studies: set one up, see what it will cost, let it run, and read what it found.

Shown in a dock of its own, imported when that is first opened. Takes plain values; knows nothing of the
store.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSplitter, QVBoxLayout, QWidget

from explorer.arch.spec import ArchitectureSpec
from explorer.state.learning import TrainingForm
from explorer.state.studies import Planned, StudiesState
from explorer.ui.panels.field_controls import FlatCombo
from explorer.ui.panels.segments import Segment, Segments
from explorer.ui.theme import HALF, SPACE, font
from explorer.ui.views import study_words
from explorer.ui.views.study_form import FORM_WIDTH_PX, StudyFormPanel
from explorer.ui.views.study_table import StudyTable
from explorer.ui.views.training_head import ShareBar
from explorer.ui.widgets.elided_label import ElidedLabel
from explorer.ui.widgets.saving import ask_where, save_text

REPORT_FILTER = "Report (*.html)"
CSV_FILTER = "CSV (*.csv)"
_NARROW_PX = 720
_CELLS, _RESULTS = "cells", "results"
_SHEETS = (
    Segment(_CELLS, "Trainings", "<p>Every training, as it stands.</p>"),
    Segment(_RESULTS, "Results", "<p>Every combination, over its seeds.</p>"),
)


class StudyView(QWidget):
    """The form on the left, the trainings on the right, above them how the study stands.

    Args:
        parent: As Qt has it.
    """

    shown = Signal(object)
    """A study is looked at (its id; empty for the form)."""
    start_requested = Signal()
    pause_requested = Signal()
    resume_requested = Signal(object, object)
    """Go on with a study: its id, and whether what failed is tried again."""
    report_requested = Signal(object, object)
    """Write the report of a study (its id) to a path."""
    forget_requested = Signal(object)
    """Take a study (its id) from the list."""
    save_failed = Signal(object)
    """The sentence that says why the table could not be written."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("study")
        self.setAccessibleName("Study")
        self._studies = StudiesState()
        self._planned = Planned(None)
        self.form = StudyFormPanel()
        """How the next study is set up."""
        self._make()
        self._lay_out()
        self._connect()

    def _make(self) -> None:
        self._list = FlatCombo()
        self._list.setObjectName("study.list")
        self._list.setAccessibleName("Studies")
        self._title = ElidedLabel()
        self._title.setObjectName("study.status")
        self._title.setFont(font("heading", strong=True))
        self._detail = ElidedLabel("muted")
        self._detail.setObjectName("study.detail")
        self._cost = QLabel()
        self._cost.setObjectName("study.cost")
        self._cost.setWordWrap(True)
        self._bar = ShareBar()
        self._start = _button("Start", "study.start", "Train every combination, one after another")
        self._start.setDefault(True)
        self._pause = _button("Pause", "study.pause", "Wait at the next step; all is kept")
        self._resume = _button("Resume", "study.resume", "Go on where it was")
        self._retry = _button("Try again", "study.retry", "Train what failed once more")
        self._report = _button("Report…", "study.report", "Write what was found as one HTML page")
        self._save = _button("CSV…", "study.save", "Write the trainings as CSV")
        self._forget = _button("Remove", "study.forget", "Take the study from the list; its runs stay")
        self._sheets = Segments("study.sheet", "Table", _SHEETS)
        self._sheets.show_value(_CELLS)
        self._table = StudyTable()

    def _lay_out(self) -> None:
        names = QVBoxLayout()
        names.setSpacing(2)
        names.addWidget(self._title)
        names.addWidget(self._detail)
        line = QHBoxLayout()
        line.setSpacing(SPACE)
        line.addLayout(names, 1)
        for button in (self._pause, self._resume, self._retry, self._start):
            line.addWidget(button)
        self._tools = QWidget()
        tools = QHBoxLayout(self._tools)
        tools.setContentsMargins(0, 0, 0, 0)
        tools.setSpacing(HALF)
        tools.addWidget(self._sheets)
        tools.addStretch(1)
        for button in (self._report, self._save, self._forget):
            tools.addWidget(button)
        right = QWidget()
        page = QVBoxLayout(right)
        page.setContentsMargins(SPACE + HALF, 0, SPACE + HALF, SPACE)
        page.setSpacing(SPACE)
        page.addWidget(self._cost)
        page.addWidget(self._table, 1)
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.addWidget(self.form)
        self._split.addWidget(right)
        self._split.setStretchFactor(1, 1)
        self._split.setChildrenCollapsible(False)
        self._split.setSizes([FORM_WIDTH_PX, 2 * FORM_WIDTH_PX])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QVBoxLayout()
        head.setContentsMargins(SPACE + HALF, SPACE, SPACE + HALF, SPACE)
        head.setSpacing(SPACE)
        head.addWidget(self._list)
        head.addLayout(line)
        head.addWidget(self._bar)
        head.addWidget(self._tools)
        column.addLayout(head)
        column.addWidget(self._split, 1)

    def _connect(self) -> None:
        self._list.activated.connect(lambda place: self.shown.emit(self._list.itemData(place)))
        self._start.clicked.connect(self.start_requested)
        self._pause.clicked.connect(self.pause_requested)
        self._resume.clicked.connect(lambda: self.resume_requested.emit(self._studies.shown, False))
        self._retry.clicked.connect(lambda: self.resume_requested.emit(self._studies.shown, True))
        self._forget.clicked.connect(lambda: self.forget_requested.emit(self._studies.shown))
        self._report.clicked.connect(self._on_report)
        self._save.clicked.connect(self._on_save)
        self._sheets.chosen.connect(lambda _value: self._show_sheet())

    def show_studies(
        self, studies: StudiesState, planned: Planned, spec: ArchitectureSpec, training: TrainingForm
    ) -> None:
        """Show how studies stand.

        Args:
            studies: All there are.
            planned: What the form comes to.
            spec: The network in view.
            training: Data and plan of the form.
        """
        self._studies, self._planned = studies, planned
        row = studies.row
        self._show_list()
        self.form.setVisible(row is None)
        self.form.show_form(studies.form, spec, training)
        title, detail, tone = study_words.headline(studies)
        self._title.set_text(title)
        self._title.set_tone(tone)
        self._detail.set_text(detail)
        self._bar.setVisible(row is not None)
        self._bar.show_share(study_words.share(studies), is_on=studies.is_busy)
        self._cost.setVisible(row is None)
        self._cost.setText(study_words.cost(planned, studies.estimated, is_estimating=studies.is_estimating))
        is_wrong = planned.study is None or study_words.is_too_large(planned, studies.estimated)
        self._cost.setProperty("tone", "warning" if is_wrong else "muted")
        self._cost.style().polish(self._cost)
        self._show_buttons()
        self._show_sheet()

    def _show_list(self) -> None:
        entries = [
            ("A new study", ""),
            *((study_words.study_title(row), row.id) for row in self._studies.rows),
        ]
        now = [(self._list.itemText(at), self._list.itemData(at)) for at in range(self._list.count())]
        if now != entries:
            self._list.clear()
            for text, study in entries:
                self._list.addItem(text, study)
        self._list.setCurrentIndex(max(self._list.findData(self._studies.shown), 0))

    def _show_buttons(self) -> None:
        studies, row = self._studies, self._studies.row
        is_own = studies.is_busy and (row is None or row.id == studies.running)
        is_idle = not studies.is_busy and (row is None or row.status != "running")
        self._start.setVisible(row is None and not is_own)
        self._start.setEnabled(is_idle and self._planned.study is not None)
        self._pause.setVisible(is_own)
        self._pause.setEnabled(studies.status in ("starting", "running"))
        self._pause.setText("Pausing…" if studies.status == "pausing" else "Pause")
        waits = row is not None and row.status in ("paused", "waiting")
        self._resume.setVisible(waits and is_idle)
        self._retry.setVisible(row is not None and is_idle and row.counted("failed") > 0)
        self._tools.setVisible(row is not None)
        self._report.setEnabled(row is not None and row.counted("finished") > 0)
        self._forget.setEnabled(row is not None and is_idle)

    def _show_sheet(self) -> None:
        row = self._studies.row
        if row is None:
            sheet = study_words.planned_sheet(self._planned, self._studies.estimated)
        elif self._sheets.value == _RESULTS:
            sheet = study_words.results_sheet(row)
        else:
            sheet = study_words.cells_sheet(row)
        self._table.show_sheet(sheet)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = self.width() < _NARROW_PX
        orientation = Qt.Orientation.Vertical if is_narrow else Qt.Orientation.Horizontal
        if orientation != self._split.orientation():
            self._split.setOrientation(orientation)
            self._split.setSizes([FORM_WIDTH_PX, FORM_WIDTH_PX if is_narrow else 2 * FORM_WIDTH_PX])

    def save_csv(self, path: Path) -> None:
        """Write the trainings; `save_failed` says why where that fails."""
        row = self._studies.row
        if row is None:
            return
        save_text(study_words.to_csv(row), path, self.save_failed.emit)

    def _on_report(self) -> None:
        path = ask_where(self, "Write report", "study.html", REPORT_FILTER)
        if path:
            self.report_requested.emit(self._studies.shown, path)

    def _on_save(self) -> None:
        path = ask_where(self, "Save trainings as CSV", "study.csv", CSV_FILTER)
        if path:
            self.save_csv(Path(path))


def _button(text: str, name: str, about: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setToolTip(about)
    return button
