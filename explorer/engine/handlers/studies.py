"""The studies on the disk: listed, forgotten and taken back.

Called through `handlers/io_table.py` by the worker, on the IO pool, and by the command line. Must not import
torch or Qt.
"""

from __future__ import annotations

from collections.abc import Generator

from explorer.engine.context import Context
from explorer.engine.messages import Event
from explorer.engine.queue import StudyQueue, list_rows
from explorer.engine.study_messages import DeleteStudy, ListStudies, RestoreStudy, StudiesListed


def list_studies(request: ListStudies, context: Context) -> Generator[Event, None, None]:
    """Read all.

    Raises:
        RunError: The store cannot be read.
    """
    yield _listed(request.ticket, context)


def delete_study(request: DeleteStudy, context: Context) -> Generator[Event, None, None]:
    """Forget one and read all.

    Raises:
        RunError: There is no such study, or it is being trained.
    """
    StudyQueue.open(request.id).delete()
    yield _listed(request.ticket, context)


def restore_study(request: RestoreStudy, context: Context) -> Generator[Event, None, None]:
    """Take one back that was forgotten, and read all.

    Raises:
        RunError: It is not there any more.
    """
    StudyQueue.restore(request.id)
    yield _listed(request.ticket, context)


def _listed(ticket: int, context: Context) -> StudiesListed:
    rows, warnings = list_rows(context.store())
    return StudiesListed(ticket=ticket, rows=rows, warnings=warnings)
