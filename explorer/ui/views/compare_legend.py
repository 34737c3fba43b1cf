"""The names of what a plot shows, each with its colour and its reading; a click hides or shows one.

Used by the sections of the comparison. Knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QWidget

from explorer.ui.theme import Colours


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One name.

    Attributes:
        key: What it is hidden by.
        name: For people.
        ink: Of its mark.
        reading: Behind it, as rich text; empty for none.
        mark: Before it.
    """

    key: str
    name: str
    ink: QColor
    reading: str = ""
    mark: str = "●"


class NameLegend(QLabel):
    """Names in lines; at least one of them stays shown.

    Args:
        name: Its object name.
        parent: As Qt has it.
    """

    toggled = Signal()
    """The user hid or showed a name."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.setToolTip(self.tr("Click a name to hide or show it"))
        self._entries: tuple[LegendEntry, ...] = ()
        self._hidden: frozenset[str] = frozenset()
        self.linkActivated.connect(self._on_link)

    @property
    def hidden(self) -> frozenset[str]:
        """The keys that are not shown."""
        return self._hidden

    @property
    def entries(self) -> tuple[LegendEntry, ...]:
        """The names."""
        return self._entries

    def hide_keys(self, keys: frozenset[str]) -> None:
        """Hide these names and no others, without telling."""
        self._hidden = keys

    def show_entries(self, entries: Sequence[LegendEntry], title: str = "", note: str = "") -> None:
        """Show names.

        Args:
            entries: In order; those that were hidden stay so.
            title: Before them.
            note: Behind them.
        """
        self._entries = tuple(entries)
        colours = Colours.of(self.palette())
        said = [f"<b>{escape(title)}</b>"] if title else []
        for place, entry in enumerate(self._entries):
            is_hidden = entry.key in self._hidden
            ink = (colours.muted if is_hidden else colours.text).name()
            tint = (colours.muted if is_hidden else entry.ink).name()
            mark = f'<span style="color:{tint}">{entry.mark}</span>'
            name = escape(entry.name).replace(" ", "&nbsp;")
            name = f"<s>{name}</s>" if is_hidden else name
            link = f'<a href="{place}" style="color:{ink};text-decoration:none">{mark}&nbsp;{name}</a>'
            reading = "" if is_hidden or not entry.reading else f"&nbsp;{entry.reading}"
            said.append(link + reading)
        if note:
            said.append(f'<span style="color:{colours.muted.name()}">{escape(note)}</span>')
        text = " &nbsp; ".join(said)
        if text != self.text():
            self.setText(text)

    def reading(self) -> str:
        """What it says now, as plain text."""
        from PySide6.QtGui import QTextDocument

        document = QTextDocument()
        document.setHtml(self.text())
        return document.toPlainText().replace("\xa0", " ")

    def _on_link(self, link: str) -> None:
        key = self._entries[int(link)].key
        others = {entry.key for entry in self._entries} - self._hidden - {key}
        if key in self._hidden or others:
            self._hidden = self._hidden ^ {key}
            self.toggled.emit()
