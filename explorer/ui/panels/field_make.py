"""Which control a field of the spec gets, by its kind.

Called by the groups of the architecture panel when one is first opened. Knows nothing of the store.
"""

from __future__ import annotations

from explorer.ui.panels.field_controls import (
    ChoiceControl,
    FieldControl,
    NumberControl,
    SegmentsControl,
    SwitchControl,
    has_segments,
)
from explorer.ui.panels.field_facts import Kind, facts
from explorer.ui.panels.field_lists import NumbersControl, OverridesControl, StageValues

_CONTROLS: dict[Kind, type[FieldControl]] = {
    "switch": SwitchControl,
    "choice": ChoiceControl,
    "integer": NumberControl,
    "real": NumberControl,
    "stages": StageValues,
    "numbers": NumbersControl,
    "overrides": OverridesControl,
}


def control_for(name: str) -> FieldControl:
    """The control that fits a field of the spec."""
    field = facts(name)
    if field.kind == "choice" and has_segments(field):
        return SegmentsControl(field)
    return _CONTROLS[field.kind](field)
