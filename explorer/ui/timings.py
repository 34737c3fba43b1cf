"""How long the program took to each milestone, since the process started, as JSON lines.

Called by `ui/start.py` for `--timings`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

_IMPORTED_AT = time.monotonic()


def _process_age_at_import() -> float:
    """Seconds from the start of the process to the import of this module; 0 where the system won't say."""
    stat, uptime = Path("/proc/self/stat"), Path("/proc/uptime")
    try:
        started_ticks = int(stat.read_text().rsplit(")", 1)[1].split()[19])
        seconds_up = float(uptime.read_text().split()[0])
        now = time.monotonic()
    except (OSError, IndexError, ValueError):
        return 0.0
    return max(0.0, seconds_up - started_ticks / os.sysconf("SC_CLK_TCK") - (now - _IMPORTED_AT))


class Timings:
    """Prints each milestone once.

    Args:
        is_on: Whether anything is printed.
    """

    def __init__(self, *, is_on: bool) -> None:
        self._is_on = is_on
        self._seen: set[str] = set()
        self._offset = _process_age_at_import() if is_on else 0.0

    def mark(self, event: str) -> None:
        """Print a milestone, the first time it is reached."""
        if not self._is_on or event in self._seen:
            return
        self._seen.add(event)
        seconds = time.monotonic() - _IMPORTED_AT + self._offset
        sys.stdout.write(json.dumps({"event": event, "seconds": round(seconds, 3)}) + "\n")
        sys.stdout.flush()
