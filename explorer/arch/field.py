"""What every group of the spec's fields shares: its base class, and what a field tells besides its bounds.

Called by `arch/fields.py` and `arch/block_fields.py`. Imports pydantic.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

OddKernel = Literal[1, 3, 5, 7, 9, 11]

MAX_STAGES = 8
MAX_WIDTH = 8192


def about(group: str, citation: str, /, **labels: str) -> dict[str, Any]:
    """What a field tells the panel besides title and bounds: its group, citation and choices' labels."""
    return {"group": group, "citation": citation, "labels": labels}


class Fields(BaseModel):
    """Common to all groups: immutable, and no field that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)
