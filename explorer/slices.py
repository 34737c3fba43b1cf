"""Long work in slices: generators that yield between two slices and return what they found.

Everything over 50 ms is one, so that others can go first. Used by every room that computes. Standard
library only.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

Said = TypeVar("Said")
Told = TypeVar("Told")
Found = TypeVar("Found")


def returned(steps: Generator[object, None, Found]) -> Found:
    """What the work finds, with nobody else to serve in between."""
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            found: Found = finished.value
            return found


def mapped(steps: Generator[Said, None, Found], say: Callable[[Said], Told]) -> Generator[Told, None, Found]:
    """The same work, which says otherwise how far it is.

    Args:
        steps: The work.
        say: What is yielded in place of what the work yields.
    """
    while True:
        try:
            said = next(steps)
        except StopIteration as finished:
            found: Found = finished.value
            return found
        yield say(said)


def unsaid(steps: Generator[object, None, Found]) -> Generator[None, None, Found]:
    """The same work, which does not say how far it is."""
    return mapped(steps, lambda _: None)


def in_steps(
    steps: Generator[float, None, Found], say: Callable[[float], Told], step: float = 0.05
) -> Generator[Told | None, None, Found]:
    """The same work, which says how far it is now and then only.

    Args:
        steps: The work; yields the share that is done, 0 to 1.
        say: What is yielded for a share; in between None is.
        step: The share between two tellings.
    """
    said = 0.0

    def now_and_then(share: float) -> Told | None:
        nonlocal said
        if share - said < step:
            return None
        said = share
        return say(share)

    return mapped(steps, now_and_then)
