"""The part of the state about moments of trainings: which are kept, and which runs are rewound.

Held by `state/model.py`; changed only by `state/reducer/rewind.py`. Must not import torch or Qt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


def _nothing() -> Mapping[Any, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class MomentsState:
    """The time machine.

    Attributes:
        kept: The moments that can be gone back to, by run: steps that were done then, rising.
        at: The moment that a run is rewound to, by run; a run that stands at now is not in it.
    """

    kept: Mapping[str, tuple[int, ...]] = field(default_factory=_nothing)
    at: Mapping[str, int] = field(default_factory=_nothing)
