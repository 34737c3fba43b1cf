"""The reducer's slice of the live network, its weights and its device.

Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import replace

from explorer.engine.messages import (
    MAIN_COLUMN,
    BuildModel,
    BuildProgress,
    DeviceChosen,
    EngineReady,
    FetchWeights,
    MemoryRead,
    ModelBuilt,
    RequestFailed,
    UseDevice,
    WeightsFetched,
)
from explorer.engine.values import KNOWN_WEIGHTS
from explorer.state.actions import AllowFetchWeights, ChooseDevice
from explorer.state.reducer import columns, studies
from explorer.state.reducer.document import build, use_weights
from explorer.state.reducer.inside import renew
from explorer.state.reducer.maps import look
from explorer.state.reducer.pictures import answer_all
from explorer.state.reducer.rewind import come_back, look_up, stay, while_moving
from explorer.state.reducer.turn import Turn


def on_engine_ready(turn: Turn, event: EngineReady) -> None:
    """Torch is there."""
    turn.change(device=replace(turn.state.device, torch_version=event.torch_version))


def on_choose_device(turn: Turn, action: ChooseDevice) -> None:
    """Move, and build there; not while something learns, which stays where it began."""
    if turn.state.training.is_busy or turn.state.studies.is_busy:
        turn.notify(
            "warning", "The device cannot change while a network learns.", "Pause the training first."
        )
        return
    turn.change(settings=replace(turn.state.settings, device=action.name))
    turn.ask(UseDevice, name=action.name)
    build(turn)
    columns.rebuild(turn)


def on_device_chosen(turn: Turn, event: DeviceChosen) -> None:
    """A device works."""
    before = turn.state.device.current
    device = replace(turn.state.device, current=event.device, devices=event.devices, reason=event.reason)
    turn.change(device=device)
    if event.reason:
        turn.notify("warning", "{reason}", arguments=(("reason", event.reason),))
    if before is None or before.name == event.device.name:
        return
    studies.on_other_device(turn)
    if event.ticket == 0:
        # The engine moved by itself, and networks stayed behind.
        build(turn)
        columns.rebuild(turn)


def on_memory_read(turn: Turn, event: MemoryRead) -> None:
    """How much memory is free now."""
    turn.change(device=replace(turn.state.device, current=event.device))


def on_build_progress(turn: Turn, event: BuildProgress) -> None:
    """Some of the network is made."""
    turn.progress(event.ticket, event.share)


def on_model_built(turn: Turn, event: ModelBuilt) -> None:
    """The network is live: ask it about everything that is in view."""
    if not turn.is_newest(event, BuildModel, event.column):
        return
    if event.column != MAIN_COLUMN:
        columns.on_column_built(turn, event)
        return
    net = replace(
        turn.state.net,
        status="ready",
        spec=event.spec,
        origin=event.origin,
        classes=event.classes,
        offers=event.offers,
        can_copy=event.can_copy,
        version=turn.state.net.version + 1,
    )
    turn.change(net=net, answers=while_moving(turn, event.origin))
    come_back(turn, event.origin)
    look_up(turn)
    renew(turn)
    answer_all(turn)
    look(turn)


def on_build_failed(turn: Turn, event: RequestFailed) -> None:
    """The notice says why; weights that do not load are given up, so that a network lives."""
    columns.on_column_failed(turn, event)
    if not turn.is_newest(event, BuildModel, MAIN_COLUMN):
        return
    if turn.state.net.status == "ready":
        stay(turn)
        return
    turn.change(net=replace(turn.state.net, status="failed"))
    document = turn.state.document
    if document.weights.kind in ("file", "named", "run") and not event.is_cancelled:
        turn.change(document=replace(document, weights=KNOWN_WEIGHTS))
        build(turn)


def on_allow_fetch_weights(turn: Turn, action: AllowFetchWeights) -> None:
    """The user has said yes."""
    turn.ask(FetchWeights, name=action.name)


def on_weights_fetched(turn: Turn, event: WeightsFetched) -> None:
    """Use them, if the net they belong to is still in view."""
    if any(offer.name == event.name for offer in turn.state.net.offers):
        use_weights(turn, event.name)
