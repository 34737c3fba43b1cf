"""A page of Python text that knows which line says what: what the code writers write on.

Called by `arch/code.py`, `arch/code_blocks.py` and `arch/code_parts.py`. Pure Python.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

LINE_LENGTH = 110
INDENT = "    "

Lines = tuple[int, int]
"""(first, last), counted from 1, both included."""


class Page:
    """Lines so far, and the marks on them.

    A mark is a scope (the block type, or nothing for the network) and what is left of a key inside it.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.marks: dict[tuple[str, str], Lines] = {}
        self.scope = ""

    def put(self, level: int, text: str, *marks: str) -> None:
        """Append a line, indented by so many levels, that says what the marks name.

        A call that is too long for one line is written on three, as a formatter leaves it.
        """
        first = len(self.lines) + 1
        if len(INDENT * level + text) > LINE_LENGTH and text.endswith(")"):
            start, _, arguments = text[:-1].partition("(")
            self.lines.append(f"{INDENT * level}{start}(")
            self.lines.append(f"{INDENT * (level + 1)}{arguments}")
            text = ")"
        self.lines.append(f"{INDENT * level}{text}")
        for mark in marks:
            self.mark(mark, first, len(self.lines))

    def mark(self, name: str, first: int, last: int = 0) -> None:
        """Say which lines a name stands for; with one number, that line."""
        self.marks[self.scope, name] = (first, last or first)

    def gap(self, lines: int = 1) -> None:
        """Append empty lines."""
        self.lines.extend([""] * lines)

    def append(self, other: Page) -> None:
        """Append another page with its marks."""
        start = len(self.lines)
        self.lines.extend(other.lines)
        for mark, (first, last) in other.marks.items():
            self.marks[mark] = (first + start, last + start)

    def put_list(self, level: int, start: str, items: Iterable[tuple[str, Sequence[str]]], end: str) -> None:
        """Append `start`, one item a line with its marks, and `end`, as a formatter leaves it."""
        self.put(level, start)
        for text, marks in items:
            self.put(level + 1, f"{text},", *marks)
        self.put(level, end)

    def put_literal(self, name: str, brackets: str, items: Sequence[str]) -> None:
        """Append `name = (…)` on one line where it fits, else an item a line."""
        comma = "," if brackets == "()" and len(items) == 1 else ""
        line = f"{name} = {brackets[0]}{', '.join(items)}{comma}{brackets[1]}"
        if len(line) <= LINE_LENGTH:
            self.put(0, line)
        else:
            self.put_list(0, f"{name} = {brackets[0]}", [(item, ()) for item in items], brackets[1])

    def text(self) -> str:
        """The whole."""
        return "\n".join(self.lines) + "\n"
