"""The command line's root: words in, an exit status out, errors as one line.

Called by `app` when the first word is a command, or asks for help or the version. Imports a command's module
only when that command, or the help of all, is asked for.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from explorer.cli.commands import COMMANDS
from explorer.cli.say import PROGRAM, print_error
from explorer.errors import ExplorerError
from explorer.version import VERSION

EXIT_FAILED = 1
EXIT_INTERRUPTED = 130
"""128 and SIGINT's number, as shells have it."""

DESCRIPTION = """\
See residual networks: build, run, look inside and compare them, live.

  resnet-explorer [gui] [SPEC] [FILE ...]   open the window; see `resnet-explorer gui --help`
  resnet-explorer COMMAND ...               do it without a window"""

EPILOG = """\
SPEC is a preset's name (see `resnet-explorer presets`) or a JSON file.
`resnet-explorer COMMAND --help` says more about each command."""


def build_parser(names: Sequence[str] = tuple(COMMANDS)) -> argparse.ArgumentParser:
    """The parser of the whole command line, with the named commands' own parsers.

    Args:
        names: The commands whose modules are imported.
    """
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        usage=f"{PROGRAM} [-h] [-V] [gui] [SPEC] [FILE ...]\n       {PROGRAM} COMMAND ...",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-V", "--version", action="version", version=f"{PROGRAM} {VERSION}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True, title="commands", prog=PROGRAM)
    for name in names:
        import_module(f"explorer.cli.{name}").add_parser(subparsers)
    return parser


def main(argv: Sequence[str]) -> int:
    """Run one command.

    Args:
        argv: The words behind the program's name.

    Returns:
        The exit status: 0, 1 for an error (said in one line on stderr), 2 for wrong usage, 130 where the user
        interrupted it.
    """
    return guarded(lambda: _run(argv))


def _run(argv: Sequence[str]) -> int:
    named = argv[:1] if argv and argv[0] in COMMANDS else tuple(COMMANDS)
    args = build_parser(named).parse_args(argv)
    status: int = args.func(args)
    # Here, so that a pipe that was closed is noticed while somebody can still act on it.
    sys.stdout.flush()
    return status


def guarded(work: Callable[[], int]) -> int:
    """Do something, with every way it may end turned into an exit status.

    Args:
        work: Returns the exit status; may raise `ExplorerError`, and end in argparse's `SystemExit`.
    """
    _never_stumble_over_signs()
    try:
        return work()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except ExplorerError as error:
        print_error(error)
        return EXIT_FAILED
    except KeyboardInterrupt:
        print(f"{PROGRAM}: stopped.", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Who read our output has gone, as `head` does. Python would complain again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED


def _never_stumble_over_signs() -> None:
    """Where a terminal cannot show × or …, show a question mark instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if getattr(stream, "encoding", "utf-8").lower().replace("-", "") != "utf8":
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
