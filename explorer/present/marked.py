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
