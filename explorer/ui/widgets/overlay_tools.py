"""What lies over the picture: which attribution, how strong, in which colours.

Used by the image panel. Knows nothing of the store and computes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QProgressBar, QSlider, QVBoxLayout, QWidget

from explorer.ui.panels.field_controls import FlatCombo
from explorer.ui.theme import HALF, SPACE, font
from explorer.ui.widgets.elided_label import ElidedLabel

if TYPE_CHECKING:
    from explorer.present.overlay import OverlayPalette

METHODS: tuple[tuple[str, str, str], ...] = (
    ("", "No overlay", ""),
    ("grad_cam", "Grad-CAM", "Where the selected node speaks for the class (Selvaraju et al. 2017)"),
    ("grad_cam_plus_plus", "Grad-CAM++", "Finds several things of one class (Chattopadhay et al. 2018)"),
    ("saliency", "Saliency", "The size of the gradient at every pixel (Simonyan et al. 2014)"),
    (
        "integrated_gradients",
        "Integrated gradients",
        "What each pixel adds on the way from black (Sundararajan et al. 2017)",
    ),
    ("occlusion", "Occlusion", "How much the class loses where the picture is covered (Zeiler, Fergus 2014)"),
)
PALETTES: tuple[tuple[str, str], ...] = (
    ("auto", "Auto"),
    ("sequential", "Sequential"),
    ("diverging", "Diverging"),
    ("grey", "Grey"),
)
_PROGRESS_PX = 4


class OverlayTools(QWidget):
    """Method, opacity, threshold and palette of the overlay; the last three while there is one.

    Args:
        parent: As Qt has it.
    """

    method_chosen = Signal(object)
    """The method's name; empty for no overlay."""
    tuned = Signal(object, object)
    """Opacity and threshold, 0 to 1 each."""
    palette_chosen = Signal()
    """Other colours."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("overlay")
        self.method = self._box("overlay.method", "Attribution over the picture")
        for place, (name, text, says) in enumerate(METHODS):
            self.method.addItem(text, name)
            self.method.setItemData(place, says, Qt.ItemDataRole.ToolTipRole)
        self.method.activated.connect(lambda _: self.method_chosen.emit(self.method.currentData()))
        self.colours = self._box("overlay.palette", "Colours of the overlay")
        for name, text in PALETTES:
            self.colours.addItem(text, name)
        self.colours.activated.connect(lambda _: self.palette_chosen.emit())
        self.opacity = self._slider("overlay.opacity", "Opacity of the overlay")
        self.threshold = self._slider("overlay.threshold", "What is weaker is not drawn")
        self.says = ElidedLabel("muted", parent=self)
        self.says.setObjectName("overlay.says")
        self.progress = QProgressBar(self)
        self.progress.setObjectName("overlay.progress")
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(_PROGRESS_PX)
        self._more = QWidget(self)
        self._lay_out()
        self.show_choice("", 0.6, 0.0)
        self.show_progress(None, is_busy=False)

    def _box(self, name: str, says: str) -> FlatCombo:
        box = FlatCombo(self)
        box.setObjectName(name)
        box.setAccessibleName(says)
        box.setToolTip(says)
        return box

    def _slider(self, name: str, says: str) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal, self)
        slider.setObjectName(name)
        slider.setAccessibleName(says)
        slider.setToolTip(says)
        slider.setRange(0, 100)
        slider.setPageStep(10)
        slider.valueChanged.connect(self._on_slid)
        return slider

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(SPACE)
        head.addWidget(self.method, 3)
        head.addWidget(self.colours, 2)
        grid = QGridLayout(self._more)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE)
        grid.setVerticalSpacing(HALF)
        for row, (text, slider) in enumerate((("Opacity", self.opacity), ("Threshold", self.threshold))):
            label = QLabel(text, self._more)
            label.setFont(font("small"))
            label.setProperty("tone", "muted")
            label.setBuddy(slider)
            grid.addWidget(label, row, 0)
            grid.addWidget(slider, row, 1)
        grid.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(HALF)
        column.addLayout(head)
        column.addWidget(self.progress)
        column.addWidget(self.says)
        column.addWidget(self._more)

    def _on_slid(self) -> None:
        self.tuned.emit(self.opacity.value() / 100, self.threshold.value() / 100)

    @property
    def palette_choice(self) -> OverlayPalette:
        """The colours that are chosen, as `present/overlay.py` names them."""
        return cast("OverlayPalette", self.colours.currentData())

    def show_choice(self, method: str, opacity: float, threshold: float) -> None:
        """Show how the overlay is set; emits nothing."""
        self.method.setCurrentIndex(self.method.findData(method))
        for slider, value in ((self.opacity, opacity), (self.threshold, threshold)):
            slider.blockSignals(True)
            slider.setValue(round(100 * value))
            slider.blockSignals(False)
        for part in (self.colours, self.says, self._more):
            part.setVisible(bool(method))

    def show_progress(self, share: float | None, *, is_busy: bool) -> None:
        """Show that the attribution is being found.

        Args:
            share: 0 to 1; None where unknown.
            is_busy: Whether it is.
        """
        self.progress.setRange(0, 0 if share is None else 100)
        self.progress.setValue(round(100 * (share or 0)))
        # Its room is kept, so that nothing below moves when an answer comes.
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(bool(self.method.currentData()))
        self.progress.setSizePolicy(policy)
        self.progress.setVisible(is_busy)
