"""`resnet-explorer sweep`: a study without a window.

Called through `cli/root.py`. Drives the engine's study handlers as the compute thread does. Torch is imported
inside `run` only, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.cli.arguments import add_json, add_sets
from explorer.cli.labelled_data import add_data, lasting_name, read_data
from explorer.cli.plans import EXIT_INTERRUPTED, add_plan, changes_of, halted_by_interrupt
from explorer.cli.say import PROGRAM, note
from explorer.cli.specs import spec_from_argument
from explorer.cli.sweep_text import Teller
from explorer.engine.messages import Event, Request, UseDevice
from explorer.engine.study_messages import (
    EstimateStudy,
    RunStudy,
    StudyEnded,
    StudyEstimated,
    StudyRow,
    WriteStudyReport,
)
from explorer.errors import DataError, RunError
from explorer.training.recipes import plan_for
from explorer.training.study import Study, axis_from_text, cells, make_study, seeds_from_text

if TYPE_CHECKING:
    from explorer.engine.context import Context


def add_parser(subparsers: Any) -> None:
    """Add the command to an argparse parser's subparsers."""
    parser = subparsers.add_parser(
        "sweep",
        help="train networks that differ in some fields",
        description="Train every combination of some fields' values, one after another. What was "
        "interrupted goes on where it was with --resume.",
    )
    parser.add_argument("spec", nargs="?", metavar="SPEC", help="a preset's name or a JSON file")
    add_sets(parser)
    add_data(parser)
    parser.add_argument("--allow-download", action="store_true", help="download data that is not here yet")
    parser.add_argument(
        "--axis",
        dest="axes",
        action="append",
        default=[],
        metavar="FIELD=VALUE,…",
        help="vary a field of the network or of the plan, or `depth`, such as depth=20,32 or "
        "shortcut=A,none; values that hold commas are parted by semicolons; may be repeated",
    )
    parser.add_argument("--seeds", metavar="N,…", help="train each combination with each of these")
    add_plan(parser)
    parser.add_argument("--name", default="", help="what the study is called")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")
    parser.add_argument("--resume", metavar="STUDY", help="go on with a study that was cut off")
    parser.add_argument("--retry", action="store_true", help="with --resume: try what failed once more")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write what was found as one HTML file")
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be trained and what it would cost, and stop"
    )
    add_json(parser)
    parser.set_defaults(func=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Train as the arguments say.

    Returns:
        The exit status: 0, or 130 where the user interrupted it (it can go on).

    Raises:
        ExplorerError: Anything that a person can do something about.
    """
    _check_usage(args)
    with _context(args.device) as context:
        if args.resume:
            request = _resumed(args, context)
        else:
            study = _fresh(args, context)
            if args.dry_run:
                return _estimated(args, study, context)
            request = RunStudy(ticket=2, study=study)
        started = time.perf_counter()
        teller = Teller(_print, as_json=args.json)
        row = _driven_study(request, context, teller)
        if row is None:
            return EXIT_INTERRUPTED
        if args.report and row.counted("finished"):
            for _ in _answers(WriteStudyReport(ticket=3, id=row.id, path=str(args.report)), context):
                pass
        teller.ended(row, time.perf_counter() - started, report=str(args.report or ""))
    _complain_of_failures(row)
    return 0


def _complain_of_failures(row: StudyRow) -> None:
    """Say what failed, if anything did.

    Raises:
        RunError: Something did.
    """
    failed = [one for one in row.cells if one.status == "failed"]
    if failed:
        raise RunError(
            "{count} of {all} trainings failed; the first is {cell}: {cause}",
            "`{program} sweep --resume {study} --retry` tries them again.",
            count=len(failed),
            all=len(row.cells),
            cell=failed[0].cell.label,
            cause=failed[0].cause,
            program=PROGRAM,
            study=row.id,
        )


def _check_usage(args: argparse.Namespace) -> None:
    if not args.resume and not (args.spec and args.data):
        args.parser.error("give SPEC and --data, or --resume STUDY")
    if not args.resume and not (args.axes or args.seeds):
        args.parser.error("give --axis or --seeds: one training is `train`")
    if args.resume and (args.spec or args.axes or args.seeds):
        args.parser.error("--resume takes the study's own SPEC, axes and seeds; leave them out")
    if args.retry and not args.resume:
        args.parser.error("--retry goes with --resume")


def _print(text: str) -> None:
    print(text, flush=True)


@contextmanager
def _context(device: str) -> Iterator[Context]:
    """What handlers share, on a device; the store is closed at the end."""
    import torch

    from explorer.engine.context import Context
    from explorer.engine.messages import DeviceChosen
    from explorer.nets.device import configure_threads

    configure_threads(behind_window=False)
    context = Context()
    try:
        with torch.no_grad():
            for event in _answers(UseDevice(ticket=1, name=device), context):
                if isinstance(event, DeviceChosen) and event.reason:
                    note(event.reason)
            yield context
    finally:
        context.close_store()


def _answers(request: Request, context: Context) -> Iterator[Event]:
    """Drive a handler to its end.

    Raises:
        ExplorerError: Whatever the handler raises.
    """
    from explorer.engine.handlers.table import COMPUTE_HANDLERS

    for event in COMPUTE_HANDLERS[type(request)](request, context):
        if event is not None:
            yield event


def _fresh(args: argparse.Namespace, context: Context) -> Study:
    """A new study, with the data it needs in memory."""
    spec = spec_from_argument(args.spec, args.sets)
    changes = changes_of(args)
    axes = [axis_from_text(text) for text in args.axes]
    seeds = seeds_from_text(args.seeds) if args.seeds else ()
    # What is wrong is refused before minutes of decoding.
    make_study(spec, plan_for(args.data, 1, args.recipe, **changes), args.data, axes, seeds)
    data = lasting_name(args.data)
    dataset = read_data(args.data, spec.input_size, allow_download=args.allow_download)
    context.datasets.put(data, spec.input_size, dataset)
    study = make_study(
        spec.edited(num_classes=len(dataset.classes)),
        plan_for(args.data, len(dataset.train_images), args.recipe, **changes),
        data,
        axes,
        seeds,
        name=args.name,
        recipe=args.recipe,
    )
    if all(cell.reason for cell in cells(study)):
        raise RunError(
            "None of these combinations can be: {reason}",
            "Choose other values; --dry-run lists them.",
            reason=cells(study)[0].reason,
        )
    return study


def _resumed(args: argparse.Namespace, context: Context) -> RunStudy:
    """A study to go on with, with its data in memory.

    Raises:
        DataError: Its data is not where it was, or cannot be read.
        RunError: There is no such study.
    """
    from explorer.engine.queue import StudyQueue
    from explorer.images.datasets import is_named

    queue = StudyQueue.open(args.resume)
    data, size = queue.study.data, queue.study.spec.input_size
    if not is_named(data) and not Path(data).exists():
        raise DataError(
            "The study {study} trains on {data}, which is not there any more.",
            "Put it back.",
            study=queue.id,
            data=data,
        )
    context.datasets.put(data, size, read_data(data, size, allow_download=args.allow_download))
    return RunStudy(ticket=2, id=queue.id, retries=args.retry)


def _estimated(args: argparse.Namespace, study: Study, context: Context) -> int:
    """Say what a study would cost."""
    for event in _answers(EstimateStudy(ticket=2, study=study), context):
        if isinstance(event, StudyEstimated):
            Teller(_print, as_json=args.json).dry(study, event)
    return 0


def _driven_study(request: RunStudy, context: Context, teller: Teller) -> StudyRow | None:
    """Train to the end and say how it goes; None where the user interrupted it.

    Raises:
        ExplorerError: It cannot begin, or must wait: the disk is full.
    """
    ended: StudyEnded | None = None
    try:
        with halted_by_interrupt(lambda: _paused(context)):
            for event in _answers(request, context):
                if isinstance(event, StudyEnded):
                    ended = event
                else:
                    teller.tell(event)
    except KeyboardInterrupt:
        ended = None
    if ended is not None and ended.cause:
        raise RunError(ended.cause, ended.hint, **dict(ended.arguments))
    if ended is None or ended.row.status != "finished":
        name = ended.row.id if ended is not None else teller.study
        print(f"Stopped. Go on with: {PROGRAM} sweep --resume {name}", file=sys.stderr)
        return None
    return ended.row


def _paused(context: Context) -> bool:
    """Whether the study will pause, where it was not asked to before."""
    if context.study is None or context.study.wish == "pause":
        return False
    context.study.wish = "pause"
    return True
