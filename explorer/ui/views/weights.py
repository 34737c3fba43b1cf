"""A node's weights as tiles: first-layer kernels in colour, others in grey; one output's kernels on a click.

Used by the feature view. Takes plain arrays; knows nothing of the store.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPalette
from PySide6.QtWidgets import QWidget

from explorer.present.channels import value_text
from explorer.present.kernels import KernelTiles, kernel_tiles
from explorer.present.tiles import ScaleName
from explorer.ui.widgets.picture import to_qimage
from explorer.ui.widgets.pixel_view import PixelView

_LEAST_SIDE_PX = 1024


class WeightsMosaic(PixelView):
    """The kernels of a convolution or a linear layer.

    Args:
        parent: As Qt has it.
    """

    hovered = Signal(object)
    """What is under the cursor, in words; None where nothing is."""
    changed = Signal()
    """Other kernels are drawn."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("features.kernels")
        self.setAccessibleName(self.tr("Weights"))
        self._weights: NDArray[np.float32] | None = None
        self._output: int | None = None
        self._scale_name: ScaleName = "shared"
        self._tiles: KernelTiles | None = None
        self.clicked.connect(self._on_clicked)

    @property
    def tiles(self) -> KernelTiles | None:
        """What is drawn; None when empty."""
        return self._tiles

    @property
    def output(self) -> int | None:
        """The output whose kernels alone are drawn; None for all."""
        return self._output

    def show_weights(self, weights: NDArray[np.float32] | None) -> None:
        """Show (out, in, rows, columns) or (out, in) weights; None shows nothing."""
        if weights is not self._weights:
            self._weights, self._output = weights, None
            self._tile()

    def set_scale(self, scale: ScaleName) -> None:
        """Shared: equal greys are equal weights; per channel: each tile has bounds of its own."""
        self._scale_name = scale
        self._tile()

    def set_output(self, output: int | None) -> None:
        """Draw one output's kernels, a tile for each input; None draws all outputs."""
        self._output = output
        self._tile()

    def _tile(self) -> None:
        if self._weights is None:
            self._tiles = None
            self.set_picture(None)
            return
        base = self.palette().color(QPalette.ColorRole.Base)
        ground = base.red(), base.green(), base.blue()
        self._tiles = kernel_tiles(
            self._weights, channel=self._output, scale=self._scale_name, background=ground
        )
        self._fits = True
        self.set_picture(self._tiles.picture)
        self.changed.emit()

    def summary(self) -> str:
        """How many there are, and how large they get: `64 kernels of 3 × 7 × 7 · up to ±0.41`."""
        weights = self._weights
        if weights is None:
            return ""
        inner = " × ".join(str(side) for side in weights.shape[1:])
        parts = [self.tr("{n} kernels of {inner}").format(n=len(weights), inner=inner)]
        if self._output is not None:
            parts.append(self.tr("output {n}: a tile for each input").format(n=self._output))
        elif self._is_averaged():
            parts.append(self.tr("mean over the inputs"))
        parts.append(self.tr("up to ±{value}").format(value=value_text(float(np.abs(weights).max()))))
        return " · ".join(parts)

    def _is_averaged(self) -> bool:
        weights = self._weights
        return (
            weights is not None
            and weights.ndim == 4
            and weights.shape[1] not in (1, 3)
            and weights.shape[2:] != (1, 1)
        )

    def enlarged(self) -> QImage:
        """The picture in whole-numbered square pixels of a size one can see; null when empty."""
        if self._tiles is None:
            return QImage()
        image = to_qimage(self._tiles.picture)
        longer = max(image.width(), image.height())
        return image.scaled(image.size() * max(1, -(-_LEAST_SIDE_PX // longer)))

    def _readout(self, point: QPointF) -> str | None:
        """The kernel under a point, and its weight there where it is one number."""
        place, tiles, weights = self.to_picture(point), self._tiles, self._weights
        if tiles is None or weights is None:
            return None
        found = tiles.kernel_at(place.x(), place.y())
        if found is None:
            return None
        if tiles.n_kernels == 1 and self._output is None:
            row, column = int(place.y()), int(place.x())
            value = float(weights.reshape(len(weights), -1)[row, column])
            return self.tr("output {out} · input {inp} · {value}").format(
                out=row, inp=column, value=value_text(value)
            )
        if self._output is not None:
            return self.tr("output {out} · input {inp}").format(out=self._output, inp=found)
        return self.tr("output {out} · click for its inputs").format(out=found)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self.hovered.emit(self._readout(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit(None)
        super().leaveEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tile()

    def _on_clicked(self, place: QPointF) -> None:
        if self._output is not None:
            self.set_output(None)
            return
        found = None if self._tiles is None else self._tiles.kernel_at(place.x(), place.y())
        if found is not None and self._tiles is not None and self._tiles.n_kernels > 1:
            self.set_output(found)

    def close_output(self) -> bool:
        """Draw all outputs again; whether one was drawn alone."""
        was_alone = self._output is not None
        if was_alone:
            self.set_output(None)
        return was_alone
