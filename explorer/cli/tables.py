"""Tables of text with straight columns.

Called by the commands for people's eyes. Pure functions; imports the standard library only.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()) -> str:
    """Rows under their headers.

    Args:
        headers: A title a column.
        rows: As many texts each.
        right: The headers of columns that are flush right, as numbers are.

    Returns:
        Lines without spaces at their ends, joined.
    """
    columns = list(zip(headers, *rows, strict=True))
    widths = [max(map(_width, column)) for column in columns]
    rule = ["─" * width for width in widths]
    lines = [headers, rule, *rows]
    return "\n".join(_line(cells, widths, [header in right for header in headers]) for cells in lines)


def pairs(rows: Sequence[tuple[str, str]]) -> str:
    """Names and what belongs to them, in two columns."""
    width = max(_width(name) for name, _ in rows)
    return "\n".join(f"{name}{' ' * (width - _width(name))}  {value}".rstrip() for name, value in rows)


def _line(cells: Sequence[str], widths: Sequence[int], is_right: Sequence[bool]) -> str:
    padded = []
    for cell, width, right in zip(cells, widths, is_right, strict=True):
        space = " " * (width - _width(cell))
        padded.append(space + cell if right else cell + space)
    return "  ".join(padded).rstrip()


def _width(text: str) -> int:
    """Columns on a terminal: East Asian signs take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in text
    )
