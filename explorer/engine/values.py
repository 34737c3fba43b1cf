"""What messages carry and the state keeps: weights to choose from, and pictures.

Apart from the messages themselves, of which the window needs none for its first paint. Called by `state`,
`ui` and `engine`; `engine/messages.py` passes it all on. Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    # NumPy costs 70 ms, and the window is drawn before the first array exists.
    import numpy as np
    from numpy.typing import NDArray

    Uint8Array = NDArray[np.uint8]
    Float32Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class WeightsChoice:
    """Which weights a net is built with.

    Attributes:
        kind: `known` (the bundled or cached ones of this spec, else untrained), `untrained`, `named` (one
            card of the catalogue), `file`, `run` (those that a training here ended with), or `copied` (what
            fits from the net before, else untrained).
        name: The card's name, the file's path or the run's id.
        step: Of a run, the moment to go back to: steps that were done then. None for now. Only requests have
            one: documents and columns name the run, and the time machine where it stands.
    """

    kind: Literal["known", "untrained", "named", "file", "run", "copied"] = "known"
    name: str = ""
    step: int | None = None


KNOWN_WEIGHTS = WeightsChoice()
"""The best there are for a spec on this machine."""

FIRST_VALUES = WeightsChoice("untrained")
"""Those of the seed: nothing is learned yet."""


@dataclass(frozen=True, slots=True)
class WeightsOffer:
    """Weights that exist for a spec.

    Attributes:
        name: The card's name.
        title: For people.
        size_bytes: To download.
        is_present: Whether they are on this machine.
        kind: `bundled` ships with the program, `torchvision` is downloaded after asking.
        accuracy_percent: On the test set; None where unknown.
        data: What they were trained on.
    """

    name: str
    title: str
    size_bytes: int
    is_present: bool
    kind: str = ""
    accuracy_percent: float | None = None
    data: str = ""


@dataclass(frozen=True, slots=True)
class LoadedPicture:
    """A picture that was read.

    Attributes:
        image_id: Its number in this session.
        name: The file's name, or what it came as.
        path: The file; None where there is none.
        width: In pixels, upright.
        height: In pixels, upright.
        thumbnail: (height, width, 3), at most 96 pixels a side.
        preview: (height, width, 3), at most 512 pixels a side.
    """

    image_id: int
    name: str
    path: str | None
    width: int
    height: int
    thumbnail: Uint8Array
    preview: Uint8Array


@dataclass(frozen=True, slots=True)
class FailedPicture:
    """A picture that could not be read, and why."""

    image_id: int
    name: str
    cause: str
    hint: str
