"""One thing is trained at a time: a training or a study. Who comes second is told so.

Called by the reducer's slices of trainings and of studies. Must not import torch or Qt.
"""

from __future__ import annotations

from explorer.state.model import NoticeAction
from explorer.state.reducer.turn import Turn
from explorer.state.study_actions import PauseStudy


def is_free_for_training(turn: Turn) -> bool:
    """Whether no study is trained; else that is said."""
    if not turn.state.studies.is_busy:
        return True
    turn.notify(
        "warning",
        "A study is being trained, one network after another.",
        "Pause it, and start the training then.",
        actions=(NoticeAction("Pause the study", PauseStudy()),),
    )
    return False


def is_free_for_study(turn: Turn) -> bool:
    """Whether nothing is trained; else that is said."""
    if turn.state.studies.is_busy:
        return False
    if not turn.state.training.is_busy:
        return True
    turn.notify(
        "warning",
        "A training is under way.",
        "Pause or stop it, or wait for its end, and start the study then.",
    )
    return False
