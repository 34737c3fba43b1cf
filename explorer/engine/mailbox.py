"""Where requests wait: by priority, then by ticket; newer ones replace older ones of the same subject.

Filled from any thread, emptied by the compute thread. Must not import torch or Qt.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable

from explorer.engine.messages import Priority, Request

_Kind = tuple[type[Request], Hashable]


def _kind(request: Request) -> _Kind:
    return (type(request), request.subject)


class Mailbox:
    """The requests that wait, and which of all requests are still wanted."""

    def __init__(self) -> None:
        self._waiting: list[Request] = []
        self._newest: dict[_Kind, int] = {}
        self._cancelled: set[int] = set()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, request: Request) -> None:
        """Add a request; what it replaces is dropped. Nothing is taken after `close`."""
        with self._changed:
            if self._closed:
                return
            self._note(request)
            if request.replaces:
                self._waiting = [other for other in self._waiting if _kind(other) != _kind(request)]
            self._waiting.append(request)
            self._waiting.sort(key=lambda other: (other.priority, other.ticket))
            self._changed.notify()

    def note(self, request: Request) -> None:
        """Remember a request that waits on the IO pool, so that it can be replaced or cancelled."""
        with self._changed:
            self._note(request)

    def _note(self, request: Request) -> None:
        if request.replaces:
            self._newest[_kind(request)] = request.ticket

    def take(self, timeout_s: float | None = None) -> Request | None:
        """The next request, waiting for it; None once the mailbox is closed or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed, timeout_s)
            return self._waiting.pop(0) if self._waiting else None

    def take_before(self, priority: Priority) -> Request | None:
        """The next request that goes before this priority, without waiting; None where there is none."""
        with self._changed:
            if self._waiting and not self._closed and self._waiting[0].priority < priority:
                return self._waiting.pop(0)
            return None

    def has_before(self, priority: Priority) -> bool:
        """Whether a request waits that goes before this priority."""
        with self._changed:
            return bool(self._waiting) and self._waiting[0].priority < priority

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def cancel(self, ticket: int) -> None:
        """Mark a request as not wanted any more; one that waits is dropped when its turn comes."""
        with self._changed:
            self._cancelled.add(ticket)

    def is_cancelled(self, request: Request) -> bool:
        """Whether the user stopped it."""
        with self._changed:
            return self._closed or request.ticket in self._cancelled

    def is_wanted(self, request: Request) -> bool:
        """Whether nobody stopped or replaced it."""
        with self._changed:
            if self._closed or request.ticket in self._cancelled:
                return False
            return not request.replaces or self._newest.get(_kind(request), 0) <= request.ticket

    def close(self) -> None:
        """Drop everything and wake whoever waits."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()
