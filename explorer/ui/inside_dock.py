"""What happens inside the network, in its dock: built when it is first seen.

Made by `ui/main_window.py`. Imports the inside view when the dock is first opened. Must not import torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMainWindow, QWidget

from explorer.engine.values import LoadedPicture
from explorer.state.inside import is_shipped, shown
from explorer.state.model import AppState
from explorer.ui.late import actions, inside_actions
from explorer.ui.seen_dock import SeenDock
from explorer.ui.store import Store

if TYPE_CHECKING:
    from explorer.ui.views.inside import InsideView
    from explorer.ui.views.inside_facts import InsideFacts


class InsideDock(SeenDock):
    """Shows what was found inside the network in its dock.

    Args:
        deck: Where the dock lives.
        store: The state.
    """

    def __init__(self, deck: QMainWindow, store: Store) -> None:
        super().__init__("Inside", "inside", deck, store)
        self._view: InsideView | None = None

    def build(self) -> QWidget:
        """The view, with its signals connected."""
        from explorer.ui.views.inside import InsideView

        dispatch = self._store.dispatch
        view = self._view = InsideView()
        head = view.head
        head.topic_chosen.connect(lambda topic: dispatch(inside_actions.ShowTopic(topic)))
        head.run_requested.connect(lambda: dispatch(inside_actions.RunTopic(self._store.state.inside.topic)))
        head.sample_chosen.connect(lambda data: dispatch(inside_actions.ChooseSample(data)))
        head.cancel_requested.connect(lambda ticket: dispatch(actions.CancelWork(ticket)))
        view.lesion_toggled.connect(lambda block: dispatch(inside_actions.ToggleLesion(block)))
        view.blocks_exchanged.connect(lambda one, other: dispatch(inside_actions.ExchangeBlocks(one, other)))
        view.healed.connect(lambda: dispatch(inside_actions.HealAll()))
        view.embedding_chosen.connect(
            lambda method, key: dispatch(inside_actions.ChooseEmbedding(method, key))
        )
        view.picture_chosen.connect(lambda image_id: dispatch(actions.SelectPicture(image_id)))
        return view

    def look_up(self) -> None:
        """Ask for what the topic shows at little cost."""
        self._store.dispatch(inside_actions.ShowTopic(self._store.state.inside.topic))

    def show_state(self, old: AppState | None, new: AppState) -> None:
        """Show what was found, where something that the view is about differs."""
        if old is not None and all(
            before is after
            for before, after in (
                (old.inside, new.inside),
                (old.net, new.net),
                (old.document, new.document),
                (old.pictures, new.pictures),
                (old.data, new.data),
                (old.work, new.work),
            )
        ):
            return
        assert self._view is not None
        self._view.show_facts(facts_of(new))


def facts_of(state: AppState) -> InsideFacts:
    """What the inside view is about, out of the whole state."""
    from explorer.ui.views.inside_facts import KINDS, InsideFacts

    inside, net, pictures = state.inside, state.net, state.pictures
    kinds = KINDS[inside.topic] + ("OpenData",) * (inside.topic in inside.busy)
    work = next((work for work in state.work if work.kind in kinds), None)
    return InsideFacts(
        inside=shown(inside),
        is_shipped=is_shipped(inside),
        spec=net.spec,
        classes=net.classes,
        is_ready=net.status == "ready",
        is_trained=net.origin is not None and net.origin.is_trained,
        lesions=state.document.lesions,
        selected=state.document.selected,
        picture=pictures.loaded(pictures.current),
        pictures={item.image_id: item for item in pictures.items if isinstance(item, LoadedPicture)},
        data=state.data,
        work=(work.ticket, work.share, work.kind) if work is not None else None,
    )
