"""Runs that would be called the same are told apart by when they began.

Called by what lists runs. Pure functions; imports no torch and no Qt.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from explorer.engine.run_messages import RunRow

_OF_ONE_DAY = "%H:%M", "%H:%M:%S"
_OF_MORE_DAYS = "%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"


def told_apart(rows: Sequence[RunRow]) -> tuple[RunRow, ...]:
    """The rows in their order; those without a name whose title is not theirs alone get a mark."""
    plain = [replace(row, mark="") if row.mark else row for row in rows]
    shared = {title for title, n_rows in Counter(row.title for row in plain).items() if n_rows > 1}
    alike: dict[str, list[RunRow]] = {}
    for row in plain:
        if not row.name and row.title in shared:
            alike.setdefault(row.title, []).append(row)
    marks = {
        row.id: mark
        for group in alike.values()
        for row, mark in zip(group, began([row.created for row in group]), strict=True)
    }
    return tuple(replace(row, mark=marks[row.id]) if row.id in marks else row for row in plain)


def began(moments: Sequence[float]) -> list[str]:
    """Moments in the fewest words that tell them apart.

    Args:
        moments: Seconds since 1970.

    Returns:
        The time where all are of one day, else the date, or both; with a number where even seconds are equal.
    """
    local = [time.localtime(moment) for moment in moments]
    days = {(moment.tm_year, moment.tm_yday) for moment in local}
    said: list[str] = []
    for form in _OF_ONE_DAY if len(days) == 1 else _OF_MORE_DAYS:
        said = [time.strftime(form, moment) for moment in local]
        if len(set(said)) == len(said):
            return said
    numbered = list(said)
    seen: Counter[str] = Counter()
    for place in sorted(range(len(said)), key=lambda place: moments[place]):
        seen[said[place]] += 1
        numbered[place] = f"{said[place]} #{seen[said[place]]}"
    return numbered
