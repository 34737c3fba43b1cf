"""Arguments that several commands share, so that they are spelled and explained alike.

Called by the commands' `add_parser`. Imports argparse only.
"""

from __future__ import annotations

import argparse
from typing import Any


def add_sets(parser: argparse.ArgumentParser) -> None:
    """`--set FIELD=VALUE`, repeatable: edits of the spec."""
    parser.add_argument(
        "--set",
        dest="sets",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="edit the spec, such as shortcut=B or stage_depths=3,4,6,3; may be repeated",
    )


class _TakeSpecs(argparse.Action):
    """SPECs, each with room for the edits behind it."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        namespace.specs = [*(namespace.specs or ()), *((value, ()) for value in values)]


class _TakeSet(argparse.Action):
    """A `--set`, which edits the SPEC before it; what else stands behind it are further SPECs."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        if not namespace.specs:
            parser.error("--set edits the SPEC before it; write the SPEC first")
        *others, (name, sets) = namespace.specs
        more = ((value, ()) for value in values[1:])
        namespace.specs = [*others, (name, (*sets, values[0])), *more]


def add_specs(parser: argparse.ArgumentParser) -> None:
    """SPECs, each with the `--set`s behind it: `specs` becomes pairs of a name and its edits."""
    parser.add_argument(
        "specs", nargs="+", metavar="SPEC", action=_TakeSpecs, help="a preset's name or a JSON file"
    )
    parser.add_argument(
        "--set",
        nargs="+",
        action=_TakeSet,
        metavar=("FIELD=VALUE", "SPEC"),
        help="edit the SPEC before it, such as shortcut=B; may be repeated, and further SPECs may follow",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """`--json`: machine output on stdout, and nothing else there."""
    parser.add_argument("--json", action="store_true", help="print JSON for machines")


def add_model(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    """Which network, with which weights, on which device.

    Args:
        parser: Of the command.
        required: Whether the network must be named; else the bundled one serves.
    """
    parser.add_argument(
        "--model",
        metavar="SPEC",
        required=required,
        help="a preset's name or a JSON file"
        + (
            ""
            if required
            else "; by default what the weights belong to, else the CIFAR ResNet-20 that is bundled"
        ),
    )
    add_sets(parser)
    parser.add_argument(
        "--weights",
        metavar="FILE|NAME",
        help="a .safetensors or .pth file, or the name of known weights such as resnet50.IMAGENET1K_V2; "
        "by default the bundled or downloaded ones of the network",
    )
    parser.add_argument("--allow-download", action="store_true", help="download what is not here yet")
    parser.add_argument(
        "--device", default="auto", help="auto, cpu, cuda, mps; auto takes the fastest that works"
    )


def at_least_1(text: str) -> int:
    """A count from the command line.

    Raises:
        ArgumentTypeError: It is none.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number of at least 1")
    return int(text)


def share(text: str) -> float:
    """A part of a whole from the command line, 0 to 1.

    Raises:
        ArgumentTypeError: It is none.
    """
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 0 to 1")
    return value
