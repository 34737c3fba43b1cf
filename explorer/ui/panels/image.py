"""The right pane: the picture, what the net sees of it, what the net says, and all pictures dropped.

Built by the main window, which hands in plain values and turns the signals into actions. Knows nothing of the
store; imports no torch, no pyqtgraph, no Pillow and no NumPy, for it stands in the first paint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer.present import text as words
from explorer.ui.theme import HALF, SPACE, font
from explorer.ui.widgets.bars import ProbabilityBars
from explorer.ui.widgets.chip import Chip
from explorer.ui.widgets.elided_label import ElidedLabel
from explorer.ui.widgets.hairline import Hairline
from explorer.ui.widgets.inviting_area import InvitingArea
from explorer.ui.widgets.lesion_chip import LesionChip
from explorer.ui.widgets.net_card import NetCard, Offer
from explorer.ui.widgets.overlaid import Overlaid
from explorer.ui.widgets.overlay_tools import OverlayTools
from explorer.ui.widgets.picture import PictureView
from explorer.ui.widgets.thumbnails import PictureItem, ThumbnailStrip

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from explorer.nets.facts import Origin, Prediction

__all__ = ["ImagePanel", "Offer", "PictureItem"]

_PICTURE_PX = 212
_LEAST_PICTURE_PX = 112
_SEEN_PX = 64
_WIDTH_PX = 320
_SCROLL_BAR_PX = 10
_LEAST_WIDTH_PX = 220


class ImagePanel(QWidget):
    """Picture, answer, net and thumbnails in one column.

    Args:
        parent: As Qt has it.
    """

    picture_selected = Signal(object)
    picture_removed = Signal(object)
    cleared = Signal()
    open_requested = Signal()
    paste_requested = Signal()
    offer_taken = Signal(object)
    weights_requested = Signal()
    class_chosen = Signal(object)
    """The index of the class whose bar was pressed: explain it."""
    overlay_chosen = Signal(object)
    """The attribution's method; empty for none."""
    overlay_tuned = Signal(object, object)
    """The overlay's opacity and threshold, 0 to 1."""
    heal_requested = Signal()
    """All lesions are to go."""
    save_failed = Signal(object)
    """A sentence: a picture or a table could not be written."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("image")
        self.setAccessibleName("Image")
        self._picture_pixels: NDArray[np.uint8] | None = None
        self._seen_pixels: NDArray[np.uint8] | None = None
        self._name = ""
        self._milliseconds: float | None = None
        self._size_text = ""
        self._problem = ""
        self._broken_name = ""
        self._is_trained = True
        self._answer: tuple[tuple[Prediction, ...] | None, bool, bool] = (None, False, False)
        self._build_parts()
        self._lay_out()
        self._connect()
        self._show_blocks()

    def _build_parts(self) -> None:
        self._open = QPushButton("Open…", self)
        self._open.setObjectName("image.open")
        self._open.setToolTip("Open pictures or folders")
        self._paste = QPushButton("Paste", self)
        self._paste.setObjectName("image.paste")
        self._paste.setToolTip("Classify the picture on the clipboard")
        self._empty = InvitingArea(self)
        self._picture = PictureView((_WIDTH_PX - 2 * SPACE, _PICTURE_PX), parent=self)
        self._picture.setObjectName("image.picture")
        self._picture.setAccessibleName("Current picture")
        self._picture.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self._picture.setMinimumHeight(_LEAST_PICTURE_PX)
        self._seen = PictureView((_SEEN_PX, _SEEN_PX), is_pixelated=True, parent=self)
        self._seen.setObjectName("image.seen")
        self._seen.setAccessibleName("What the net sees")
        self._seen.setFixedSize(_SEEN_PX, _SEEN_PX)
        self._seen.setCursor(Qt.CursorShape.PointingHandCursor)
        self._seen.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._caption = ElidedLabel("text", Qt.TextElideMode.ElideMiddle, self)
        self._caption.setFont(font("body", strong=True))
        self._facts = ElidedLabel("muted", parent=self)
        self._seen_caption = ElidedLabel("muted", parent=self)
        self._heading = ElidedLabel("text", parent=self)
        self._heading.setFont(font("body", strong=True))
        self._heading.set_text("The net says")
        self._remark = Chip(self)
        self._remark.setObjectName("image.remark")
        self._bars = ProbabilityBars(self)
        self._lesions = LesionChip(self)
        self.overlay = OverlayTools(self)
        self.over = Overlaid(self._picture, self._seen)
        self._net = NetCard(self)
        self._count = ElidedLabel("text", parent=self)
        self._count.setFont(font("body", strong=True))
        self._clear = QToolButton(self)
        self._clear.setText("Clear all")
        self._clear.setObjectName("image.clear")
        self._clear.setToolTip("Take all pictures away (Delete takes one)")
        self._strip = ThumbnailStrip(self)

    def _lay_out(self) -> None:
        # In a low window the column scrolls instead of lying over the status bar.
        content = QWidget(self)
        scroll = QScrollArea(self)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(content)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)
        self.setMinimumWidth(_LEAST_WIDTH_PX)
        column = QVBoxLayout(content)
        column.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        column.setSpacing(SPACE)
        buttons = QHBoxLayout()
        buttons.addWidget(self._open, 1)
        buttons.addWidget(self._paste, 1)
        column.addLayout(buttons)
        column.addWidget(self._empty, 1)
        self._picture_block = self._block(column)
        self._picture_block.addWidget(self._picture)
        self._picture_block.addLayout(self._caption_row())
        self._picture_block.addWidget(self.overlay)
        self._answer_block = self._block(column)
        self._heading_line = QHBoxLayout()
        self._heading_line.setSpacing(HALF)
        self._heading_line.addWidget(self._heading, 1)
        self._heading_line.addWidget(self._remark)
        self._answer_block.addLayout(self._heading_line)
        self._answer_block.addWidget(self._lesions, 0, Qt.AlignmentFlag.AlignLeft)
        self._answer_block.addWidget(self._bars)
        column.addWidget(Hairline(self))
        column.addWidget(self._net)
        self._strip_block = self._block(column, stretch=1)
        self._strip_block.addWidget(Hairline(self))
        row = QHBoxLayout()
        row.addWidget(self._count, 1)
        row.addWidget(self._clear)
        self._strip_block.addLayout(row)
        self._strip_block.addWidget(self._strip, 1)

    def _block(self, column: QVBoxLayout, stretch: int = 0) -> QVBoxLayout:
        """A part of the column that is shown or hidden as a whole."""
        holder = QWidget(self)
        block = QVBoxLayout(holder)
        block.setContentsMargins(0, 0, 0, 0)
        block.setSpacing(SPACE)
        column.addWidget(holder, stretch)
        return block

    def _caption_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(SPACE + HALF)
        # As high without the small picture as with it: what is below must not jump from file to file.
        row.addStrut(_SEEN_PX)
        row.addWidget(self._seen)
        words = QVBoxLayout()
        words.setSpacing(HALF)
        words.addStretch(1)
        words.addWidget(self._caption)
        words.addWidget(self._facts)
        words.addWidget(self._seen_caption)
        words.addStretch(1)
        row.addLayout(words, 1)
        return row

    def _connect(self) -> None:
        self._open.clicked.connect(lambda: self.open_requested.emit())
        self._paste.clicked.connect(lambda: self.paste_requested.emit())
        self._empty.clicked.connect(self.open_requested)
        self._clear.clicked.connect(lambda: self.cleared.emit())
        self._strip.picture_selected.connect(self.picture_selected)
        self._strip.picture_removed.connect(self.picture_removed)
        self._strip.cleared.connect(self.cleared)
        self._net.offer_taken.connect(self.offer_taken)
        self._net.weights_requested.connect(self.weights_requested)
        self._seen.clicked.connect(self._on_seen_clicked)
        self._bars.class_chosen.connect(self.class_chosen)
        self._lesions.clicked.connect(lambda: self.heal_requested.emit())
        self.overlay.method_chosen.connect(self.overlay_chosen)
        self.overlay.tuned.connect(self.overlay_tuned)
        for part in (self._picture, self._seen, self._bars):
            part.save_failed.connect(self.save_failed)

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH_PX, 860)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_remark()

    def _fit_remark(self) -> None:
        """A remark that finds no room beside the heading stands below it."""
        wanted = self._heading.sizeHint().width() + self._remark.sizeHint().width() + SPACE
        is_narrow = bool(self._remark.text) and wanted > self.width() - 2 * SPACE - _SCROLL_BAR_PX
        self._heading_line.setDirection(
            QBoxLayout.Direction.TopToBottom if is_narrow else QBoxLayout.Direction.LeftToRight
        )

    # What is shown

    def show_pictures(self, items: tuple[PictureItem, ...], current: int | None) -> None:
        """Show all pictures small and mark one; emits nothing.

        Args:
            items: In the order they came.
            current: The `image_id` of the one that is looked at; None for none.
        """
        self._strip.show_pictures(items, current)
        n_broken = sum(item.problem is not None for item in items)
        count = "1 picture" if len(items) == 1 else f"{len(items):,} pictures"
        self._count.set_text(f"{count}, {n_broken:,} unreadable" if n_broken else count)
        broken = next((item for item in items if item.image_id == current and item.problem), None)
        self._broken_name = broken.name if broken is not None else ""
        self._show_problem((broken.problem or "") if broken is not None else "")
        self._show_blocks()

    def show_current(
        self,
        picture: NDArray[np.uint8] | None,
        name: str,
        width: int,
        height: int,
        seen: NDArray[np.uint8] | None,
    ) -> None:
        """Show one picture large.

        Args:
            picture: (H, W, 3), perhaps smaller than the file; None where there is none.
            name: The file's name.
            width: Of the file's picture in pixels.
            height: Of the file's picture in pixels.
            seen: (S, S, 3), what goes into the net; None while that is not known.
        """
        is_new_picture = picture is not self._picture_pixels
        if is_new_picture or name != self._name:
            self._picture_pixels, self._name = picture, name
        if seen is not self._seen_pixels or is_new_picture:
            self._seen_pixels = seen
            self._seen.show_pixels(seen, name)
            if not self._problem:
                self._picture.show_pixels(picture, name, is_pixelated=False)
                self.over.refresh()
        sides = f"{seen.shape[1]} × {seen.shape[0]}" if seen is not None else ""
        self._caption.set_text(self._broken_name or name)
        self._size_text = f"{width:,} × {height:,}" if width else ""
        self._seen_caption.set_text(f"what the net sees, {sides}" if sides else "")
        self._seen.setVisible(seen is not None)
        self._seen.setToolTip(f"What the net sees, {sides}: press to see it large, press again for the photo")
        self._show_facts()
        self._show_blocks()

    def show_answer(
        self,
        predictions: tuple[Prediction, ...] | None,
        *,
        is_weak: bool,
        milliseconds: float | None,
        stale: bool,
    ) -> None:
        """Show what the net says of the current picture.

        Args:
            predictions: Best first; None where there is no answer yet.
            is_weak: Whether no class fits well.
            milliseconds: How long the net took; None where unknown.
            stale: Whether a newer answer is on its way.
        """
        self._answer = (predictions, is_weak, stale)
        self._milliseconds = milliseconds
        self._show_facts()
        self._show_bars()

    def show_net(
        self,
        origin: Origin | None,
        title: str,
        classes: tuple[str, ...],
        offers: tuple[Offer, ...],
        n_outputs: int = 0,
    ) -> None:
        """Show which net answers; its bars are grey where its weights are not trained.

        Args:
            origin: Where its weights come from; None before the first net.
            title: What it is called.
            classes: The labels it knows.
            offers: What could be done for it.
            n_outputs: How many numbers it answers with.
        """
        self._net.show_net(origin, title, classes, offers, n_outputs)
        self._is_trained = origin is None or origin.is_trained
        self._show_bars()

    def show_lesions(self, n_bypassed: int, n_exchanged: int) -> None:
        """Count what is changed in the net."""
        self._lesions.show_lesions(n_bypassed, n_exchanged)

    def show_explained(self, label: int | None) -> None:
        """Mark the class that the overlay explains; None for none."""
        self._bars.show_explained(label)

    def _show_problem(self, problem: str) -> None:
        """Say in the picture's place why the marked file is none."""
        if problem == self._problem:
            return
        self._problem = problem
        self._caption.set_text(self._broken_name or self._name)
        if problem:
            self._picture.show_problem(problem)
        else:
            self._picture.show_pixels(self._picture_pixels, self._name, is_pixelated=False)
        self._show_bars()

    def _show_facts(self) -> None:
        took = "" if self._milliseconds is None else words.duration_ms(self._milliseconds)
        self._facts.set_text(" · ".join(part for part in (self._size_text, took) if part))

    def _show_bars(self) -> None:
        predictions, is_weak, is_stale = self._answer
        self._bars.show_predictions(predictions or (), is_muted=not self._is_trained, is_stale=is_stale)
        if self._problem:
            self._remark.set_text("")
        elif not self._is_trained:
            detail = "The weights are first values from a seed: nothing was learned that could be asked."
            self._remark.set_text("untrained: these are chance", "warning", detail)
        elif is_stale or predictions is None:
            self._remark.set_text("asking…", "muted")
        elif is_weak:
            detail = "No class fits well. The net has no word for things outside its classes."
            self._remark.set_text("weak answer", "warning", detail)
        else:
            self._remark.set_text("")
        self._fit_remark()

    def _show_blocks(self) -> None:
        has_any = bool(self._strip.items) or self._picture_pixels is not None
        has_picture = self._picture_pixels is not None
        self._empty.setVisible(not has_any)
        for block, is_shown in (
            (self._picture_block, has_picture or bool(self._problem)),
            (self._answer_block, has_picture or bool(self._problem)),
            (self._strip_block, bool(self._strip.items)),
        ):
            holder = block.parentWidget()
            if holder is not None:
                holder.setVisible(is_shown)

    def _on_seen_clicked(self) -> None:
        """Swap the large picture between the photograph and what the net sees."""
        if self._picture.is_pixelated:
            self._picture.show_pixels(self._picture_pixels, self._name, is_pixelated=False)
        else:
            self._picture.show_pixels(self._seen_pixels, self._name, is_pixelated=True)
        self.over.refresh()
