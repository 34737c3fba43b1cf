"""Pictures and tables on their way out: pictures enlarged, named and written as PNG, tables as text.

Used by the views that save something. Knows nothing of the state or the engine.
"""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSaveFile
from PySide6.QtGui import QImage, QImageWriter

from explorer.present.tiles import Tiles
from explorer.ui.widgets.picture import to_qimage

# Pictures leave with at least this many pixels on their longer side, in whole steps: 131 pixels are a stamp.
_LEAST_SIDE_PX = 1024


def enlarged(tiles: Tiles, channel: int | None = None) -> QImage:
    """The picture, or one channel of it, with whole-numbered square pixels of a size one can see."""
    picture = tiles.picture
    if channel is not None:
        x, y, width, height = tiles.rect(channel)
        picture = picture[y : y + height, x : x + width]
    image = to_qimage(picture)
    longer = max(image.width(), image.height())
    return image.scaled(image.size() * max(1, -(-_LEAST_SIDE_PX // longer)))


def file_name_for(title: str, channel: int | None = None) -> str:
    """A file name that every system takes: `layer1.0.add channel 17.png`."""
    stem = re.sub(r"[^\w.\- ]+", "_", title).strip(" .") or "feature maps"
    return f"{stem}.png" if channel is None else f"{stem} channel {channel}.png"


def write_png(image: QImage, path: str) -> str:
    """Write a picture, leaving an older file whole where that fails.

    Returns:
        What came of it, in words.
    """
    file = QSaveFile(path)
    if file.open(QSaveFile.OpenModeFlag.WriteOnly):
        writer = QImageWriter(file, b"png")
        if writer.write(image) and file.commit():
            return _saved(path)
    return _not_saved(path, file.errorString())


def write_text(text: str, path: str) -> str:
    """Write a table.

    Returns:
        What came of it, in words.
    """
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        return _not_saved(path, error.strerror or str(error))
    return _saved(path)


def _saved(path: str) -> str:
    return QCoreApplication.translate("PictureFiles", "Saved {name}").format(name=Path(path).name)


def _not_saved(path: str, reason: str) -> str:
    template = QCoreApplication.translate(
        "PictureFiles", "{name} was not saved: {reason}. Choose another folder."
    )
    return template.format(name=Path(path).name, reason=reason)
