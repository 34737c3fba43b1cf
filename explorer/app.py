"""The composition root: arguments to the command line or the window; owns the start and the end.

The entry point `resnet-explorer`, `python -m explorer` and `main.py` call `main`. At module level it imports
only what costs nothing: the window's first paint waits for it.
"""

from __future__ import annotations

import builtins
import gc
import os
import sys
from typing import TYPE_CHECKING

from explorer import boot
from explorer.cli.commands import COMMANDS
from explorer.errors import SetupError
from explorer.ui.options import EngineDoor, WindowOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from explorer.engine.messages import Event, Request
    from explorer.engine.worker import Engine

_ASKS_ABOUT_PROGRAM = ("-h", "--help", "--version")


def main(argv: list[str] | None = None) -> int:
    """Run the program.

    Args:
        argv: The words behind the program's name; the process's own by default.

    Returns:
        The exit status: 0, 1 for an error (said in one line on stderr), 2 for wrong usage, 130 where the user
        interrupted it.
    """
    words = sys.argv[1:] if argv is None else argv
    # Before torch, whoever imports it.
    boot.prepare_process()
    # We have none, and pydantic would look for them through everything that is installed.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    if not words:
        return _open_window(words)
    from explorer.cli import root

    if words[0] in COMMANDS or words[0] in _ASKS_ABOUT_PROGRAM:
        return root.main(words)
    return root.guarded(lambda: _open_window(words))


def _open_window(words: list[str]) -> int:
    options = _options(words)
    try:
        boot.check_python_and_qt()
        boot.check_display()
        boot.check_system_libraries()
        return _run_window(options)
    except SetupError as error:
        from explorer.cli.say import print_error

        print_error(error)
        return 1


def _options(words: list[str]) -> WindowOptions:
    """What the words say about the window.

    Raises:
        SystemExit: They are wrong usage, or asked for help.
        SpecError: They name a spec that cannot be read.
    """
    if not words:
        return WindowOptions()
    from explorer.cli.window import read_words

    said = read_words(words)
    return WindowOptions(said.spec, said.files, said.screenshot, said.timings)


class _LateEngine:
    """The engine's door before the engine, whose NumPy and Pillow must not delay the first paint.

    Args:
        emit: Called with each event, on whichever thread it happened.
        device: The device to start with.
    """

    def __init__(self, emit: Callable[[Event], None], device: str) -> None:
        self._emit = emit
        self._device = device
        self._waiting: list[Request] = []
        self._engine: Engine | None = None

    def start(self) -> None:
        """Make the engine, hand over what has come so far, and start it."""
        from explorer.engine.worker import Engine

        self._engine = Engine(self._emit, self._device)
        # First, for the IO pool begins when it is sent something, and must know that torch is being loaded.
        self._engine.start()
        for request in self._waiting:
            self._engine.send(request)
        self._waiting.clear()

    def send(self, request: Request) -> None:
        """Hand over a request and return at once."""
        if self._engine is None:
            self._waiting.append(request)
        else:
            self._engine.send(request)

    def stop(self) -> bool:
        """Drop all work and wait for the threads; return whether they ended in time."""
        return self._engine is None or self._engine.stop()


def _run_window(options: WindowOptions) -> int:
    """Show the window until it is closed.

    Raises:
        SetupError: Qt cannot be loaded.
    """
    doors: list[EngineDoor] = []

    def make_engine(emit: Callable[[Event], None], device: str) -> EngineDoor:
        doors.append(_LateEngine(emit, device))
        return doors[-1]

    # Until the first paint everything that is made stays: collecting would look it all over, again and again.
    # `ui/idle.py` goes on from there.
    gc.disable()
    try:
        _import_qt()
        from explorer.ui.start import run
    except ImportError as error:
        raise _without_qt(error) from error
    status = 1
    try:
        status = run(options, make_engine)
    finally:
        # The window has stopped its engine by now, unless it failed. A compute thread that does not end would
        # make Python wait for it for ever, and abort inside torch if it were left behind.
        ended = [door.stop() for door in doors]
        if not all(ended):
            sys.stdout.flush()
            os._exit(status)
    return status


def _import_qt() -> None:
    """Import Qt, and leave Python's `import` as it was.

    PySide6 puts its own in place, which reads the source text of every module that is imported from then on,
    torch's two thousand included, in case it says `from __feature__ import`. Ours never does. The price is
    that `from PySide6.… import *` finds no classes.

    Raises:
        ImportError: Qt cannot be loaded.
    """
    own_import = builtins.__import__
    try:
        import PySide6.QtCore  # noqa: F401
    finally:
        builtins.__import__ = own_import


def _without_qt(error: ImportError) -> Exception:
    """What to say where Qt's own modules cannot be imported; the error itself where it is another's."""
    if not (error.name or "").startswith(("PySide6", "shiboken6")):
        return error
    return SetupError(
        "Qt cannot be loaded: {reason}.",
        "Run resnet-explorer doctor, which names what is missing, or install the program again.",
        reason=str(error).rstrip("."),
    )
