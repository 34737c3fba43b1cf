"""Downloading weights, on the IO pool, after the user has said yes; and how downloads tell how far they are.

Called through `handlers/io_table.py` by the worker, and by `cli`. Must not import torch or Qt.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator

from explorer.engine.context import Context
from explorer.engine.data_messages import FetchData
from explorer.engine.messages import Event, FetchProgress, FetchWeights, WeightsFetched
from explorer.nets import catalogue

TOLD_EVERY_S = 0.1


def telling(request: FetchWeights | FetchData, context: Context) -> Callable[[int, int | None], None]:
    """What a download calls with the bytes that are here, and those in all: it says so from time to time."""
    told_at = 0.0

    def tell(done_bytes: int, total_bytes: int | None) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= TOLD_EVERY_S:
            told_at = time.monotonic()
            context.emit(
                FetchProgress(
                    ticket=request.ticket, name=request.name, done_bytes=done_bytes, total_bytes=total_bytes
                )
            )

    return tell


def fetch_weights(request: FetchWeights, context: Context) -> Generator[Event, None, None]:
    """Download the weights of a card and check them.

    Raises:
        FetchError: They cannot be downloaded, are not what the card says, or the user stopped it.
        WeightsError: There is no such card.
    """
    catalogue.obtain(
        catalogue.by_name(request.name),
        allowed=True,
        progress=telling(request, context),
        cancelled=lambda: not context.is_wanted(request),
    )
    yield WeightsFetched(ticket=request.ticket, name=request.name)
