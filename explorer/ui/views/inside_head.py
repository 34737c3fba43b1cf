"""The head of the inside view: which topic, which sample, run, how far it is, and what to know about it.

Used by `views/inside.py`. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer.state.inside import InsideTopic
from explorer.ui.panels.data_choice import DataChoice
from explorer.ui.panels.segments import Segment, SegmentButton
from explorer.ui.theme import HALF, SPACE
from explorer.ui.views.inside_facts import TOPICS, WITHOUT_SAMPLE, InsideFacts, note
from explorer.ui.widgets.flow_layout import FlowLayout, flow_holder

_LEAST_TOPIC_PX, _MOST_TOPIC_PX = 78, 128

_DOING = {
    "OpenData": "Reading the sample",
    "MeterSample": "Measuring",
    "SweepLesions": "Bypassing each block in turn",
    "TestLesions": "Asking the lesioned network",
    "FlowGradients": "Taking gradients",
    "PoolSample": "Looking at the sample",
    "FitProbes": "Fitting probes",
    "Decide": "Asking the probes",
    "Embed": "Laying out",
    "Excite": "Searching the sample",
    "MeasureCost": "Measuring",
}
"""What a request does, while it does it."""


class InsideHead(QWidget):
    """Topics as buttons in as many lines as they need; below them the sample and what is done with it."""

    topic_chosen = Signal(object)
    """The user wants this topic."""

    run_requested = Signal()
    """The user wants to find what the topic shows."""

    sample_chosen = Signal(object)
    """The user chose this sample."""

    cancel_requested = Signal(object)
    """The user wants this ticket stopped."""

    png_requested = Signal()
    csv_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._topic: InsideTopic = "residuals"
        self._ticket: int | None = None
        self.sample = DataChoice(
            "inside.sample", "The pictures that the network is looked into with", has_line=False
        )
        self.sample.data_chosen.connect(self.sample_chosen)
        # Where no sample is needed the buttons stay in their places.
        policy = self.sample.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.sample.setSizePolicy(policy)
        self.run = QPushButton()
        self.run.setObjectName("inside.run")
        self.run.clicked.connect(self.run_requested)
        self.cancel = QPushButton("Cancel")
        self.cancel.setObjectName("inside.cancel")
        self.cancel.clicked.connect(self._on_cancel)
        self.save = QToolButton()
        self._make_save()
        self.progress = QProgressBar()
        self.progress.setObjectName("inside.progress")
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(HALF)
        self.note = QLabel()
        self.note.setObjectName("inside.note")
        self.note.setWordWrap(True)
        self.note.setContentsMargins(SPACE, 0, SPACE, HALF)
        self._lay_out()

    def _make_save(self) -> None:
        self.save.setText("Save…")
        self.save.setObjectName("inside.save")
        self.save.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.save.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        menu = QMenu(self.save)
        menu.addAction("Save as PNG…", self.png_requested.emit)
        menu.addAction("Save as CSV…", self.csv_requested.emit)
        self.save.setMenu(menu)

    def _lay_out(self) -> None:
        flow = FlowLayout(_LEAST_TOPIC_PX, _MOST_TOPIC_PX)
        flow.setSpacing(2)
        flow.setContentsMargins(SPACE, HALF, SPACE, 0)
        self._group = QButtonGroup(self)
        self._buttons: dict[InsideTopic, SegmentButton] = {}
        holder = flow_holder(flow)
        for topic, words in TOPICS.items():
            button = SegmentButton(Segment(topic, words.title, f"<p>{words.about}</p>"), holder)
            button.setObjectName(f"inside.topic.{topic}")
            button.clicked.connect(lambda _=False, topic=topic: self._on_topic(topic))
            self._group.addButton(button)
            self._buttons[topic] = button
            flow.addWidget(button)
        line = QHBoxLayout()
        line.setContentsMargins(SPACE, HALF, SPACE, HALF)
        line.setSpacing(SPACE)
        line.addWidget(self.sample, 1)
        line.addWidget(self.run)
        line.addWidget(self.cancel)
        line.addWidget(self.save)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(holder)
        column.addLayout(line)
        column.addWidget(self.progress)
        column.addWidget(self.note)

    def show_facts(self, facts: InsideFacts, *, can_save: bool) -> None:
        """Show how the topic stands.

        Args:
            facts: Of everything.
            can_save: Whether there is something to save.
        """
        inside = facts.inside
        self._topic = inside.topic
        self._buttons[inside.topic].setChecked(True)
        for topic, button in self._buttons.items():
            has_focus = topic == inside.topic
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus if has_focus else Qt.FocusPolicy.ClickFocus)
        self.sample.show_data(facts.data, inside.data)
        self.sample.setVisible(inside.topic not in WITHOUT_SAMPLE)
        words = TOPICS[inside.topic]
        is_busy = inside.topic in inside.busy or facts.work is not None
        self.run.setText(words.again if is_found(facts) else words.run)
        self.run.setEnabled(facts.is_ready and not is_busy)
        self.run.setToolTip(words.about)
        self.save.setEnabled(can_save)
        self._show_work(facts, is_busy=is_busy)
        text, tone = note(facts)
        self.note.setText(text)
        self.note.setVisible(bool(text))
        if self.note.property("tone") != tone:
            self.note.setProperty("tone", tone)
            self.note.style().polish(self.note)

    def _show_work(self, facts: InsideFacts, *, is_busy: bool) -> None:
        work = facts.work
        self._ticket = work[0] if work is not None else None
        self.cancel.setVisible(work is not None)
        self.progress.setVisible(is_busy)
        share = work[1] if work is not None else None
        self.progress.setRange(0, 0 if share is None else 1000)
        self.progress.setValue(round(1000 * (share or 0)))
        self.progress.setToolTip(f"{_DOING.get(work[2], 'Working')}…" if work is not None else "")

    def _on_topic(self, topic: InsideTopic) -> None:
        if topic != self._topic:
            self._topic = topic
            self.topic_chosen.emit(topic)

    def _on_cancel(self) -> None:
        if self._ticket is not None:
            self.cancel_requested.emit(self._ticket)


def is_found(facts: InsideFacts) -> bool:
    """Whether the present topic was run before; what ships with the weights was not run here."""
    inside = facts.inside
    if facts.is_shipped:
        return False
    found = {
        "residuals": inside.metered_sample,
        "lesions": inside.swept,
        "gradients": inside.flows,
        "decisions": inside.probes,
        "embedding": inside.embedded,
        "excites": inside.excited,
        "cost": inside.cost,
    }
    return found[inside.topic] is not None
