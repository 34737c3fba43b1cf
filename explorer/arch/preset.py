"""What a preset is. Called by the modules that list them. Pure Python and pydantic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from explorer.arch.spec import ArchitectureSpec

PresetKind = Literal["paper", "tutorial", "plain twin"]


@dataclass(frozen=True, slots=True)
class Preset:
    """A named architecture.

    Attributes:
        name: As the command line takes it.
        title: As people say it.
        year: Of its source.
        source: The paper.
        spec: The architecture.
        history: One sentence: what it changed and why.
        kind: Whether a paper published it, tutorials teach it, or it is another preset's plain twin.
    """

    name: str
    title: str
    year: int
    source: str
    spec: ArchitectureSpec
    history: str
    kind: PresetKind = "paper"
