"""One line on a terminal that says how far something is; nothing where nobody watches.

Called by the commands. Writes to stderr, so that stdout holds results only.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

SHOWN_EVERY_S = 0.2


class ProgressLine:
    """A line that is written over and gone at the end of its `with`.

    Args:
        label: What is being done.
        to_text: Puts a count into words.
    """

    def __init__(self, label: str, to_text: Callable[[int], str] = "{:,}".format) -> None:
        self._label = label
        self._to_text = to_text
        self._is_seen = sys.stderr.isatty()
        self._shown_at = 0.0

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *error: object) -> None:
        if self._shown_at:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def show(self, done: int, total: int | None) -> None:
        """Say how much is done, a few times a second at most."""
        if not self._is_seen or time.monotonic() - self._shown_at < SHOWN_EVERY_S:
            return
        self._shown_at = time.monotonic()
        of_all = f" of {self._to_text(total)}" if total is not None else ""
        sys.stderr.write(f"\r\x1b[K{self._label}: {self._to_text(done)}{of_all}")
        sys.stderr.flush()
