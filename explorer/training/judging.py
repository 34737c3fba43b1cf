"""What an epoch got right and wrong, with the pictures it was wrong about.

Called by the engine's train handler and the command line.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from explorer.runs.judged import Judged, JudgedMistake, keep_judged
from explorer.training.batches import Pictures
from explorer.training.events import EpochFinished

_COLOURS = 3


def keep_epoch(path: Path, event: EpochFinished, pictures: Pictures, classes: tuple[str, ...]) -> Judged:
    """Keep what an epoch got right and wrong, and return it as it is shown.

    Args:
        path: The run's file for it.
        event: Of the training.
        pictures: Those it is judged by.
        classes: Names by label.
    """
    mistakes = []
    for mistake in event.mistakes:
        # A copy: on the CPU it would keep all of the pictures in memory with it.
        picture = pictures.images[mistake.index].cpu().numpy().copy()
        if picture.shape[2] != _COLOURS:
            picture = np.repeat(picture, _COLOURS, axis=2)
        picture.setflags(write=False)
        mistakes.append(
            JudgedMistake(mistake.index, mistake.truth, mistake.answer, mistake.probability, picture)
        )
    judged = Judged(event.epoch, classes, event.confusion, tuple(mistakes))
    keep_judged(path, judged)
    return judged
