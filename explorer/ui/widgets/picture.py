"""A picture as large as its place allows: a photograph smoothly, what a net sees in crisp pixels.

Used by the image panel. Takes NumPy pixels; knows nothing of the store and decodes nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from explorer.ui.theme import RADIUS, SPACE, Colours
from explorer.ui.widgets.saving import ask_where, save_png

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


WHOLE = QRectF(0, 0, 1, 1)
"""All of a picture, in shares of its sides."""
_DIMMED_ALPHA = 90


def to_qimage(pixels: NDArray[np.uint8]) -> QImage:
    """Copy (H, W, 3) or (H, W) uint8 pixels, so that the array may go."""
    # Whoever has pixels has paid for NumPy; at the first paint there are none.
    import numpy as np

    whole = np.ascontiguousarray(pixels)
    height, width = whole.shape[:2]
    kind = QImage.Format.Format_RGB888 if whole.ndim == 3 else QImage.Format.Format_Grayscale8
    # The copy also frees Qt from Python's buffer, and later drawing from the conversion.
    return QImage(whole.data, width, height, whole.strides[0], kind).convertToFormat(
        QImage.Format.Format_RGB32
    )


def to_overlay(colours: NDArray[np.uint8]) -> QImage:
    """Copy (H, W, 4) sRGB bytes with alpha."""
    import numpy as np

    whole = np.ascontiguousarray(colours)
    height, width = whole.shape[:2]
    kind = QImage.Format.Format_RGBA8888
    return QImage(whole.data, width, height, whole.strides[0], kind).convertToFormat(
        QImage.Format.Format_ARGB32_Premultiplied
    )


class PictureView(QWidget):
    """One picture, fitted and centred with rounded corners; its menu copies and saves it.

    Args:
        is_pixelated: Whether every pixel is shown as a crisp square.
        size_px: The place asked for, width and height.
        parent: As Qt has it.
    """

    clicked = Signal()
    save_failed = Signal(object)
    """The sentence that says why the picture could not be written."""

    def __init__(
        self, size_px: tuple[int, int], *, is_pixelated: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._scaled = QPixmap()
        self._size_px = QSize(*size_px)
        self._is_pixelated = is_pixelated
        self._file_name = "picture.png"
        self._problem = ""
        self._overlay = QImage()
        self._region = WHOLE
        self._field: QRectF | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def image(self) -> QImage:
        """What is shown; null where nothing is."""
        return self._image

    @property
    def is_pixelated(self) -> bool:
        """Whether every pixel is shown as a crisp square."""
        return self._is_pixelated

    def show_pixels(
        self, pixels: NDArray[np.uint8] | None, name: str = "", *, is_pixelated: bool | None = None
    ) -> None:
        """Show (H, W, 3) uint8 pixels, or nothing.

        Args:
            pixels: The picture; None empties the place.
            name: What it is called, for people who hear the window and as the saved file's name.
            is_pixelated: As in the class; None leaves it.
        """
        if is_pixelated is not None:
            self._is_pixelated = is_pixelated
        self._image = QImage() if pixels is None else to_qimage(pixels)
        self._scaled = QPixmap()
        self._problem = ""
        self._file_name = f"{Path(name).stem or 'picture'}.png"
        self.setAccessibleDescription(name)
        self.update()

    def show_problem(self, problem: str) -> None:
        """Show a sentence in place of a picture that cannot be read."""
        self.show_pixels(None)
        self._problem = problem
        self.setAccessibleDescription(problem)

    def show_overlay(self, overlay: QImage | None, region: QRectF) -> None:
        """Lay something over a part of the picture, and dim the rest, which it says nothing about.

        Args:
            overlay: With alpha; None takes it away.
            region: The part, in shares of the picture's sides.
        """
        self._overlay, self._region = overlay if overlay is not None else QImage(), region
        self.update()

    def show_field(self, field: QRectF | None) -> None:
        """Frame a part of the picture, in shares of its sides; None takes the frame away."""
        if field != self._field:
            self._field = field
            self.update()

    @property
    def field(self) -> QRectF | None:
        """The part that is framed."""
        return self._field

    def composed(self) -> QImage:
        """The picture in its own size, with what lies over it."""
        if self._overlay.isNull():
            return self._image
        image = self._image.copy()
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._paint_overlay(painter, QRectF(image.rect()))
        painter.end()
        return image

    def _paint_overlay(self, painter: QPainter, place: QRectF) -> None:
        part = within(place, self._region)
        rest = QPainterPath()
        rest.addRect(place)
        inner = QPainterPath()
        inner.addRect(part)
        painter.fillPath(rest.subtracted(inner), QColor(0, 0, 0, _DIMMED_ALPHA))
        painter.drawImage(part, self._overlay)

    def _paint_field(self, painter: QPainter, place: QRectF, field: QRectF) -> None:
        """A frame in two tones, so that it stands out from any picture."""
        part = within(place, field)
        # A pixel's frame is drawn around it, so that it can be seen.
        part = part.adjusted(-1, -1, 1, 1).intersected(place.adjusted(1, 1, -1, -1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(0, 0, 0, 180), 4))
        painter.drawRect(part)
        painter.setPen(QPen(QColor(255, 255, 255), 1.75))
        painter.drawRect(part)

    def save_png(self, path: Path) -> None:
        """Write the picture in its own size with its overlay; `save_failed` says why where that fails."""
        save_png(self.composed(), path, self.save_failed.emit)

    def copy_picture(self) -> None:
        """Put the picture on the clipboard in its own size."""
        QGuiApplication.clipboard().setImage(self.composed())

    def build_menu(self) -> QMenu:
        """The context menu: copy and save."""
        menu = QMenu(self)
        menu.addAction("Copy picture", self.copy_picture).setEnabled(not self._image.isNull())
        menu.addAction("Save picture as PNG…", self._on_save).setEnabled(not self._image.isNull())
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.build_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def _on_save(self) -> None:
        name = ask_where(self, "Save picture", self._file_name, "PNG (*.png)")
        if name:
            self.save_png(Path(name))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        return self._size_px

    def _fit(self) -> QRectF:
        """Where the picture lies: whole pixels where crisp, or squares would differ in size."""
        ratio = self.devicePixelRatioF()
        size = self._image.size().scaled(self.size() * ratio, Qt.AspectRatioMode.KeepAspectRatio)
        if self._is_pixelated and size.width() >= self._image.width():
            size = self._image.size() * (size.width() // self._image.width())
        if self._scaled.size() != size:
            way = (
                Qt.TransformationMode.FastTransformation
                if self._is_pixelated and size.width() >= self._image.width()
                else Qt.TransformationMode.SmoothTransformation
            )
            scaled = self._image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, way)
            self._scaled = QPixmap.fromImage(scaled)
        width, height = size.width() / ratio, size.height() / ratio
        return QRectF(round((self.width() - width) / 2), round((self.height() - height) / 2), width, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        faint = QColor(colours.text)
        faint.setAlpha(16)
        if self._image.isNull() or not self._is_pixelated:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(faint)
            painter.drawRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
        if self._problem:
            painter.setPen(colours.danger)
            inner = self.rect().adjusted(3 * SPACE, SPACE, -3 * SPACE, -SPACE)
            painter.drawText(inner, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._problem)
        if not self._image.isNull():
            place = self._fit()
            corners = QPainterPath()
            radius = 3 if self._is_pixelated else RADIUS
            corners.addRoundedRect(place, radius, radius)
            painter.setClipPath(corners)
            painter.drawPixmap(place, self._scaled, QRectF(self._scaled.rect()))
            if not self._overlay.isNull():
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not self._is_pixelated)
                self._paint_overlay(painter, place)
            if self._field is not None:
                self._paint_field(painter, place, self._field)
            painter.setClipping(False)
        if self.hasFocus():
            painter.setPen(QPen(colours.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 5, 5)


def within(place: QRectF, shares: QRectF) -> QRectF:
    """A part of a rectangle, given in shares of its sides."""
    return QRectF(
        place.x() + shares.x() * place.width(),
        place.y() + shares.y() * place.height(),
        shares.width() * place.width(),
        shares.height() * place.height(),
    )
