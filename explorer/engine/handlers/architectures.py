"""Keeping, forgetting and listing the user's own architectures, on the IO pool.

Called through `handlers/io_table.py` by the worker. Must not import torch or Qt.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from itertools import count

from explorer.engine.context import Context
from explorer.engine.messages import Event, Request
from explorer.engine.own_messages import (
    ArchitecturesListed,
    ForgetArchitecture,
    ListArchitectures,
    SaveArchitecture,
)
from explorer.runs.architectures import folder, forget, keep, kept

_one_at_a_time = threading.Lock()
"""The pool has several threads; each list must show all that was written before it."""

_versions = count(1)


def list_architectures(request: ListArchitectures, context: Context) -> Generator[Event, None, None]:
    """Read all.

    Raises:
        SetupError: The folder of the program's data cannot be made.
    """
    with _one_at_a_time:
        listed = _listed(request)
    yield listed


def save_architecture(request: SaveArchitecture, context: Context) -> Generator[Event, None, None]:
    """Write one, delete the one that it stands for, and read all.

    Raises:
        SpecError: The name is no name, or a file cannot be written or deleted.
        SetupError: The folder of the program's data cannot be made.
    """
    with _one_at_a_time:
        kept_one = keep(folder(), request.name, request.spec)
        if request.instead_of not in ("", kept_one.slug):
            forget(folder(), request.instead_of)
        listed = _listed(request)
    yield listed


def forget_architecture(request: ForgetArchitecture, context: Context) -> Generator[Event, None, None]:
    """Delete one and read all.

    Raises:
        SpecError: The file cannot be deleted.
        SetupError: The folder of the program's data cannot be made.
    """
    with _one_at_a_time:
        forget(folder(), request.slug)
        listed = _listed(request)
    yield listed


def _listed(request: Request) -> ArchitecturesListed:
    items, unreadable = kept(folder())
    return ArchitecturesListed(
        ticket=request.ticket, items=items, unreadable=unreadable, version=next(_versions)
    )
