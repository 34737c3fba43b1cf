"""The graph picture as SVG text: self-contained, on a light ground, as the graph view draws it.

Called by `resnet-explorer export --to svg` and the window's menu. May import `arch`, never Qt or torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot
from xml.sax.saxutils import escape, quoteattr

from explorer.present import text
from explorer.present.layout_parts import Arc, Band, Box, Frame, Layout, Link

MARGIN = 16.0
CORNER, SMALL_CORNER, BAND_CORNER = 6.0, 4.0, 8.0
BEND, ARROW_LONG, ARROW_WIDE = 8.0, 6.0, 3.5
FONT = "system-ui, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif"
SMALL, NODE, TITLE, STAGE = 11, 12, 13, 14
LETTER_WIDTH = 0.58
"""Of a letter's height, on average in these fonts: what is too long is cut, as no viewer measures for us."""

PAPER, BAND, FRAME, BORDER = "#ffffff", "#f7f7f8", "#fcfcfc", "#d6d7d8"
LINE, SKIP, INK, MUTED, PROJECTION = "#82858a", "#a9abae", "#1c2128", "#5d6673", "#0067a6"
OPS = {
    "conv2d": "#0072b2",
    "linear": "#3f8fbd",
    "norm": "#009e73",
    "activation": "#d55e00",
    "add": "#b5678d",
    "pool": "#b87f00",
}
OTHER_OP = "#8b939e"


def graph_svg(layout: Layout, title: str = "Residual network") -> str:
    """The whole layout as an SVG document.

    Args:
        layout: What to draw, folded as it is.
        title: Of the document, for screen readers and file managers.

    Returns:
        XML that needs nothing from outside; one unit is a pixel of the layout at zoom 1.
    """
    width, height = layout.width + 2 * MARGIN, layout.height
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="{-MARGIN:g} 0 {width:g} {height:g}" font-family="{FONT}" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect x="{-MARGIN:g}" y="0" width="{width:g}" height="{height:g}" fill="{PAPER}"/>',
    ]
    for band in layout.bands:
        parts += _band(band, layout.width)
    for frame in layout.frames:
        parts += _frame(frame)
    for link in layout.links:
        parts += _link(link)
    for arc in layout.arcs:
        parts += _arc(arc)
    for box in layout.boxes:
        parts += _box(box)
    return "\n".join([*parts, "</svg>", ""])


def _rect(x: float, y: float, w: float, h: float, corner: float, fill: str, stroke: str = "") -> str:
    line = f' stroke="{stroke}"' if stroke else ""
    return f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="{corner:g}" fill="{fill}"{line}/>'


def _words(
    words: str,
    x: float,
    middle: float,
    size: int,
    colour: str,
    *,
    room: float = 1e6,
    anchor: str = "start",
    strong: bool = False,
) -> str:
    """A text around a height, cut where it would leave its room."""
    most = max(1, int(room / (size * LETTER_WIDTH)))
    shown = words if len(words) <= most else f"{words[: most - 1].rstrip()}…"
    weight = ' font-weight="600"' if strong else ""
    place = f' text-anchor="{anchor}"' if anchor != "start" else ""
    full = f"<title>{escape(words)}</title>" if shown != words else ""
    # A third of the letters' height below the middle is their base line.
    base = middle + size * 0.35
    head = f'<text x="{x:g}" y="{base:g}" font-size="{size}" fill="{colour}"{weight}{place}>'
    return f"{head}{full}{escape(shown)}</text>"


def _chevron(x: float, y: float, *, is_open: bool) -> str:
    ends = ((-4, -2), (0, 2), (4, -2)) if is_open else ((-2, -4), (2, 0), (-2, 4))
    points = " ".join(f"{x + dx:g},{y + dy:g}" for dx, dy in ends)
    look = f'fill="none" stroke="{MUTED}" stroke-width="1.5" stroke-linecap="round"'
    return f'<polyline points="{points}" {look}/>'


def _arrow(tip: tuple[float, float], before: tuple[float, float], colour: str) -> str:
    (x, y), (from_x, from_y) = tip, before
    length = hypot(x - from_x, y - from_y) or 1.0
    along = ((x - from_x) / length, (y - from_y) / length)
    base_x, base_y = x - ARROW_LONG * along[0], y - ARROW_LONG * along[1]
    side_x, side_y = -ARROW_WIDE * along[1], ARROW_WIDE * along[0]
    corners = ((x, y), (base_x + side_x, base_y + side_y), (base_x - side_x, base_y - side_y))
    points = " ".join(f"{px:g},{py:g}" for px, py in corners)
    return f'<polygon points="{points}" fill="{colour}"/>'


def _towards(start: tuple[float, float], end: tuple[float, float], distance: float) -> tuple[float, float]:
    length = hypot(end[0] - start[0], end[1] - start[1])
    share = min(1.0, distance / length) if length else 0.0
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _rounded(corners: Sequence[tuple[float, float]]) -> str:
    """A path through corners, each rounded off."""
    steps = ["M{:g},{:g}".format(*corners[0])]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        lengths = [hypot(corner[0] - end[0], corner[1] - end[1]) / 2 for end in (before, after)]
        bend = min(BEND, *lengths)
        steps.append("L{:g},{:g}".format(*_towards(corner, before, bend)))
        steps.append("Q{:g},{:g} {:g},{:g}".format(*corner, *_towards(corner, after, bend)))
    return " ".join([*steps, "L{:g},{:g}".format(*corners[-1])])


