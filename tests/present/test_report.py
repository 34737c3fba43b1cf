"""The report: one page that needs nothing from outside and shows what it was given, as it was written."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from explorer.arch.expand import expand
from explorer.arch.presets import preset
from explorer.present.chart import Axis, Line
from explorer.present.layout import lay_out
from explorer.present.report import Drawing, Plot, Report, Said, Sample, Table, picture_uri, report_html
from explorer.present.svg import graph_svg

NASTY = "<script>alert('x')</script> & \"quoted\""
VOID = {"meta", "img", "br", "line", "rect", "circle", "polyline", "polygon", "path"}


class Reader(HTMLParser):
    """Reads a page, and notices what is not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    assert not reader.open
    return reader


def sample(side: int = 8, channels: int = 3) -> Sample:
    picture = np.random.default_rng(0).integers(0, 256, (side, side, channels), dtype=np.uint8)
    said = (Said(NASTY, "cat", 0.751, is_right=True), Said("other", NASTY, 0.2, is_right=False))
    return Sample(picture, NASTY, said)


def whole() -> Report:
    spec = preset("cifar-resnet20").spec
    return Report(
        title=NASTY,
        date="2026-01-02",
        summary=(NASTY,),
        results=Table(("name", NASTY), ((NASTY, "1.5 %"), ("b", "2 %")), best=frozenset({1})),
        results_note=NASTY,
        plots=(
            Plot(NASTY, (Line(NASTY, ((1.0, 2.0), (2.0, 1.0))),), Axis(NASTY), Axis("error")),
            Plot("empty", (Line("none", ()),), Axis("x"), Axis("y")),
        ),
        drawings=(Drawing(NASTY, graph_svg(lay_out(expand(spec), frozenset()))),),
        samples=(sample(), sample(300, 1)),
        samples_note=NASTY,
        facts=((NASTY, NASTY),),
        left_out=((NASTY, NASTY),),
        versions=(("Python", "3"),),
        command=f"resnet-explorer sweep {NASTY}",
    )


def test_every_text_is_shown_as_it_was_written_and_nothing_of_it_runs():
    page = report_html(whole())
    reader = read(page)
    assert "script" not in {tag for tag, _ in reader.seen}
    assert page.count("<script") == 0
    shown = "".join(reader.texts)
    # The title twice (head and body), and once more in each place that takes a text.
    assert shown.count(NASTY) >= 14
    assert any(values.get("alt") == NASTY for tag, values in reader.seen if tag == "img")


def test_nothing_is_loaded_from_outside():
    page = report_html(whole())
    assert "default-src 'none'" in page
    for tag, values in read(page).seen:
        assert tag not in ("link", "iframe", "object", "embed", "base")
        for name in ("src", "href", "xlink:href", "srcset", "action"):
            assert values.get(name, "data:").startswith("data:")
    style = re.search(r"<style>(.*?)</style>", page, re.S).group(1)
    assert "url(" not in style
    assert "@import" not in style


def test_plots_and_drawings_are_whole_and_those_without_points_are_left_out():
    page = report_html(whole())
    found = re.findall(r"<svg.*?</svg>", page, re.S)
    assert len(found) == 2
    for text in found:
        ElementTree.fromstring(text)


def test_pictures_are_in_the_page_pixel_by_pixel():
    for one in (sample(), sample(12, 1)):
        uri = picture_uri(one.picture)
        data = base64.b64decode(uri.removeprefix("data:image/png;base64,"))
        back = np.asarray(Image.open(BytesIO(data)))
        assert np.array_equal(back.reshape(one.picture.shape), one.picture)
        assert uri in report_html(Report("t", "d", (), Table(("a",), ()), samples=(one,)))


def test_answers_are_told_apart_without_colour():
    shown = "".join(read(report_html(whole())).texts)
    assert f"✓ {NASTY}" in shown
    assert "cat · 75 %" in shown
    assert "✗ other" in shown


def test_light_dark_and_paper_each_have_their_rules_and_every_colour_its_dark_one():
    page = report_html(whole())
    assert "@media screen and (prefers-color-scheme:dark)" in page
    assert "@media print" in page
    dark = re.search(r"\(prefers-color-scheme:dark\)\{(.*?)\}\n\*", page, re.S).group(1)
    signs = " ".join(re.findall(r"<svg.*?</svg>", page, re.S))
    for colour in set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]{6})"', signs)):
        is_seen_on_both = colour in ("#3f8fbd", "#b5678d", "#8b939e")
        assert is_seen_on_both or f'="{colour}"]' in dark, colour


def test_parts_that_are_empty_are_left_out():
    page = report_html(Report("t", "d", (), Table(("a", "b"), (("1", "2"),))))
    assert re.findall(r"<h2>(.*?)</h2>", page) == ["Results"]
