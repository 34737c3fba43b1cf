"""What is said on stderr: errors and notes, one line each.

Called by `app`, `cli/root.py` and the commands; stdout is for results only.
"""

from __future__ import annotations

import sys

from explorer.errors import ExplorerError

PROGRAM = "resnet-explorer"


def print_error(error: ExplorerError) -> None:
    """Say what went wrong and what to do about it, in one line on stderr."""
    print(f"{PROGRAM}: {' '.join(str(error).split())}", file=sys.stderr)


def note(text: str) -> None:
    """Say something that is neither result nor error."""
    print(f"{PROGRAM}: note: {text}", file=sys.stderr)
