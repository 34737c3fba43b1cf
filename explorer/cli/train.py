"""`resnet-explorer train`: a training without a window.

Called through `cli/root.py`. Torch is imported inside `run` only, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.cli.arguments import add_json, add_sets
from explorer.cli.labelled_data import add_data, lasting_name, read_data
from explorer.cli.plans import EXIT_INTERRUPTED, add_plan, changes_of, halted_by_interrupt
from explorer.cli.say import note
from explorer.cli.specs import spec_from_argument
from explorer.errors import DataError, RunError, WeightsError
from explorer.files import read_json
from explorer.runs.names import starts_from
from explorer.slices import returned
from explorer.training.events import (
    EpochFinished,
    TrainingFinished,
    TrainingPaused,
    TrainingStarted,
)
from explorer.training.plan import Plan
from explorer.training.recipes import plan_for, recipe

if TYPE_CHECKING:
    from explorer.arch.spec import ArchitectureSpec
    from explorer.images.datasets import Dataset
    from explorer.runs.store import Run
    from explorer.training.prepare import Training

Say = Callable[[str], None]

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
    if not args.resume and not (args.spec and args.data):
        args.parser.error("give SPEC and --data, or --resume RUN")
    if args.resume and args.spec:
        args.parser.error("--resume takes the run's own SPEC; leave SPEC out")
    given = [option for option, name in _OWN.items() if getattr(args, name) != args.parser.get_default(name)]
    if args.resume and given:
        args.parser.error(f"--resume goes on as the run began; leave {', '.join(given)} out")
    if args.out:
        _check_out(args.out)
    say: Say = _silent if args.json else _print
    from explorer.runs.store import RunStore

    with RunStore() as store:
        entry, training, dataset = _resumed(args, store, say) if args.resume else _fresh(args, store, say)
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


def _fresh(args: argparse.Namespace, store: Any, say: Say) -> tuple[Run, Training, Dataset]:
    """A new run, ready to start."""
    spec = spec_from_argument(args.spec, args.sets)
    changes = changes_of(args)
    # A wrong plan is refused before minutes of decoding.
    plan_for(args.data, 1, args.recipe, **changes)
    start = _start_weights(args, spec, store)
    dataset = read_data(args.data, spec.input_size, allow_download=args.allow_download)
    plan = plan_for(args.data, len(dataset.train_images), args.recipe, **changes)
    spec = spec.edited(num_classes=len(dataset.classes))
    _announce(say, dataset, plan, chosen="epochs" not in changes)
    from explorer.training.card import commit_of_program
    from explorer.training.prepare import prepare

    device = _device(args.device)
    path = None if start is None else start[0]
    training = returned(prepare(spec, plan, dataset, device, start_from=path))
    if path and training.loaded:
        say(f"{training.loaded[0]} of {training.loaded[1]} tensors come from {path.name}.")
    origin: dict[str, object] = {
        "seed": plan.seed,
        "recipe": args.recipe,
        "device": str(device),
        "command": shlex.join(["resnet-explorer", *sys.argv[1:]]),
        "commit": commit_of_program(),
    }
    if start is not None:
        _, kind, name = start
        origin |= starts_from(kind, name)
    data = lasting_name(args.data)
    entry = store.create(spec=spec.to_json(), plan=plan.to_json(), data=data, origin=json.dumps(origin))
    return entry, training, dataset


def _start_weights(
    args: argparse.Namespace, spec: ArchitectureSpec, store: Any
) -> tuple[Path, str, str] | None:
    """The file of weights to start from, its kind and name; None where first values are wanted.

    Raises:
        ConsentRequired: It would have to be downloaded, and nobody has allowed it.
        FetchError: The download failed.
        WeightsError: There are no such weights, or none are known for this network.
    """
    is_needed = recipe(args.recipe).starts_from_known
    if args.weights and Path(args.weights).is_file():
        return Path(args.weights), "file", str(Path(args.weights).resolve())
    if not args.weights and not is_needed:
        return None
    from explorer.nets import catalogue

    if args.weights:
        left = next((run.left for run in store.runs() if run.id == args.weights), None)
        if left is not None:
            return left, "run", args.weights
        card = catalogue.by_name(args.weights, spec)
    else:
        known = catalogue.to_start_from(spec)
        if known is None:
            raise WeightsError(
                "The recipe {recipe} goes on from known weights, and none are known for this network.",
                "Give some with --weights FILE, or choose another network.",
                recipe=args.recipe,
            )
        card = known
    return catalogue.obtain(card, allowed=args.allow_download), "named", card.name


def _resumed(args: argparse.Namespace, store: Any, say: Say) -> tuple[Run, Training, Dataset]:
    """A run that was cut off, as its last checkpoint has it.

    Raises:
        DataError: Its data cannot be read, or is not where it was.
        RunError: It cannot go on here, or has no checkpoint that can be read.
    """
    entry: Run = store.run_to_resume(args.resume)
    from explorer.training.checkpoint import read_checkpoint
    from explorer.training.prepare import prepare

    checkpoint = read_checkpoint(entry.checkpoints)
    data = args.data or entry.data
    if not args.data and not _is_there(data):
        raise DataError(
            "The run {run} was trained on {data}, which is not there any more.",
            "Put it back, or say where it is now: resnet-explorer train --resume {run} --data PATH",
            run=entry.id,
            data=data,
        )
    dataset = read_data(data, checkpoint.spec.input_size, allow_download=args.allow_download)
    device = _device(json.loads(entry.origin)["device"] if args.device == "auto" else args.device)
    training = returned(prepare(checkpoint.spec, checkpoint.plan, dataset, device, resume=checkpoint))
    progress = checkpoint.progress
    say(
        f"Going on with run {entry.id} at step {progress.step}, after epoch {progress.epoch} of "
        f"{checkpoint.plan.epochs}."
    )
    return entry, training, dataset


def _is_there(data: str) -> bool:
    from explorer.images.datasets import is_named

    return is_named(data) or Path(data).exists()


def _device(name: str) -> Any:
    """The device that is wanted; where it fails the CPU, and why on stderr."""
    from explorer.nets.device import choose

    device, _, reason = choose(name)
    if reason:
        note(reason)
    return device


def _announce(say: Say, dataset: Dataset, plan: Plan, *, chosen: bool) -> None:
    from explorer.images.dataset import left_out

    say(
        f"{dataset.name}: {len(dataset.classes)} classes, {len(dataset.train_images)} pictures to train on, "
        f"{len(dataset.test_images)} to test on."
    )
    for name, reason in dataset.broken:
        say(f"Left out: {left_out(name, reason)}")
    why = " (chosen for the size of the data; --epochs sets it)" if chosen else ""
    say(f"{plan.epochs} epochs{why}, batches of {plan.batch_size}, seed {plan.seed}.")


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
