"""What an epoch got right and wrong, with the pictures it was wrong about.

Called by the engine's train handler and the command line, which both keep it with the run.
"""

from __future__ import annotations

import numpy as np

from explorer.runs.judged import Judged, JudgedMistake
from explorer.training.batches import Pictures
from explorer.training.events import EpochFinished

_COLOURS = 3


def judged_with_pictures(event: EpochFinished, pictures: Pictures, classes: tuple[str, ...]) -> Judged:
    """An epoch's judgement as it is shown and kept.

    Args:
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
    return Judged(event.epoch, classes, event.confusion, tuple(mistakes))