def _band(band: Band, width: float) -> list[str]:
    blocks = "1 block" if band.n_blocks == 1 else f"{band.n_blocks} blocks"
    left, top = 29.0, band.y
    rest = f"{blocks} · {text.short(band.parameters)}"
    return [
        _rect(0, band.y, width, band.h, BAND_CORNER, BAND),
        _chevron(18, top + 16, is_open=band.is_open),
        _words(band.title, left, top + 16, STAGE, INK, strong=True),
        _words(band.shape, left, top + 36, SMALL, MUTED),
        _words(rest, left, top + 52, SMALL, MUTED),
    ]


def _frame(frame: Frame) -> list[str]:
    middle = frame.y + 13
    is_group = frame.kind == "group"
    name = frame.id if is_group else f"{frame.id} · {text.short(frame.parameters)}"
    ground = "none" if is_group else FRAME
    return [
        _rect(frame.x + 0.5, frame.y + 0.5, frame.w - 1, frame.h - 1, CORNER, ground, BORDER),
        _chevron(frame.x + 14, middle, is_open=True),
        _words(frame.title, frame.x + 26, middle, TITLE, INK, strong=True),
        _words(name, frame.x + frame.w - 12, middle, SMALL, MUTED, anchor="end"),
    ]


def _link(link: Link) -> list[str]:
    tip, start = (link.x, link.bottom), (link.x, link.y)
    found = [
        f'<line x1="{link.x:g}" y1="{link.y:g}" x2="{link.x:g}" y2="{link.bottom - ARROW_LONG / 2:g}" '
        f'stroke="{LINE}" stroke-width="1.25"/>',
        _arrow(tip, start, LINE),
    ]
    if link.label:
        found.append(_words(link.label, link.x - 8, link.label_y, SMALL, MUTED, anchor="end"))
    return found


def _arc(arc: Arc) -> list[str]:
    """Identity thin and grey, a projection in its colour, option A dashed."""
    colour, width, dashes = {
        "projection": (PROJECTION, 1.75, ""),
        "identity": (SKIP, 1.0, ""),
    }.get(arc.style, (LINE, 1.25, ' stroke-dasharray="5 3.75"'))
    path = quoteattr(_rounded(arc.points))
    found = [
        f'<path d={path} fill="none" stroke="{colour}" stroke-width="{width:g}"{dashes}/>',
        _arrow(arc.points[-1], arc.points[-2], colour),
    ]
    if arc.label:
        ink = PROJECTION if arc.style == "projection" else MUTED
        anchor = "end" if arc.is_label_left else "start"
        found.append(_words(arc.label, arc.label_x, arc.label_y, SMALL, ink, anchor=anchor))
    return found


def _box(box: Box) -> list[str]:
    found: list[str] = []
    if box.n_blocks > 1:
        # Two sheets that look out below: there are more of these.
        for step in (2, 1):
            inset = 4.0 * step
            x, y, w = box.x + inset + 0.5, box.y + 3.0 * step, box.w - 2 * inset - 1
            found.append(_rect(x, y, w, box.h - 0.5, CORNER, PAPER, BORDER))
    is_add = box.kind == "node" and box.op == "add"
    corner = CORNER if box.kind != "node" else box.h / 2 if is_add else SMALL_CORNER
    found.append(_rect(box.x + 0.5, box.y + 0.5, box.w - 1, box.h - 1, corner, PAPER, BORDER))
    return found + (_node_inside(box) if box.kind == "node" else _fold_inside(box))


def _node_inside(box: Box) -> list[str]:
    if box.op == "add":
        return [_words(box.title, box.x + box.w / 2, box.middle, NODE, INK, anchor="middle")]
    used = len(box.title) * NODE * LETTER_WIDTH
    found = [
        _rect(box.x + 6, box.y + 6, 4, box.h - 12, 2, OPS.get(box.op, OTHER_OP)),
        _words(box.title, box.x + 18, box.middle, NODE, INK, room=box.w - 24),
    ]
    aside = "" if box.lane == "side" else box.subtitle
    if aside and len(aside) * SMALL * LETTER_WIDTH <= box.w - used - 38:
        found.append(_words(aside, box.right - 8, box.middle, SMALL, MUTED, anchor="end"))
    return found


def _fold_inside(box: Box) -> list[str]:
    """Title and convolutions, with the operations inside as a small spectrum at the left."""
    step = (box.h - 16) / len(box.ops)
    found = [
        _rect(box.x + 8, box.y + 8 + place * step, 4, step - 0.75, 0, OPS.get(op, OTHER_OP))
        for place, op in enumerate(box.ops)
    ]
    first, second = box.y + 16, box.y + 33
    aside = text.short(box.parameters)
    room = box.w - 56 - len(aside) * SMALL * LETTER_WIDTH
    return [
        *found,
        _chevron(box.x + 24, first, is_open=False),
        _words(aside, box.right - 12, first, SMALL, MUTED, anchor="end"),
        _words(box.title, box.x + 36, first, TITLE, INK, room=room, strong=True),
        _words(box.subtitle, box.x + 36, second, SMALL, MUTED, room=box.w - 48),
    ]
