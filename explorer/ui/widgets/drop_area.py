"""What is dropped on the window or pasted into it, and the sign that says it may be dropped.

Called by the main window (`install_drop_target`) and by its paste command (`read_drop`). Knows nothing of the
store, decodes nothing and touches no network: paths, bytes and addresses go out as they came.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QEvent,
    QIODevice,
    QMimeData,
    QObject,
    QPointF,
    QRect,
    QRectF,
    Qt,
    QUrl,
)
from PySide6.QtGui import QColor, QDropEvent, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from explorer.ui.theme import Colours, font

# Lossless first. Whatever the offer, `images` decides what it really is.
_RAW_FORMATS = ("image/png", "image/jpeg", "image/webp", "image/bmp", "image/gif", "image/tiff")
# Chromium hands over a dragged picture's own file under this name.
_FILE_CONTENT = "application/octet-stream"
_SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"BM", b"GIF8", b"II*\0", b"MM\0*")
_MAX_TEXT_LINES = 1000
_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_DRAG_EVENTS = frozenset(
    {QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.DragLeave, QEvent.Type.Drop}
)
# No drag is under way where one of these arrives: a source that died never said that it left.
_NO_DRAG_EVENTS = frozenset({QEvent.Type.MouseMove, QEvent.Type.MouseButtonPress, QEvent.Type.KeyPress})


@dataclass(frozen=True, slots=True)
class Dropped:
    """What came with a drop or from the clipboard, each thing once.

    Attributes:
        paths: Files and folders.
        pictures: Content of picture files (PNG, JPEG, …).
        data_uris: `data:image/…` addresses, whole.
        addresses: Remote `http` and `https` addresses; nothing was fetched.
    """

    paths: tuple[str, ...] = ()
    pictures: tuple[bytes, ...] = ()
    data_uris: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.paths or self.pictures or self.data_uris or self.addresses)


def read_drop(mime: QMimeData) -> Dropped:
    """Take the best of the formats that a drop or the clipboard offers.

    A browser offers one picture as data, as HTML and as an address: only the first of local files, picture data,
    HTML and addresses that holds anything is taken. HTML stands before the addresses because a picture that is
    a link has the link's target there.

    Returns:
        What was found; false where there is nothing to read.
    """
    listed = _sort_references(_listed_references(mime))
    if listed.paths:
        return listed
    picture = _picture_data(mime)
    if picture:
        return Dropped(pictures=(picture,))
    return _sort_references(_html_sources(mime)) or listed or _sort_references(_text_references(mime))


def _is_readable(mime: QMimeData) -> bool:
    """Whether a drag looks readable, without asking its source for a picture's data at every move."""
    if mime.hasImage() or any(mime.hasFormat(name) for name in _RAW_FORMATS):
        return True
    return bool(read_drop(mime))


def _listed_references(mime: QMimeData) -> list[str]:
    """The entries of `text/uri-list`; data addresses as written, for `QUrl` would decode parts of them."""
    raw = bytes(mime.data("text/uri-list").data()).decode("utf-8", "replace").splitlines()
    lines = [line.strip() for line in raw if line.strip() and not line.startswith("#")]
    return lines or [url.toString(QUrl.ComponentFormattingOption.FullyEncoded) for url in mime.urls()]


def _picture_data(mime: QMimeData) -> bytes:
    for name in _RAW_FORMATS:
        if mime.hasFormat(name):
            content = bytes(mime.data(name).data())
            if content:
                return content
    if mime.hasFormat(_FILE_CONTENT):
        content = bytes(mime.data(_FILE_CONTENT).data())
        if content.startswith(_SIGNATURES):
            return content
    image = mime.imageData() if mime.hasImage() else None
    return _as_png(image) if isinstance(image, QImage) and not image.isNull() else b""


def _as_png(image: QImage) -> bytes:
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    # Fast rather than small: it is decoded again at once.
    image.save(buffer, "PNG", 80)  # type: ignore[call-overload]
    return bytes(content.data())


