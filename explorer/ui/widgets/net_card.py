"""Which net gives the answer: its title, where its weights come from, what it knows, what could be done.

Used by the image panel. Takes plain values; knows nothing of the store and of torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer.ui.theme import HALF, SPACE, Colours, font
from explorer.ui.widgets.elided_button import ElidedButton
from explorer.ui.widgets.elided_label import ElidedLabel, Tone

if TYPE_CHECKING:
    from explorer.nets.facts import Origin

_LIST_PX = 112


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that would give the net better weights, as a button.

    Attributes:
        name: What the signal calls it.
        label: On the button, such as `Get ImageNet weights (45 MB)`.
        tooltip: What happens then.
    """

    name: str
    label: str
    tooltip: str = ""


def origin_text(origin: Origin | None) -> str:
    """Where weights come from, in one line: `bundled · cifar-resnet20, 88.1 %`, `untrained, seed 0`."""
    if origin is None:
        return "no network yet"
    if origin.kind == "untrained":
        return "untrained" if origin.seed is None else f"untrained, seed {origin.seed}"
    if origin.kind == "copied":
        return f"copied in part · {origin.copied:,} of {origin.tensors:,} tensors"
    if origin.step is not None:
        return f"{origin.kind} · {origin.name} at step {origin.step:,}"
    parts = [origin.name] if origin.name else []
    if origin.accuracy_percent is not None:
        parts.append(f"{origin.accuracy_percent:.1f} %")
    return f"{origin.kind} · {', '.join(parts)}" if parts else origin.kind


def origin_detail(origin: Origin | None) -> str:
    """What the line leaves out: the rest of a copied net, and what was assumed about a file."""
    if origin is None:
        return ""
    rest = () if origin.kind != "copied" else (f"The other tensors are untrained, seed {origin.seed}.",)
    return "\n".join((*rest, *origin.assumed))


def classes_text(classes: tuple[str, ...], n_outputs: int = 0, *, is_trained: bool = False) -> str:
    """What a net knows, in one line; of many classes only how many.

    Args:
        classes: Their names; empty where nobody knows them.
        n_outputs: How many numbers the net answers with; 0 before the first net.
        is_trained: Whether it has learned what they stand for.
    """
    if not classes:
        if not n_outputs:
            return "knows no classes yet"
        if is_trained:
            return f"knows {n_outputs:,} classes; nobody wrote down their names"
        return f"{n_outputs:,} output{'' if n_outputs == 1 else 's'}, no classes learned yet"
    count = f"knows {len(classes):,} class{'' if len(classes) == 1 else 'es'}"
    return count if len(classes) > 200 else f"{count}: {', '.join(classes)}"


