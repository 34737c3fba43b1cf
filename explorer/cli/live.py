"""A live network for one command: device, architecture and weights as its arguments say.

Called by the commands that ask a network, which drive the engine's handlers as the compute thread does.
Torch is imported inside `live_net` only.
"""

from __future__ import annotations

import argparse
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.arch.presets import DEFAULT_PRESET
from explorer.cli.progress import ProgressLine
from explorer.cli.say import note
from explorer.cli.specs import edited, spec_from_argument
from explorer.engine.messages import (
    MAIN_COLUMN,
    BuildModel,
    DeviceChosen,
    Event,
    Request,
    UseDevice,
    WeightsChoice,
)
from explorer.nets import catalogue
from explorer.nets.catalogue import WeightsCard
from explorer.present.text import byte_size

if TYPE_CHECKING:
    from explorer.arch.spec import ArchitectureSpec
    from explorer.engine.context import Context, LiveNet
    from explorer.nets.facts import Origin

_FILE_SUFFIXES = frozenset({".safetensors", ".pth", ".pt", ".th", ".bin", ".ckpt"})


@dataclass(frozen=True, slots=True)
class Live:
    """A network ready to be asked.

    Attributes:
        context: What handlers need.
        net: The network in it.
    """

    context: Context
    net: LiveNet

    def answers(self, request: Request) -> Iterator[Event]:
        """Drive a handler to its end.

        Raises:
            ExplorerError: Whatever the handler raises.
        """
        yield from _driven(request, self.context)


@contextmanager
def live_net(args: argparse.Namespace) -> Generator[Live, None, None]:
    """Build the network that `arguments.add_model`'s arguments describe.

    Args:
        args: With `model`, `sets`, `weights`, `allow_download` and `device`.

    Raises:
        ConsentRequired: Its weights would have to be downloaded, and nobody has allowed it.
        DeviceError: No device works, or the network does not fit it.
        FetchError: A download failed.
        SpecError: There is no such network.
        WeightsError: The weights cannot be read or do not fit.
    """
    spec, weights = _chosen(args)
    with _built(spec, weights, args.device) as live:
        _tell_about(live.net.origin, spec)
        yield live


@contextmanager
def live_net_of(spec: ArchitectureSpec, device: str, *, allow_download: bool) -> Generator[Live, None, None]:
    """Build a network with the weights that are known of it, else untrained.

    Raises:
        DeviceError: No device works, or the network does not fit it.
        FetchError: A download failed.
        WeightsError: The weights cannot be read or do not fit.
    """
    _obtain_known(spec, allowed=allow_download)
    with _built(spec, WeightsChoice("known"), device) as live:
        yield live


@contextmanager
def untrained_net(spec: str, sets: Sequence[str], device: str) -> Generator[Live, None, None]:
    """Build a network without weights, for what does not depend on them.

    Args:
        spec: SPEC, as the command line has it.
        sets: Edits of it.
        device: The name of a device, or `auto`.

    Raises:
        DeviceError: No device works, or the network does not fit it.
        SpecError: There is no such network.
    """
    with _built(spec_from_argument(spec, sets), WeightsChoice("untrained"), device) as live:
        yield live


@contextmanager
def _built(spec: ArchitectureSpec, weights: WeightsChoice, device: str) -> Generator[Live, None, None]:
    import torch

    from explorer.engine.context import Context
    from explorer.nets.device import configure_threads

    configure_threads(behind_window=False)
    context = Context()
    with torch.no_grad():
        for event in _driven(UseDevice(ticket=1, name=device), context):
            if isinstance(event, DeviceChosen) and event.reason:
                note(event.reason)
        for _ in _driven(BuildModel(ticket=2, spec=spec, weights=weights), context):
            pass  # progress; a terminal needs none for seconds of work
        yield Live(context, context.nets[MAIN_COLUMN])


def origin_name(origin: Origin) -> str:
    """Where weights come from, for machines: `untrained`, or the kind and the name."""
    return f"{origin.kind}: {origin.name}" if origin.is_trained else origin.kind


def origin_text(origin: Origin) -> str:
    """Where weights come from, for people."""
    if not origin.is_trained:
        return f"untrained (seed {origin.seed}): these are chance"
    accuracy = f", {origin.accuracy_percent:.2f} % test accuracy" if origin.accuracy_percent else ""
    return f"{origin_name(origin)}{accuracy}"


def _driven(request: Request, context: Context) -> Iterator[Event]:
    from explorer.engine.handlers.io_table import IO_HANDLERS
    from explorer.engine.handlers.table import COMPUTE_HANDLERS

    handlers = IO_HANDLERS if request.on_io_pool else COMPUTE_HANDLERS
    for event in handlers[type(request)](request, context):
        if event is not None:
            yield event


def _chosen(args: argparse.Namespace) -> tuple[ArchitectureSpec, WeightsChoice]:
    """Which network with which weights; they are on this machine when this returns."""
    spec = spec_from_argument(args.model, args.sets) if args.model else None
    if args.weights is None:
        if spec is None:
            spec = spec_from_argument(DEFAULT_PRESET, args.sets)
        _obtain_known(spec, allowed=args.allow_download)
        return spec, WeightsChoice("known")
    path = Path(args.weights)
    if path.is_file() or path.suffix.lower() in _FILE_SUFFIXES:
        spec = spec or edited(_spec_in(path), args.sets)
        return spec, WeightsChoice("file", str(path))
    card = catalogue.by_name(args.weights, spec)
    _obtain(card, allowed=args.allow_download)
    return spec or edited(card.spec, args.sets), WeightsChoice("named", card.name)


def _spec_in(path: Path) -> ArchitectureSpec:
    """The network that a file of weights says it belongs to, or whose shapes it has."""
    from explorer.engine.handlers.weights import network_of

    spec, _ = network_of(path)
    return spec


def _obtain_known(spec: ArchitectureSpec, *, allowed: bool) -> None:
    """Download the best known weights of a network where none are here and the user allows it."""
    cards = catalogue.cards_for(spec)
    if allowed and cards and not any(map(catalogue.is_present, cards)):
        _obtain(cards[0], allowed=True)


def _obtain(card: WeightsCard, *, allowed: bool) -> None:
    with ProgressLine(card.name, byte_size) as line:
        catalogue.obtain(card, allowed=allowed, progress=line.show)


def _tell_about(origin: Origin, spec: ArchitectureSpec) -> None:
    for sentence in origin.assumed:
        note(sentence)
    if not origin.is_trained and (cards := catalogue.cards_for(spec)):
        size = byte_size(cards[0].size_bytes)
        note(f"trained weights exist: --allow-download fetches {cards[0].name} ({size})")
