"""The button that names the preset and opens the list of all presets.

Used by the architecture panel. Takes and gives presets' names; knows nothing of the store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from explorer.arch.presets import Preset, presets
from explorer.ui.panels.glyph_button import CHEVRON_ROOM_PX, paint_input
from explorer.ui.theme import SPACE, Colours

if TYPE_CHECKING:
    from explorer.ui.panels.presets_list import PresetsList


def family(preset: Preset) -> str:
    """The heading that a preset stands under, such as `CIFAR · He 2015`."""
    spec = preset.spec
    if preset.kind == "plain twin":
        return "Plain twins"
    if preset.kind == "tutorial":
        return "Tutorials"
    author = preset.source.split()[0]
    if preset.name.endswith("-residual"):
        return f"Made residual · after {author} {preset.year}"
    if spec.shortcut == "none":
        kind = "Without shortcuts"
    elif spec.merge == "gate":
        kind = "Highway"
    elif spec.attention != "none":
        kind = "Attention"
    elif spec.cardinality > 1:
        kind = "ResNeXt"
    elif spec.base_width != 64 or spec.width_factor != 1:
        kind = "Wide"
    elif spec.order != "original":
        kind = "Pre-activation"
    else:
        kind = "CIFAR" if preset.name.startswith("cifar") else "ImageNet"
    return f"{kind} · {author} {preset.year}"


class PresetsButton(QAbstractButton):
    """Shows the preset that the net is, and opens the list."""

    preset_chosen = Signal(object)
    """The user chose the preset of this name."""
    gallery_requested = Signal()
    """The user wants to see all architectures as pictures."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("spec.preset")
        self.setAccessibleName("Preset")
        self.setToolTip("Choose a published network")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._name: str | None = None
        self._family = ""
        self._list: PresetsList | None = None
        self.clicked.connect(self.open_list)

    def show_preset(self, name: str | None) -> None:
        """Show a preset, or that the net is none."""
        self._name = name
        preset = presets()[name] if name else None
        self.setText(preset.title if preset else "Choose a preset…")
        self._family = family(preset) if preset else ""
        self.setAccessibleDescription(self.text())
        self.update()

    def open_list(self) -> None:
        """Open the list below the button; it is built at the first time."""
        if self._list is None:
            # Trees and lists are not needed for the first paint.
            from explorer.ui.panels.presets_list import PresetsList

            self._list = PresetsList(self)
            self._list.preset_chosen.connect(self.preset_chosen)
            self._list.gallery_requested.connect(self.gallery_requested)
        self._list.open_at(self, self._name)

    def sizeHint(self) -> QSize:
        return QSize(200, self.fontMetrics().height() + 2 * SPACE)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.open_list()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_input(painter, self)
        colours = Colours.of(self.palette())
        room = QRect(SPACE + 2, 0, self.width() - CHEVRON_ROOM_PX - SPACE - 2, self.height())
        painter.setPen(colours.text)
        metrics = painter.fontMetrics()
        title = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, title)
        room.setLeft(room.left() + metrics.horizontalAdvance(title) + 2 * SPACE)
        if metrics.horizontalAdvance(self._family) <= room.width():
            painter.setPen(colours.muted)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self._family)
