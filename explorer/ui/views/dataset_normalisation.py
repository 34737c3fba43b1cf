"""By which mean and deviation pictures are normalised: a chip a channel, and which choice the plan makes.

Used by the dataset view. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.engine.data_messages import DataFacts
from explorer.images.prepare import IMAGENET_MEAN, IMAGENET_STD
from explorer.ui.theme import HALF, SPACE, Colours, font

FIXED = 0.5

CHOICES = {
    "data": "measured from the training pictures",
    "start": "as the weights that training starts from",
    "imagenet": "ImageNet's",
    "fixed": "fixed: from -1 to 1",
}
_DOT_PX = 10
_DOTS = {1: ("#8a8f98",), 3: ("#e5484d", "#30a46c", "#3e63dd")}


class NormalisationLine(QWidget):
    """What is used, and a chip for each channel with its mean and deviation, in as many lines as it takes.

    Args:
        parent: As Qt has it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data.normalisation")
        self._lead = ""
        self._chips: tuple[tuple[str, str], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def texts(self) -> tuple[str, ...]:
        """What is said: the choice, then a text a channel."""
        return (self._lead, *(text for _, text in self._chips))

    def show_normalisation(self, facts: DataFacts, choice: str) -> None:
        """Show what the plan uses for a set.

        Args:
            facts: The set.
            choice: `data`, `start`, `imagenet` or `fixed`.
        """
        mean, std = _numbers(facts, choice)
        self._lead = f"Normalisation: {CHOICES[choice]}"
        dots = _DOTS.get(len(mean), _DOTS[1] * len(mean))
        self._chips = tuple((dot, f"{m:.3f} ± {s:.3f}") for dot, m, s in zip(dots, mean, std, strict=True))
        self.setAccessibleName("; ".join(self.texts))
        measured = ", ".join(f"{m:.4f} ± {s:.4f}" for m, s in zip(facts.mean, facts.std, strict=True))
        self.setToolTip(f"Mean and deviation of each channel, 0 to 1.\nMeasured: {measured}")
        self.updateGeometry()
        self.update()

    def chip_places(self) -> tuple[QRectF, ...]:
        """Where the chips are: beside the choice where all fit there, else in the lines below it."""
        line, room = self._line_px(), self.width()
        wides = [self._wide(text) + _DOT_PX + 3 * SPACE for _, text in self._chips]
        left = self._wide(self._lead) + 2.0 * SPACE
        x, y = (left, 0.0) if left + sum(wides) + SPACE * (len(wides) - 1) <= room else (0.0, line + HALF)
        places = []
        for wide in wides:
            if x and x + wide > room:
                x, y = 0.0, y + line + HALF
            places.append(QRectF(x, y, wide, line))
            x += wide + SPACE
        return tuple(places)

    def _line_px(self) -> float:
        return self.fontMetrics().height() + SPACE

    def _wide(self, text: str) -> int:
        return self.fontMetrics().horizontalAdvance(text)

    def sizeHint(self) -> QSize:
        bottoms = (place.bottom() for place in self.chip_places())
        return QSize(240, round(max(bottoms, default=self._line_px())))

    def resizeEvent(self, event: object) -> None:
        self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        line = self._line_px()
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setPen(colours.muted)
        painter.drawText(QRectF(0, 0, self.width(), line), left, self._lead)
        for (dot, text), place in zip(self._chips, self.chip_places(), strict=True):
            ground = QColor(colours.text)
            ground.setAlpha(16)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ground)
            painter.drawRoundedRect(place, line / 2, line / 2)
            painter.setBrush(QColor(dot))
            top = place.y() + (line - _DOT_PX) / 2
            painter.drawEllipse(QRectF(place.x() + SPACE, top, _DOT_PX, _DOT_PX))
            painter.setFont(font("body", base=self.font()))
            painter.setPen(colours.text)
            painter.drawText(place.adjusted(2 * SPACE + _DOT_PX, 0, 0, 0), left, text)


def _numbers(facts: DataFacts, choice: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    n_channels = len(facts.mean)
    if choice == "start":
        # Which these are is known when they are read.
        return (), ()
    if choice == "fixed":
        return (FIXED,) * n_channels, (FIXED,) * n_channels
    if choice == "imagenet":
        if n_channels == len(IMAGENET_MEAN):
            return IMAGENET_MEAN, IMAGENET_STD
        # No colour, so the middle of the three, as the trainer takes it.
        return (sum(IMAGENET_MEAN) / 3,) * n_channels, (sum(IMAGENET_STD) / 3,) * n_channels
    return facts.mean, facts.std
