"""From the engine's threads to the window's: events arrive as queued signals.

Called by `ui/start.py`. Must not import torch or the engine beyond its messages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

if TYPE_CHECKING:
    from explorer.engine.messages import Event


class Bridge(QObject):
    """Takes events on any thread and delivers them on the one it was made on.

    Args:
        deliver: Called with each event, in order.
    """

    # A frozen dataclass as `object`: other signatures copy or wrap what they carry.
    _arrived = Signal(object)

    def __init__(self, deliver: Callable[[Event], None]) -> None:
        super().__init__()
        self._deliver: Callable[[Event], None] | None = deliver
        self._arrived.connect(self._on_arrived, Qt.ConnectionType.QueuedConnection)

    def post(self, event: Event) -> None:
        """Hand over an event, from any thread."""
        self._arrived.emit(event)

    def close(self) -> None:
        """Deliver nothing any more: what a download says may wait here longer than there is a window."""
        self._deliver = None

    def _on_arrived(self, event: Event) -> None:
        if self._deliver is not None:
            self._deliver(event)
