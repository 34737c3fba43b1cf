"""The top of the training view: what happens, the buttons, how far it is, the numbers that matter.

Used by the training view. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer.state.learning import TrainingForm, TrainingState
from explorer.ui.theme import HALF, SPACE, Colours, font
from explorer.ui.views.training_words import Number, headline, is_another, is_finding, numbers
from explorer.ui.widgets.asking_epochs import ask_epochs
from explorer.ui.widgets.elided_label import ElidedLabel
from explorer.ui.widgets.rewind_chip import RewindChip

_BAR_PX = 4
_UNKNOWN_ALPHA = 110
_ROOM_FOR_WORDS_PX = 160
"""Where the buttons leave less, those that not every training has stand below, and then all do."""


class ShareBar(QWidget):
    """How much is done, as a thin line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("train.progress")
        self.setFixedHeight(_BAR_PX)
        self.share: float | None = 0.0
        """0 to 1; None where it is not known."""
        self._is_on = False

    def show_share(self, share: float | None, *, is_on: bool) -> None:
        """Show how much is done, None where it is not known; grey where it does not run."""
        if (share, is_on) != (self.share, self._is_on):
            self.share, self._is_on = share, is_on
            self.setAccessibleDescription("Under way" if share is None else f"{100 * share:.0f} % done")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.hairline)
        painter.drawRoundedRect(QRectF(self.rect()), _BAR_PX / 2, _BAR_PX / 2)
        if self.share is None:
            # As the status bar has it: a row of dots.
            colour = QColor(colours.accent)
            colour.setAlpha(_UNKNOWN_ALPHA)
            painter.setBrush(colour)
            for left in range(0, self.width(), 2 * _BAR_PX):
                painter.drawEllipse(QRectF(left, 0, _BAR_PX, _BAR_PX))
        elif self.share > 0:
            painter.setBrush(colours.accent if self._is_on else colours.muted)
            width = max(self.width() * self.share, _BAR_PX)
            painter.drawRoundedRect(QRectF(0, 0, width, _BAR_PX), _BAR_PX / 2, _BAR_PX / 2)


