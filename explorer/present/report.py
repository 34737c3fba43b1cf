"""A report as one HTML page: tables, plots, drawings and pictures, and nothing from outside.

Called by the engine's study handler and whoever puts measurements on paper. Takes plain values. Imports
Pillow for the pictures; no Qt and no torch.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

from explorer.present import svg
from explorer.present.chart import COLOURS, GRID, Axis, Line, chart_svg

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PICTURE_PX = 112
"""How large a sample picture stands on the page."""
MANY = 12
"""More facts than these stand in two columns where there is room."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        header: Names of the columns.
        rows: Texts; as many a row as there are names.
        n_words: So many columns from the left are words; the others are numbers and stand right.
        best: Rows that are marked, by place.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    n_words: int = 1
    best: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Plot:
    """Lines over two axes.

    Attributes:
        title: Above it.
        lines: With one point in all at least.
        x: From left to right.
        y: From bottom to top.
    """

    title: str
    lines: tuple[Line, ...]
    x: Axis
    y: Axis


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture that is SVG already.

    Attributes:
        title: Above it.
        svg: A whole document.
    """

    title: str
    svg: str


@dataclass(frozen=True, slots=True)
class Said:
    """What one network says of a sample.

    Attributes:
        name: The network's.
        answer: The class.
        probability: 0 to 1.
        is_right: Whether it is the truth.
    """

    name: str
    answer: str
    probability: float
    is_right: bool


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A picture, and what the networks say of it.

    Attributes:
        picture: (height, width, 3) or (height, width, 1), 0 to 255.
        truth: Its class.
        said: By each network.
    """

    picture: NDArray[np.uint8]
    truth: str
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything on the page, from top to bottom; parts that are empty are left out.

    Attributes:
        title: Of the page.
        date: Below it.
        summary: Sentences.
        results: What was found.
        results_note: Below the table.
        plots: Curves and the like.
        drawings: Architectures.
        samples: Pictures with answers.
        samples_note: Above them.
        facts: What was held fixed: name and value.
        left_out: What could not be, and why.
        versions: Programs and their versions.
        command: What makes it again.
    """

    title: str
    date: str
    summary: tuple[str, ...]
    results: Table
    results_note: str = ""
    plots: tuple[Plot, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    samples: tuple[Sample, ...] = ()
    samples_note: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
    command: str = ""


def report_html(report: Report) -> str:
    """The page as text: a whole HTML document that loads nothing and runs nothing."""
    body = [
        f"<header><h1>{escape(report.title)}</h1><p class='date'>{escape(report.date)}</p></header>",
        *(f"<p class='summary'>{escape(sentence)}</p>" for sentence in report.summary),
        *_section("Results", [_table(report.results), _note(report.results_note)]),
        *_section("Plots", [_plots(report.plots)]),
        *_section(
            "Pictures", [_note(report.samples_note), _samples(report.samples)] if report.samples else []
        ),
        *_section("Architectures", [_drawings(report.drawings)]),
        *_section("Held fixed", [_pairs(report.facts)]),
        *_section("Left out", [_pairs(report.left_out)]),
        *_section("Made with", [_pairs(report.versions), _command(report.command)]),
    ]
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
            "style-src 'unsafe-inline'\">",
            '<meta name="color-scheme" content="light dark">',
            f"<title>{escape(report.title)}</title>",
            f"<style>{_style()}</style></head>",
            "<body><main>",
            *body,
            "</main></body></html>",
            "",
        ]
    )


def picture_uri(picture: NDArray[np.uint8]) -> str:
    """A picture as a `data:` address (PNG).

    Args:
        picture: (height, width, 3) or (height, width, 1).
    """
    from PIL import Image

    pixels = picture[:, :, 0] if picture.shape[2] == 1 else picture
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def _section(title: str, parts: Sequence[str]) -> list[str]:
    """A part of the page; nothing where it holds nothing."""
    inside = [part for part in parts if part]
    return [f"<section><h2>{escape(title)}</h2>", *inside, "</section>"] if inside else []


def _note(words: str) -> str:
    return f"<p class='note'>{escape(words)}</p>" if words else ""


def _table(table: Table) -> str:
    def side(place: int) -> str:
        return "" if place < table.n_words else " class='number'"

    head = "".join(
        f"<th scope='col'{side(place)}>{escape(name)}</th>" for place, name in enumerate(table.header)
    )
    rows = []
    for number, row in enumerate(table.rows):
        cells = "".join(f"<td{side(place)}>{escape(value)}</td>" for place, value in enumerate(row))
        mark = " class='best'" if number in table.best else ""
        rows.append(f"<tr{mark}>{cells}</tr>")
    return (
        f"<div class='wide'><table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _plots(plots: Sequence[Plot]) -> str:
    figures = [
        f"<figure>{chart_svg(plot.title, plot.lines, plot.x, plot.y)}</figure>"
        for plot in plots
        if any(line.points for line in plot.lines)
    ]
    return f"<div class='plots'>{''.join(figures)}</div>" if figures else ""


def _drawings(drawings: Sequence[Drawing]) -> str:
    figures = [
        f"<figure class='drawing'>{drawing.svg}<figcaption>{escape(drawing.title)}</figcaption></figure>"
        for drawing in drawings
    ]
    return f"<div class='drawings'>{''.join(figures)}</div>" if figures else ""


def _samples(samples: Sequence[Sample]) -> str:
    return f"<div class='samples'>{''.join(map(_sample, samples))}</div>"


def _sample(sample: Sample) -> str:
    height, width = sample.picture.shape[:2]
    high = round(PICTURE_PX * height / max(height, width))
    wide = round(PICTURE_PX * width / max(height, width))
    sharp = " class='sharp'" if max(height, width) < PICTURE_PX else ""
    answers = "".join(
        f"<li class='{'right' if said.is_right else 'wrong'}'><span>{'✓' if said.is_right else '✗'} "
        f"{escape(said.name)}</span><span>{escape(said.answer)} · {100 * said.probability:.0f} %</span></li>"
        for said in sample.said
    )
    truth = escape(sample.truth)
    return (
        f"<figure class='sample'><img src='{picture_uri(sample.picture)}' width='{wide}' height='{high}' "
        f"alt='{truth}'{sharp}><figcaption>{truth}</figcaption><ul>{answers}</ul></figure>"
    )


def _pairs(pairs: Sequence[tuple[str, str]]) -> str:
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs)
    many = " class='many'" if len(pairs) > MANY else ""
    return f"<dl{many}>{rows}</dl>" if rows else ""


def _command(command: str) -> str:
    return f"<p class='note'>Make it again:</p><pre>{escape(command)}</pre>" if command else ""


_LIGHT = {
    "ground": svg.PAPER,
    "ink": svg.INK,
    "muted": svg.MUTED,
    "line": svg.BORDER,
    "soft": "#f3f5f7",
    "best": "#e4f3ec",
    "right": "#006b4e",
    "wrong": "#b03a00",
}
_DARK = {
    "ground": "#16191d",
    "ink": "#e8eaed",
    "muted": "#a4abb5",
    "line": "#3b4148",
    "soft": "#1f242a",
    "best": "#173327",
    "right": "#4ed0a4",
    "wrong": "#ff9466",
}

_DARK_SIGNS: dict[str, str] = {
    svg.PAPER: "#16191d",
    svg.BAND: "#1f242a",
    svg.FRAME: "#1a1e23",
    svg.BORDER: "#4a5159",
    GRID: "#31373e",
    svg.LINE: "#8f969e",
    svg.SKIP: "#767d86",
    svg.INK: "#e8eaed",
    svg.MUTED: "#a4abb5",
    svg.PROJECTION: "#56b4e9",
    COLOURS[0]: "#4aa8e0",
    COLOURS[1]: "#f58a3c",
    COLOURS[2]: "#2fc498",
    COLOURS[3]: "#e29cc6",
    COLOURS[4]: "#e0b13c",
    COLOURS[5]: "#8fd0f5",
    COLOURS[6]: "#b3bac4",
}
"""The drawings' colours on a dark ground. They are attributes, which any rule of a style overrides."""


