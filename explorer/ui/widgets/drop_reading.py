"""What a drop or the clipboard holds: files, picture data, data addresses, remote addresses.

Called by `drop_area` and by the window's paste command. Knows nothing of the store, decodes nothing and
touches no network: paths, bytes and addresses go out as they came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, QUrl
from PySide6.QtGui import QImage

# Lossless first. Whatever the offer, `images` decides what it really is.
_RAW_FORMATS = ("image/png", "image/jpeg", "image/webp", "image/bmp", "image/gif", "image/tiff")
_LIST = "text/uri-list"
# Chromium hands over a dragged picture's own file under this name.
_FILE_CONTENT = "application/octet-stream"
_SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"BM", b"GIF8", b"II*\0", b"MM\0*")
_MAX_TEXT_LINES = 1000
_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)


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

    A browser offers one picture as data, as HTML and as an address: only the first of local files, picture
    data, HTML and addresses that holds anything is taken. HTML stands before the addresses because a picture
    that is a link has the link's target there.

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


def is_readable(mime: QMimeData) -> bool:
    """Whether a drag looks readable, without asking its source for a picture's data at every move."""
    if mime.hasImage() or any(mime.hasFormat(name) for name in _RAW_FORMATS):
        return True
    if mime.hasFormat(_LIST) and mime.data(_LIST).isEmpty():
        # On X11 a source refuses its data while the pointer moves on; what it promises comes with the drop.
        return True
    return bool(read_drop(mime))


def _listed_references(mime: QMimeData) -> list[str]:
    """The entries of `text/uri-list`; data addresses as written, for `QUrl` would decode parts of them."""
    raw = bytes(mime.data(_LIST).data()).decode("utf-8", "replace").splitlines()
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


def _html_sources(mime: QMimeData) -> list[str]:
    if not mime.hasHtml():
        return []
    # A parser of HTML is nothing that the first paint waits for.
    from explorer.ui.widgets.drop_html import picture_sources

    raw = bytes(mime.data("text/html").data())
    # Firefox hands HTML over as UTF-16, with or without a byte order mark.
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = raw.decode("utf-16", "replace")
    else:
        text = raw.decode("utf-16-le", "replace") if b"\0" in raw[:4] else mime.html()
    return picture_sources(text)


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


def describe(mime: QMimeData) -> str:
    """What would happen with a readable drag, in a few words."""
    found = _sort_references(_listed_references(mime))
    if found.paths:
        return (
            Path(found.paths[0]).name if len(found.paths) == 1 else f"{len(found.paths):,} files and folders"
        )
    if mime.hasImage() or any(mime.hasFormat(name) for name in _RAW_FORMATS):
        return "a picture"
    return "a picture from the web: you are asked before it is fetched" if found.addresses else "a picture"
