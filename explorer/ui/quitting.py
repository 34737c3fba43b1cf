"""What quitting now would cut off or lose, in words.

Asked by `ui/main_window.py` when the window is to close. Must not import torch.
"""

from __future__ import annotations

from explorer.state.model import AppState
from explorer.ui.words import work_text

_DOWNLOADS = frozenset({"FetchWeights", "FetchData"})
_MADE_ANEW = frozenset(
    {
        "ClassifyMany",
        "CollectTaught",
        "FindRate",
        "SaveWeights",
        "TakeLessonWeights",
        "WriteLesson",
        "WriteStudyReport",
        "WriteWalk",
    }
)
"""What the user has asked for, and what leaves nothing where it is cut off. What the window looks up by
itself, as it does when a view is opened, is looked up again.
"""


def losses(state: AppState) -> tuple[str, ...]:
    """A sentence or two for each thing that quitting would cut off or lose."""
    said = []
    if state.training.is_busy:
        said.append(
            "A training is under way. It is paused with a checkpoint, and goes on when you come back."
        )
    if state.studies.is_busy:
        said.append(
            "A study is being trained. It is paused with a checkpoint, and goes on when you come back."
        )
    if any(work.kind in _DOWNLOADS for work in state.work):
        said.append("A download is under way. What is here so far is kept, and goes on next time.")
    said += [
        # "Saving cat.safetensors": what is done, as the subject of a sentence.
        f"{work_text(work).removesuffix('…')} is not finished. Nothing of it would be kept."
        for work in state.work
        if work.kind in _MADE_ANEW
    ]
    if state.lessons.is_changed and state.lessons.lesson is not None:
        said.append(f"The lesson {state.lessons.lesson.title} has changes that are not saved.")
    if state.teach.is_untaught:
        said.append(
            "The pictures in the classes of Teach were not taught. They would have to be dropped again."
        )
    return tuple(said)
