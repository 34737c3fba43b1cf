"""A few marks as HTML, and nothing else."""

from __future__ import annotations

import re

import pytest

from explorer.present.marked import filled, inline, standing, to_html


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("**strong** and *stressed*", "<b>strong</b> and <i>stressed</i>"),
        ("`layer1.0.*` is code", "<code>layer1.0.*</code> is code"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("a ** b", "a ** b"),
        ("27.94 % of x %", "27.94\u00a0% of x %"),
        ("5 < 6 & 7", "5 &lt; 6 &amp; 7"),
    ],
)
def test_marks_in_a_line(text, expected):
    assert inline(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "<img src='file:///etc/passwd'>",
        "![x](file:///etc/passwd)",
        '<a href="https://example.org">x</a>',
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
    ],
)
def test_nothing_that_loads_or_leads_elsewhere_gets_through(text):
    made = to_html(text)
    assert not any(tag in made for tag in ("<img", "<a ", "<script"))


def test_paragraphs_and_lists():
    made = to_html("One\nline.\n\nTwo:\n- first\n- **second**\nThen more.")
    assert made.count("<p ") == 3
    assert "One line." in made
    assert "<li>first</li><li><b>second</b></li>" in made


def test_numbers_stand_in_their_places():
    numbers = {"{accuracy:a}": "88.4 %", "{accuracy:b}": "none"}
    assert filled("{accuracy:a}, {accuracy:b}, {other:c}", numbers) == "88.4 %, none, {other:c}"


CONDITION = r"\{(?:trained|untrained):"


def test_lines_that_do_not_hold_are_left_out():
    text = (
        "It reaches {accuracy:a}, and {accuracy:b}.\n\n"
        "{trained:a}Look at {accuracy:a}.\n\n{trained:b}Look at {accuracy:b}.\n\n"
        "{trained:a}Without it, {without:a:x}.\n\n"
        "- a: {accuracy:a}\n- b: {accuracy:b}\n- c: ours"
    )
    known = {
        "{accuracy:a}": "88 %",
        "{accuracy:b}": None,
        "{trained:a}": "",
        "{trained:b}": None,
        "{without:a:x}": None,
    }
    kept = re.sub(r"\n{2,}", "\n\n", standing(text, known, CONDITION))
    assert kept.split("\n\n") == [
        "It reaches {accuracy:a}, and {accuracy:b}.",
        "{trained:a}Look at {accuracy:a}.",
        "- a: {accuracy:a}\n- c: ours",
    ]


def test_what_is_to_be_tried_can_be_left_out_as_a_whole():
    assert standing("{trained:b}Compare.", {"{trained:b}": None}, CONDITION) == ""
