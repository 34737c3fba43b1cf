"""The graph picture's colours, made from a palette: paper, bands, boxes, lines, and one hue an operation.

Used by the graph view's parts. Hues after Okabe and Ito ("Color Universal Design", 2008), which people with
colour-blindness tell apart; each is moved until it stands out from its box by 3:1.
Knows nothing of the store.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor, QPalette

from explorer.ui.theme import READABLE, Colours, contrast, is_dark

STANDS_OUT = 3.0
"""Least contrast of a mark with its ground (WCAG 2.2, criterion 1.4.11)."""

BLUE, SKY, GREEN, VERMILION, PURPLE, AMBER, GREY = (
    "#0072b2",
    "#56b4e9",
    "#009e73",
    "#d55e00",
    "#cc79a7",
    "#e69f00",
    "#8b939e",
)
OP_HUES: dict[str, str] = {
    "conv2d": BLUE,
    "linear": SKY,
    "norm": GREEN,
    "activation": VERMILION,
    "add": PURPLE,
    "pool": AMBER,
}
"""By operation; all others move numbers about and are grey."""


def blend(first: QColor, second: QColor, share: float) -> QColor:
    """The colour that lies `share` (0 to 1) of the way from the first to the second."""
    return QColor.fromRgbF(
        first.redF() + (second.redF() - first.redF()) * share,
        first.greenF() + (second.greenF() - first.greenF()) * share,
        first.blueF() + (second.blueF() - first.blueF()) * share,
    )


def _standing_out(hue: str, grounds: tuple[QColor, ...], ink: QColor, least: float = STANDS_OUT) -> QColor:
    colour = QColor(hue)
    for step in range(20):
        moved = blend(colour, ink, step / 20)
        if all(contrast(moved, ground) >= least for ground in grounds):
            return moved
    return ink


@dataclass(frozen=True, slots=True)
class Ink:
    """Every colour of the picture.

    Attributes:
        paper: The ground.
        band: Ground of a stage.
        frame: Ground of an open block.
        box: Ground of a box.
        border: Its outline.
        line: The main path.
        skip: An identity shortcut.
        projection: A shortcut with weights; also its label.
        text: Titles.
        muted: Shapes and keys.
        accent: What is selected.
        match: What a search has found.
        heat: The hottest box, before blending.
        ops: By operation.
        other: All other operations.
    """

    paper: QColor
    band: QColor
    frame: QColor
    box: QColor
    border: QColor
    line: QColor
    skip: QColor
    projection: QColor
    text: QColor
    muted: QColor
    accent: QColor
    match: QColor
    heat: QColor
    ops: dict[str, QColor]
    other: QColor

    @staticmethod
    def of(palette: QPalette) -> Ink:
        """The colours that go with a palette (make them once a palette: it takes a millisecond)."""
        return _ink(palette)

    def op(self, name: str) -> QColor:
        """The colour of an operation."""
        return self.ops.get(name, self.other)


def _ink(palette: QPalette) -> Ink:
    colours = Colours.of(palette)
    paper, text = palette.base().color(), colours.text
    dark = is_dark(palette)
    band = blend(paper, text, 0.04 if dark else 0.035)
    frame = blend(paper, text, 0.065) if dark else blend(paper, text, 0.012)
    box = blend(paper, text, 0.11) if dark else paper
    grounds = (paper, band, box)
    return Ink(
        paper=paper,
        band=band,
        frame=frame,
        box=box,
        border=blend(box, text, 0.18),
        line=blend(paper, text, 0.55),
        skip=blend(paper, text, 0.38),
        projection=_standing_out(BLUE, grounds, text, READABLE),
        text=text,
        muted=colours.muted,
        accent=colours.accent,
        match=_standing_out(AMBER, grounds, text),
        heat=QColor(VERMILION),
        ops={name: _standing_out(hue, grounds, text) for name, hue in OP_HUES.items()},
        other=_standing_out(GREY, grounds, text),
    )