class _PictureSources(HTMLParser):
    """Collects the `src` of every `<img>`."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        source = dict(attrs).get("src") if tag == "img" else None
        if source:
            self.sources.append("https:" + source if source.startswith("//") else source.strip())


def _html_sources(mime: QMimeData) -> list[str]:
    if not mime.hasHtml():
        return []
    raw = bytes(mime.data("text/html").data())
    # Firefox hands HTML over as UTF-16, with or without a byte order mark.
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = raw.decode("utf-16", "replace")
    else:
        text = raw.decode("utf-16-le", "replace") if b"\0" in raw[:4] else mime.html()
    parser = _PictureSources()
    parser.feed(text)
    return parser.sources


def _text_references(mime: QMimeData) -> list[str]:
    """Lines of plain text that name something: addresses, and files that are there."""
    found = []
    for line in (mime.text() if mime.hasText() else "").splitlines()[:_MAX_TEXT_LINES]:
        entry = line.strip().strip("\"'")
        if entry.lower().startswith(("file:", "data:")) or _ADDRESS.fullmatch(entry):
            found.append(entry)
        elif _is_there(entry):
            found.append(QUrl.fromLocalFile(str(Path(entry).expanduser())).toString())
    return found


def _is_there(entry: str) -> bool:
    """Whether a line is the whole path of a file or folder; any other text is none."""
    try:
        path = Path(entry).expanduser()
        return bool(entry) and path.is_absolute() and path.exists()
    except (OSError, RuntimeError, ValueError):
        return False


def _sort_references(references: Iterable[str]) -> Dropped:
    paths: list[str] = []
    data_uris: list[str] = []
    addresses: list[str] = []
    for reference in dict.fromkeys(references):
        start = reference[:11].lower()
        if start == "data:image/":
            data_uris.append(reference)
        elif start.startswith(("http:", "https:")):
            addresses.append(reference)
        elif start.startswith("file:"):
            path = QUrl(reference).toLocalFile()
            if path:
                paths.append(path)
    return Dropped(paths=tuple(paths), data_uris=tuple(data_uris), addresses=tuple(addresses))


def _describe(mime: QMimeData) -> str:
    """What would happen with a readable drag, in a few words."""
    found = _sort_references(_listed_references(mime))
    if found.paths:
        return Path(found.paths[0]).name if len(found.paths) == 1 else f"{len(found.paths):,} files and folders"
    if mime.hasImage() or any(mime.hasFormat(name) for name in _RAW_FORMATS):
        return "a picture"
    return "a picture from the web: you are asked before it is fetched" if found.addresses else "a picture"


class DropOverlay(QWidget):
    """A veil over the whole window that says what a drop would do.

    Invisible to the mouse, so that it never becomes the target of the drag it announces.

    Args:
        window: The widget to cover.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("window.drop_overlay")
        self.setAccessibleName("Drop announcement")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.is_readable = False
        self.detail = ""
        self.hide()

    @property
    def text(self) -> str:
        """The announcement in large letters."""
        return "Drop to classify" if self.is_readable else "This cannot be read here"

    def announce(self, mime: QMimeData) -> None:
        """Cover the window and say what dropping would do."""
        self.is_readable = _is_readable(mime)
        self.detail = (
            _describe(mime) if self.is_readable else "Drop photographs, folders, or pictures from a browser."
        )
        self.setAccessibleDescription(f"{self.text}: {self.detail}")
        self.setGeometry(self.parentWidget().rect())
        self.raise_()
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        veil = QColor(colours.window)
        veil.setAlpha(216)
        painter.fillRect(self.rect(), veil)
        accent = colours.accent if self.is_readable else colours.muted
        painter.setPen(QPen(accent, 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(14, 14, -14, -14), 12, 12)
        middle = self.rect().center()
        icon = QRectF(middle.x() - 34, middle.y() - 96, 68, 60)
        draw_picture_icon(painter, icon, accent, is_allowed=self.is_readable)
        painter.setFont(font("title", strong=True))
        painter.setPen(colours.text)
        across = QRect(24, middle.y() - 20, self.width() - 48, 44)
        painter.drawText(across, Qt.AlignmentFlag.AlignCenter, self.text)
        painter.setFont(self.font())
        painter.setPen(colours.muted)
        below = QRect(24, middle.y() + 26, self.width() - 48, 28)
        detail = painter.fontMetrics().elidedText(self.detail, Qt.TextElideMode.ElideMiddle, below.width())
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, detail)


