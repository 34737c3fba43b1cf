"""Pictures of the feature view on their way out: copied, or saved as PNG where the user says.

Made by `features.py`. Knows nothing of the state or the engine.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QMenu, QWidget

from explorer.ui.widgets.mosaic import Mosaic
from explorer.ui.widgets.picture_files import enlarged, file_name_for
from explorer.ui.widgets.saving import ask_where, write_png

Say = Callable[[str], None]
Picture = Callable[[int | None], QImage]
"""The picture that is shown, or one channel of it; null where nothing is shown."""


def mosaic_picture(mosaic: Mosaic, channel: int | None) -> QImage:
    """The maps as they are shown, or one channel of them."""
    return QImage() if mosaic.tiles is None else enlarged(mosaic.tiles, channel)


class FeatureOutput(QObject):
    """Copies and saves what a view shows.

    Args:
        view: Owns the dialogs.
        picture: What is shown.
        title: The node's key.
        say: Tells that something was done.
    """

    def __init__(self, view: QWidget, picture: Picture, title: Callable[[], str], say: Say) -> None:
        super().__init__(view)
        self._view = view
        self._picture = picture
        self._title = title
        self._say = say

    def open_menu(self, place: QPoint, channel: int | None, name: str) -> QMenu:
        """The context menu: all channels, and the one under the pointer."""
        menu = QMenu(self._view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Copy all channels")).triggered.connect(lambda: self.copy())
        menu.addAction(self.tr("Save all channels…")).triggered.connect(lambda: self.save())
        if channel is not None:
            menu.addSeparator()
            copy = menu.addAction(self.tr("Copy {channel}").format(channel=name))
            copy.triggered.connect(lambda: self.copy(channel))
            save = menu.addAction(self.tr("Save {channel}…").format(channel=name))
            save.triggered.connect(lambda: self.save(channel))
        menu.popup(place)
        return menu

    def copy(self, channel: int | None = None) -> None:
        """Put the picture on the clipboard."""
        image = self._picture(channel)
        if not image.isNull():
            QGuiApplication.clipboard().setImage(image)
            self._say(self.tr("Copied"))

    def save(self, channel: int | None = None) -> None:
        """Save the picture of now: the maps may change while the dialog is open."""
        image = self._picture(channel)
        if image.isNull():
            return
        title, name = self.tr("Save picture"), file_name_for(self._title(), channel)
        path = ask_where(self._view, title, name, self.tr("PNG picture (*.png)"))
        if path:
            self._say(write_png(image, path))
