"""The description of one network: every choice, validated, as JSON.

Called by presets, the command line, the architecture panel (which is generated from the fields) and
everything that must know what a network is. Imports pydantic, never torch or Qt.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from explorer.errors import SpecError

SCHEMA_VERSION = 1

BlockType = Literal["basic", "bottleneck"]
Shortcut = Literal["none", "A", "B", "C"]
StrideOn = Literal["1x1", "3x3"]

MAX_STAGES = 8
MAX_BLOCKS_A_STAGE = 1000
MAX_WIDTH = 8192
MAX_INPUT_PX = 1024

HE_2015 = "He et al. 2015, arXiv 1512.03385"
RESNEXT = "Xie et al. 2016, arXiv 1611.05431"
WIDE = "Zagoruyko and Komodakis 2016, arXiv 1605.07146"
GOYAL = "Goyal et al. 2017, arXiv 1706.02677"
TORCHVISION = "torchvision.models.resnet"


def _about(group: str, citation: str, **labels: str) -> dict[str, Any]:
    """What a field tells the panel besides title and bounds: its group, citation and choices' labels."""
    return {"group": group, "citation": citation, "labels": labels}


class ArchitectureSpec(BaseModel):
    """One residual network, by the choices that make it.

    Immutable and hashable. `edited` gives a changed copy, `to_json` and `from_json` a file's text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    block: BlockType = Field(
        default="basic",
        title="Block type",
        description="Basic: two 3×3 convolutions. Bottleneck: 1×1 to narrow, 3×3, 1×1 to widen.",
        json_schema_extra=_about(
            "Blocks",
            f"{HE_2015}, figure 5",
            basic="Basic (3×3, 3×3)",
            bottleneck="Bottleneck (1×1, 3×3, 1×1)",
        ),
    )
    stage_depths: tuple[Annotated[int, Field(ge=1, le=MAX_BLOCKS_A_STAGE)], ...] = Field(
        default=(3, 3, 3),
        min_length=1,
        max_length=MAX_STAGES,
        title="Blocks in each stage",
        description="How many residual blocks each stage has. The map is halved where a new stage begins.",
        json_schema_extra=_about("Blocks", f"{HE_2015}, table 1"),
    )
    stage_widths: tuple[Annotated[int, Field(ge=1, le=MAX_WIDTH)], ...] = Field(
        default=(16, 32, 64),
        min_length=1,
        max_length=MAX_STAGES,
        title="Width of each stage",
        description="Channels of the 3×3 convolutions in each stage, before expansion.",
        json_schema_extra=_about("Blocks", f"{HE_2015}, table 1"),
    )
    expansion: int = Field(
        default=1,
        ge=1,
        le=16,
        title="Expansion",
        description="Channels that leave a bottleneck, as a multiple of the stage's width.",
        json_schema_extra=_about("Blocks", f"{HE_2015}, figure 5"),
    )
    cardinality: int = Field(
        default=1,
        ge=1,
        le=1024,
        title="Cardinality",
        description="Groups of the bottleneck's 3×3 convolution; ResNeXt's parallel paths.",
        json_schema_extra=_about("Blocks", f"{RESNEXT}, section 3"),
    )
    base_width: int = Field(
        default=64,
        ge=1,
        le=1024,
        title="Base width",
        description="Channels of each path at a stage width of 64; 64 is usual, 128 is wide.",
        json_schema_extra=_about("Blocks", f"{RESNEXT}, table 2; {WIDE}; {TORCHVISION} (width_per_group)"),
    )
    shortcut: Shortcut = Field(
        default="A",
        title="Shortcut",
        description="What runs beside each block, and what it does where the shape changes.",
        json_schema_extra=_about(
            "Shortcut",
            f"{HE_2015}, section 3.3 and table 3",
            none="None (plain twin)",
            A="A: identity, zero-padded",
            B="B: projected where shapes change",
            C="C: projected everywhere",
        ),
    )
    stride_on: StrideOn = Field(
        default="3x3",
        title="Bottleneck strides on",
        description="The convolution that halves the map: the first 1×1 as in 2015, or the 3×3 (“v1.5”).",
        json_schema_extra=_about(
            "Blocks", f"{HE_2015}; {TORCHVISION} (v1.5)", **{"1x1": "First 1×1 (2015)", "3x3": "3×3 (v1.5)"}
        ),
    )
    stem_kernel: Literal[1, 3, 5, 7, 9, 11] = Field(
        default=3,
        title="Stem kernel",
        description="Side of the first convolution's window, in pixels.",
        json_schema_extra=_about("Stem", f"{HE_2015}, table 1 and section 4.2"),
    )
    stem_stride: Literal[1, 2, 4] = Field(
        default=1,
        title="Stem stride",
        description="Pixels between two positions of the first convolution.",
        json_schema_extra=_about("Stem", f"{HE_2015}, table 1"),
    )
    stem_pool: Literal["none", "max"] = Field(
        default="none",
        title="Stem pool",
        description="A 3×3 max pool of stride 2 after the first convolution, as ImageNet nets have.",
        json_schema_extra=_about("Stem", f"{HE_2015}, table 1", none="None", max="3×3 max, stride 2"),
    )
    stem_width: int = Field(
        default=16,
        ge=1,
        le=MAX_WIDTH,
        title="Stem width",
        description="Channels that leave the first convolution.",
        json_schema_extra=_about("Stem", f"{HE_2015}, table 1"),
    )
    input_size: int = Field(
        default=32,
        ge=8,
        le=MAX_INPUT_PX,
        title="Input size",
        description="Side of the square picture that goes in, in pixels.",
        json_schema_extra=_about("Input and classes", HE_2015),
    )
    in_channels: int = Field(
        default=3,
        ge=1,
        le=64,
        title="Input channels",
        description="3 for colour, 1 for grey.",
        json_schema_extra=_about("Input and classes", HE_2015),
    )
    num_classes: int = Field(
        default=10,
        ge=1,
        le=100_000,
        title="Classes",
        description="Outputs of the classifier.",
        json_schema_extra=_about("Input and classes", HE_2015),
    )
    zero_init_residual: bool = Field(
        default=False,
        title="Zero-initialised residuals",
        description="Start each block as its shortcut: the last batch norm's scale is zero at first.",
        json_schema_extra=_about("Start", f"{GOYAL}, section 5.1"),
    )

    @field_validator("stage_depths", "stage_widths", mode="before")
    @classmethod
    def _split_text(cls, value: object) -> object:
        """The command line writes tuples as `3,4,6,3`."""
        return tuple(value.split(",")) if isinstance(value, str) else value

    @field_validator("stem_kernel", "stem_stride", mode="before")
    @classmethod
    def _number_from_text(cls, value: object) -> object:
        """Literals of numbers are not parsed from text by pydantic."""
        return int(value) if isinstance(value, str) and value.strip().isdigit() else value

    @model_validator(mode="after")
    def _combination(self) -> ArchitectureSpec:
        _check_stages(self)
        _check_block(self)
        _check_shortcut(self)
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
    def block_width_factor(self) -> float:
        """Channels of the 3×3 convolutions per channel of the stage's width."""
        return self.cardinality * self.base_width / 64

    def inner_width(self, stage_width: int) -> int:
        """Channels of the bottleneck's 3×3 convolution (torchvision's rounding)."""
        return int(stage_width * (self.base_width / 64.0)) * self.cardinality