class NumberRow(QWidget):
    """Numbers with their captions, from left to right; the last are left out where there is no room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("train.numbers")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._numbers: tuple[Number, ...] = ()
        self._value_font, self._caption_font = font("heading", strong=True), font("small")
        self.hide()

    @property
    def numbers(self) -> tuple[Number, ...]:
        """What is shown."""
        return self._numbers

    def show_numbers(self, shown: tuple[Number, ...]) -> None:
        """Show numbers."""
        if shown == self._numbers:
            return
        self._numbers = shown
        said = ", ".join(f"{number.caption} {number.value}" for number in shown)
        self.setAccessibleName(said)
        self.setToolTip("<br>".join(f"{number.caption}: {number.value}" for number in shown))
        self.setVisible(bool(shown))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, 2 * self.fontMetrics().height() + HALF)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colours = Colours.of(self.palette())
        x, line = 0.0, self.height() / 2
        for number in self._numbers:
            painter.setFont(self._caption_font)
            width = painter.fontMetrics().horizontalAdvance(number.caption)
            painter.setFont(self._value_font)
            # Digits change all the time: a little room keeps what follows where it is.
            width = max(width, painter.fontMetrics().horizontalAdvance(number.value)) + HALF
            if x + width > self.width():
                return
            painter.setPen(colours.text)
            left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(x, 0, width, line), left, number.value)
            painter.setFont(self._caption_font)
            painter.setPen(colours.muted)
            painter.drawText(QRectF(x, line, width, line), left, number.caption)
            x += width + 2 * SPACE + HALF


class SteadyButton(QPushButton):
    """A button that is as wide as any text needs that stands in its place, so that the others stay in theirs.

    Args:
        text: What it says at first.
        texts: All that it may say, or that another says which takes its place.
    """

    def __init__(self, text: str, texts: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self._texts = texts

    def sizeHint(self) -> QSize:
        hint, option = super().sizeHint(), QStyleOptionButton()
        self.initStyleOption(option)
        for text in self._texts:
            option.text = text
            size = self.fontMetrics().size(Qt.TextFlag.TextShowMnemonic, text)
            kind = QStyle.ContentsType.CT_PushButton
            hint = hint.expandedTo(self.style().sizeFromContents(kind, option, size, self))
        return hint

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


class TrainingHead(QWidget):
    """Status, buttons, progress and numbers.

    Args:
        parent: As Qt has it.
    """

    start_requested = Signal()
    twins_requested = Signal()
    pause_requested = Signal()
    resume_requested = Signal()
    extend_requested = Signal(object)
    """A finished training is to go on, to so many epochs in all."""
    stop_requested = Signal()
    now_requested = Signal()
    """A rewound run is to come back."""
    form_toggled = Signal(object)
    """The user shows or hides the form."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("train.head")
        self._title = ElidedLabel()
        self._title.setObjectName("train.status")
        self._title.setFont(font("heading", strong=True))
        self._detail = ElidedLabel("muted")
        self._detail.setObjectName("train.detail")
        self.form_button = QToolButton()
        self.form_button.setText("Set up")
        self.form_button.setObjectName("train.set_up")
        self.form_button.setToolTip("Show or hide data, recipe and settings")
        self.form_button.setCheckable(True)
        said = "Train the net in view as it is set up here"
        self.start = _button("Start", "train.start", said, ("Start", "Start anew"))
        self.start.setDefault(True)
        self.twins = _button(
            "With plain twin",
            "train.start_twin",
            "Train the net in view and the same net without shortcuts in lock-step: "
            "the same pictures in the same order, the same first values",
        )
        either = ("Pause", "Resume")
        self.pause = _button("Pause", "train.pause", "Wait at the next step; all is kept", either)
        self.resume = _button("Resume", "train.resume", "Go on where it was", either)
        self.extend = _button(
            "Train on…",
            "train.extend",
            "Train for more epochs from where it ended; what has finished stays as it is",
        )
        self._epochs_done = 0
        self.stop = _button("Stop", "train.stop", "End at the next step; it can be resumed later")
        self._bar = ShareBar()
        self._numbers = NumberRow()
        self._rewound = RewindChip()
        self._no_moments = QLabel("no moments kept: it cannot be rewound")
        self._no_moments.setObjectName("train.no_moments")
        self._no_moments.setProperty("tone", "muted")
        self._no_moments.setFont(font("small"))
        self._no_moments.setToolTip(
            "Weights of moments are kept while a network learns in the window. "
            "What was in memory only is gone where the program was killed."
        )
        self._no_moments.hide()
        self._lay_out()
        self.start.clicked.connect(self.start_requested)
        self.twins.clicked.connect(self.twins_requested)
        self.pause.clicked.connect(self.pause_requested)
        self.resume.clicked.connect(self.resume_requested)
        self.extend.clicked.connect(self.ask_to_extend)
        self.stop.clicked.connect(self.stop_requested)
        self._rewound.clicked.connect(lambda: self.now_requested.emit())
        self.form_button.clicked.connect(lambda is_on: self.form_toggled.emit(is_on))

    def _lay_out(self) -> None:
        names = QVBoxLayout()
        names.setSpacing(2)
        names.addWidget(self._title)
        names.addWidget(self._detail)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(SPACE)
        # Each of these is always there and keeps its place, counted from the right, so that a second click on
        # Stop starts nothing.
        self._buttons.addStretch(1)
        for button in (self.resume, self.pause, self.stop, self.start):
            self._buttons.addWidget(button)
        self._more = QWidget()
        more = QHBoxLayout(self._more)
        more.setContentsMargins(0, 0, 0, 0)
        more.setSpacing(SPACE)
        more.addStretch(1)
        for button in (self.extend, self.twins):
            more.addWidget(button)
        self._line = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._line.setSpacing(SPACE)
        self._line.addWidget(self.form_button)
        self._line.addLayout(names, 1)
        self._line.addWidget(self._more)
        self._line.addLayout(self._buttons)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(SPACE + HALF, SPACE, SPACE + HALF, SPACE)
        column.setSpacing(SPACE)
        column.addLayout(self._line)
        column.addWidget(self._bar)
        below = QHBoxLayout()
        below.setSpacing(SPACE)
        below.addWidget(self._numbers, 1)
        below.addWidget(self._no_moments)
        below.addWidget(self._rewound)
        column.addLayout(below)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """Where the buttons leave too little for the words, put those that come and go below, then all.

        Not above: the others would be moved.
        """
        ways = QBoxLayout.Direction
        was_tight = self._line.direction() == ways.TopToBottom
        taken = self._buttons.sizeHint().width() + 4 * SPACE
        if not was_tight:
            taken += self.form_button.sizeHint().width()
        is_tight = self.width() - taken < _ROOM_FOR_WORDS_PX
        if is_tight != was_tight:
            self._line.setDirection(ways.TopToBottom if is_tight else ways.LeftToRight)
            (self._buttons if is_tight else self._line).insertWidget(0, self.form_button)
        is_beside = self.width() - taken - self._more.sizeHint().width() - SPACE >= _ROOM_FOR_WORDS_PX
        if is_beside != (self._line.indexOf(self._more) >= 0):
            if is_beside:
                self._line.insertWidget(self._line.count() - 1, self._more)
            else:
                self._column.insertWidget(1, self._more)

    def show_moment(self, step: int | None, *, are_gone: bool = False) -> None:
        """Say to which step the run is rewound; None is now.

        Args:
            step: Steps that were done then.
            are_gone: Whether no moment is kept to go back to.
        """
        self._rewound.show_step(step)
        self._no_moments.setVisible(are_gone and step is None)

    def show_training(self, training: TrainingState, form: TrainingForm, share: float | None = None) -> None:
        """Show how a training stands.

        Args:
            training: The one that runs or ran last.
            form: What is set up.
            share: How much is done of what comes before its first step, or of the search for a rate: 0 to 1,
                None where that is not known.
        """
        said = headline(training, form)
        self._title.set_text(said.title)
        self._title.set_tone(said.tone)
        self._detail.set_text(said.detail)
        status, finding = training.status, is_finding(training)
        done = share if finding or is_another(training) else training.share
        self._bar.show_share(done, is_on=training.is_busy)
        self._numbers.show_numbers(numbers(training))
        waits = training.can_resume
        self.pause.setVisible(not waits)
        self.pause.setEnabled(status == "running" and not finding)
        self.resume.setVisible(waits)
        self.resume.setDefault(waits)
        self.extend.setVisible(training.can_extend)
        self._epochs_done = training.ended.epochs if training.ended is not None else 0
        self.stop.setEnabled(training.can_stop)
        self.start.setEnabled(not training.is_busy)
        # Where it can be trained on it neither learns nor waits.
        self._more.setVisible(not training.is_busy and not waits)
        self.start.setText("Start anew" if waits else "Start")
        self.start.setDefault(not waits)
        self._make_room()

    def ask_to_extend(self) -> None:
        """Ask how many epochs the finished training is to have, and let it go on."""
        epochs = ask_epochs(self, self._epochs_done)
        if epochs is not None:
            self.extend_requested.emit(epochs)


def _button(text: str, name: str, tooltip: str, texts: tuple[str, ...] = ()) -> QPushButton:
    button = SteadyButton(text, texts)
    button.setObjectName(name)
    button.setToolTip(tooltip)
    return button
