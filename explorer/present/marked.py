"""Texts with a few marks as HTML: paragraphs, lists, **strong**, *stressed* and `code`. Nothing else.

What a lesson from anywhere says must load no picture, follow no address and hold no markup of its own, so
everything is escaped first. Called by the lesson view. Pure functions; imports nothing of the project.
"""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Mapping

_INLINE = (
    (re.compile(r"`([^`\n]+)`"), r"<code>\1</code>"),
    (re.compile(r"\*\*(\S(?:[^\n]*?\S)?)\*\*"), r"<b>\1</b>"),
    (re.compile(r"\*(\S(?:[^*\n]*?\S)?)\*"), r"<i>\1</i>"),
)

_PERCENT = re.compile(r"(?<=\d) %")
"""A number and its sign stay in one line."""
_BELOW = "margin-top: 0; margin-bottom: 8px;"


def standing(text: str, numbers: Mapping[str, str | None], condition: str) -> str:
    """A text without the lines that do not hold: entries of lists, and lines with a condition at their start.

    A sentence in a paragraph stays, whatever is known: it says so itself.

    Args:
        text: With places.
        numbers: What stands in each place; None where it is not known, or where a condition is not met.
        condition: The start of a place that is one, as a pattern.

    Returns:
        The text without those of its lines that have a place with nothing in it.
    """
    unknown = [place for place, number in numbers.items() if number is None]
    leaves = re.compile(rf"- |{condition}")
    lines = text.split("\n")
    kept = [line for line in lines if not (leaves.match(line) and any(place in line for place in unknown))]
    return "\n".join(kept)


def filled(text: str, numbers: Mapping[str, str]) -> str:
    """A text with its places filled.

    Args:
        text: With places.
        numbers: What stands in each place.
    """
    for place, number in numbers.items():
        text = text.replace(place, number)
    return text


def inline(text: str) -> str:
    """One line's marks as HTML."""
    made = _PERCENT.sub("\u00a0%", html.escape(text, quote=True))
    for pattern, replacement in _INLINE:
        made = pattern.sub(replacement, made)
    return made


def to_html(text: str) -> str:
    """Paragraphs and lists as HTML, in the subset that Qt draws."""
    made = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = (line.strip() for line in block.splitlines())
        for is_list, group in itertools.groupby(lines, key=lambda line: line.startswith("- ")):
            if is_list:
                items = "".join(f"<li>{inline(line[2:])}</li>" for line in group)
                made.append(f'<ul style="{_BELOW} margin-left: 16px; -qt-list-indent: 0;">{items}</ul>')
            else:
                made.append(f'<p style="{_BELOW}">{inline(" ".join(group))}</p>')
    return "".join(made)
