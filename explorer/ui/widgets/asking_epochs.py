"""Asks how long a finished training is to go on.

Used by the training view and the list of runs.
"""

from __future__ import annotations

from PySide6.QtWidgets import QInputDialog, QWidget

MOST_EPOCHS = 10_000
"""As many as a plan may have."""


def ask_epochs(parent: QWidget, done: int) -> int | None:
    """How many epochs in all a finished training is to have; None where the user thinks better of it.

    Args:
        parent: The question stands above it.
        done: Epochs that it has.
    """
    noun = "epoch is" if done == 1 else "epochs are"
    wanted, is_wanted = QInputDialog.getInt(
        parent,
        "Train on",
        f"{done:,} {noun} done. Train until epoch:",
        min(done + max(1, done // 4), MOST_EPOCHS),
        min(done + 1, MOST_EPOCHS),
        MOST_EPOCHS,
    )
    return wanted if is_wanted else None
