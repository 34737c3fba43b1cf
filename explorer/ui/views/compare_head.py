"""What stands above the columns: what can be added, how maps are coloured, and the key to the colours.

Used by `compare.py`. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from explorer.present import colour
from explorer.present.colouring import Colouring, PaletteChoice, ScaleChoice
from explorer.ui.panels.field_controls import FlatCombo
from explorer.ui.panels.glyph_button import GlyphButton
from explorer.ui.theme import HALF, SPACE, font
from explorer.ui.widgets.colour_bar import ColourBar, swatch
from explorer.ui.widgets.elided_label import ElidedLabel

_SWATCH = QSize(28, 12)
_ONE_LINE_PX = 790
_LEAST_BOX_PX = 84


class CompareHead(QWidget):
    """Buttons at the left, colours at the right; in two lines where it is narrow.

    Args:
        parent: As Qt has it.
    """

    appearance_changed = Signal()
    """The maps are to be drawn anew."""
    colouring_chosen = Signal(object)
    """The user chose a `Colouring`."""
    fit_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pin = self._button("compare.pin", self.tr("Pin this network"))
        self.pin.setToolTip(self.tr("Keep the network in view as a column, with its weights"))
        self.depths = self._button("compare.add_depths", self.tr("Add depths"))
        self.depths.setToolTip(self.tr("Pin the published depths of the family in view: 20, 32, 44, 56 …"))
        self.twin = self._button("compare.add_twin", self.tr("Add plain twin"))
        self.twin.setToolTip(self.tr("Pin the network in view and the same without shortcuts"))
        self._count = QLabel()
        self._count.setObjectName("compare.count")
        self._count.setProperty("tone", "muted")
        self._scale = self._box("compare.scale", self.tr("Scale of values"))
        for title, value in (
            (self.tr("Shared scale"), "all"),
            (self.tr("Per network"), "column"),
            (self.tr("Per channel"), "channel"),
        ):
            self._scale.addItem(title, value)
        self._scale.setToolTip(
            self.tr(
                "Shared: equal colours are equal values in all networks. "
                "Else every network, or every channel, has its own scale"
            )
        )
        self._scale.setMinimumWidth(self._scale.fontMetrics().horizontalAdvance(self.tr("Shared scale")) + 34)
        self._palette = self._box("compare.palette", self.tr("Colours"))
        for title, value in (
            (self.tr("Auto"), "auto"),
            (self.tr("Sequential"), "sequential"),
            (self.tr("Diverging"), "diverging"),
            (self.tr("Grey"), "grey"),
        ):
            self._palette.addItem(title, value)
        self._palette.setIconSize(_SWATCH)
        names: tuple[colour.PaletteName, ...] = ("sequential", "diverging", "grey")
        for index, name in enumerate(names, start=1):
            self._palette.setItemIcon(index, swatch(name, _SWATCH, self.devicePixelRatioF()))
        for box in (self._scale, self._palette):
            box.currentIndexChanged.connect(lambda _: self._on_chosen())
        self.fit = QToolButton()
        self.fit.setObjectName("compare.fit")
        self.fit.setText(self.tr("Fit"))
        self.fit.setToolTip(self.tr("Show all channels (0, or double-click)"))
        self.fit.setAccessibleName(self.tr("Fit the maps"))
        self.fit.setAutoRaise(True)
        self.fit.clicked.connect(self.fit_requested)
        self.bar = ColourBar()
        self.bar.setObjectName("compare.colour_bar")
        self.bar.setFont(font("small"))
        self._lay_out()

    def _button(self, name: str, title: str) -> QPushButton:
        button = QPushButton(title)
        button.setObjectName(name)
        button.setAccessibleName(title)
        return button

    def _box(self, name: str, says: str) -> FlatCombo:
        box = FlatCombo()
        box.setObjectName(name)
        box.setAccessibleName(says)
        box.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        box.setMinimumWidth(_LEAST_BOX_PX)
        return box

    def _on_chosen(self) -> None:
        self.appearance_changed.emit()
        self.colouring_chosen.emit(Colouring(self.scale, self.palette_choice))

    def _lay_out(self) -> None:
        self._lines = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._lines.setContentsMargins(SPACE, SPACE, SPACE, HALF)
        self._lines.setSpacing(HALF)
        self._adding, self._colours = adding, colours = QHBoxLayout(), QHBoxLayout()
        for line, parts in (
            (adding, (self.pin, self.depths, self.twin, self._count)),
            (colours, (self._scale, self._palette, self.fit, self.bar)),
        ):
            line.setSpacing(HALF)
            for part in parts:
                line.addWidget(part)
        adding.addStretch(1)
        colours.addStretch(1)
        for control in (self.pin, self.depths, self.twin, self._count, self._scale, self._palette, self.fit):
            control.setFont(font("small"))
        self._lines.addLayout(adding, 1)
        self._lines.addLayout(colours)

    def minimumSizeHint(self) -> QSize:
        # In one line the tools are wider than they need to be: two lines are always possible.
        widest = max(line.minimumSize().width() for line in (self._adding, self._colours))
        return QSize(widest + 2 * SPACE, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_wide = self.width() >= _ONE_LINE_PX
        direction = QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom
        self._lines.setDirection(direction)

    @property
    def scale(self) -> ScaleChoice:
        """The scale that is chosen."""
        chosen: ScaleChoice = self._scale.currentData()
        return chosen

    @property
    def palette_choice(self) -> PaletteChoice:
        """The colours that are chosen."""
        chosen: PaletteChoice = self._palette.currentData()
        return chosen

    def show_colouring(self, colouring: Colouring) -> None:
        """Show what is chosen."""
        if colouring == Colouring(self.scale, self.palette_choice):
            return
        for box, value in ((self._scale, colouring.scale), (self._palette, colouring.palette)):
            with QSignalBlocker(box):
                box.setCurrentIndex(box.findData(value))
        self.appearance_changed.emit()

    def show_room(self, n: int, most: int, *, can_twin: bool) -> None:
        """Say how many columns there are, and what can be added."""
        has_room = n < most
        for button in (self.pin, self.depths):
            button.setEnabled(has_room)
        self.twin.setEnabled(has_room and can_twin)
        self._count.setText(self.tr("{n} of {most}").format(n=n, most=most))

    def show_colours(self, palette: colour.PaletteName, low: str, high: str) -> None:
        """The key to the colours."""
        self.bar.set_colours(palette, low, high, with_zero=palette == "diverging")


class SaidLine(QWidget):
    """Says what was removed, and brings it back.

    Args:
        parent: As Qt has it.
    """

    undo_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare.said")
        self._text = ElidedLabel("muted")
        self._text.setFont(font("small"))
        self._text.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        close = GlyphButton("close", "compare.said.close", self.tr("Put this line away"), 18)
        close.clicked.connect(lambda: self.say(""))
        undo = QToolButton()
        undo.setObjectName("compare.undo")
        undo.setText(self.tr("Undo"))
        undo.setProperty("tone", "accent")
        undo.setFont(font("small"))
        undo.setCursor(Qt.CursorShape.PointingHandCursor)
        undo.clicked.connect(self.undo_requested)
        line = QHBoxLayout(self)
        line.setContentsMargins(2 * SPACE, 0, SPACE, 0)
        line.setSpacing(SPACE)
        line.addWidget(self._text)
        line.addWidget(undo)
        line.addStretch(1)
        line.addWidget(close)
        self.hide()

    @property
    def text(self) -> str:
        """What is said; empty while the line is away."""
        return self._text.text

    def say(self, titles: str) -> None:
        """Name what was removed; the empty text puts the line away."""
        self._text.set_text(self.tr("Removed {titles}.").format(titles=titles) if titles else "")
        # The line was as wide as nothing while it was away.
        self._text.updateGeometry()
        self.setVisible(bool(titles))