def _check_stages(spec: ArchitectureSpec) -> None:
    depths, widths = len(spec.stage_depths), len(spec.stage_widths)
    if depths != widths:
        raise SpecError(
            "stage_widths",
            "{field} has {widths} stages and stage_depths has {depths}.",
            "Give both the same number of stages.",
            widths=widths,
            depths=depths,
        )


def _check_block(spec: ArchitectureSpec) -> None:
    if spec.block == "basic":
        for name, usual in (("expansion", 1), ("cardinality", 1), ("base_width", 64)):
            value = getattr(spec, name)
            if value != usual:
                raise SpecError(
                    name,
                    "{field} is {value}, but basic blocks only have {field} {usual}.",
                    "Set {field} to {usual} or choose block=bottleneck.",
                    value=value,
                    usual=usual,
                )
        return
    for width in spec.stage_widths:
        inner = spec.inner_width(width)
        if inner < 1:
            raise SpecError(
                "base_width",
                "{field} {base} leaves no channel in the stage of width {width}.",
                "Use a {field} of at least {least} or a wider stage.",
                base=spec.base_width,
                width=width,
                least=-(-64 // width),
            )


def _check_shortcut(spec: ArchitectureSpec) -> None:
    if spec.shortcut != "A":
        return
    channels = spec.stem_width
    for number, width in enumerate(spec.stage_widths, start=1):
        out = width * spec.expansion
        if out < channels:
            raise SpecError(
                "shortcut",
                "{field} A pads with zeros and cannot narrow {before} channels to {after} at stage {number}.",
                "Choose {field} B or C, or let the widths grow.",
                before=channels,
                after=out,
                number=number,
            )
        channels = out


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
        raise _as_spec_error(error) from None


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


def _as_spec_error(error: ValidationError) -> SpecError:
    first = error.errors()[0]
    place = [str(part) for part in first["loc"]] or ["spec"]
    name = place[0]
    if first["type"] == "extra_forbidden":
        known = ", ".join(ArchitectureSpec.model_fields)
        return SpecError(name, "There is no field {field}.", "The fields are: {known}.", known=known)
    field = ArchitectureSpec.model_fields.get(name)
    return SpecError(
        name,
        "{field} cannot be {value}: {reason}.",
        "{about}",
        value=repr(first["input"]),
        reason=first["msg"][0].lower() + first["msg"][1:],
        about=(field.description or "") if field else "The fields are named by texts.",
    )


def applies(spec: ArchitectureSpec, field: str) -> bool:
    """Whether a field makes a difference beside the others, so that its control is shown."""
    if field in ("expansion", "cardinality", "base_width", "stride_on"):
        return spec.block == "bottleneck"
    return True
