"""An architecture in words: what it is, each choice that is not the usual one, and the command that makes it.

Called by the window for the clipboard. May import `arch`, never Qt or torch.
"""

from __future__ import annotations

from typing import Any, cast

from explorer.arch.cost import cost_of
from explorer.arch.depths import title
from explorer.arch.spec import ArchitectureSpec, applies
from explorer.arch.speech import as_command
from explorer.present.text import grouped, short


def spec_text(spec: ArchitectureSpec) -> str:
    """Some lines that people can read and that `arch/speech.py` reads back by its last one."""
    cost = cost_of(spec)
    lines = [f"{title(spec)}: {grouped(cost.parameters)} parameters, {short(cost.macs)} MACs"]
    for name, field in type(spec).model_fields.items():
        value = getattr(spec, name)
        is_basic = name in ("block", "stage_depths", "stage_widths", "shortcut", "num_classes")
        if applies(spec, name) and (is_basic or value != field.default):
            lines.append(f"  {field.title}: {_in_words(name, value)}")
    return "\n".join([*lines, "", as_command(spec), ""])


def _in_words(name: str, value: object) -> str:
    extra = cast("dict[str, Any]", ArchitectureSpec.model_fields[name].json_schema_extra)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "as usual"
    return str(extra["labels"].get(str(value), value))
