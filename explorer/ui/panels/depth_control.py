"""The depth of the net in the papers' language: a large number to type in, and a slider below it.

Used by the architecture panel. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from explorer.arch.depths import depth_of, depths, layers_a_block, with_depth
from explorer.arch.spec import ArchitectureSpec
from explorer.ui.panels.depth_scale import DepthScale, published_depths
from explorer.ui.panels.depth_slider import DepthSlider
from explorer.ui.panels.gesture import Gesture
from explorer.ui.panels.spins import CountSpin
from explorer.ui.theme import HALF, SPACE, Colours, font
from explorer.ui.widgets.elided_label import ElidedLabel

_TOOLTIP = (
    "<p>Weighted layers on the main path; projections are not counted.</p>"
    "<p>Arrow keys: the next depth. Page keys: the next published one.</p>"
    "<p><small>He et al. 2015, arXiv 1512.03385</small></p>"
)


class DepthSpin(CountSpin):
    """A number that steps from one depth of the family to the next, and takes the nearest to a typed one."""

    def __init__(self, gesture: Gesture, parent: QWidget | None = None) -> None:
        super().__init__(gesture, parent)
        self.scale = DepthScale((0,), (0,))
        # Line edits begin two pixels in; the number is to stand flush with the text above.
        self.lineEdit().setTextMargins(-2, 0, 0, 0)

    def sizeHint(self) -> QSize:
        return QSize(56, self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        # A line below says that the number can be typed over; a frame would be too much around it.
        colours = Colours.of(self.palette())
        lit = colours.accent if self.hasFocus() else colours.muted if self.underMouse() else colours.hairline
        QPainter(self).fillRect(0, self.height() - 1, self.width(), 1, lit)

    def stepBy(self, steps: int) -> None:
        known = self.scale.depths
        index = self.scale.nearest(self.value())
        if known[index] > self.value() and steps > 0:
            steps -= 1
        elif known[index] < self.value() and steps < 0:
            steps += 1
        self.setValue(known[max(0, min(len(known) - 1, index + steps))])


class DepthControl(QWidget):
    """Number, what it is made of, and the slider.

    Args:
        parent: As Qt has it.
    """

    edited = Signal(object, object)
    """The user chose (blocks in each stage, gesture)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("spec.depth")
        self.setToolTip(_TOOLTIP)
        self._spec: ArchitectureSpec | None = None
        self._gesture = Gesture("depth")
        self._number = DepthSpin(self._gesture)
        self._number.setObjectName("spec.depth.number")
        self._number.setAccessibleName("Depth")
        self._number.setFont(font("display", strong=True))
        self._number.valueChanged.connect(self._on_depth)
        self._family = ElidedLabel("muted")
        self._slider = DepthSlider(self._gesture)
        self._slider.setObjectName("spec.depth.slider")
        self._slider.setAccessibleName("Depth, by published nets")
        self._slider.depth_chosen.connect(self._on_depth)
        line = QHBoxLayout()
        line.setSpacing(SPACE)
        line.addWidget(self._number)
        line.addWidget(self._family, 1, Qt.AlignmentFlag.AlignBottom)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(HALF)
        column.addLayout(line)
        column.addWidget(self._slider)

    def show_spec(self, spec: ArchitectureSpec) -> None:
        """Show a net's depth, without telling."""
        self._spec = spec
        known, depth = depths(spec), depth_of(spec)
        is_exact = known.get(depth) == spec.stage_depths
        scale = DepthScale(tuple(known), published_depths(spec))
        self._slider.show_depth(scale, depth, is_exact=is_exact)
        self._show_number(scale, depth)
        self._family.set_text(_family_text(spec, is_exact=is_exact))

    def _show_number(self, scale: DepthScale, depth: int) -> None:
        self._number.scale = scale
        with QSignalBlocker(self._number):
            self._number.setRange(min(depth, scale.depths[0]), max(depth, scale.depths[-1]))
            self._number.setValue(depth)
        widest = max(str(depth), str(scale.depths[-1]), key=len)
        width = self._number.fontMetrics().horizontalAdvance("0" * len(widest))
        self._number.setFixedWidth(width + SPACE + HALF)

    def _on_depth(self, depth: int) -> None:
        if self._spec is None:
            return
        deeper = with_depth(self._spec, depth)
        # What was typed may be no depth of this family: show the one it became before telling.
        self.show_spec(deeper)
        self.edited.emit(deeper.stage_depths, self._gesture.current())


def _family_text(spec: ArchitectureSpec, *, is_exact: bool) -> str:
    """How the depth comes about: `6n + 2, n = 3`, or the blocks of each stage."""
    if not is_exact:
        return "own block counts"
    blocks = spec.stage_depths
    if len(blocks) == 4 or len(set(blocks)) > 1:
        return f"{' + '.join(map(str, blocks))} blocks"
    step = sum(layers_a_block(spec, stage) for stage in range(1, spec.n_stages + 1))
    return f"= {step}n + {depth_of(spec) - step * blocks[0]},  n = {blocks[0]}"
