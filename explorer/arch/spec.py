"""The description of one network: every choice, validated, as JSON.

Called by presets, the command line, the architecture panel (which is generated from the fields) and
everything that must know what a network is. Imports pydantic, never torch or Qt.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property

from pydantic import ValidationError, field_validator, model_validator

from explorer.arch.block_fields import BlockFields, BlockType, ShortcutFields
from explorer.arch.fields import (
    AttentionFields,
    HeadFields,
    InputFields,
    LayerFields,
    RegularisationFields,
    StemFields,
)
from explorer.arch.refusal import refusal
from explorer.errors import SpecError

SCHEMA_VERSION = 1

_TUPLES = (
    "stage_depths",
    "stage_widths",
    "stage_strides",
    "stage_kernels",
    "stage_blocks",
    "head_hidden",
    "overrides",
)
_NUMBERS = ("stem_kernel", "stem_stride", "stage_strides", "stage_kernels")


class ArchitectureSpec(
    InputFields,
    RegularisationFields,
    HeadFields,
    AttentionFields,
    LayerFields,
    StemFields,
    ShortcutFields,
    BlockFields,
):
    """One residual network, by the choices that make it.

    Immutable and hashable. `edited` gives a changed copy, `to_json` and `from_json` a file's text.
    """

    # Validators before the field's own run in the reverse order of their definition.
    @field_validator(*_NUMBERS, mode="before")
    @classmethod
    def _number_from_text(cls, value: object) -> object:
        """Literals of numbers are not parsed from text by pydantic."""
        if isinstance(value, tuple | list):
            return tuple(map(_number, value))
        return _number(value)

    @field_validator(*_TUPLES, mode="before")
    @classmethod
    def _split_text(cls, value: object) -> object:
        """The command line writes tuples as `3,4,6,3`."""
        return tuple(value.split(",")) if isinstance(value, str) and value else value or ()

    @model_validator(mode="after")
    def _combination(self) -> ArchitectureSpec:
        # Imported late: the rules read specs.
        from explorer.arch.rules import check

        check(self)
        return self

    def edited(self, **changes: object) -> ArchitectureSpec:
        """A copy with some fields changed.

        Raises:
            SpecError: The copy would be invalid.
        """
        return parse({**self.model_dump(), **changes})

    def to_json(self) -> str:
        """The text of a spec file: the fields and the schema's version."""
        return json.dumps({"schema": SCHEMA_VERSION, **self.model_dump(mode="json")}, indent=2)

    @property
    def n_stages(self) -> int:
        """The number of stages."""
        return len(self.stage_depths)

    def block_of(self, stage: int) -> BlockType:
        """The block type of a stage, counted from 1."""
        return self.stage_blocks[stage - 1] if self.stage_blocks else self.block

    def stride_of(self, stage: int) -> int:
        """The stride at the beginning of a stage, counted from 1."""
        if self.stage_strides:
            return self.stage_strides[stage - 1]
        return 2 if stage > 1 else 1

    def kernel_of(self, stage: int) -> int:
        """The side of the larger convolutions' window in a stage, counted from 1."""
        return self.stage_kernels[stage - 1] if self.stage_kernels else 3

    def width_of(self, stage: int) -> int:
        """The width of a stage, counted from 1, with the width factor."""
        return max(1, round(self.stage_widths[stage - 1] * self.width_factor))

    def inner_width(self, width: int) -> int:
        """Channels of the convolutions inside a block (torchvision's rounding)."""
        return int(width * (self.base_width / 64.0)) * self.cardinality

    @cached_property
    def overridden(self) -> Mapping[tuple[int, int], str]:
        """The shortcuts of single blocks: (stage from 1, block from 0) → identity, projection or none."""
        found = {}
        for text in self.overrides:
            place, _, kind = text.partition("=")
            stage, _, block = place.partition(".")
            found[int(stage), int(block)] = kind
        return found


def _number(value: object) -> object:
    return int(value) if isinstance(value, str) and value.strip().isdigit() else value


def parse(data: object) -> ArchitectureSpec:
    """A spec from plain values, such as a parsed JSON file or the panel's fields.

    Args:
        data: A mapping of field names to values; texts are read as numbers and tuples where needed.

    Raises:
        SpecError: A field is unknown, out of bounds, or does not fit the others.
    """
    if not isinstance(data, dict):
        raise SpecError("spec", "A spec is an object with fields, not {kind}.", kind=type(data).__name__)
    values = dict(data)
    version = values.pop("schema", SCHEMA_VERSION)
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        raise SpecError(
            "schema",
            "This spec has {field} version {version}; this program reads up to {known}.",
            "Update the program, or save the spec with the older version.",
            version=version,
            known=SCHEMA_VERSION,
        )
    try:
        return ArchitectureSpec.model_validate(values)
    except ValidationError as error:
        why = refusal(error, ArchitectureSpec, "spec")
        raise SpecError(why.field, why.message, why.hint, **why.arguments) from None


def from_json(text: str) -> ArchitectureSpec:
    """A spec from a spec file's text.

    Raises:
        SpecError: The text is not JSON or not a valid spec.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise SpecError(
            "spec", "The spec is not JSON: {reason}.", "Save it again.", reason=str(error)
        ) from None
    return parse(data)


def applies(spec: ArchitectureSpec, field: str) -> bool:
    """Whether a field makes a difference beside the others, so that its control is shown."""
    from explorer.arch.rules import APPLIES

    condition = APPLIES.get(field)
    return condition is None or condition(spec)
