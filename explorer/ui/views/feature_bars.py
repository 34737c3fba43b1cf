"""The bars around the mosaic: the node's title and the tools above, summary and key to the colours below.

Used by the feature view only. They say what was chosen and show what they are given.
"""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer.present import colour
from explorer.present.channel_order import OrderName
from explorer.present.colouring import PaletteChoice
from explorer.present.tiles import ScaleName
from explorer.ui.panels.field_controls import FlatCombo
from explorer.ui.panels.segments import Segment, Segments
from explorer.ui.theme import SPACE, font
from explorer.ui.widgets.colour_bar import ColourBar, swatch
from explorer.ui.widgets.elided_label import ElidedLabel

_SWATCH = QSize(28, 12)
_NOTICE_MS = 4000
_MARGIN_PX = 12
_ONE_ROW_PX = 620


def _tool_button(name: str, sign: str, says: str) -> QToolButton:
    button = QToolButton()
    button.setObjectName(name)
    button.setText(sign)
    button.setAutoRaise(True)
    button.setToolTip(says)
    button.setAccessibleName(says)
    # The keyboard's arrows stay with the maps after a click.
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def _elastic(label: QLabel) -> QLabel:
    """Let a label be narrower than its text, so that it never widens the window."""
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


class FeatureHeader(QWidget):
    """The node's key, what it is, and steps to its neighbours."""

    step_requested = Signal(object)
    """+1 or −1: the next or the previous node."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._subtitle = _elastic(QLabel()), _elastic(QLabel())
        self._title.setObjectName("features.title")
        self._subtitle.setObjectName("features.subtitle")
        strong = font("heading", strong=True)
        self._title.setFont(strong)
        self._subtitle.setProperty("tone", "muted")
        previous = _tool_button("features.previous", "‹", self.tr("Previous node ( [ or Alt+Up )"))
        following = _tool_button("features.next", "›", self.tr("Next node ( ] or Alt+Down )"))
        previous.clicked.connect(lambda: self.step_requested.emit(-1))
        following.clicked.connect(lambda: self.step_requested.emit(1))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._title)
        words.addWidget(self._subtitle)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 2)
        row.setSpacing(2)
        row.addLayout(words, 1)
        for button in (previous, following):
            button.setFont(strong)
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)

    def add_tools(self, tools: QWidget) -> None:
        """Place tools before the steps."""
        self._row.insertWidget(1, tools, 0, Qt.AlignmentFlag.AlignVCenter)

    def set_texts(self, title: str, subtitle: str) -> None:
        """Name the node; without a title the bar is not shown."""
        self._title.setText(title)
        self._subtitle.setText(subtitle)
        self._subtitle.setToolTip(subtitle)
        self.setVisible(bool(title))


class FeatureTools(QWidget):
    """Scale, colours and zoom in a row; copy and save in `output`, for the bar above."""

    appearance_changed = Signal()
    fit_requested = Signal()
    one_to_one_requested = Signal()
    order_changed = Signal()
    """Another order of channels."""
    content_changed = Signal()
    """Maps or weights."""
    play_toggled = Signal(object)
    """Whether the walk through depth runs."""
    walk_requested = Signal()
    """The walk is to be saved."""
    copy_requested = Signal()
    save_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scale = self._box("features.scale", self.tr("Scale of values"))
        self._scale.addItem(self.tr("Shared"), "shared")
        self._scale.addItem(self.tr("Per channel"), "per_channel")
        self._scale.setToolTip(
            self.tr(
                "Shared: equal colours are equal values. Per channel: each from its least to its greatest."
            )
        )
        self._palette = self._box("features.palette", self.tr("Colours"))
        self._palette.addItem(self.tr("Auto"), "auto")
        self._palette.addItem(self.tr("Sequential"), "sequential")
        self._palette.addItem(self.tr("Diverging"), "diverging")
        self._palette.addItem(self.tr("Grey"), "grey")
        self._palette.setToolTip(
            self.tr("Auto: diverging around zero where values are negative, else sequential")
        )
        self._palette.setIconSize(_SWATCH)
        fit = _tool_button(
            "features.fit", self.tr("Fit"), self.tr("Fit the picture to the view (double-click)")
        )
        whole = _tool_button(
            "features.one_to_one", "1:1", self.tr("One activation is one pixel of the screen")
        )
        copy = _tool_button("features.copy", self.tr("Copy"), self.tr("Copy the picture"))
        save = _tool_button("features.save", self.tr("Save…"), self.tr("Save the picture as PNG"))
        fit.clicked.connect(self.fit_requested)
        whole.clicked.connect(self.one_to_one_requested)
        copy.clicked.connect(self.copy_requested)
        save.clicked.connect(self.save_requested)
        self._order = self._order_box()
        self._content = self._content_switch()
        self.play = self._play_button()
        says = self.tr("Save the walk through the network as a GIF or as pictures")
        walk = _tool_button("features.save_walk", self.tr("GIF…"), says)
        walk.clicked.connect(lambda: self.walk_requested.emit())
        self._rows = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._rows.setContentsMargins(12, 2, 8, 6)
        self._rows.setSpacing(4)
        first, second = QHBoxLayout(), QHBoxLayout()
        for row, parts in (
            (first, (self._content, self.play, walk, None, fit, whole)),
            (second, (self._scale, self._palette, self._order)),
        ):
            row.setSpacing(4)
            for part in parts:
                row.addStretch(1) if part is None else row.addWidget(part)
        second.addStretch(1)
        self._rows.addLayout(second)
        self._rows.insertLayout(0, first, 1)
        self.output = QWidget()
        outputs = QHBoxLayout(self.output)
        outputs.setContentsMargins(0, 0, 0, 0)
        outputs.setSpacing(4)
        for button in (copy, save):
            outputs.addWidget(button)
        for control in (self._scale, self._palette, self._order, self.play, walk, fit, whole, copy, save):
            control.setFont(font("small"))
        self.paint_swatches()

    def _order_box(self) -> FlatCombo:
        box = self._box("features.sort", self.tr("Order of channels"))
        for title, name in (
            (self.tr("By number"), "channel"),
            (self.tr("By mean"), "mean"),
            (self.tr("By variance"), "variance"),
            (self.tr("By relevance"), "relevance"),
        ):
            box.addItem(title, name)
        box.setToolTip(self.tr("Relevance: how much a channel speaks for the picture's likeliest class"))
        box.currentIndexChanged.disconnect()
        box.currentIndexChanged.connect(lambda _: self.order_changed.emit())
        return box

    def _content_switch(self) -> Segments:
        switch = Segments(
            "features.content",
            self.tr("Maps or weights"),
            (
                Segment("maps", self.tr("Maps"), self.tr("What the node makes of the picture")),
                Segment("weights", self.tr("Weights"), self.tr("The node's kernels")),
            ),
        )
        switch.show_value("maps")
        switch.chosen.connect(lambda _: self.content_changed.emit())
        switch.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        return switch

    def _play_button(self) -> QToolButton:
        says = self.tr("Walk through the network from picture to logits")
        button = _tool_button("features.play", "▶", says)
        button.setCheckable(True)
        button.toggled.connect(self._on_play)
        return button

    def _on_play(self, plays: bool) -> None:
        self.play.setText("⏸" if plays else "▶")
        self.play_toggled.emit(plays)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_wide = self.width() >= _ONE_ROW_PX
        direction = QBoxLayout.Direction.RightToLeft if is_wide else QBoxLayout.Direction.TopToBottom
        self._rows.setDirection(direction)

    @property
    def shows_weights(self) -> bool:
        """Whether weights are chosen in place of maps."""
        return self._content.value == "weights"

    @property
    def order(self) -> OrderName:
        """The order of channels that is chosen."""
        chosen: OrderName = self._order.currentData()
        return chosen

    def _box(self, name: str, says: str) -> FlatCombo:
        box = FlatCombo()
        box.setObjectName(name)
        box.setAccessibleName(says)
        box.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        box.setMinimumWidth(72)
        box.currentIndexChanged.connect(lambda _: self.appearance_changed.emit())
        return box

    @property
    def scale(self) -> ScaleName:
        """The scale that is chosen."""
        chosen: ScaleName = self._scale.currentData()
        return chosen

    @property
    def palette_choice(self) -> PaletteChoice:
        """The colours that are chosen."""
        chosen: PaletteChoice = self._palette.currentData()
        return chosen

    def paint_swatches(self) -> None:
        """Draw each palette beside its name."""
        names: tuple[colour.PaletteName, ...] = ("sequential", "diverging", "grey")
        for index, name in enumerate(names, start=1):
            self._palette.setItemIcon(index, swatch(name, _SWATCH, self.devicePixelRatioF()))


class FeatureFooter(QFrame):
    """What the picture holds or what is under the cursor, and the key to the colours."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ElidedLabel()
        self._text.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._text.setObjectName("features.summary")
        self._mark = QLabel()
        self._mark.setFixedSize(10, 10)
        red, green, blue = colour.MARKED
        self._mark.setStyleSheet(f"background: rgb({red}, {green}, {blue}); border-radius: 2px;")
        self._mark.setToolTip(self.tr("The colour of values that are NaN or infinite"))
        self._bar = ColourBar()
        self._usual = ""
        self._notice_ends = QTimer(self)
        self._notice_ends.setSingleShot(True)
        self._notice_ends.setInterval(_NOTICE_MS)
        self._notice_ends.timeout.connect(lambda: self._text.set_text(self._usual))
        row = QHBoxLayout(self)
        row.setContentsMargins(_MARGIN_PX, 5, _MARGIN_PX, 6)
        row.setSpacing(8)
        row.addWidget(self._mark)
        row.addWidget(self._text, 1)
        row.addWidget(self._bar)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_bar()

    def _fit_bar(self) -> None:
        """The words come first: the key to the colours takes what they leave."""
        left = self.width() - self._text.sizeHint().width() - 2 * _MARGIN_PX - 3 * SPACE
        self._bar.setMaximumWidth(max(self._bar.minimumSizeHint().width(), left))

    def set_text(self, text: str, *, marked: bool) -> None:
        """Say something; `marked` adds the colour of values that are no numbers."""
        self._usual = text
        self._mark.setVisible(marked)
        if not self._notice_ends.isActive():
            self._text.set_text(text)
            self._fit_bar()

    def say(self, notice: str) -> None:
        """Say that something was done, for a few seconds."""
        self._text.set_text(notice, notice)
        self._notice_ends.start()

    def set_colours(self, palette: colour.PaletteName, low: str, high: str, *, with_zero: bool) -> None:
        """Show the key to the colours; as `ColourBar.set_colours`."""
        self._bar.set_colours(palette, low, high, with_zero=with_zero)
        self._fit_bar()
