"""Messages that stay until they are answered or dismissed, stacked at the top of the middle pane.

Used by the main window. Takes plain items with texts for people; knows nothing of the store and of errors.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer.ui.theme import HALF, RADIUS, SPACE, Colours, font
from explorer.ui.widgets.elided_label import Tone

Severity = Literal["error", "warning", "info", "question"]

N_SHOWN = 3
_LIST_PX = 120
_TONES: dict[Severity, Tone] = {
    "error": "danger",
    "warning": "warning",
    "info": "accent",
    "question": "accent",
}
_SIGNS: dict[Severity, str] = {"error": "!", "warning": "!", "info": "i", "question": "?"}


@dataclass(frozen=True, slots=True)
class BannerItem:
    """One message.

    Attributes:
        banner_id: What signals call it.
        severity: How it looks; questions are never folded.
        text: The cause, or the question.
        hint: The remedy; may be empty.
        actions: What can be done at once: an id for the signal and a label each.
    """

    banner_id: int
    severity: Severity
    text: str
    hint: str = ""
    actions: tuple[tuple[object, str], ...] = ()
    detail: str = ""


def fold_equal(items: Iterable[BannerItem]) -> tuple[tuple[BannerItem, ...], ...]:
    """Put messages together that say the same: of one severity, with one remedy (or one text) and no action.

    Returns:
        The groups, that of the newest message first; within one the messages in the order they came.
    """
    groups: dict[tuple[object, ...], list[BannerItem]] = {}
    for item in items:
        alone = item.severity == "question" or bool(item.actions or item.detail)
        same = item.hint or item.text
        key = ("alone", item.banner_id) if alone else (item.severity, bool(item.hint), same)
        # The group of the newest message is the last of the dictionary.
        groups[key] = [*groups.pop(key, ()), item]
    return tuple(tuple(group) for group in reversed(groups.values()))


def _fitting(groups: tuple[tuple[BannerItem, ...], ...]) -> tuple[tuple[BannerItem, ...], ...]:
    """Which are shown where there is no room for all: the newest, then what is more than an information."""
    others = sorted(groups[1:], key=lambda group: group[0].severity == "info")
    chosen = [*groups[:1], *others][:N_SHOWN]
    return tuple(group for group in groups if group in chosen)


class _Sign(QWidget):
    """A disc with `!`, `i` or `?`."""

    def __init__(self, severity: Severity, parent: QWidget) -> None:
        super().__init__(parent)
        self._severity = severity
        self.setFixedSize(QSize(22, 22))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(getattr(colours, _TONES[self._severity]))
        painter.drawEllipse(QRectF(3, 3, 16, 16))
        letter = QFont(self.font())
        letter.setPixelSize(12)
        letter.setWeight(QFont.Weight.Bold)
        painter.setFont(letter)
        painter.setPen(colours.window)
        painter.drawText(QRectF(3, 3, 16, 16), Qt.AlignmentFlag.AlignCenter, _SIGNS[self._severity])


class _Cross(QToolButton):
    """The button that dismisses, with a cross that is drawn so that no font has to have one."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAutoRaise(True)
        self.setFixedSize(22, 22)
        self.setToolTip("Dismiss (Esc)")
        self.setAccessibleName("Dismiss")

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(Colours.of(self.palette()).muted, 1.5)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawLine(QPointF(7.5, 7.5), QPointF(14.5, 14.5))
        painter.drawLine(QPointF(14.5, 7.5), QPointF(7.5, 14.5))