class _Dot(QWidget):
    """A dot in the tone of what is said beside it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.tone: Tone = "muted"
        self.setFixedSize(QSize(SPACE, SPACE))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(getattr(Colours.of(self.palette()), self.tone))
        painter.drawEllipse(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))


class NetCard(QWidget):
    """Title, origin, classes (a click lists them) and a button for every offer.

    Args:
        parent: As Qt has it.
    """

    offer_taken = Signal(object)
    weights_requested = Signal()
    """The line that says where the weights come from was pressed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("image.net")
        self._classes: tuple[str, ...] = ()
        self._offers: tuple[Offer, ...] = ()
        self._list: QPlainTextEdit | None = None
        self._title = ElidedLabel(parent=self)
        self._title.setFont(font("body", strong=True))
        self._dot = _Dot(self)
        self._origin = ElidedLabel("muted", Qt.TextElideMode.ElideMiddle, self)
        self._origin.setObjectName("image.origin")
        self._origin.setCursor(Qt.CursorShape.PointingHandCursor)
        self._origin.installEventFilter(self)
        self._arrow = QToolButton(self)
        self._arrow.setObjectName("image.classes")
        self._arrow.setAccessibleName("List the classes this net knows")
        self._arrow.setToolTip("List the classes this net knows")
        self._arrow.setCheckable(True)
        self._arrow.setAutoRaise(True)
        self._arrow.setArrowType(Qt.ArrowType.RightArrow)
        self._arrow.setFixedSize(18, 18)
        self._arrow.toggled.connect(self._on_listed)
        self._knows = ElidedLabel("muted", parent=self)
        self._knows.setObjectName("image.knows")
        self._buttons: list[QPushButton] = []
        self._lay_out()
        self.show_net(None, "", (), ())

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(HALF)
        column.addWidget(self._title)
        for mark, line in ((self._dot, self._origin), (self._arrow, self._knows)):
            row = QHBoxLayout()
            row.setSpacing(HALF)
            # Both marks stand in one lane as wide as the arrow.
            row.addSpacing(5 if mark is self._dot else 0)
            row.addWidget(mark)
            row.addSpacing(5 if mark is self._dot else 0)
            row.addWidget(line, 1)
            column.addLayout(row)
        self._offer_column = QVBoxLayout()
        self._offer_column.setSpacing(SPACE - 2)
        self._offer_column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._offer_column)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A press on the origin asks for all weights there are."""
        if event.type() == QEvent.Type.MouseButtonRelease:
            self.weights_requested.emit()
            return True
        return super().eventFilter(watched, event)

    @property
    def origin_line(self) -> str:
        """Where the weights come from, as shown."""
        return self._origin.text

    @property
    def offers(self) -> tuple[Offer, ...]:
        """The buttons shown."""
        return self._offers

    def show_net(
        self,
        origin: Origin | None,
        title: str,
        classes: tuple[str, ...],
        offers: tuple[Offer, ...],
        n_outputs: int = 0,
    ) -> None:
        """Show a net; emits nothing.

        Args:
            origin: Where its weights come from; None before the first net.
            title: What it is called.
            classes: The labels it knows.
            offers: What could be done for it.
            n_outputs: How many numbers it answers with.
        """
        self._title.set_text(title)
        self._title.setVisible(bool(title))
        self._origin.set_text(origin_text(origin), origin_detail(origin))
        trained: Tone = "success" if origin is not None and origin.is_trained else "warning"
        self._dot.tone = "muted" if origin is None else trained
        self._dot.update()
        self._knows.set_text(
            classes_text(classes, n_outputs, is_trained=origin is not None and origin.is_trained)
        )
        self._arrow.setEnabled(bool(classes))
        if classes != self._classes:
            self._classes = classes
            if self._list is not None:
                self._fill_list(self._list)
        if offers != self._offers:
            self._show_offers(offers)

    def _show_offers(self, offers: tuple[Offer, ...]) -> None:
        self._offers = offers
        for button in self._buttons:
            self._offer_column.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons = []
        for offer in offers:
            button = ElidedButton(offer.label, offer.tooltip, self)
            button.setObjectName(f"image.offer.{offer.name}")
            button.clicked.connect(partial(self._on_offer, offer.name))
            self._offer_column.addWidget(button)
            # Made late, it would be reached after everything else in the window.
            self.setTabOrder(self._buttons[-1] if self._buttons else self._arrow, button)
            self._buttons.append(button)
        self._offer_column.setContentsMargins(0, HALF if offers else 0, 0, 0)

    def _on_offer(self, name: str, _is_checked: bool = False) -> None:
        self.offer_taken.emit(name)

    def _on_listed(self, is_listed: bool) -> None:
        self._arrow.setArrowType(Qt.ArrowType.DownArrow if is_listed else Qt.ArrowType.RightArrow)
        if self._list is None:
            self._list = QPlainTextEdit(self)
            self._list.setObjectName("image.class_list")
            self._list.setAccessibleName("Classes this net knows")
            self._list.setReadOnly(True)
            self._list.setFont(font("small"))
            self._list.setTabChangesFocus(True)
            self._list.setFrameShape(QFrame.Shape.NoFrame)
            layout = self.layout()
            assert isinstance(layout, QVBoxLayout)
            layout.insertWidget(layout.indexOf(self._offer_column), self._list)
            self._fill_list(self._list)
        self._list.setVisible(is_listed)

    def _fill_list(self, listed: QPlainTextEdit) -> None:
        """Fill the list and make it as high as its text, up to a limit."""
        text = ", ".join(self._classes)
        listed.setPlainText(text)
        metrics = listed.fontMetrics()
        room = max(80, self.width() - 4 * SPACE)
        text_px = metrics.boundingRect(0, 0, room, 10_000, Qt.TextFlag.TextWordWrap, text).height()
        listed.setFixedHeight(min(_LIST_PX, text_px + 2 * SPACE))
