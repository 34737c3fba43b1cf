"""Where the state lives in the window: widgets dispatch, views are told.

Called on the window's thread only. Must not import torch or the engine beyond its messages.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from explorer.state.model import AppState

if TYPE_CHECKING:
    from explorer.engine.messages import Event, Request
    from explorer.state.actions import Action

Listener = Callable[[AppState, AppState], None]


class Store:
    """One state, one reducer, and those who want to know.

    Args:
        state: To begin with.
        send: Takes each request to the engine.
    """

    def __init__(self, state: AppState, send: Callable[[Request], None]) -> None:
        self._state = state
        self._send = send
        self._listeners: list[Listener] = []
        self._waiting: deque[Action | Event] = deque()
        self._is_reducing = False

    @property
    def state(self) -> AppState:
        """The state now."""
        return self._state

    def subscribe(self, listener: Listener) -> None:
        """Call `listener(old, new)` after every change."""
        self._listeners.append(listener)

    def dispatch(self, message: Action | Event) -> None:
        """Reduce a message, send its requests, tell the listeners.

        A message dispatched while listeners are being told waits until all have heard of the one before.
        """
        self._waiting.append(message)
        if self._is_reducing:
            return
        self._is_reducing = True
        try:
            while self._waiting:
                self._reduce(self._waiting.popleft())
        finally:
            self._is_reducing = False

    def _reduce(self, message: Action | Event) -> None:
        # The reducer knows every message there is, and nothing is dispatched before the first paint.
        from explorer.state.reducer.root import reduce

        old = self._state
        self._state, requests = reduce(old, message)
        for request in requests:
            self._send(request)
        if self._state is not old:
            for listener in self._listeners:
                listener(old, self._state)
