"""Pictures and tables on their way to the disk: where to, the old file whole or the new one, what came of it.

Used by whatever widget saves something. Knows nothing of the state or the engine.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSaveFile
from PySide6.QtGui import QImage, QImageWriter
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from explorer import files


def ask_where(
    parent: QWidget, title: str, file_name: str, name_filter: str, *, is_ending_fixed: bool = False
) -> str:
    """Ask for the place of a file; one that is there already is replaced only with the user's consent.

    Args:
        parent: Of the dialog.
        title: Its title.
        file_name: What is proposed. Its ending is added to a name without one, which Qt does not do.
        name_filter: As Qt writes it.
        is_ending_fixed: Whether the ending is added to a name with another one too.

    Returns:
        The path; empty where the user thought better of it.
    """
    path, _ = QFileDialog.getSaveFileName(parent, title, file_name, name_filter)
    typed, ending = Path(path).suffix.lower(), Path(file_name).suffix
    if not path or typed == ending or (typed and not is_ending_fixed):
        return path
    path += ending
    # The dialog has asked for the name as it was typed.
    return path if not Path(path).exists() or _may_replace(parent, title, path) else ""


def _may_replace(parent: QWidget, title: str, path: str) -> bool:
    template = QCoreApplication.translate("Saving", "{name} already exists. Do you want to replace it?")
    buttons = QMessageBox.StandardButton
    answer = QMessageBox.question(
        parent, title, template.format(name=Path(path).name), buttons.Yes | buttons.No, buttons.No
    )
    return answer == buttons.Yes


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
