"""What the window is started with, and the door through which it reaches the engine.

Made by `app`, read by `ui/start.py`. Imports nothing at run time: it is on the way to the first paint.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from explorer.arch.spec import ArchitectureSpec
    from explorer.engine.messages import Event, Request


@dataclass(frozen=True, slots=True)
class WindowOptions:
    """What the command line says about the window.

    Attributes:
        spec: The network to open with; None for the one of the last time, or the bundled one.
        files: Paths that are handled as if they were dropped, in order; they need not exist.
        screenshot: Where a picture of the window goes once it is idle, after which it closes; or None.
        timings: Whether milestones are printed on stdout.
    """

    spec: ArchitectureSpec | None = None
    files: tuple[str, ...] = ()
    screenshot: str | None = None
    timings: bool = False


class EngineDoor(Protocol):
    """The engine as the window knows it: `engine.worker.Engine`, without importing it."""

    def start(self) -> None:
        """Start the compute thread; called once, after the first paint."""

    def send(self, request: Request) -> None:
        """Hand over a request and return at once. May be called before `start` and from any thread."""

    def stop(self) -> bool:
        """Drop all work and wait for the threads; called while what receives events still lives.

        Returns:
            Whether they ended in time.
        """


if TYPE_CHECKING:
    MakeEngine = Callable[[Callable[[Event], None], str], EngineDoor]
    """Makes an engine from what takes its events (on any thread) and the name of the device to start with."""
