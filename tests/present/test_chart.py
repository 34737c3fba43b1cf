"""The chart: what is drawn is where the numbers are."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest

from explorer.present.chart import MOST_TICKS, Axis, Line, chart_svg, ticks_between

SVG = "{http://www.w3.org/2000/svg}"
LINES = (
    Line("slow & small", ((1, 10), (10, 100), (100, 1000))),
    Line("fast", ((1, 20), (10, math.nan), (100, 2000))),
)


def drawn(**axes):
    x, y = Axis("depth", **axes), Axis("images/s", **axes)
    return ElementTree.fromstring(chart_svg("Speed <now>", LINES, x, y))


def dots(root):
    return [(float(dot.get("cx")), float(dot.get("cy"))) for dot in root.iter(f"{SVG}circle")]


def test_equal_ratios_are_equal_distances_on_logarithmic_axes():
    first, second, third, *fast = dots(drawn(is_log=True))
    assert second[0] - first[0] == pytest.approx(third[0] - second[0], abs=0.2)
    assert first[1] - second[1] == pytest.approx(second[1] - third[1], abs=0.2)
    assert [x for x, _ in fast] == [first[0], third[0]], "what is no number is left out"
    assert all(high < low for (_, low), (_, high) in zip((first, third), fast, strict=True))


def test_equal_differences_are_equal_distances_on_linear_ones():
    first, second, third, *_ = dots(drawn())
    assert (third[0] - second[0]) / (second[0] - first[0]) == pytest.approx(10, rel=0.01)


def test_titles_names_and_ticks_are_there_and_inside():
    root = drawn(is_log=True)
    words = [text.text for text in root.iter(f"{SVG}text")]
    assert {"Speed <now>", "depth", "images/s", "slow & small", "fast", "10", "1,000"} <= set(words)
    width, height = float(root.get("width")), float(root.get("height"))
    assert all(0 < x < width and 0 < y < height for x, y in dots(root))


def test_given_ticks_are_taken():
    svg = chart_svg("Speed", LINES, Axis("depth", ticks=(8, 110)), Axis("images/s"))
    assert ">8<" in svg
    assert ">110<" in svg
    assert ">50<" not in svg


@pytest.mark.parametrize("is_log", [False, True])
@pytest.mark.parametrize("ends", [(1, 2), (0.03, 0.4), (3, 7e5), (1e-9, 1e9), (99, 100)])
def test_ticks_are_few_rise_and_stay_between(ends, is_log):
    ticks = ticks_between(*ends, is_log=is_log)
    assert 1 <= len(ticks) <= MOST_TICKS + 1
    assert list(ticks) == sorted(set(ticks))
    slack = 1e-6 * (ends[1] - ends[0])
    assert all(ends[0] - slack <= tick <= ends[1] + slack for tick in ticks)


def test_one_point_is_a_chart_and_none_is_not():
    assert "<circle" in chart_svg("One", [Line("a", ((1, 1),))], Axis("x", is_log=True), Axis("y"))
    with pytest.raises(ValueError, match="nothing to show"):
        chart_svg("None", [Line("a", ())], Axis("x"), Axis("y"))
    with pytest.raises(ValueError, match="nothing to show"):
        chart_svg("Zero", [Line("a", ((0, 1),))], Axis("x", is_log=True), Axis("y"))