class Banner(QWidget):
    """One message, or several that say the same.

    Args:
        group: The messages, at least one.
        is_listed: Whether a folded group starts unfolded.
        parent: As Qt has it.
    """

    dismissed = Signal(object)
    action_taken = Signal(object, object)
    unfolded = Signal(object, object)

    def __init__(self, group: tuple[BannerItem, ...], *, is_listed: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.group = group
        first = group[0]
        self.setObjectName(f"banner.{first.banner_id}")
        self.setAccessibleName(f"{first.severity}: {first.text}")
        self.setAccessibleDescription(first.hint)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE + HALF, SPACE - 2, SPACE - 2, SPACE - 2)
        row.setSpacing(SPACE)
        row.addWidget(_Sign(first.severity, self), 0, Qt.AlignmentFlag.AlignTop)
        self._words = QVBoxLayout()
        self._words.setSpacing(2)
        # The first line stands level with the sign and the cross.
        self._words.setContentsMargins(0, 3, 0, 3)
        row.addLayout(self._words, 1)
        self._list: QPlainTextEdit | None = None
        self._add_words(first)
        # The same text once.
        lines = list(dict.fromkeys(item.text for item in group if item.text != first.text))
        if lines:
            self._add_rest(f"and {len(lines):,} more like this…", lines, is_listed=is_listed)
        elif first.detail:
            self._add_rest("Details", first.detail.splitlines(), is_listed=is_listed)
        for action_id, label in first.actions:
            button = QPushButton(label, self)
            button.setObjectName(f"banner.{first.banner_id}.{action_id}")
            button.clicked.connect(partial(self._on_action, action_id))
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        cross = _Cross(self)
        cross.setObjectName(f"banner.{first.banner_id}.dismiss")
        cross.clicked.connect(lambda: self.dismissed.emit(self.group))
        row.addWidget(cross, 0, Qt.AlignmentFlag.AlignTop)

    def _add_words(self, item: BannerItem) -> None:
        for text, tone in ((item.text, ""), (item.hint, "muted")):
            if not text:
                continue
            label = QLabel(text, self)
            # Texts name files, and a file may be called <b>.
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
            # A label that can be selected keeps Esc to itself.
            label.installEventFilter(self)
            if tone:
                label.setProperty("tone", tone)
            self._words.addWidget(label)

    def _add_rest(self, label: str, lines: list[str], *, is_listed: bool) -> None:
        """A fold with the rest of what is to be said."""
        self._lines = lines
        more = QToolButton(self)
        more.setObjectName(f"banner.{self.group[0].banner_id}.more")
        more.setText(label)
        more.setFont(font("small"))
        more.setAutoRaise(True)
        more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        more.setArrowType(Qt.ArrowType.RightArrow)
        more.clicked.connect(lambda: self._set_listed(more, self._list is None or self._list.isHidden()))
        self._words.addWidget(more, 0, Qt.AlignmentFlag.AlignLeft)
        if is_listed:
            self._set_listed(more, True)

    def _set_listed(self, more: QToolButton, is_listed: bool) -> None:
        more.setArrowType(Qt.ArrowType.DownArrow if is_listed else Qt.ArrowType.RightArrow)
        if self._list is None:
            self._list = QPlainTextEdit("\n".join(self._lines), self)
            self._list.setAccessibleName("All of it")
            self._list.setReadOnly(True)
            self._list.setFrameShape(QPlainTextEdit.Shape.NoFrame)
            self._list.installEventFilter(self)
            self._list.setFont(font("small"))
            line_px = self._list.fontMetrics().lineSpacing()
            self._list.setFixedHeight(min(_LIST_PX, len(self._lines) * line_px + 2 * SPACE))
            self._words.addWidget(self._list)
        self._list.setVisible(is_listed)
        self.unfolded.emit(self.group[0].banner_id, is_listed)

    def _on_action(self, action_id: object, _is_checked: bool = False) -> None:
        self.action_taken.emit(self.group[0].banner_id, action_id)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
        ):
            self.dismissed.emit(self.group)
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismissed.emit(self.group)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        tone: QColor = getattr(colours, _TONES[self.group[0].severity])
        place = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        edge, ground = QColor(tone), QColor(tone)
        edge.setAlpha(255 if self.hasFocus() else 90)
        ground.setAlpha(26)
        painter.setPen(QPen(edge, 1))
        painter.setBrush(ground)
        painter.drawRoundedRect(place, RADIUS, RADIUS)


class BannerStack(QWidget):
    """All messages, the newest on top; takes no room while there are none.

    Args:
        parent: As Qt has it.
    """

    dismissed = Signal(object)
    action_taken = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banners")
        self.setAccessibleName("Messages")
        self._items: tuple[BannerItem, ...] = ()
        self._banners: list[Banner] = []
        self._listed: set[int] = set()
        self._shows_all = False
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(SPACE, SPACE, SPACE, 0)
        self._column.setSpacing(SPACE - 2)
        self._rest = QToolButton(self)
        self._rest.setObjectName("banners.rest")
        self._rest.setAutoRaise(True)
        self._rest.setFont(font("small"))
        self._rest.clicked.connect(self._on_rest)
        self._column.addWidget(self._rest, 0, Qt.AlignmentFlag.AlignLeft)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.hide()

    @property
    def banners(self) -> tuple[Banner, ...]:
        """The messages shown, top to bottom."""
        return tuple(self._banners)

    def show_banners(self, items: tuple[BannerItem, ...]) -> None:
        """Show these messages; those that stay keep their place, focus and selection."""
        if items == self._items:
            return
        self._items = items
        self._shows_all = self._shows_all and len(items) > N_SHOWN
        self._show_groups()

    def _show_groups(self) -> None:
        groups = fold_equal(self._items)
        known = {banner.group: banner for banner in self._banners}
        shown = groups if self._shows_all else _fitting(groups)
        had_focus = any(
            banner.isAncestorOf(self.focusWidget()) for banner in self._banners if self._has_focus()
        )
        for group, banner in known.items():
            if group not in shown:
                self._column.removeWidget(banner)
                banner.hide()
                banner.deleteLater()
        self._banners = []
        for place, group in enumerate(shown):
            banner = known.get(group) or self._new_banner(group)
            self._column.removeWidget(banner)
            self._column.insertWidget(place, banner)
            self._banners.append(banner)
        hidden = len(groups) - len(shown)
        self._rest.setText(f"and {hidden:,} more message{'' if hidden == 1 else 's'}…")
        self._rest.setVisible(hidden > 0)
        self.setVisible(bool(self._banners))
        if had_focus and self._banners and not self._has_focus():
            self._banners[0].setFocus(Qt.FocusReason.OtherFocusReason)

    def _has_focus(self) -> bool:
        return self.focusWidget() is not None and self.focusWidget().hasFocus()

    def _new_banner(self, group: tuple[BannerItem, ...]) -> Banner:
        is_listed = group[0].banner_id in self._listed
        banner = Banner(group, is_listed=is_listed, parent=self)
        banner.dismissed.connect(self._on_dismissed)
        banner.action_taken.connect(self.action_taken)
        banner.unfolded.connect(self._on_unfolded)
        return banner

    def _on_dismissed(self, group: tuple[BannerItem, ...]) -> None:
        for item in group:
            self.dismissed.emit(item.banner_id)

    def _on_unfolded(self, banner_id: int, is_listed: bool) -> None:
        (self._listed.add if is_listed else self._listed.discard)(banner_id)

    def _on_rest(self) -> None:
        self._shows_all = True
        self._show_groups()
