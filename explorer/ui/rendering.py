"""state → widgets: each panel is shown its slice, and only when that slice is another one.

Made by `ui/main_window.py`. Must not import torch, nor the engine beyond its messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

from explorer.arch.cost import cost_of
from explorer.arch.expand import expand
from explorer.arch.lamp import nearest
from explorer.arch.presets import net_title, preset_name
from explorer.engine.values import FailedPicture, LoadedPicture
from explorer.present.text import shape, short
from explorer.state.in_view import training_in_view
from explorer.state.model import AppState, Notice
from explorer.ui import theme, words
from explorer.ui.panels.image import Offer, PictureItem
from explorer.ui.recent_maps import RecentMaps
from explorer.ui.widgets.banner import BannerItem

if TYPE_CHECKING:
    from explorer.ui.main_window import MainWindow

COPY_OFFER = "copy"
_OF_TRAINING = ("training", "runs", "net", "moments", "studies")
"""What says which of its commands can be done."""


class Rendering:
    """Shows the state in the window's widgets.

    Args:
        window: Whose widgets.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._recent = RecentMaps()

    def show_all(self, state: AppState) -> None:
        """Show everything, at first."""
        self._show_document(state)
        self._show_history(state)
        self._show_pictures(state)
        self._show_picture(state)
        self._show_net(state)
        self._show_answer(state)
        self.show_maps(state)
        self._show_notices(state)
        self._show_device(state)
        self._show_work(state)
        self._show_training(state)
        self._window.menus.show_scheme(state.settings.colour_scheme)

    def on_changed(self, old: AppState, new: AppState) -> None:
        """Show what differs. Slices are compared by identity: the reducer replaces what it changes."""
        if old.document is not new.document or old.refusal is not new.refusal:
            self._show_document(new)
        if old.history is not new.history:
            self._show_history(new)
        if old.pictures is not new.pictures or old.answers is not new.answers:
            self._show_pictures(new)
        if old.pictures is not new.pictures or old.seen is not new.seen:
            self._show_picture(new)
        if old.net is not new.net:
            self._show_net(new)
        if old.answers is not new.answers or old.pictures is not new.pictures or old.net is not new.net:
            self._show_answer(new)
        if old.document.lesions != new.document.lesions or new.training.is_busy:
            # The same network answers otherwise.
            self._recent.forget()
        if (
            old.maps is not new.maps
            or old.channel != new.channel
            or old.net.status != new.net.status
            or old.document.selected != new.document.selected
            or (old.pictures.current is None) != (new.pictures.current is None)
        ):
            self.show_maps(new)
        if old.notices is not new.notices:
            self._show_notices(new)
        if old.device is not new.device:
            self._show_device(new)
        if (
            old.work is not new.work
            or old.images_per_second != new.images_per_second
            or old.net is not new.net
        ):
            self._show_work(new)
        if any(getattr(old, part) is not getattr(new, part) for part in _OF_TRAINING):
            self._show_training(new)
        if old.settings.colour_scheme != new.settings.colour_scheme:
            self._show_scheme(new)

    def _show_document(self, state: AppState) -> None:
        spec, refusal = state.document.spec, state.refusal
        graph, cost = expand(spec), cost_of(spec)
        self._window.architecture.show_spec(
            spec,
            cost,
            preset=preset_name(spec),
            near=nearest(spec),
            error=f"{refusal.cause} {refusal.hint}".strip() if refusal else None,
            error_field=refusal.field if refusal else None,
        )
        self._window.architecture.show_budget(state.document.budget, cost)
        view = self._window.graph
        view.show_graph(graph, cost)
        if state.document.unfolded is not None:
            view.set_unfolded(state.document.unfolded)
        view.set_selection(state.document.selected)
        self._window.setWindowTitle(words.window_title(spec))

    def _show_history(self, state: AppState) -> None:
        can_undo, can_redo = bool(state.history.past), bool(state.history.future)
        self._window.architecture.show_history(can_undo, can_redo)
        self._window.menus.show_history(can_undo=can_undo, can_redo=can_redo)

    def _show_training(self, state: AppState) -> None:
        """Grey what the menus could not do."""
        training, moments = training_in_view(state), state.moments
        run = training.curves.run if training.curves is not None else ""
        at, kept = moments.at.get(run), moments.kept.get(run, ())
        is_free = not (state.training.is_busy or state.studies.is_busy)
        self._window.menus.show_training(
            can_pause=state.training.can_pause,
            can_resume=training.can_resume and is_free,
            can_extend=training.can_extend and is_free,
            can_stop=state.training.can_stop,
        )
        first = training.step if at is None else at
        self._window.menus.show_moments(has_before=bool(kept) and kept[0] < first, is_rewound=at is not None)

    def _show_pictures(self, state: AppState) -> None:
        items = tuple(_picture_item(item, state) for item in state.pictures.items)
        self._window.image.show_pictures(items, state.pictures.current)

    def _show_picture(self, state: AppState) -> None:
        current = state.pictures.loaded(state.pictures.current)
        if current is None:
            self._window.image.show_current(None, "", 0, 0, None)
            return
        seen = state.seen.pixels if state.seen and state.seen.image_id == current.image_id else None
        self._window.image.show_current(current.preview, current.name, current.width, current.height, seen)

    def _show_net(self, state: AppState) -> None:
        net = state.net
        if net.spec is None or net.origin is None:
            self._window.image.show_net(None, "", (), ())
            return
        offers = [Offer(offer.name, words.offer_text(offer), offer.title) for offer in net.worth_taking]
        if net.can_copy and not net.origin.is_trained and net.origin.kind != "copied":
            tooltip = f"{net.can_copy} tensors of the trained net before have the same key and shape."
            offers.append(Offer(COPY_OFFER, "Copy what fits from the net before", tooltip))
        self._window.image.show_net(
            net.origin, net_title(net.spec), net.classes, tuple(offers), net.spec.num_classes
        )

    def _show_answer(self, state: AppState) -> None:
        current = state.pictures.current
        answer = state.answers.get(current) if current is not None else None
        self._window.image.show_answer(
            words.said(answer.predictions, state.net) if answer else None,
            is_weak=answer.is_weak if answer else False,
            milliseconds=answer.milliseconds if answer else None,
            stale=state.net.status != "ready",
        )

    def show_maps(self, state: AppState) -> None:
        """Show what the selected node makes of the current picture, once there is a place for it."""
        view, maps = self._window.features, state.maps
        if view is None:
            return
        if state.net.status in ("waiting", "building") and (maps is None or state.net.spec is None):
            view.show_empty("Building the network…")
        elif state.net.status == "failed":
            view.show_empty("The network could not be built. The message above says why.")
        elif state.pictures.loaded(state.pictures.current) is None:
            view.show_empty("Drop a photo to see what this node sees")
        elif maps is None:
            view.show_empty("Looking…")
        else:
            self._recent.keep(maps)
            key = state.document.selected
            maps = self._recent.find(key, state.pictures.current, state.net.version) or maps
            is_stale = state.net.status != "ready" or maps.key != key
            subtitle = shape(maps.maps.shape)
            view.show_maps(maps.maps, title=maps.key, subtitle=subtitle, stale=is_stale)
            view.set_channel(state.channel)

    def _show_notices(self, state: AppState) -> None:
        self._window.banners.show_banners(tuple(_banner_item(notice) for notice in state.notices))

    def _show_device(self, state: AppState) -> None:
        device = state.device
        self._window.status.show_device(device.current, device.devices, device.reason)

    def _show_work(self, state: AppState) -> None:
        status = self._window.status
        if state.work:
            work = state.work[-1]
            status.show_work(words.work_text(work), work.share, work.ticket)
        else:
            status.show_work("" if state.device.current else "Loading torch…", None, None)
        rate = state.training.images_per_second if state.training.is_busy else state.images_per_second
        status.show_rate(f"{short(rate)} images/s" if rate else "")

    def _show_scheme(self, state: AppState) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.apply(app, state.settings.colour_scheme)
        self._window.menus.show_scheme(state.settings.colour_scheme)


def _picture_item(item: LoadedPicture | FailedPicture, state: AppState) -> PictureItem:
    if isinstance(item, FailedPicture):
        return PictureItem(item.image_id, item.name, None, 0, 0, None, f"{item.cause} {item.hint}".strip())
    answer = state.answers.get(item.image_id)
    is_meant = state.net.origin is not None and state.net.origin.is_trained
    label = answer.predictions[0].label if answer and answer.predictions and is_meant else None
    return PictureItem(item.image_id, item.name, item.thumbnail, item.width, item.height, label, None)


def _banner_item(notice: Notice) -> BannerItem:
    actions = tuple((str(place), action.label) for place, action in enumerate(notice.actions))
    text, hint = words.notice_text(notice), words.notice_hint(notice)
    return BannerItem(notice.notice_id, notice.severity, text, hint, actions, notice.detail)
