"""Plays a walk through depth: the selection goes from node to node, each when its maps are there.

Made by `ui/inside_wiring.py`. Must not import torch.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from explorer.arch.expand import expand
from explorer.arch.graph import Graph
from explorer.arch.lesions import output_key
from explorer.state.model import AppState
from explorer.ui.late import actions
from explorer.ui.store import Store

STEP_MS = 280
"""A node is looked at for so long at least."""
MOST_NODES = 80
"""In deeper networks the walk goes from block to block."""


def stations(graph: Graph) -> tuple[str, ...]:
    """The keys of a walk, from the picture to the logits: all nodes where they are few."""
    if len(graph.nodes) <= MOST_NODES:
        return tuple(node.key for node in graph.nodes)
    stem, head = (tuple(node.key for node in part) for part in (graph.stem, graph.head))
    return (*stem, *(output_key(graph, block) for block in graph.blocks), *head)


class WalkPlayer(QObject):
    """Goes on a few times a second, but never before what was asked for is shown.

    Args:
        store: The state and where actions go.
        parent: As Qt has it.
    """

    changed = Signal(object)
    """Whether it plays."""

    def __init__(self, store: Store, parent: QObject) -> None:
        super().__init__(parent)
        self._store = store
        self._timer = QTimer(self)
        self._timer.setInterval(STEP_MS)
        self._timer.timeout.connect(self._go_on)

    @property
    def plays(self) -> bool:
        """Whether it plays."""
        return self._timer.isActive()

    def set_playing(self, plays: bool) -> None:
        """Start, from the beginning where the end was reached; or stop."""
        if plays == self.plays:
            return
        if not plays:
            self._timer.stop()
        else:
            walk = stations(expand(self._store.state.document.spec))
            if _place(walk, self._store.state) >= len(walk) - 1:
                self._store.dispatch(actions.SelectNode(walk[0]))
            self._timer.start()
        self.changed.emit(plays)

    def _go_on(self) -> None:
        state = self._store.state
        if state.pictures.current is None or state.net.status == "failed":
            self.set_playing(False)
            return
        maps = state.maps
        if maps is None or maps.key != state.document.selected:
            return
        walk = stations(expand(state.document.spec))
        place = _place(walk, state) + 1
        if place >= len(walk):
            self.set_playing(False)
        else:
            self._store.dispatch(actions.SelectNode(walk[place]))


def _place(walk: tuple[str, ...], state: AppState) -> int:
    """The last station that the selected node has reached."""
    if state.document.selected in walk:
        return walk.index(state.document.selected)
    nodes = [node.key for node in expand(state.document.spec).nodes]
    here = nodes.index(state.document.selected) if state.document.selected in nodes else -1
    return sum(nodes.index(key) <= here for key in walk) - 1
