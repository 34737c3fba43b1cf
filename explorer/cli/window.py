"""The words that open the window: `[gui] [SPEC] [FILE ...]` and its options.

Called by `app`. Imports `arch` only when words were given, and never Qt.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.cli.commands import COMMANDS

if TYPE_CHECKING:
    from explorer.arch.spec import ArchitectureSpec


@dataclass(frozen=True, slots=True)
class WindowWords:
    """What the words say.

    Attributes:
        spec: The network to open with; None where none is named.
        files: Paths to be handled as if dropped.
        screenshot: Where a picture of the window goes, or None.
        timings: Whether milestones are printed.
    """

    spec: ArchitectureSpec | None
    files: tuple[str, ...]
    screenshot: str | None
    timings: bool


def read_words(argv: Sequence[str]) -> WindowWords:
    """Understand the words behind the program's name.

    Raises:
        SystemExit: They are wrong usage (2), or asked for help (0).
        SpecError: The spec file cannot be read, or an edit does not fit.
    """
    parser = _parser()
    args = parser.parse_intermixed_args(argv[1:] if argv[:1] == ["gui"] else argv)
    if args.screenshot and not Path(args.screenshot).absolute().parent.is_dir():
        parser.error(f"--screenshot: there is no folder {Path(args.screenshot).parent}")
    words: list[str] = args.words
    name = words[0] if words and _names_spec(parser, words[0]) else None
    files = words[1:] if name else words
    return WindowWords(_spec(name, args.sets), tuple(files), args.screenshot, args.timings)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="resnet-explorer gui",
        usage="resnet-explorer [gui] [SPEC] [FILE ...] [--set FIELD=VALUE]"
        " [--screenshot OUT.png] [--timings]",
        description="Open the window. Files are handled as if they were dropped on it.",
        epilog="`resnet-explorer --help` lists the commands that need no window.",
    )
    parser.add_argument(
        "words",
        nargs="*",
        metavar="SPEC, FILE",
        help="a preset's name or a spec file; then pictures and others",
    )
    parser.add_argument(
        "--set", dest="sets", action="append", default=[], metavar="FIELD=VALUE", help="edit the spec"
    )
    parser.add_argument(
        "--screenshot", metavar="OUT.png", help="wait until the window is idle, save a picture of it and quit"
    )
    parser.add_argument(
        "--timings", action="store_true", help="print a JSON line at each milestone of the start"
    )
    return parser


def _names_spec(parser: argparse.ArgumentParser, word: str) -> bool:
    """Whether the first word is a SPEC; else it is a file, or wrong usage."""
    from explorer.arch.presets import presets
    from explorer.engine.lesson_messages import TEXT_SUFFIX

    path = Path(word)
    is_spec_file = path.suffix.lower() == ".json" and not path.name.lower().endswith(TEXT_SUFFIX)
    if word in presets() or (is_spec_file and path.is_file()):
        return True
    if not path.exists():
        import difflib

        near = ", ".join(difflib.get_close_matches(word, [*COMMANDS, *presets()], n=3))
        hint = (
            f"did you mean {near}?" if near else "`resnet-explorer --help` and `presets` list what there is"
        )
        parser.error(f"{word} is no command, no preset and no file; {hint}")
    return False


def _spec(name: str | None, sets: Sequence[str]) -> ArchitectureSpec | None:
    if name is None and not sets:
        return None
    from explorer.arch.presets import DEFAULT_PRESET
    from explorer.cli.specs import spec_from_argument

    return spec_from_argument(name or DEFAULT_PRESET, sets)
