"""The weights that a training starts from.

Used by `handlers/train.py`. Must not import Qt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from torch import Tensor

from explorer.arch.spec import ArchitectureSpec
from explorer.engine.context import Context, LiveNet
from explorer.engine.messages import MAIN_COLUMN, WeightsChoice
from explorer.errors import RunError
from explorer.images.prepare import Transform
from explorer.nets.catalogue import WeightsCard, by_name, is_present, obtain, to_start_from
from explorer.nets.facts import Origin
from explorer.nets.weight_files import read_weights, source_transform


@dataclass(frozen=True, slots=True)
class Start:
    """What a training starts from.

    Attributes:
        tensors: A state dict.
        transform: How they want pictures; None where nobody says it.
        choice: What brings it back another day: `named`, `file` or `run`. What was copied from another
            network is not to be had again: `copied` only tells.
    """

    tensors: Mapping[str, Tensor]
    transform: Transform | None
    choice: WeightsChoice


def start_of(weights: WeightsChoice, spec: ArchitectureSpec, context: Context) -> Start | None:
    """The weights that the user wants a training to start from; None for first values.

    They are taken from the net in view where it has them. Known ones for an untrained net are those that are
    here, whatever classes they tell apart: the head of a network that is to be taught two classes is new.

    Args:
        weights: What the user wants.
        spec: The network that learns.
        context: For the net in view.

    Raises:
        RunError: The net in view is untrained, and no weights that are known for it are here.
        WeightsError: Those that are cannot be read.
    """
    if weights.kind == "untrained":
        return None
    net = context.nets.get(MAIN_COLUMN)
    if net is not None and net.origin.kind == "copied" and weights.kind in ("known", "copied"):
        return _from_view(net, WeightsChoice("copied", net.origin.name))
    if net is not None and net.origin.is_trained and weights.kind in ("known", "copied"):
        return _from_view(net, WeightsChoice(_kind_of(net.origin), net.origin.name))
    if net is not None and net.origin.is_trained and _is_of(net.origin, weights):
        kind = "copied" if weights.step is not None else weights.kind
        return _from_view(net, WeightsChoice(kind, weights.name))
    if weights.kind == "file":
        return _from_file(Path(weights.name), weights)
    if weights.kind == "named":
        return _from_card(by_name(weights.name, spec))
    if weights.kind == "run" and weights.step is not None:
        raise RunError(
            "The network in view is not at step {step} of the run {run} any more.",
            "Go back to that step, and start again.",
            step=weights.step,
            run=weights.name,
        )
    if weights.kind == "run":
        return _from_run(weights.name, context)
    known = to_start_from(spec)
    if known is None or not is_present(known):
        raise RunError(
            "The network in view is untrained: there are no weights to start from.",
            "Load weights first, or start from first values.",
        )
    return _from_card(known)


def _kind_of(origin: Origin) -> Literal["run", "named", "copied"]:
    """What brings trained weights back: a moment of a run may be gone by then, and its name means its end."""
    if origin.kind != "run":
        return "named"
    return "run" if origin.step is None else "copied"


def _is_of(origin: Origin, weights: WeightsChoice) -> bool:
    return (origin.name, origin.step) == (Path(weights.name).name, weights.step)


def _from_view(net: LiveNet, choice: WeightsChoice) -> Start:
    tensors = {key: value.detach().clone() for key, value in net.module.state_dict().items()}
    return Start(tensors, net.transform, choice)


def _from_card(card: WeightsCard) -> Start:
    tensors = read_weights(obtain(card, allowed=False)).tensors
    return Start(tensors, card.transform, WeightsChoice("named", card.name))


def _from_file(path: Path, choice: WeightsChoice) -> Start:
    file = read_weights(path)
    return Start(file.tensors, source_transform(file), choice)


def _from_run(run_id: str, context: Context) -> Start:
    left = context.store().run(run_id).left
    if left is None:
        raise RunError(
            "The run {run} has left no weights to start from.",
            "Open weights, or start from first values.",
            run=run_id,
        )
    return _from_file(left, WeightsChoice("run", run_id))
