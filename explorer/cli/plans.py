"""What the commands that train share: the plan's options, and what Ctrl-C does.

Called by `train` and `sweep`. Imports no torch.
"""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from explorer.training.plan import changes_from_texts
from explorer.training.recipes import DEFAULT_RECIPE, RECIPES

EXIT_INTERRUPTED = 130
"""As shells say it of a program that Ctrl-C ended."""

_OPTIONS = "epochs", "batch_size", "seed", "precision"
"""Options that are fields of a plan; `sweep` has its own for seeds."""


def add_plan(parser: argparse.ArgumentParser) -> None:
    """A recipe, and what is to be different from it."""
    parser.add_argument("--recipe", default=DEFAULT_RECIPE, help=f"one of {', '.join(RECIPES)}")
    parser.add_argument("--epochs", type=int, help="by default as many as the data needs")
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--precision", choices=("auto", "float32", "bfloat16"))
    parser.add_argument(
        "--plan", dest="plan_edits", action="append", default=[], metavar="FIELD=VALUE", help="edit the plan"
    )


def changes_of(args: argparse.Namespace) -> dict[str, object]:
    """The fields of the plan that the user has chosen.

    Raises:
        RunError: A `--plan` is not FIELD=VALUE, or there is no such field.
    """
    given = {name: getattr(args, name, None) for name in _OPTIONS}
    return {name: value for name, value in given.items() if value is not None} | dict(
        changes_from_texts(args.plan_edits)
    )


@contextmanager
def halted_by_interrupt(halt: Callable[[], bool]) -> Iterator[None]:
    """Ctrl-C asks for a halt at the next step, with a checkpoint; a second one breaks the work off.

    Args:
        halt: Asks for it; False where it was asked before, or nothing can be.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: object) -> None:
        if not halt():
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
