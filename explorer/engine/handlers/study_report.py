"""What a study found, as one HTML file, with what its networks say of a few pictures.

Called through `handlers/table.py` by the worker, and by the command line. Must not import Qt.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from explorer.arch.expand import expand
from explorer.engine.context import Context
from explorer.engine.handlers.study import opened
from explorer.engine.messages import Event
from explorer.engine.queue import StudyQueue
from explorer.engine.study_messages import CellRow, StudyReported, StudyRow, WriteStudyReport
from explorer.engine.study_page import MetricRows, study_page
from explorer.engine.study_results import Result, results
from explorer.errors import ExplorerError, RunError
from explorer.files import written_whole
from explorer.images.dataset import Dataset
from explorer.images.prepare import normalised
from explorer.nets.assemble import assemble
from explorer.nets.predict import predict
from explorer.nets.weights import load_for_spec
from explorer.present.report import Said, Sample, report_html

MOST_NETWORKS = 8
"""Networks that are asked about the sample pictures; a page has room for no more."""
ASKED_PICTURES = 256
"""Test pictures that they are asked about; those they differ on are shown."""
SHOWN_PICTURES = 8
BATCH = 32


def write_study_report(request: WriteStudyReport, context: Context) -> Generator[Event | None, None, None]:
    """Write the page of a study; cells that are not finished yet are left out of it.

    Raises:
        RunError: There is no such study, none of its cells is finished, or the file cannot be written.
    """
    queue, store = StudyQueue.open(request.id), context.store()
    row = queue.row(store)
    found = results(row)
    if not any(result.rows for result in found):
        raise RunError(
            "No training of the study {study} is finished yet.",
            "Start it, or go on with it.",
            study=row.study.name,
        )
    curves: dict[str, MetricRows] = {}
    for cell in row.cells:
        if cell.status == "finished":
            curves[cell.run] = store.metrics(cell.run)
            yield None
    samples = yield from _samples(row, found, context)
    page = study_page(row, found, curves, samples, date=time.strftime("%Y-%m-%d"), versions=_versions())
    _write(Path(request.path), report_html(page))
    yield StudyReported(ticket=request.ticket, id=row.id, path=request.path)


def _versions() -> tuple[tuple[str, str], ...]:
    return (("PyTorch", torch.__version__), ("NumPy", np.__version__))


def _write(path: Path, text: str) -> None:
    try:
        with written_whole(path) as file:
            file.write(text.encode())
    except OSError as error:
        raise RunError(
            "The report cannot be written to {path}: {reason}.",
            "Choose another place, or make room.",
            path=str(path),
            reason=error.strerror or str(error),
        ) from error


def _samples(
    row: StudyRow, found: Sequence[Result], context: Context
) -> Generator[None, None, tuple[Sample, ...]]:
    """Pictures that the networks differ on, with their answers; none where the data is not here any more."""
    assert context.device is not None
    asked = [(result.title, result.rows[0]) for result in found if result.rows][:MOST_NETWORKS]
    answers: list[tuple[str, NDArray[np.float32]]] = []
    dataset: Dataset | None = None
    for title, cell in asked:
        assert cell.cell.spec is not None
        try:
            data = yield from opened(row.study.data, cell.cell.spec.input_size, context)
            probabilities = yield from _asked(cell, data, context)
        except (ExplorerError, OSError):
            # Weights or pictures that are gone leave the rest of the page as it is.
            continue
        dataset = dataset or data
        answers.append((title, probabilities))
    return _shown(dataset, answers) if dataset is not None else ()


def _asked(cell: CellRow, data: Dataset, context: Context) -> Generator[None, None, NDArray[np.float32]]:
    """What a finished cell's network says of the first test pictures of each class: (pictures, classes).

    Raises:
        WeightsError: Its weights cannot be read.
    """
    assert context.device is not None
    assert cell.cell.spec is not None
    spec = cell.cell.spec.edited(num_classes=len(data.classes))
    graph = expand(spec)
    model = assemble(graph, device=context.device).eval()
    loaded = load_for_spec(model, graph, spec, context.store().run(cell.run).weights)
    places = _places(data)
    parts = []
    for start in range(0, len(places), BATCH):
        pictures = data.test_images[places[start : start + BATCH]]
        batch = np.stack([normalised(each, loaded.transform, spec.in_channels) for each in pictures])
        parts.append(predict(model, batch, context.device))
        yield None
    return np.concatenate(parts)


def _places(data: Dataset) -> NDArray[np.intp]:
    """Test pictures spread over all of them."""
    n = len(data.test_images)
    return np.unique(np.linspace(0, n - 1, min(n, ASKED_PICTURES)).astype(np.intp))


def _shown(data: Dataset, answers: Sequence[tuple[str, NDArray[np.float32]]]) -> tuple[Sample, ...]:
    """The pictures that the most networks are wrong about while others are right, the most divided first."""
    places = _places(data)
    truths = data.test_labels[places]
    given = np.stack([probabilities.argmax(axis=1) for _, probabilities in answers])
    n_right = (given == truths).sum(axis=0)
    divided = np.minimum(n_right, len(answers) - n_right)
    surest = np.stack([probabilities.max(axis=1) for _, probabilities in answers]).mean(axis=0)
    # The most divided first; then those that all are wrong about; then by how unsure they are.
    order = np.lexsort((surest, n_right, -divided))[:SHOWN_PICTURES]
    return tuple(
        Sample(
            picture=data.test_images[places[place]],
            truth=data.classes[truths[place]],
            said=tuple(
                Said(
                    name=name,
                    answer=data.classes[int(given[number, place])],
                    probability=float(probabilities[place].max()),
                    is_right=bool(given[number, place] == truths[place]),
                )
                for number, (name, probabilities) in enumerate(answers)
            ),
        )
        for place in order
    )
