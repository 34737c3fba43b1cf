"""What scikit-learn makes of a pooled sample: linear probes and embeddings, on the IO pool.

Called through `handlers/io_table.py` by the worker. Must not import torch or Qt.
"""

from __future__ import annotations

from collections.abc import Generator

from explorer.engine.context import Context, KnownProbes, PooledSample
from explorer.engine.inside_messages import InsideProgress
from explorer.engine.messages import Event
from explorer.engine.sample_messages import Embed, Embedded, FitProbes, ProbesFitted
from explorer.errors import DataError
from explorer.nets.embedding import embed
from explorer.nets.linear_probe import fitting
from explorer.slices import mapped


def _pooled(column: str, context: Context) -> PooledSample:
    pooled = context.pooled.get(column)
    if pooled is None or pooled.net is not context.nets.get(column):
        raise DataError("No sample was looked at with this network yet.", "Choose a sample and run it.")
    return pooled


def fit_probes(request: FitProbes, context: Context) -> Generator[Event | None, None, None]:
    """Fit a linear probe a block.

    Raises:
        DataError: No sample was pooled, or it has fewer than two classes.
    """
    pooled = _pooled(request.column, context)
    probes = yield from mapped(
        fitting(pooled.features.by_key, pooled.labels),
        lambda share: InsideProgress(ticket=request.ticket, share=share),
    )
    if pooled.net is not context.nets.get(request.column):
        # Another network took the column meanwhile; whoever looks at that one asks for its own.
        return
    context.probes[request.column] = KnownProbes(probes, pooled.classes)
    accuracies = tuple((probe.key, probe.accuracy) for probe in probes)
    yield ProbesFitted(ticket=request.ticket, accuracies=accuracies, classes=pooled.classes)


def embed_sample(request: Embed, context: Context) -> Generator[Event | None, None, None]:
    """Lay the pooled sample out in the plane, and dropped pictures among it.

    Raises:
        DataError: No sample was pooled, or it is too small.
    """
    pooled = _pooled(request.column, context)
    key = request.key or tuple(pooled.features.by_key)[-1]
    layout = pooled.layouts.get((request.method, key))
    if layout is None:
        layout = pooled.layouts[request.method, key] = embed(pooled.features.by_key[key], request.method)
    placed = []
    for image_id in request.image_ids:
        features = pooled.pictures.get(image_id)
        if features is not None:
            x, y = layout.place(features[key][None])[0].tolist()
            placed.append((image_id, x, y))
    yield Embedded(
        ticket=request.ticket, method=request.method, key=key, points=layout.points, placed=tuple(placed)
    )
