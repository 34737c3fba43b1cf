"""A lesson's JSON read part by part: each is asked for by its kind and bounds, and refused with its place.

Called by `engine/lesson_json.py`. Must not import torch or Qt.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import TypeGuard, TypeVar

from explorer.arch import spec as specs
from explorer.arch.presets import preset
from explorer.arch.spec import ArchitectureSpec
from explorer.errors import ExplorerError
from explorer.training import plan as plans

MAX_ITEMS = 500
MAX_TEXT = 20_000
MAX_REASON = 200
"""Characters of a reason: it may quote what stands in the file, however long that is."""

Value = TypeVar("Value")


class Refused(Exception):
    """A part that cannot be: where it is and half a sentence that says why."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(place, reason)
        self.place = place
        self.reason = reason if len(reason) <= MAX_REASON else f"{reason[:MAX_REASON]}…"


class Reader:
    """One object of the JSON and where it stands.

    Every method that asks for a part raises `Refused` where it is missing or not as it should be.

    Args:
        data: What should be an object.
        place: Where it stands, in words.

    Raises:
        Refused: It is none.
    """

    def __init__(self, data: object, place: str) -> None:
        self._place = place
        if not isinstance(data, dict):
            raise Refused(place, "is no object")
        self._data: dict[str, object] = data

    def refused(self, key: str, reason: str) -> Refused:
        """Why a part cannot be, to be raised."""
        return Refused(f"{self._place}.{key}" if self._place else key, reason)

    def has(self, key: str) -> bool:
        """Whether there is such a part."""
        return self._data.get(key) is not None

    def text(self, key: str, usual: str | None = None, most: int = MAX_TEXT) -> str:
        """A text of at most so many characters."""
        value = self._data.get(key, usual)
        if not isinstance(value, str):
            raise self.refused(key, "is no text")
        if len(value) > most:
            raise self.refused(key, f"is longer than {most:,} characters")
        if not _is_whole(value):
            raise self.refused(key, "holds half a character")
        return value

    def flag(self, key: str) -> bool:
        """Whether something is so; it is not where nothing is said."""
        value = self._data.get(key, False)
        if not isinstance(value, bool):
            raise self.refused(key, "is neither true nor false")
        return value

    def choice(self, key: str, usual: str, known: tuple[str, ...]) -> str:
        """One of some words."""
        value = self.text(key, usual, 80)
        if value not in known:
            raise self.refused(key, f"is {value!r}, not one of {', '.join(known)}")
        return value

    def number(self, key: str, usual: float | None, least: float, most: float) -> float:
        """A number between two others."""
        value = self._data.get(key, usual)
        if not _is_number(value):
            raise self.refused(key, "is no number")
        if not least <= value <= most:
            raise self.refused(key, f"is {value:g}, not between {least:g} and {most:g}")
        return float(value)

    def whole(self, key: str, usual: int | None, least: int, most: int) -> int:
        """A whole number between two others."""
        value = self.number(key, usual, least, most)
        if value != int(value):
            raise self.refused(key, f"is {value:g}, not a whole number")
        return int(value)

    def items(self, key: str, most: int = MAX_ITEMS) -> list[object]:
        """A list of at most so many entries; an empty one where there is none."""
        value = self._data.get(key, [])
        if not isinstance(value, list):
            raise self.refused(key, "is no list")
        if len(value) > most:
            raise self.refused(key, f"has {len(value):,} entries; at most {most:,} are read")
        return value

    def texts(self, key: str, most: int = MAX_ITEMS) -> tuple[str, ...]:
        """A list of texts."""
        values = self.items(key, most)
        if not all(isinstance(value, str) and len(value) < MAX_TEXT and _is_whole(value) for value in values):
            raise self.refused(key, "holds something that is no text")
        return tuple(map(str, values))

    def inside(self, key: str) -> Reader:
        """The object in a part."""
        return Reader(self._data.get(key), f"{self._place}.{key}" if self._place else key)

    def each(self, key: str, read: Callable[[Reader], Value], most: int = MAX_ITEMS) -> tuple[Value, ...]:
        """Every object of a list, read."""
        found = []
        for place, item in enumerate(self.items(key, most), start=1):
            where = f"{self._place}.{key}" if self._place else key
            found.append(read(Reader(item, f"{where} {place}")))
        return tuple(found)

    def spec(self, key: str) -> ArchitectureSpec:
        """An architecture: a preset's name or a spec."""
        value = self._data.get(key)
        try:
            return preset(value).spec if isinstance(value, str) else specs.parse(value)
        except ExplorerError as error:
            raise self.refused(key, f"is no architecture: {error.cause_text.rstrip('.')}") from error

    def plan(self, key: str) -> plans.Plan:
        """How to train."""
        try:
            return plans.parse(self._data.get(key))
        except ExplorerError as error:
            raise self.refused(key, f"is no plan: {error.cause_text.rstrip('.')}") from error

    def member(self, kind: str, pattern: re.Pattern[str], usual: str | None = None) -> str:
        """The name of a file in the lesson; it can lead nowhere else."""
        value = self.text("file", usual)
        if value and not pattern.fullmatch(value):
            raise self.refused("file", f"is {value[:80]!r}, not a file of the lesson's {kind}")
        return value

    def numbers(self, key: str) -> dict[str, float]:
        """An object's numbers by name; what is none is left out."""
        values = self.inside(key)._data if self.has(key) else {}
        return {name: float(value) for name, value in values.items() if _is_number(value) and _is_whole(name)}


def _is_whole(text: str) -> bool:
    """Whether it can be written again; JSON can spell one half of a pair of surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_number(value: object) -> TypeGuard[int | float]:
    """Whether it is one that a float can hold; NaN and the infinities are none."""
    is_one = isinstance(value, int | float) and not isinstance(value, bool)
    return is_one and -sys.float_info.max <= value <= sys.float_info.max  # type: ignore[operator]
