"""SPEC on the command line: a preset's name or a JSON file, and the `--set` edits behind it.

Called by every command that takes one. Imports `arch` only, so that it costs no start-up time.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from explorer.arch import spec as arch_spec
from explorer.arch.presets import preset, presets
from explorer.arch.spec import ArchitectureSpec
from explorer.arch.speech import with_edits
from explorer.errors import SpecError


def spec_from_argument(text: str, sets: Sequence[str] = ()) -> ArchitectureSpec:
    """The architecture that the command line names.

    Args:
        text: A preset's name or the path of a JSON file; a preset wins.
        sets: Edits such as `stage_depths=3,4,6,3`. They are made together, so that they may need one another.

    Raises:
        SpecError: There is no such preset or file, it is no spec, or an edit does not fit.
    """
    return edited(_named(text), sets)


def edited(spec: ArchitectureSpec, sets: Sequence[str]) -> ArchitectureSpec:
    """A copy with `--set` edits made, all together.

    Raises:
        SpecError: An edit is no `field=value`, or does not fit.
    """
    return with_edits(spec, sets)


def _named(text: str) -> ArchitectureSpec:
    if text in presets():
        return presets()[text].spec
    path = Path(text)
    if path.suffix != ".json" and not path.is_file():
        return preset(text).spec
    try:
        return arch_spec.from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(
            "spec",
            "The spec file {path} cannot be read: {reason}.",
            "Check the path; `resnet-explorer presets` lists the names that need no file.",
            path=text,
            reason=getattr(error, "strerror", None) or str(error),
        ) from None