def _variables(colours: dict[str, str]) -> str:
    return ":root{" + "".join(f"--{name}:{value};" for name, value in colours.items()) + "}"


def _dark_drawings() -> str:
    return "".join(
        f'svg [fill="{light}"]{{fill:{dark}}}svg [stroke="{light}"]{{stroke:{dark}}}'
        for light, dark in _DARK_SIGNS.items()
    )


def _style() -> str:
    dark = _variables(_DARK) + _dark_drawings()
    return (
        f"{_variables(_LIGHT)}@media screen and (prefers-color-scheme:dark){{{dark}}}{_RULES}"
        f"@media print{{{_PRINT}}}"
    )


_RULES = f"""
*{{box-sizing:border-box}}
body{{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 {svg.FONT}}}
main{{max-width:1240px;margin:0 auto;padding:32px 24px 64px}}
h1{{font-size:28px;line-height:1.2;margin:0}}
h2{{font-size:18px;margin:36px 0 10px;padding-bottom:4px;border-bottom:1px solid var(--line)}}
.date,.note{{color:var(--muted);margin:6px 0 12px}}
.summary{{margin:6px 0;max-width:75ch}}
.wide{{overflow-x:auto}}
table{{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}}
th,td{{text-align:left;padding:6px 10px;border-bottom:1px solid var(--line);white-space:nowrap}}
th{{color:var(--muted);font-weight:600;font-size:13px}}
.number{{text-align:right}}
.best td{{background:var(--best);font-weight:600}}
figure{{margin:0}}
figure svg{{display:block;max-width:100%;height:auto}}
.plots{{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr));gap:20px}}
.drawings{{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,340px),1fr));gap:20px}}
figcaption{{color:var(--muted);font-size:13px;margin-top:4px}}
.samples{{display:grid;grid-template-columns:repeat(auto-fill,minmax(210px,1fr));gap:20px}}
.sample img{{display:block;border:1px solid var(--line);border-radius:4px}}
.sharp{{image-rendering:pixelated}}
.sample figcaption{{font-weight:600;color:var(--ink)}}
.sample ul{{list-style:none;margin:4px 0 0;padding:0;font-size:13px}}
.sample li{{display:flex;justify-content:space-between;gap:12px}}
.right{{color:var(--right)}}
.wrong{{color:var(--wrong)}}
dl{{display:grid;grid-template-columns:max-content 1fr;gap:4px 20px;margin:0}}
@media(min-width:900px){{.many{{grid-template-columns:repeat(2,max-content 1fr)}}}}
dt{{color:var(--muted)}}
dd{{margin:0;overflow-wrap:anywhere}}
pre{{background:var(--soft);border:1px solid var(--line);border-radius:6px;padding:12px;white-space:pre-wrap;
overflow-wrap:anywhere;font-size:13px;margin:0}}
"""

_PRINT = """
body{font-size:10pt}
main{max-width:none;padding:0}
.wide{overflow:visible}
th,td{white-space:normal;padding:4px 6px;font-size:9pt}
.many{grid-template-columns:repeat(2,max-content 1fr)}
h2{break-after:avoid}
figure,tr,pre{break-inside:avoid}
.best td,pre{print-color-adjust:exact;-webkit-print-color-adjust:exact}
"""
