"""Class names of well-known data sets, by label.

Called by every room that puts predictions into words. Imports no torch and no Qt.
"""

from __future__ import annotations

import functools

from explorer import paths
from explorer.errors import DataError

KNOWN = ("cifar10", "imagenet1k", "digits")


@functools.cache
def load_labels(name: str) -> tuple[str, ...]:
    """The class names of a data set.

    Args:
        name: One of `KNOWN`.

    Returns:
        The names; the position is the label.

    Raises:
        DataError: There is no such list.
    """
    if name == "digits":
        return tuple(str(digit) for digit in range(10))
    if name not in KNOWN:
        raise DataError(
            "There is no list of class names called {name}.",
            "Known lists: {known}.",
            name=name,
            known=", ".join(KNOWN),
        )
    text = (paths.resources_dir() / "labels" / f"{name}.txt").read_text(encoding="utf-8")
    return tuple(text.splitlines())
