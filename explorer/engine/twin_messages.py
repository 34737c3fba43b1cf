"""What the compute thread says about the plain twin that learns in lock-step with a training.

The training itself speaks as always (`training_messages.py`); these are the twin's. Frozen, as all of
`engine/messages.py`. Called by `state`, `ui` and `engine/handlers`. Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from explorer.engine.messages import Event
from explorer.engine.training_messages import MetricRow


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinBegan(Event):
    """The twin takes its first step next.

    Attributes:
        run: Its own id.
        rows: Metrics of earlier sittings.
    """

    run: str
    rows: tuple[MetricRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinTick(Event):
    """How far the twin is; as `TrainTick`."""

    run: str
    step: int
    rows: tuple[MetricRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinHalted(Event):
    """The twin was paused or stopped with the training, or failed while the training goes on.

    Attributes:
        run: Its id.
        how: What was done.
        step: Steps that are done.
        cause: Why, as a template; empty where the user asked for it.
        hint: The remedy, likewise.
        arguments: The values of both templates' places.
    """

    run: str
    how: Literal["pause", "stop", "fail"]
    step: int
    cause: str = ""
    hint: str = ""
    arguments: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinEnded(Event):
    """The twin came to its end; its weights are in a file.

    Attributes:
        run: Its id.
        test_accuracy: 0 to 1, in float32.
    """

    run: str
    test_accuracy: float
