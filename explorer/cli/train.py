"""`resnet-explorer train`: a training without a window.

Called through `cli/root.py`. Torch is imported inside `run` only, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.cli.arguments import add_json, add_sets
from explorer.cli.labelled_data import add_data
from explorer.cli.plans import EXIT_INTERRUPTED, add_plan, halted_by_interrupt
from explorer.cli.train_begin import Say, extended, fresh, resumed
from explorer.errors import RunError
from explorer.files import read_json
from explorer.training.events import (
    EpochFinished,
    TrainingFinished,
    TrainingPaused,
    TrainingStarted,
)

if TYPE_CHECKING:
    from explorer.images.datasets import Dataset
    from explorer.runs.store import Run
    from explorer.training.prepare import Training

_OWN = {
    "--set": "sets",
    "--recipe": "recipe",
    "--epochs": "epochs",
    "--batch-size": "batch_size",
    "--seed": "seed",
    "--precision": "precision",
    "--plan": "plan_edits",
    "--weights": "weights",
}
"""What a run has chosen once and for all, by option."""


def add_parser(subparsers: Any) -> None:
    """Add the command to an argparse parser's subparsers."""
    parser = subparsers.add_parser(
        "train", help="train a network", description="Train a network, or go on with a run."
    )
    parser.add_argument("spec", nargs="?", metavar="SPEC", help="a preset's name or a JSON file")
    add_sets(parser)
    add_data(parser)
    parser.add_argument(
        "--allow-download", action="store_true", help="download data and weights that are not here yet"
    )
    add_plan(parser)
    parser.add_argument("--seed", type=int)
    parser.add_argument(
        "--weights",
        metavar="FILE|NAME|RUN",
        help="start from these weights, or those that a run left, instead of first values; a recipe that "
        "needs some takes those that the program knows for SPEC",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")
    parser.add_argument("--resume", metavar="RUN", help="go on with a run that was cut off")
    parser.add_argument(
        "--extend",
        metavar="RUN",
        help="train a run that has finished, or ships with the program, on until --epochs in all: a new run "
        "that begins as that one ended",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="where the weights go as well (.safetensors)"
    )
    add_json(parser)
    parser.set_defaults(func=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Train as the arguments say.

    Returns:
        The exit status: 0, or 130 where the user interrupted it (the run can be resumed).

    Raises:
        ExplorerError: Anything that a person can do something about.
    """
    _check_options(args)
    if args.out:
        _check_out(args.out)
    say: Say = _silent if args.json else _print
    from explorer.runs.store import RunStore

    with RunStore() as store:
        begin = resumed if args.resume else extended if args.extend else fresh
        entry, training, dataset = begin(args, store, say)
        try:
            finished = _drive(args, store, entry, training, dataset.classes)
        except KeyboardInterrupt:
            finished = None
        if finished is None:
            print(f"Stopped. Go on with: resnet-explorer train --resume {entry.id}", file=sys.stderr)
            return EXIT_INTERRUPTED
        result = _keep(args, entry, training, dataset, finished)
    if args.json:
        _print(json.dumps(result))
    else:
        say(
            f"Finished: test accuracy {result['test_accuracy']:.2%}, "
            f"{result['images_per_second']:.0f} images/s, {result['seconds']:.0f} s. "
            f"Weights: {result['weights']}"
        )
    return 0


def _check_options(args: argparse.Namespace) -> None:
    """Exit with a usage error where options do not go together."""
    error, earlier = args.parser.error, "--resume" if args.resume else "--extend" if args.extend else ""
    if args.resume and args.extend:
        error("--resume goes on with a run that was cut off, --extend with one that has finished; give one")
    if not earlier and not (args.spec and args.data):
        error("give SPEC and --data, or --resume RUN, or --extend RUN")
    if earlier and args.spec:
        error(f"{earlier} takes the run's own SPEC; leave SPEC out")
    given = [option for option, name in _OWN.items() if getattr(args, name) != args.parser.get_default(name)]
    if args.extend and "--epochs" not in given:
        error("--extend needs --epochs: how many in all, those that are done counted")
    wrong = [option for option in given if not (args.extend and option == "--epochs")]
    if earlier and wrong:
        error(f"{earlier} goes on as the run began; leave {', '.join(wrong)} out")


def _check_out(out: Path) -> None:
    """Refuse before the training what would be in the way after it.

    Raises:
        RunError: It is no name of weights, or another file is where their card goes.
    """
    if out.suffix != ".safetensors":
        raise RunError("{out} is no name of weights.", "Let it end in .safetensors.", out=out)
    card = out.with_suffix(".json")
    if card.exists() and "sha256" not in read_json(card):
        raise RunError(
            "{card} is there already and is no card of weights; theirs goes to that name.",
            "Choose another name for --out.",
            card=card,
        )


def _print(text: str) -> None:
    print(text, flush=True)


def _silent(text: str) -> None:
    pass


def _drive(
    args: argparse.Namespace, store: Any, entry: Run, training: Training, classes: tuple[str, ...]
) -> TrainingFinished | None:
    """Train to the end and say how it goes; None where the user stopped it.

    Raises:
        RunError: The loss is not finite, or the disk is full; the run can be resumed.
    """
    from explorer.training.judging import keep_epoch
    from explorer.training.loop import train
    from explorer.training.record import record

    _print_started(args, entry)
    judge = "validation" if training.is_held_out else "test"
    steps = train(training, checkpoints=entry.checkpoints)
    # Closed on the way out, so that an interrupt at any moment is on the record before the store closes.
    halting = halted_by_interrupt(lambda: _stopped(training))
    with halting, closing(record(store, entry.id, steps, training.unwritten)) as events:
        for event in events:
            if isinstance(event, TrainingFinished):
                return event
            if isinstance(event, TrainingPaused) and event.cause:
                raise RunError(event.cause, event.hint, **dict(event.arguments))
            if isinstance(event, EpochFinished):
                keep_epoch(entry.judged, event, training.validation_pictures, classes)
            if isinstance(event, TrainingStarted | EpochFinished):
                _print(_json_line(event) if args.json else _text_line(event, judge))
    return None


def _stopped(training: Training) -> bool:
    """Whether the training will stop, where it was not asked to before."""
    if training.wish == "stop":
        return False
    training.wish = "stop"
    return True


def _print_started(args: argparse.Namespace, entry: Run) -> None:
    _print(json.dumps({"event": "run", "run": entry.id}) if args.json else f"Run {entry.id}.")


def _json_line(event: TrainingStarted | EpochFinished) -> str:
    name = "started" if isinstance(event, TrainingStarted) else "epoch"
    shown = {field.name for field in fields(event)} - {"confusion", "mistakes"}
    return json.dumps({"event": name, **{key: getattr(event, key) for key in sorted(shown)}})


def _text_line(event: TrainingStarted | EpochFinished, judge: str) -> str:
    """One line; `judge` is what the pictures that an epoch is judged by are called."""
    if isinstance(event, TrainingStarted):
        layout = ", channels last" if event.channels_last else ""
        return f"On {event.device} in {event.dtype}{layout}."
    return (
        f"{time.strftime('%H:%M:%S')}  epoch {event.epoch + 1:3d}  "
        f"train loss {event.train_loss:.4f}  accuracy {event.train_accuracy:.2%}  "
        f"{judge} loss {event.validation_loss:.4f}  accuracy {event.validation_accuracy:.2%}  "
        f"{event.images_per_second:.0f} images/s"
    )


def _keep(
    args: argparse.Namespace, entry: Run, training: Training, dataset: Dataset, finished: TrainingFinished
) -> dict[str, object]:
    """Write the weights and return the last JSON line; its accuracy is that of the file, in float32."""
    from explorer.training.card import write_trained

    origin = json.loads(entry.origin)
    # A run that was begun in the window has no command line.
    facts = {key: origin[key] for key in ("recipe", "command", "commit") if key in origin}
    if "command" in facts and training.device.type == "cpu":
        # Another number of threads adds in another order, which another day ends in another accuracy.
        facts["command"] = f"OMP_NUM_THREADS={training.threads} {facts['command']}"
    facts |= {
        "data": dataset.title or dataset.name,
        "run": entry.id,
        "epochs": finished.epochs,
        "date": time.strftime("%Y-%m-%d"),
    }
    tested = write_trained(entry.weights, training, dataset, facts)
    if args.out:
        write_trained(args.out, training, dataset, facts)
    return {
        "event": "finished",
        "run": entry.id,
        "epochs": finished.epochs,
        "test_accuracy": tested.accuracy,
        "images_per_second": finished.images_per_second,
        "seconds": finished.seconds,
        "weights": str(args.out or entry.weights),
    }
