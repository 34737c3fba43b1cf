"""What the net says of each dropped picture beside what the picture's folder says, as rows of a table.

Called by the answers' dock and view. Pure functions of plain values; imports no Qt.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

from explorer.engine.messages import FailedPicture, LoadedPicture
from explorer.state.model import Answer

if TYPE_CHECKING:
    from explorer.engine.values import Uint8Array

Which = Literal["all", "wrong", "weak"]


@dataclass(frozen=True, slots=True, eq=False)
class AnswerRow:
    """One picture; compared by identity.

    Attributes:
        image_id: Its number.
        name: The file's name.
        path: The file; empty where there is none.
        thumbnail: (height, width, 3); None for a file that is no picture.
        label: The first class; empty while there is no answer.
        probability: Of the first class, 0 to 1.
        truth: What its folder says; empty where it says nothing.
        is_right: Whether both are the same; None where that cannot be told.
        is_weak: Whether no class fits well.
        problem: Why it could not be read; empty where it could.
    """

    image_id: int
    name: str
    path: str
    thumbnail: Uint8Array | None
    label: str
    probability: float
    truth: str
    is_right: bool | None
    is_weak: bool
    problem: str = ""


class AnswerRows:
    """Makes the rows of a state, and makes anew only those of which something changed."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[object, object, str, str, AnswerRow]] = {}

    def rows(
        self,
        items: Sequence[LoadedPicture | FailedPicture],
        answers: Mapping[int, Answer],
        classes: tuple[str, ...],
    ) -> tuple[AnswerRow, ...]:
        """The rows, in the order the pictures came.

        Args:
            items: What was dropped.
            answers: By picture number.
            classes: What the net knows; folders of these names say the truth.
        """
        known = _spellings(classes)
        folders = {item.image_id: _folder(item) for item in items}
        has_several = len(set(folders.values()) - {""}) > 1
        made: dict[int, tuple[object, object, str, str, AnswerRow]] = {}
        for item in items:
            folder, answer = folders[item.image_id], answers.get(item.image_id)
            truth = known.get(_spelled(folder), "") if folder else ""
            said = truth or (folder if has_several else "")
            before = self._made.get(item.image_id)
            key = (item, answer, said, truth)
            if before is not None and _is_same(before, key):
                made[item.image_id] = before
            else:
                made[item.image_id] = (*key, _row(item, answer, said, truth))
        self._made = made
        return tuple(entry[-1] for entry in made.values())


def _is_same(
    before: tuple[object, object, str, str, AnswerRow], key: tuple[object, object, str, str]
) -> bool:
    return before[0] is key[0] and before[1] is key[1] and before[2:4] == key[2:4]


def _row(item: LoadedPicture | FailedPicture, answer: Answer | None, said: str, truth: str) -> AnswerRow:
    if isinstance(item, FailedPicture):
        problem = f"{item.cause} {item.hint}".strip()
        return AnswerRow(item.image_id, item.name, "", None, "", 0.0, "", None, False, problem)
    best = answer.predictions[0] if answer is not None and answer.predictions else None
    return AnswerRow(
        item.image_id,
        item.name,
        item.path or "",
        item.thumbnail,
        best.label if best is not None else "",
        best.probability if best is not None else 0.0,
        said,
        best.label == truth if best is not None and truth else None,
        answer is not None and answer.is_weak,
    )


def _folder(item: LoadedPicture | FailedPicture) -> str:
    path = item.path if isinstance(item, LoadedPicture) else None
    return PurePath(path).parent.name if path else ""


def _spelled(name: str) -> str:
    """Folders are spelt as people like: `Egyptian_cat`, `egyptian cat`, `Egyptian-Cat`."""
    return name.lower().replace("_", " ").replace("-", " ").strip()


def _spellings(classes: tuple[str, ...]) -> dict[str, str]:
    """Classes by how their folder may be spelt; where two are spelt alike, the first."""
    known: dict[str, str] = {}
    for name in classes:
        known.setdefault(_spelled(name), name)
    return known


def kept(rows: Sequence[AnswerRow], which: Which) -> list[AnswerRow]:
    """The rows that a filter leaves."""
    if which == "wrong":
        return [row for row in rows if row.is_right is False]
    if which == "weak":
        return [row for row in rows if row.is_weak]
    return list(rows)


def accuracy(rows: Sequence[AnswerRow]) -> str:
    """How many are right, in words; empty where the truth of none is known."""
    judged = [row for row in rows if row.is_right is not None]
    if not judged:
        return ""
    n_right = sum(row.is_right is True for row in judged)
    return f"{100 * n_right / len(judged):.1f} % right: {n_right:,} of {len(judged):,}"


def remarks(rows: Sequence[AnswerRow], after_epochs: int | None = None) -> str:
    """What else there is to say about all rows.

    Args:
        rows: All of them.
        after_epochs: Of a net that learns, after how many epochs it was asked; else None.
    """
    n_asked = sum(not row.problem for row in rows)
    n_waiting = sum(not row.problem and not row.label for row in rows)
    n_weak = sum(row.is_weak for row in rows)
    n_unknown = sum(bool(row.truth) and row.is_right is None and bool(row.label) for row in rows)
    parts = ["1 picture" if n_asked == 1 else f"{n_asked:,} pictures"]
    for number, text in (
        (n_waiting, "{:,} not asked yet"),
        (n_weak, "{:,} weak"),
        (n_unknown, "{:,} in folders that are no class of this net"),
        (len(rows) - n_asked, "{:,} unreadable"),
    ):
        if number:
            parts.append(text.format(number))
    if after_epochs is not None:
        parts.append(f"after epoch {after_epochs:,}" if after_epochs else "before its first epoch")
    return " · ".join(parts)


def to_csv(rows: Sequence[AnswerRow]) -> str:
    """The rows as a table; `right` is 1, 0 or empty where the truth is not known."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("file", "path", "answer", "probability", "truth", "right", "problem"))
    for row in rows:
        right = "" if row.is_right is None else int(row.is_right)
        probability = f"{row.probability:.6f}" if row.label else ""
        writer.writerow((row.name, row.path, row.label, probability, row.truth, right, row.problem))
    return table.getvalue()
