"""The one reducer: (state, message) → (state, requests). Pure.

Called by `ui/store.py` and by tests. Must not import torch or Qt.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from explorer.engine import messages, own_messages
from explorer.engine.messages import Event, LoadPictures, Request
from explorer.state import actions
from explorer.state.actions import Action, Start
from explorer.state.model import AppState
from explorer.state.reducer import document, maps, net, notices, own, pictures, weights
from explorer.state.reducer.turn import Turn


def _on_start(turn: Turn, action: Start) -> None:
    """Build the document's net at once; the requests wait for torch in the mailbox."""
    document.build(turn)
    if action.files:
        pictures.on_drop(turn, actions.Drop(paths=action.files))
    if action.sample:
        turn.ask(LoadPictures, paths=(action.sample,), as_sample=True)


HANDLERS: dict[type[Action] | type[Event], Callable[[Turn, Any], None]] = {
    actions.Start: _on_start,
    actions.EditSpec: document.on_edit_spec,
    actions.OpenSpec: document.on_open_spec,
    actions.PasteSpec: own.on_paste_spec,
    actions.LookUpArchitectures: own.on_look_up_architectures,
    actions.KeepArchitecture: own.on_keep_architecture,
    actions.RenameArchitecture: own.on_rename_architecture,
    actions.LetArchitectureGo: own.on_let_architecture_go,
    actions.LockBudget: document.on_lock_budget,
    actions.TogglePlainTwin: document.on_toggle_plain_twin,
    actions.ChooseWeights: document.on_choose_weights,
    actions.Undo: document.on_undo,
    actions.Redo: document.on_redo,
    actions.SelectNode: document.on_select_node,
    actions.StepNode: document.on_step_node,
    actions.Unfold: document.on_unfold,
    actions.SelectChannel: document.on_select_channel,
    actions.AllowFetchWeights: net.on_allow_fetch_weights,
    actions.KeepWeights: weights.on_keep_weights,
    actions.ChooseDevice: net.on_choose_device,
    actions.Drop: pictures.on_drop,
    actions.AllowFetchPicture: pictures.on_allow_fetch_picture,
    actions.SelectPicture: pictures.on_select_picture,
    actions.RemovePicture: pictures.on_remove_picture,
    actions.ClearPictures: pictures.on_clear_pictures,
    actions.CancelWork: notices.on_cancel_work,
    actions.DismissNotice: notices.on_dismiss_notice,
    actions.Complain: notices.on_complain,
    actions.SetColourScheme: notices.on_set_colour_scheme,
    actions.RememberLayout: notices.on_remember_layout,
    messages.EngineReady: net.on_engine_ready,
    messages.DeviceChosen: net.on_device_chosen,
    messages.MemoryRead: net.on_memory_read,
    messages.BuildProgress: net.on_build_progress,
    messages.ModelBuilt: net.on_model_built,
    messages.FetchProgress: notices.on_fetch_progress,
    messages.WeightsFetched: net.on_weights_fetched,
    messages.WeightsRead: weights.on_weights_read,
    messages.WeightsSaved: weights.on_weights_saved,
    messages.SpecRead: document.on_spec_read,
    own_messages.ArchitecturesListed: own.on_architectures_listed,
    messages.PicturesLoaded: pictures.on_pictures_loaded,
    messages.Classified: pictures.on_classified,
    messages.ManyClassified: pictures.on_many_classified,
    messages.NodeProbed: maps.on_node_probed,
    messages.RequestFinished: notices.on_request_finished,
    messages.RequestFailed: notices.on_request_failed,
}
"""What each message does; a test holds the table complete."""


def reduce(state: AppState, message: Action | Event) -> tuple[AppState, tuple[Request, ...]]:
    """The state after a message, and what to ask the engine for.

    Raises:
        KeyError: The message is of a kind that nobody handles.
    """
    turn = Turn(state)
    HANDLERS[type(message)](turn, message)
    return turn.state, tuple(turn.requests)
