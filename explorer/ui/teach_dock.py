"""Teaching in its dock: bins of pictures, and how the learning goes.

Made by `ui/main_window.py`. Imports the teach view when the dock is first opened. Must not import torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMainWindow, QWidget

from explorer.arch.presets import net_title
from explorer.state.model import AppState
from explorer.ui.late import actions, learning_actions
from explorer.ui.seen_dock import SeenDock
from explorer.ui.store import Store

if TYPE_CHECKING:
    from explorer.ui.views.teach import TeachView
    from explorer.ui.widgets.drop_reading import Dropped
    from explorer.ui.widgets.elided_label import Tone
    from explorer.ui.widgets.thumbnails import PictureItem


GOOD_ACCURACY = 0.75
"""Below it the user is told what helps; two classes are guessed right half of the time."""


class TeachDock(SeenDock):
    """Shows the classes that the user teaches in their dock.

    Args:
        deck: Where the dock lives.
        store: The state.
    """

    def __init__(self, deck: QMainWindow, store: Store) -> None:
        super().__init__("Teach", "teach", deck, store)
        self._view: TeachView | None = None
        self._items: dict[int, PictureItem] = {}

    def build(self) -> QWidget:
        """The view, with its signals connected."""
        from explorer.ui.views.teach import TeachView

        dispatch = self._store.dispatch
        view = self._view = TeachView()
        view.name_edited.connect(lambda name: dispatch(learning_actions.NameTeaching(name)))
        view.bin_added.connect(lambda: dispatch(learning_actions.AddBin()))
        view.bin_renamed.connect(lambda place, name: dispatch(learning_actions.RenameBin(place, name)))
        view.bin_removed.connect(lambda place: dispatch(learning_actions.RemoveBin(place)))
        view.bin_filled.connect(self._on_filled)
        view.pictures_joined.connect(
            lambda place, ids: dispatch(learning_actions.FillBin(place, image_ids=ids))
        )
        view.picture_removed.connect(
            lambda place, image_id: dispatch(learning_actions.TakeFromBin(place, image_id))
        )
        view.teach_requested.connect(lambda: dispatch(learning_actions.Teach()))
        return view

    def look_up(self) -> None:
        """Bring the pictures of another session back."""
        self._store.dispatch(learning_actions.LookUpTaught())

    def show_state(self, old: AppState | None, new: AppState) -> None:
        """Show the classes and how their learning goes."""
        if old is not None and all(
            before is after
            for before, after in (
                (old.teach, new.teach),
                (old.pictures, new.pictures),
                (old.training, new.training),
                (old.document, new.document),
                (old.work, new.work),
            )
        ):
            return
        assert self._view is not None
        from explorer.ui.views.teach import BinItem

        waiting = [place for _, place in new.teach.waiting]
        bins = tuple(
            BinItem(
                one.name,
                self._pictures(new, one.image_ids),
                waiting.count(place) + (new.teach.is_reading and bool(one.unread)),
            )
            for place, one in enumerate(new.teach.bins)
        )
        can_edit = not (new.training.is_busy or new.teach.collecting or new.teach.is_reading)
        network = net_title(new.document.spec)
        self._view.show_bins(new.teach.name, bins, network, can_edit=can_edit)
        self._show_progress(new)

    def _pictures(self, state: AppState, image_ids: tuple[int, ...]) -> tuple[PictureItem, ...]:
        """The items of pictures, each made once: the view compares them by identity."""
        from explorer.engine.messages import LoadedPicture
        from explorer.ui.widgets.thumbnails import PictureItem

        unknown = set(image_ids) - self._items.keys()
        if unknown:
            for item in state.pictures.items:
                if item.image_id in unknown and isinstance(item, LoadedPicture):
                    self._items[item.image_id] = PictureItem(
                        item.image_id, item.name, item.thumbnail, item.width, item.height
                    )
        return tuple(self._items[image_id] for image_id in image_ids if image_id in self._items)

    def _show_progress(self, state: AppState) -> None:
        assert self._view is not None
        teach, training = state.teach, state.training
        if teach.collecting:
            self._view.show_progress("Collecting the pictures…", None, is_working=True)
        elif training.status in ("opening", "preparing"):
            self._view.show_progress("Getting ready…", None, is_working=True)
        elif training.is_busy and training.began is not None:
            text = f"Learning: epoch {training.epoch + 1} of {training.began.epochs}"
            self._view.show_progress(text, training.share, is_working=True)
        elif training.status == "failed":
            self._view.show_progress(
                f"{training.cause} {training.remedy}".strip(), None, is_working=False, tone="danger"
            )
        elif training.status == "finished" and training.ended is not None and _is_taught(state):
            text, tone = _learned(training.ended.test_accuracy)
            self._view.show_progress(text, None, is_working=False, tone=tone)
        else:
            self._view.show_progress("", None, is_working=False)

    def _on_filled(self, place: int, dropped: Dropped) -> None:
        if dropped.paths or dropped.pictures or dropped.data_uris:
            self._store.dispatch(
                learning_actions.FillBin(place, dropped.paths, dropped.pictures, dropped.data_uris)
            )
        else:
            self._store.dispatch(
                actions.Complain(
                    "This picture is only an address; a class takes pictures themselves.",
                    "Save the picture first, then drop the file.",
                )
            )


def _learned(accuracy: float) -> tuple[str, Tone]:
    """How well the classes were learned, and the tone to say it in."""
    right = f"{100 * accuracy:.0f} % of the pictures set aside are right."
    if accuracy < GOOD_ACCURACY:
        return f"{right} More pictures of each class help.", "warning"
    return f"Learned: {right} Drop another one to try it.", "success"


def _is_taught(state: AppState) -> bool:
    """Whether the training that ended learned the classes that are in the bins."""
    began = state.training.began
    return began is not None and set(began.classes) == {one.name.strip() for one in state.teach.bins}
