"""The reducer's slice of what the selected node makes of the current picture.

Must not import torch or Qt.
"""

from __future__ import annotations

from explorer.engine.messages import MAIN_COLUMN, NodeProbed, ProbeNode
from explorer.engine.training_messages import WatchTraining
from explorer.state.model import MapsState
from explorer.state.reducer.inside import look_inside
from explorer.state.reducer.turn import Turn


def look(turn: Turn) -> None:
    """Ask for the maps of the selected node, where there is a net and a picture.

    A training is told, so that it refreshes what is looked at.
    """
    state = turn.state
    if state.net.status == "ready" and state.pictures.loaded(state.pictures.current) is not None:
        turn.ask(
            ProbeNode,
            image_id=state.pictures.current,
            key=state.document.selected,
            lesions=state.document.lesions,
        )
        look_inside(turn)
    if state.training.status == "running":
        loaded = state.pictures.loaded(state.pictures.current)
        is_rewound = state.net.origin is not None and state.net.origin.step is not None
        turn.ask(
            WatchTraining,
            image_id=loaded.image_id if loaded is not None and not is_rewound else None,
            key=state.document.selected,
            lesions=state.document.lesions,
        )


def on_node_probed(turn: Turn, event: NodeProbed) -> None:
    """The maps are here."""
    state = turn.state
    if not turn.is_newest(event, ProbeNode, MAIN_COLUMN):
        return
    # The document may be another network's already, without such a node.
    n_channels = event.maps.shape[0]
    channel = state.channel if state.channel is not None and state.channel < n_channels else None
    maps = MapsState(event.key, event.image_id, state.net.version, event.maps)
    turn.change(maps=maps, channel=channel)
