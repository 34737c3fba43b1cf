"""Two networks of the comparison in one place: they flicker, or their maps and probabilities are subtracted.

Stands in line with the columns. Used by `compare.py`. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QRectF, QSize, QTimer, Signal
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from explorer.present import text
from explorer.present.channels import value_text
from explorer.present.side_by_side import CellGrid, Sight, probabilities, probability_changes
from explorer.state.compare import PairMode
from explorer.ui.panels.glyph_button import GlyphButton
from explorer.ui.panels.segments import Segment, Segments
from explorer.ui.theme import HALF, font
from explorer.ui.views.compare_bars import N_ROWS, Bar
from explorer.ui.views.compare_facts import ColumnFacts, ratio_text
from explorer.ui.views.compare_frame import ColumnFrame
from explorer.ui.views.compare_handles import SIDE_PX, paint_letter
from explorer.ui.widgets.linked_mosaic import Drawn

FLICKER_MS = 340
"""From one picture to the other. Two changes are one flash: at most 1.5 flashes a second, half of the three
above which flashes can harm (WCAG 2.2, criterion 2.3.1)."""


def _gain_text(gain: float) -> str:
    """A change of a probability; of one too small for its digits the sign says nothing."""
    said = text.share(abs(gain), 1)
    return said if said.startswith("<") else text.signed(said, gain)


def _tr(words: str) -> str:
    return QCoreApplication.translate("PairPanel", words)


class PairLetter(QWidget):
    """The letter of the network that is shown now.

    Args:
        parent: As Qt has it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(QSize(16, 16))
        self.setFont(font("small", strong=True))
        self.letter = "A"

    def show_letter(self, letter: str) -> None:
        """Show one."""
        self.letter = letter
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_letter(painter, QRectF(self.rect()), self.letter, self)


