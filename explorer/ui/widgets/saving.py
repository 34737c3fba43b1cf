"""Pictures and tables on their way to the disk: the old file whole or the new one, and what came of it.

Used by whatever widget saves something. Asks nothing; knows nothing of the state or the engine.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSaveFile
from PySide6.QtGui import QImage, QImageWriter

from explorer import files


def write_png(image: QImage, path: str) -> str:
    """Write a picture.

    Returns:
        What came of it, in words.
    """
    return _said(path, lambda: _put_png(image, path))


def write_text(text: str, path: str) -> str:
    """Write a table.

    Returns:
        What came of it, in words.
    """
    return _said(path, lambda: _put_text(text, Path(path)))


def save_png(image: QImage, path: str | Path, tell: Callable[[str], None]) -> None:
    """Write a picture; `tell` is called with the cause, a sentence, where that fails."""
    _save(path, lambda: _put_png(image, str(path)), tell)


def save_text(text: str, path: str | Path, tell: Callable[[str], None]) -> None:
    """Write a text; `tell` is called with the cause, a sentence, where that fails."""
    _save(path, lambda: _put_text(text, Path(path)), tell)


def _put_text(text: str, path: Path) -> None:
    """Write a text into a folder that is still there: a disk taken away is no reason to make one.

    Raises:
        OSError: It cannot be written.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder any more")
    files.write_text(path, text)


def _put_png(image: QImage, path: str) -> None:
    """Write a picture, leaving an older file whole where that fails.

    Raises:
        OSError: It cannot be written.
    """
    file = QSaveFile(path)
    is_written = file.open(QSaveFile.OpenModeFlag.WriteOnly) and QImageWriter(file, b"png").write(image)
    if not (is_written and file.commit()):
        raise OSError(file.errorString())


def _said(path: str, write: Callable[[], None]) -> str:
    try:
        write()
    except OSError as error:
        template = QCoreApplication.translate(
            "Saving", "{name} was not saved: {reason}. Choose another folder."
        )
        return template.format(name=Path(path).name, reason=error.strerror or error)
    return QCoreApplication.translate("Saving", "Saved {name}").format(name=Path(path).name)


def _save(path: str | Path, write: Callable[[], None], tell: Callable[[str], None]) -> None:
    try:
        write()
    except OSError as error:
        template = QCoreApplication.translate("Saving", "{path} was not saved: {reason}.")
        tell(template.format(path=path, reason=error.strerror or error))
