"""Which edits belong together: one drag, one run of key presses, one turn of the wheel.

Used by the controls of the architecture panel; the store merges the edits of a gesture into one step of undo.
Knows no widget.
"""

from __future__ import annotations

import itertools
from time import monotonic

PAUSE_S = 1.0
"""Key presses further apart than this are steps of their own."""

_numbers = itertools.count(1)


class Gesture:
    """Hands out an id that stays the same while edits belong together.

    Args:
        name: What is edited; the ids begin with it.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._id = ""
        self._is_held = False
        self._last_s = 0.0

    def hold(self) -> None:
        """A button of the mouse went down: everything until `end` belongs together."""
        self.end()
        self._is_held = True

    def end(self) -> None:
        """The button went up, or the control lost the focus: what follows is a new gesture."""
        self._id = ""
        self._is_held = False

    def current(self) -> str:
        """The id for an edit that happens now."""
        now_s = monotonic()
        if not self._id or (not self._is_held and now_s - self._last_s > PAUSE_S):
            self._id = f"{self._name}#{next(_numbers)}"
        self._last_s = now_s
        return self._id