class PairPanel(ColumnFrame):
    """The pair; its pictures are drawn by who owns the columns.

    Args:
        parent: As Qt has it.
    """

    mode_changed = Signal()
    """Another mode is shown."""
    mode_chosen = Signal(object)
    """The user wants this mode: flicker or difference."""
    swap_requested = Signal()
    """A is to be B."""
    closed = Signal()
    diff_requested = Signal()
    """The two architectures are to be compared."""

    def __init__(self, parent: QWidget | None = None) -> None:
        rows = (
            ("parameters", _tr("Parameters")),
            ("macs", _tr("MACs")),
            ("error", _tr("Paper error")),
            ("depth", _tr("Depth")),
            ("forward", _tr("Forward")),
        )
        bars = _tr("Difference of probabilities")
        super().__init__("compare.pair", rows, bars, is_signed=True, parent=parent)
        self.setAccessibleName(self.tr("Pair"))
        self._one: ColumnFacts | None = None
        self._other: ColumnFacts | None = None
        self._drawn: tuple[Drawn | None, Drawn | None] = (None, None)
        self._look: tuple[tuple[str, ...], CellGrid, Sight | None] = ((), CellGrid(1, 1, 1.0), None)
        self._shows_other = False
        self._is_held = False
        self._mode: PairMode = "flicker"
        self._letter = PairLetter()
        self._timer = QTimer(self)
        self._timer.setInterval(FLICKER_MS)
        self._timer.timeout.connect(self._swap)
        self._message = ""
        self._lay_out_parts()

    def _lay_out_parts(self) -> None:
        swap = GlyphButton("swap", "compare.pair.swap", self.tr("Exchange A and B"), SIDE_PX)
        close = GlyphButton("close", "compare.pair.close", self.tr("Let the pair go (Escape)"), SIDE_PX)
        swap.clicked.connect(self.swap_requested)
        close.clicked.connect(self.closed)
        head, lamp = QHBoxLayout(), QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(swap)
        head.addWidget(close)
        lamp.addWidget(self.lamp, 1)
        self.mode = Segments(
            "compare.pair.mode",
            self.tr("What the pair shows"),
            (
                Segment("flicker", self.tr("Flicker"), self.tr("One after the other, in one place (F)")),
                Segment(
                    "difference",
                    self.tr("Subtract"),
                    self.tr(
                        "B − A, number by number. The channels of networks that learned apart have no common "
                        "order: expect differences"
                    ),
                ),
            ),
        )
        self.mode.show_value(self._mode)
        self.mode.chosen.connect(self.choose_mode)
        self.play = QPushButton(self.tr("Play"))
        self.play.setObjectName("compare.pair.play")
        self.play.setCheckable(True)
        self.play.setToolTip(self.tr("Flicker (F); hold X to see the other one for as long"))
        self.play.toggled.connect(self._on_play)
        self.diff = QPushButton(self.tr("Diff…"))
        self.diff.setObjectName("compare.pair.diff")
        self.diff.setToolTip(self.tr("What differs between the two architectures, layer by layer"))
        self.diff.clicked.connect(self.diff_requested)
        strip = QWidget()
        rows = QVBoxLayout(strip)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        buttons = QHBoxLayout()
        buttons.setSpacing(HALF)
        for button in (self.play, self.diff):
            button.setFont(font("small"))
            button.setStyleSheet("QPushButton { padding: 0px 6px; min-height: 18px; }")
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            buttons.addWidget(button)
        self.mode.setFixedHeight(22)
        self.mode.setFont(font("small"))
        rows.addWidget(self.mode)
        rows.addLayout(buttons)
        self.lay_out(head, lamp, strip)
        self.shown.insertWidget(0, self._letter)

    @property
    def shows_difference(self) -> bool:
        """Whether the maps are subtracted."""
        return self._mode == "difference"

    @property
    def is_flickering(self) -> bool:
        """Whether the two change places by themselves."""
        return self._timer.isActive()

    @property
    def shown_letter(self) -> str:
        """Whose maps are shown: `A` or `B`; `−` for the difference."""
        return "−" if self.shows_difference else "B" if self._shows_other != self._is_held else "A"

    # What is shown

    def show_facts(self, one: ColumnFacts, other: ColumnFacts) -> None:
        """Show two networks; the first is A."""
        if one is self._one and other is self._other:
            return
        self._one, self._other = one, other
        names = self.tr("A: {one}\nB: {other}").format(one=one.title, other=other.title)
        self.title.set_text(self.tr("B against A"), names)
        self.lamp.set_text(f"{one.title} → {other.title}", names)
        says = self.tr("B against A")
        pairs = {
            "parameters": (one.cost.parameters, other.cost.parameters),
            "macs": (one.cost.macs, other.cost.macs),
            "depth": (one.cost.depth, other.cost.depth),
        }
        for key, (before, after) in pairs.items():
            detail = f"{says}: {text.grouped(before)} → {text.grouped(after)}"
            self.values[key].set_text(ratio_text(before, after), detail)
        errors = one.paper_error, other.paper_error
        gain = None if errors[0] is None or errors[1] is None else errors[1] - errors[0]
        said = "–"
        if gain is not None:
            said = text.signed(self.tr("{gain} points").format(gain=f"{abs(gain):.2f}"), round(gain, 2))
        self.values["error"].set_text(self.tr("same") if gain == 0 else said, says)
        times = one.milliseconds, other.milliseconds
        known = ratio_text(times[0], times[1]) if times[0] and times[1] else "–"
        self.values["forward"].set_text(known, says)
        self._show_changes(one, other)

    def _show_changes(self, one: ColumnFacts, other: ColumnFacts) -> None:
        """The classes they disagree about most, from their logits."""
        logits = [facts.maps.get(facts.way[-1].key) for facts in (one, other)]
        self.caption.set_text(self.tr("Probabilities, B − A"))
        if logits[0] is None or logits[1] is None:
            self.bars.show_bars((), message="")
            return
        known = one.classes or other.classes
        are_alike = not one.classes or not other.classes or one.classes == other.classes
        if not are_alike or logits[0].shape != logits[1].shape:
            self.bars.show_bars((), message=self.tr("They know different classes"))
            return
        changes = probability_changes(probabilities(logits[0]), probabilities(logits[1]), N_ROWS)
        is_chance = not (one.is_trained and other.is_trained)
        bars = [
            Bar(
                known[change.index] if known else self.tr("output {index}").format(index=change.index),
                _gain_text(change.gain),
                change.gain,
            )
            for change in changes
        ]
        self.bars.show_bars(bars, is_muted=is_chance)
        if is_chance:
            self.caption.set_text(self.tr("B − A; one is untrained"))

    def show_maps(
        self,
        drawn: tuple[Drawn | None, Drawn | None],
        names: tuple[str, ...],
        grid: CellGrid,
        sight: Sight | None,
        message: str = "",
    ) -> None:
        """Show maps.

        Args:
            drawn: A's and B's; of a difference the first, with None.
            names: Of the channels, where they have some.
            grid: Of all mosaics.
            sight: As the columns'.
            message: Why there is no picture.
        """
        self._drawn, self._look, self._message = drawn, (names, grid, sight), message
        self._refresh()

    def _refresh(self) -> None:
        letter = self.shown_letter
        drawn = self._drawn[1] if letter == "B" else self._drawn[0]
        self.mosaic.show_drawn(drawn, *self._look)
        self._letter.setVisible(letter != "−")
        self._letter.show_letter(letter)
        one, other = self._one, self._other
        if one is None or other is None:
            return
        if letter != "−":
            self.key.set_text(one.title if letter == "A" else other.title)
            self.shape.setText("")
        elif drawn is None:
            self.key.set_text(self._message, self._message)
            self.shape.setText("")
        else:
            self.key.set_text(self.tr("B − A"), self.tr("Blue: A is larger; orange: B is larger"))
            self.shape.setText(f"± {value_text(drawn.tiles.high)}")

    # Flicker

    def choose_mode(self, mode: PairMode) -> None:
        """Flicker or subtract, as the user wants it."""
        self._show_chosen(mode)
        self.mode_chosen.emit(mode)

    def show_mode(self, mode: PairMode) -> None:
        """Show a mode that was chosen before."""
        if mode != self._mode:
            self._show_chosen(mode)

    def _show_chosen(self, mode: PairMode) -> None:
        self._mode = mode
        self.mode.show_value(mode)
        self.play.setEnabled(not self.shows_difference)
        if self.shows_difference:
            self.play.setChecked(False)
        self._shows_other = False
        self.mode_changed.emit()
        self._refresh()

    def _on_play(self, plays: bool) -> None:
        self.play.setText(self.tr("Stop") if plays else self.tr("Play"))
        if plays:
            self._timer.start()
            self._swap()
        else:
            self._timer.stop()
            self._shows_other = False
            self._refresh()

    def toggle_flicker(self) -> None:
        """Begin or end the flicker."""
        if self.shows_difference:
            self.choose_mode("flicker")
        self.play.toggle()

    def hold(self, is_held: bool) -> None:
        """Show the other one for as long as a key is held."""
        if is_held != self._is_held and not self.shows_difference:
            self._is_held = is_held
            self._refresh()

    def _swap(self) -> None:
        self._shows_other = not self._shows_other
        self._refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        self.play.setChecked(False)
        self._is_held = False
        super().hideEvent(event)
