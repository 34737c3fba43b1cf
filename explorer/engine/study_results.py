"""What the cells of a study found, put together over their seeds.

Called by the command line, the report and the study view. Must not import torch or Qt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from explorer.arch.cost import cost_of
from explorer.arch.depths import title as network_title
from explorer.engine.study_messages import CellRow, StudyRow
from explorer.training.study import unsaid


@dataclass(frozen=True, slots=True)
class Spread:
    """A number over several seeds.

    Attributes:
        mean: Of all.
        deviation: Of the sample (n - 1); None for a single one.
        n: How many.
    """

    mean: float
    deviation: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Result:
    """One combination of a study, over its seeds.

    Attributes:
        network: What people call its network: depth, and whether it is plain.
        settings: Field and value of each axis.
        varied: Those of axes with more than one value.
        rows: Its cells that are finished.
        n_cells: Its cells in all, refused ones left out.
        test_error: 0 to 1; None where no cell is finished.
        validation_error: Of the best epoch of each cell, likewise.
        seconds: Of a training, likewise.
        parameters: Of its network; None where it is refused.
        macs: Of one picture, likewise.
        depth: Weighted layers, likewise.
    """

    network: str
    settings: tuple[tuple[str, str], ...]
    varied: tuple[tuple[str, str], ...]
    rows: tuple[CellRow, ...]
    n_cells: int
    test_error: Spread | None
    validation_error: Spread | None
    seconds: Spread | None
    parameters: int | None
    macs: int | None
    depth: int | None

    @property
    def title(self) -> str:
        """What people call it among the others: `ResNet-20`, `Plain-20`, `ResNet-20, shortcut A`."""
        return ", ".join((self.network, *unsaid(self.varied)))

    @property
    def short(self) -> str:
        """The same with the values alone, for a narrow place: `ResNet-20, A`."""
        return ", ".join((self.network, *(words.rpartition(" ")[2] for words in unsaid(self.varied))))


def results(study: StudyRow) -> tuple[Result, ...]:
    """What each combination reached, in the study's order; those that are refused are left out."""
    groups: dict[tuple[tuple[str, str], ...], list[CellRow]] = {}
    for row in study.cells:
        if row.status != "refused":
            groups.setdefault(row.cell.settings, []).append(row)
    varied = {axis.field for axis in study.study.axes if len(axis.values) > 1}
    return tuple(
        _result(settings, tuple(pair for pair in settings if pair[0] in varied), rows)
        for settings, rows in groups.items()
    )


def spread(values: Sequence[float]) -> Spread | None:
    """Mean and deviation; None of nothing."""
    if not values:
        return None
    return Spread(fmean(values), stdev(values) if len(values) > 1 else None, len(values))


def _result(
    settings: tuple[tuple[str, str], ...], varied: tuple[tuple[str, str], ...], rows: list[CellRow]
) -> Result:
    finished = tuple(row for row in rows if row.status == "finished")
    spec = rows[0].cell.spec
    cost = cost_of(spec) if spec is not None else None
    tested = [1 - row.test_accuracy for row in finished if row.test_accuracy is not None]
    judged = [1 - row.validation_accuracy for row in finished if row.validation_accuracy is not None]
    return Result(
        network=network_title(spec) if spec is not None else "",
        settings=settings,
        varied=varied,
        rows=finished,
        n_cells=len(rows),
        test_error=spread(tested),
        validation_error=spread(judged),
        seconds=spread([row.seconds for row in finished if row.seconds is not None]),
        parameters=cost.parameters if cost else None,
        macs=cost.macs if cost else None,
        depth=cost.depth if cost else None,
    )
