"""The network as Python text: read, copy, save; the selected node's lines are marked.

Shown by `ui/code_dock.py`. Imported only when the dock is first opened. Must not import torch.
"""

from __future__ import annotations

import keyword
import re

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontDatabase,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from explorer.arch.code import Code
from explorer.ui.theme import HALF, SPACE, Colours
from explorer.ui.widgets.elided_label import ElidedLabel

DOCSTRING = '"""'
_INSIDE = 1
"""The highlighter's state at the end of a line inside a docstring."""

_WORDS = re.compile(
    r"(?P<comment>#.*$)"
    r'|(?P<string>f?"[^"]*")'
    rf"|(?P<keyword>\b(?:{'|'.join(sorted({*keyword.kwlist, 'self'}))})\b)"
    r"|(?P<number>\b\d+(?:\.\d+)?(?:e-?\d+)?\b)"
)


class PythonColours(QSyntaxHighlighter):
    """Colours keywords, strings, numbers and comments as the theme has them.

    Args:
        document: The text.
        colours: The theme's, light or dark.
    """

    def __init__(self, document: QTextDocument, colours: Colours) -> None:
        super().__init__(document)
        self._formats: dict[str, QTextCharFormat] = {}
        self.set_colours(colours)

    def set_colours(self, colours: Colours) -> None:
        """Take other colours."""
        inks = {
            "keyword": colours.accent,
            "string": colours.success,
            "number": colours.warning,
            "comment": colours.muted,
        }
        for name, ink in inks.items():
            self._formats[name] = QTextCharFormat()
            self._formats[name].setForeground(ink)
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        inside = self.previousBlockState() == _INSIDE
        start = 0
        if inside or text.lstrip().startswith(DOCSTRING):
            opening = 0 if inside else text.index(DOCSTRING) + len(DOCSTRING)
            end = text.find(DOCSTRING, opening)
            start = len(text) if end < 0 else end + len(DOCSTRING)
            self.setFormat(0, start, self._formats["string"])
            if end < 0:
                self.setCurrentBlockState(_INSIDE)
                return
        self.setCurrentBlockState(0)
        for found in _WORDS.finditer(text, start):
            self.setFormat(found.start(), len(found[0]), self._formats[found.lastgroup or "comment"])


