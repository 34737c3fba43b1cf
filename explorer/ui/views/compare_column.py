"""One network of the comparison: what it is, what it says of the picture, what it sees at the slider's stop.

Used by `compare_row.py`. It shows facts and says what the user wants; knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QPoint, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from explorer.arch.align import Stop, place_at
from explorer.arch.lamp import lamp_text
from explorer.present import text
from explorer.ui import words
from explorer.ui.panels.glyph_button import GlyphButton
from explorer.ui.panels.totals import Lamp
from explorer.ui.theme import HALF, Colours
from explorer.ui.views.compare_bars import Bar
from explorer.ui.views.compare_facts import ColumnFacts, weights_text
from explorer.ui.views.compare_frame import ColumnFrame
from explorer.ui.views.compare_handles import SIDE_PX, Grip, PickButton
from explorer.ui.views.compare_mini_graph import MiniGraph
from explorer.ui.widgets.ink_dot import InkDot

_HEAD_TO_PX = 52
"""Title and lamp end there."""


def _tr(words: str) -> str:
    return QCoreApplication.translate("CompareColumn", words)


class CompareColumn(ColumnFrame):
    """One network.

    Args:
        name: The column's name in the state.
        parent: As Qt has it.
    """

    picked = Signal()
    """Take it into the pair, or let it go from there."""
    removed = Signal()
    opened = Signal()
    """Make it the network in view."""
    depths_requested = Signal()
    twin_requested = Signal()
    step_requested = Signal(object)
    """−1 or +1: one place to the left or the right."""
    share_chosen = Signal(object)
    """As `MiniGraph.share_chosen`."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        rows = (
            ("parameters", _tr("Parameters")),
            ("macs", _tr("MACs")),
            ("error", _tr("Paper error")),
            ("weights", _tr("Weights")),
            ("forward", _tr("Forward")),
        )
        super().__init__(f"compare.{name}", rows, _tr("Top classes"), parent=parent)
        self.name = name
        self.facts: ColumnFacts | None = None
        self.place = 0
        """Of the stop that is shown, on the way."""
        self._is_lifted = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.grip = Grip()
        self.grip.setObjectName(f"compare.{name}.grip")
        self.ink = InkDot(f"compare.{name}.ink", self.tr("Its colour in the charts below"))
        self.pick = PickButton(f"compare.{name}.pick")
        self.close_button = GlyphButton(
            "close", f"compare.{name}.close", self.tr("Remove (Delete); undo brings it back"), SIDE_PX
        )
        self._light = Lamp()
        self.graph = MiniGraph(f"compare.{name}.graph")
        head, lamp = QHBoxLayout(), QHBoxLayout()
        head.addWidget(self.grip)
        head.addWidget(self.ink)
        head.addWidget(self.title, 1)
        head.addWidget(self.pick)
        head.addWidget(self.close_button)
        lamp.addWidget(self._light)
        lamp.addWidget(self.lamp, 1)
        self.lay_out(head, lamp, self.graph)
        self.pick.clicked.connect(self.picked)
        self.close_button.clicked.connect(self.removed)
        self.graph.share_chosen.connect(self.share_chosen)
        self.mosaic.menu_requested.connect(self._show_menu)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(lambda place: self._show_menu(self.mapToGlobal(place)))

    @property
    def stop(self) -> Stop | None:
        """The stop that is shown."""
        return self.facts.way[self.place] if self.facts is not None else None

    @property
    def is_waiting(self) -> bool:
        """Whether its network is asked about the picture in view."""
        facts = self.facts
        return facts is not None and facts.image_id is not None and facts.status != "failed"

    def show_facts(self, facts: ColumnFacts, share: float) -> None:
        """Show a network.

        Args:
            facts: What is known of it.
            share: Where the slider stands.
        """
        if facts is not self.facts:
            self.facts = facts
            self.setAccessibleName(facts.title)
            self.title.set_text(facts.title)
            self._show_lamp(facts)
            self._show_totals(facts)
            self.graph.show_graph(facts.graph, facts.way)
            self._show_answer(facts)
        self.show_share(share)

    def show_share(self, share: float) -> None:
        """Go to the stop at a share of the way."""
        facts = self.facts
        if facts is None:
            return
        self.place = place_at(facts.way, share)
        stop = facts.way[self.place]
        self.graph.show_stop(self.place)
        self._name_stop(stop)

    def show_value(self, words: str | None) -> None:
        """Say in place of the stop what it has under the cursor; None for the stop again."""
        if words is not None:
            self.key.set_text(words)
            self.shape.setText("")
        elif self.stop is not None:
            self._name_stop(self.stop)

    def _name_stop(self, stop: Stop) -> None:
        assert self.facts is not None
        self.key.set_text(stop.key)
        self.shape.setText(text.shape(self.facts.graph.by_key[stop.key].output_shape))

    def show_letter(self, letter: str) -> None:
        """Its letter in the pair; empty where it is not in it."""
        if letter != self.pick.text():
            self.pick.show_letter(letter)

    def set_lifted(self, is_lifted: bool) -> None:
        """Whether it is in the user's hand."""
        if is_lifted != self._is_lifted:
            self._is_lifted = is_lifted
            self.update()

    def _show_lamp(self, facts: ColumnFacts) -> None:
        near = facts.near
        self._light.set_lit(near is not None and near.is_exact)
        if near is None:
            self.lamp.set_text(self.tr("no published network is near"))
            return
        sign = self.tr("= {name}") if near.is_exact else self.tr("near {name}")
        row = near.published
        detail = f"{lamp_text(near)}\n{row.error_kind}\n{row.source}"
        self.lamp.set_text(sign.format(name=row.name), detail)

    def _show_totals(self, facts: ColumnFacts) -> None:
        cost, origin = facts.cost, facts.origin
        values = self.values
        values["parameters"].set_text(text.grouped(cost.parameters))
        macs = self.tr("{macs} multiply-adds for one picture").format(macs=text.grouped(cost.macs))
        values["macs"].set_text(text.short(cost.macs), macs)
        error, near = facts.paper_error, facts.near
        source = f"{near.published.error_kind}\n{near.published.source}" if near and error else ""
        values["error"].set_text("–" if error is None else f"{error:.2f} %", source)
        if facts.status == "failed":
            values["weights"].set_text(self.tr("failed"), facts.cause)
            values["weights"].set_tone("danger")
        elif origin is None:
            values["weights"].set_text(self.tr("building…"))
            values["weights"].set_tone("muted")
        else:
            values["weights"].set_text(weights_text(origin), words.origin_text(origin))
            values["weights"].set_tone("text" if origin.is_trained else "warning")
        known = facts.milliseconds
        detail = self.tr("Of the forward pass for the picture in view, on the device in use")
        values["forward"].set_text("–" if known is None else text.duration_ms(known), detail)

    def _show_answer(self, facts: ColumnFacts) -> None:
        said = facts.predictions
        if said is None and self.bars.bars and self.is_waiting:
            self.bars.show_stale()
            return
        is_chance = facts.origin is not None and not facts.is_trained
        self.caption.set_tone("warning" if said is not None and (is_chance or facts.is_weak) else "muted")
        if said is None:
            self.caption.set_text("")
        elif is_chance:
            self.caption.set_text(self.tr("untrained: these are chance"))
        elif facts.is_weak:
            self.caption.set_text(self.tr("weak: no class fits well"))
        else:
            self.caption.set_text(self.tr("Top classes"))
        bars = [
            Bar(
                self._label(facts, entry.label, entry.index),
                text.share(entry.probability, 1),
                entry.probability,
            )
            for entry in said or ()
        ]
        self.bars.show_bars(bars, is_muted=is_chance, message=self._waiting_text(facts))

    def _label(self, facts: ColumnFacts, label: str, index: int) -> str:
        """As people may read it: what has learned nothing has outputs, not classes."""
        if facts.classes or facts.is_trained:
            return label
        return self.tr("output {index}").format(index=index)

    def _waiting_text(self, facts: ColumnFacts) -> str:
        if facts.status == "failed":
            return facts.cause
        if facts.image_id is None:
            return self.tr("Drop a picture")
        if facts.status == "building":
            return self.tr("Building the network…")
        return self.tr("Looking…")

    # What the user does

    def menu(self) -> QMenu:
        """What can be done with the column."""
        menu = QMenu(self)
        menu.addAction(self.tr("Open in the window"), self.opened.emit)
        says = self.tr("Let go from the pair") if self.pick.text() else self.tr("Compare as a pair")
        menu.addAction(says, self.picked.emit)
        menu.addSeparator()
        menu.addAction(self.tr("Add its depths"), self.depths_requested.emit)
        twin = menu.addAction(self.tr("Add its plain twin"), self.twin_requested.emit)
        twin.setEnabled(self.facts is not None and self.facts.spec.shortcut != "none")
        menu.addSeparator()
        menu.addAction(self.tr("Move left"), lambda: self.step_requested.emit(-1))
        menu.addAction(self.tr("Move right"), lambda: self.step_requested.emit(1))
        menu.addAction(self.tr("Remove"), self.removed.emit)
        return menu

    def _show_menu(self, place: QPoint) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        if event.modifiers() == both and event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.step_requested.emit(-1 if event.key() == Qt.Key.Key_Left else 1)
        elif event.key() == Qt.Key.Key_Delete:
            self.removed.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
        elif event.key() == Qt.Key.Key_P and not event.modifiers():
            self.picked.emit()
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and event.position().y() < _HEAD_TO_PX:
            self.opened.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._is_lifted:
            veil = QColor(Colours.of(self.palette()).accent)
            veil.setAlphaF(0.12)
            painter = QPainter(self)
            painter.fillRect(self.rect().adjusted(1, 1, -1, -1), veil)
            painter.fillRect(0, 0, self.width(), HALF, Colours.of(self.palette()).accent)
