"""How a training on the command line begins: anew, from where it was cut off, or where a finished one ended.

Used by `cli/train.py`. Torch is imported inside the functions only.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.cli.labelled_data import lasting_name, read_data
from explorer.cli.plans import changes_of
from explorer.cli.say import note
from explorer.cli.specs import spec_from_argument
from explorer.errors import DataError, WeightsError
from explorer.runs.names import starts_from
from explorer.slices import returned
from explorer.training.plan import Plan
from explorer.training.recipes import plan_for, recipe

if TYPE_CHECKING:
    from explorer.arch.spec import ArchitectureSpec
    from explorer.images.datasets import Dataset
    from explorer.runs.store import Run
    from explorer.training.prepare import Training

Say = Callable[[str], None]


def fresh(args: argparse.Namespace, store: Any, say: Say) -> tuple[Run, Training, Dataset]:
    """A new run, ready to start.

    Raises:
        ConsentRequired: Something would have to be downloaded, and nobody has allowed it.
        DataError: The data cannot be read, or does not fit the network.
        RunError: The plan is wrong.
        SpecError: The network is.
        WeightsError: There are no such weights to start from.
    """
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
        "command": _command(),
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


def resumed(args: argparse.Namespace, store: Any, say: Say) -> tuple[Run, Training, Dataset]:
    """A run that was cut off, as its last checkpoint has it.

    Raises:
        DataError: Its data cannot be read, or is not where it was.
        RunError: It cannot go on here, or has no checkpoint that can be read.
    """
    entry: Run = store.run_to_resume(args.resume)
    from explorer.training.checkpoint import read_checkpoint
    from explorer.training.prepare import prepare

    checkpoint = read_checkpoint(entry.checkpoints)
    dataset = _data_again(args, entry.id, f"--resume {entry.id}", entry.data, checkpoint.spec)
    device = _device(json.loads(entry.origin)["device"] if args.device == "auto" else args.device)
    training = returned(prepare(checkpoint.spec, checkpoint.plan, dataset, device, resume=checkpoint))
    progress = checkpoint.progress
    say(
        f"Going on with run {entry.id} at step {progress.step}, after epoch {progress.epoch} of "
        f"{checkpoint.plan.epochs}."
    )
    return entry, training, dataset


def extended(args: argparse.Namespace, store: Any, say: Say) -> tuple[Run, Training, Dataset]:
    """A new run that begins as a finished one ended.

    Raises:
        DataError: The data cannot be read, or is not where it was.
        RunError: There is no such run, it has not finished, or it has as many epochs already.
    """
    from explorer.training.extend import created, ended_run, extending, longer_plan

    ended = ended_run(args.extend, store)
    # A wrong number of epochs is refused before minutes of decoding.
    longer_plan(ended.plan, ended.epochs, args.epochs)
    how = f"--extend {ended.id} --epochs {args.epochs}"
    dataset = _data_again(args, ended.id, how, ended.data, ended.spec)
    # One that ships was trained on another machine.
    own = ended.origin.get("device", "auto") if ended.folder is not None else "auto"
    device = _device(str(own) if args.device == "auto" else args.device)
    training = returned(extending(ended, args.epochs, dataset, device))
    data = lasting_name(args.data) if args.data else ""
    entry = returned(created(ended, training, store, data=data, command=_command()))
    say(f"Training {ended.id} on, from epoch {training.epoch} to {args.epochs}.")
    return entry, training, dataset


def _data_again(args: argparse.Namespace, run: str, how: str, data: str, spec: ArchitectureSpec) -> Dataset:
    """The data of a run that goes on, wherever the user says it is now."""
    if not args.data and not _is_there(data):
        raise DataError(
            "The run {run} was trained on {data}, which is not there.",
            "Put it back, or say where it is now: resnet-explorer train {how} --data PATH",
            run=run,
            data=data,
            how=how,
        )
    return read_data(args.data or data, spec.input_size, allow_download=args.allow_download)


def _command() -> str:
    return shlex.join(["resnet-explorer", *sys.argv[1:]])


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