class LineNumbers(QWidget):
    """The numbers left of the text."""

    def __init__(self, editor: CodeText) -> None:
        super().__init__(editor)
        self._editor = editor

    def sizeHint(self) -> QSize:
        return QSize(self._editor.numbers_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._editor.paint_numbers(event)


class CodeText(QPlainTextEdit):
    """Read-only monospaced text with line numbers; a click on a line is told."""

    line_clicked = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("code.text")
        self.setAccessibleName("Python code of the network")
        self.setReadOnly(True)
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._marked: tuple[int, int] | None = None
        self._numbers = LineNumbers(self)
        self._colours = PythonColours(self.document(), Colours.of(self.palette()))
        self.blockCountChanged.connect(lambda _: self._make_room())
        self.updateRequest.connect(self._on_update)
        self._make_room()

    def numbers_width(self) -> int:
        """The pixels that the numbers take."""
        digits = len(str(max(100, self.blockCount())))
        return self.fontMetrics().horizontalAdvance("9") * digits + 2 * SPACE

    def _make_room(self) -> None:
        self.setViewportMargins(self.numbers_width(), 0, 0, 0)

    def _on_update(self, rect: QRect, dy: int) -> None:
        if dy:
            self._numbers.scroll(0, dy)
        else:
            self._numbers.update(0, rect.y(), self._numbers.width(), rect.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        area = self.contentsRect()
        self._numbers.setGeometry(area.left(), area.top(), self.numbers_width(), area.height())

    def paint_numbers(self, event: QPaintEvent) -> None:
        """Paint the numbers of the lines in view."""
        painter = QPainter(self._numbers)
        colours = Colours.of(self.palette())
        painter.fillRect(event.rect(), self.palette().base())
        block = self.firstVisibleBlock()
        place = self.blockBoundingGeometry(block).translated(self.contentOffset())
        painter.setFont(self.font())
        while block.isValid() and place.top() <= event.rect().bottom():
            number = block.blockNumber() + 1
            is_marked = self._marked is not None and self._marked[0] <= number <= self._marked[1]
            painter.setPen(colours.text if is_marked else colours.muted)
            box = QRect(0, round(place.top()), self._numbers.width() - SPACE, round(place.height()))
            painter.drawText(box, Qt.AlignmentFlag.AlignRight, str(number))
            block = block.next()
            place = self.blockBoundingGeometry(block).translated(self.contentOffset())

    def mark(self, lines: tuple[int, int] | None) -> None:
        """Mark lines, counted from 1, and scroll there where they are out of view; None marks nothing."""
        self._marked = lines
        self._show_marks()
        if lines is None:
            return
        first, last = (QTextCursor(self.document().findBlockByNumber(line - 1)) for line in lines)
        bottom = self.viewport().rect().bottom()
        # Asked before the cursor moves: that alone would scroll just so far that the line is at the edge.
        is_seen = self.cursorRect(first).top() >= 0 and self.cursorRect(last).bottom() <= bottom
        self.setTextCursor(first)
        if not is_seen:
            self.centerCursor()

    @property
    def marked(self) -> tuple[int, int] | None:
        """The marked lines."""
        return self._marked

    def _show_marks(self) -> None:
        first, last = self._marked or (1, 0)
        marks = []
        colour = QColor(Colours.of(self.palette()).accent)
        colour.setAlphaF(0.2)
        for number in range(first, last + 1):
            mark = QTextEdit.ExtraSelection()
            mark.cursor = QTextCursor(self.document().findBlockByNumber(number - 1))
            mark.format.setBackground(colour)
            mark.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
            marks.append(mark)
        self.setExtraSelections(marks)
        self._numbers.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and not self.textCursor().hasSelection():
            self.line_clicked.emit(self.cursorForPosition(event.position().toPoint()).blockNumber() + 1)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_colours"):
            self._colours.set_colours(Colours.of(self.palette()))
            self._show_marks()


class CodeView(QWidget):
    """The text with its buttons.

    Signals:
        key_selected: A line was clicked; the key of what it says, as nearest to the last highlighted.
        save_requested: The text, to be written to a file.
    """

    key_selected = Signal(object)
    save_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("code")
        self._code: Code | None = None
        self._key: str | None = None
        self.text = CodeText(self)
        self._says = ElidedLabel("muted", parent=self)
        copy = self._button("Copy", "code.copy", "Copy the whole text")
        copy.clicked.connect(self._on_copy)
        save = self._button("Save…", "code.save", "Save as a Python file")
        save.clicked.connect(self._on_save)
        row = QHBoxLayout()
        row.setContentsMargins(SPACE, HALF, SPACE, HALF)
        row.addWidget(self._says, 1)
        row.addWidget(copy)
        row.addWidget(save)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.text, 1)
        self.text.line_clicked.connect(self._on_line)

    def _button(self, text: str, name: str, tip: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setToolTip(tip)
        return button

    def show_code(self, code: Code) -> None:
        """Show a network's text; the highlighted key is kept where the network has it."""
        if code is self._code:
            return
        self._code = code
        self.text.setPlainText(code.text)
        self._says.set_text(f"PyTorch, {self.text.blockCount() - 1} lines, needs torch only")
        self.highlight(self._key)

    def highlight(self, key: str | None) -> None:
        """Mark the lines of a node, block or stage; none for a key that the network does not have."""
        self._key = key
        known = self._code.lines if self._code else {}
        self.text.mark(known.get(key) if key is not None else None)

    def key_at(self, line: int) -> str | None:
        """The key that a line says most closely; of blocks that share it, the highlighted key's."""
        if self._code is None:
            return None
        found = [
            (last - first, -_common(key, self._key or ""), place, key)
            for place, (key, (first, last)) in enumerate(self._code.lines.items())
            if first <= line <= last
        ]
        return min(found)[-1] if found else None

    def _on_line(self, line: int) -> None:
        key = self.key_at(line)
        if key is not None:
            self.key_selected.emit(key)

    def _on_copy(self) -> None:
        if self._code is not None:
            QApplication.clipboard().setText(self._code.text)

    def _on_save(self) -> None:
        if self._code is not None:
            self.save_requested.emit(self._code.text)


def _common(one: str, other: str) -> int:
    """How many parts of two keys are the same from the left."""
    same = 0
    for left, right in zip(one.split("."), other.split("."), strict=False):
        if left != right:
            break
        same += 1
    return same