def draw_picture_icon(painter: QPainter, area: QRectF, colour: QColor, *, is_allowed: bool = True) -> None:
    """Draw a photograph with a sun and two hills, crossed out where it is not allowed.

    Args:
        painter: With antialiasing on.
        area: Where; drawn in the proportion 8 to 7.
        colour: Of the strokes.
        is_allowed: Whether without the crossing line.
    """
    unit = min(area.width() / 8, area.height() / 7)
    painter.save()
    painter.translate(area.center().x() - 4 * unit, area.center().y() - 3.5 * unit)
    painter.scale(unit, unit)
    pen = QPen(colour, max(0.34, 1.6 / unit))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(0.4, 0.8, 7.2, 5.6), 0.8, 0.8)
    painter.drawEllipse(QRectF(1.6, 1.9, 1.3, 1.3))
    hills = [(0.6, 5.6), (2.4, 4.0), (3.5, 4.9), (5.3, 2.9), (7.4, 5.0)]
    for (x0, y0), (x1, y1) in zip(hills, hills[1:], strict=False):
        painter.drawLine(QPointF(x0, y0), QPointF(x1, y1))
    if not is_allowed:
        painter.drawLine(QPointF(0.6, 6.9), QPointF(7.4, 0.3))
    painter.restore()


class _DropTarget(QObject):
    """Watches a window and those of its children that take drops themselves, such as line edits."""

    def __init__(self, window: QWidget, on_dropped: Callable[[Dropped], None]) -> None:
        super().__init__(window)
        self._window = window
        self._on_dropped = on_dropped
        self._overlay = DropOverlay(window)
        window.setAcceptDrops(True)
        window.installEventFilter(self)
        self._adopt_children()
        self._watch_native()

    def _watch_native(self) -> None:
        """Watch the native window: drags arrive there first, before any child can take them."""
        native = self._window.windowHandle()
        if native is not None:
            native.removeEventFilter(self)
            native.installEventFilter(self)

    def _adopt_children(self) -> None:
        for child in self._window.findChildren(QWidget):
            if child.acceptDrops():
                child.removeEventFilter(self)
                child.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if not isinstance(watched, QWidget):
            if kind == QEvent.Type.DragEnter:
                self._adopt_children()
            elif kind in _NO_DRAG_EVENTS and self._overlay.isVisible():
                self._overlay.hide()
            return False
        if kind in _DRAG_EVENTS:
            return self._handle_drag(watched, event)
        if watched is self._window and kind == QEvent.Type.Show:
            self._watch_native()
        elif watched is self._window and kind == QEvent.Type.Resize and self._overlay.isVisible():
            self._overlay.setGeometry(self._window.rect())
        return False

    def _handle_drag(self, watched: QWidget, event: QEvent) -> bool:
        if not isinstance(event, QDropEvent):
            self._overlay.hide()
            return watched is self._window
        # What starts in this window (a tab, a thumbnail, a marked text) is not for us.
        if event.source() is not None:
            return False
        if event.type() == QEvent.Type.DragEnter:
            readable = _is_readable(event.mimeData())
            if not readable and watched is not self._window:
                return False
            self._overlay.announce(event.mimeData())
            # Also accepted where unreadable: otherwise nobody would say when the drag leaves.
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            return True
        if not self._overlay.is_readable:
            self._end_unreadable(event)
            return watched is self._window
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        if event.type() == QEvent.Type.Drop:
            self._overlay.hide()
            dropped = read_drop(event.mimeData())
            if dropped:
                self._on_dropped(dropped)
        return True

    def _end_unreadable(self, event: QDropEvent) -> None:
        event.setDropAction(Qt.DropAction.IgnoreAction)
        event.ignore()
        if event.type() == QEvent.Type.Drop:
            self._overlay.hide()


def install_drop_target(window: QWidget, on_dropped: Callable[[Dropped], None]) -> DropOverlay:
    """Let pictures, files and folders be dropped anywhere on a window, its children included.

    Args:
        window: The top-level widget.
        on_dropped: Called in the window's thread with what was dropped, if anything can be read.

    Returns:
        The overlay that announces the drop; both live as long as the window.
    """
    return _DropTarget(window, on_dropped)._overlay
