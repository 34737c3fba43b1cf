"""What graph, feature view and image panel do about the inside of the network.

Signals become actions, and the state is shown.

Made by `ui/main_window.py`, beside `Rendering`, which shows everything else. Must not import torch, nor the
engine beyond its messages; NumPy only with the first answer, for it stands in the first paint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF

from explorer.arch.expand import expand
from explorer.state.model import AppState
from explorer.ui.late import inside_actions
from explorer.ui.store import Store
from explorer.ui.walk_player import WalkPlayer

if TYPE_CHECKING:
    from explorer.nets.insights import Attribution
    from explorer.ui.main_window import MainWindow
    from explorer.ui.views.features import FeatureView

_WHOLE = QRectF(0, 0, 1, 1)


class InsideWiring(QObject):
    """Connects the panels that look inside, and shows them the state.

    Args:
        window: With the panels.
        store: The state and where actions go.
    """

    def __init__(self, window: MainWindow, store: Store) -> None:
        super().__init__(window)
        self._window = window
        self._store = store
        self._drawn: tuple[object, ...] = ()
        self.player = WalkPlayer(store, self)
        self.player.changed.connect(self._show_playing)
        self._connect()
        store.subscribe(self._on_changed)

    def _connect(self) -> None:
        dispatch = self._store.dispatch
        graph, image = self._window.graph, self._window.image
        graph.lesions.toggled.connect(lambda block: dispatch(inside_actions.ToggleLesion(block)))
        graph.lesions.exchange_requested.connect(lambda pair: dispatch(inside_actions.ExchangeBlocks(*pair)))
        graph.lesions.heal_requested.connect(lambda: dispatch(inside_actions.HealAll()))
        graph.cost_wanted.connect(lambda: dispatch(inside_actions.RunTopic("cost")))
        image.heal_requested.connect(lambda: dispatch(inside_actions.HealAll()))
        image.class_chosen.connect(self._explain)
        image.overlay_chosen.connect(self._choose_method)
        image.overlay_tuned.connect(
            lambda opacity, threshold: dispatch(inside_actions.TuneOverlay(opacity, threshold))
        )
        image.overlay.palette_chosen.connect(lambda: self._show_overlay(self._store.state))

    def add_features(self, view: FeatureView) -> None:
        """Connect the feature view, which comes after the first paint."""
        view.place_hovered.connect(self._show_field)
        view.number_wanted.connect(self._ask_number)
        view.kernels_wanted.connect(lambda: self._show_weights(self._store.state, is_asked=True))
        view.relevance_wanted.connect(lambda: self._show_relevance(self._store.state))
        view.play_toggled.connect(self.player.set_playing)
        view.walk_requested.connect(self._window.commands.save_walk)

    # What the user does

    def _choose_method(self, method: str) -> None:
        overlay = self._store.state.inside.overlay
        self._store.dispatch(inside_actions.ChooseOverlay(method, overlay.label))  # type: ignore[arg-type]

    def _explain(self, label: int) -> None:
        """Explain a class, with Grad-CAM where there is no overlay; a second press takes the class back."""
        overlay = self._store.state.inside.overlay
        chosen = None if overlay.method and overlay.label == label else label
        self._store.dispatch(inside_actions.ChooseOverlay(overlay.method or "grad_cam", chosen))

    def _ask_number(self, place: tuple[int, int, int] | None) -> None:
        maps = self._store.state.maps
        if maps is not None:
            self._store.dispatch(inside_actions.AskNumber(maps.key, place))

    def _show_field(self, place: tuple[int, int, int] | None) -> None:
        """Frame on the picture what the number under the pointer sees."""
        state = self._store.state
        field = None
        if place is not None and state.maps is not None:
            field = field_of(state, state.maps.key, place[1], place[2])
        self._window.image.over.show_field(field)

    def play(self) -> None:
        """Start or stop the walk through depth."""
        self.player.set_playing(not self.player.plays)

    # What is shown

    def show_all(self, state: AppState) -> None:
        """Show everything, at first."""
        self._show_lesions(state)
        self._show_region(state)
        self._show_overlay(state)

    def _on_changed(self, old: AppState, new: AppState) -> None:
        before, now = old.inside, new.inside
        is_other_node = old.document.selected != new.document.selected
        is_other_maps = old.maps is not new.maps
        if old.document is not new.document:
            self._show_lesions(new)
        if old.pictures is not new.pictures or old.seen is not new.seen:
            self._show_region(new)
        if (
            before.overlay is not now.overlay
            or old.work is not new.work
            or old.pictures.current != new.pictures.current
        ):
            self._show_overlay(new)
        if before.cost is not now.cost:
            self._window.graph.show_profile(now.cost.profile if now.cost else None)
        if before.number is not now.number:
            self._show_number(new)
        if is_other_node or old.net.version != new.net.version or before.kernels is not now.kernels:
            self._show_weights(new, is_asked=is_other_node or old.net.version != new.net.version)
        if is_other_maps or before.ranked is not now.ranked:
            self._show_relevance(new)
        if is_other_node:
            self._window.image.over.show_field(None)

    def _show_lesions(self, state: AppState) -> None:
        lesions = state.document.lesions
        self._window.graph.lesions.show_lesions(lesions)
        self._window.image.show_lesions(len(lesions.bypassed), len(lesions.exchanged))

    def _show_region(self, state: AppState) -> None:
        picture = state.pictures.loaded(state.pictures.current)
        kept = state.seen.kept_share if state.seen is not None else 1.0
        region = _WHOLE if picture is None else seen_region(picture.width, picture.height, kept)
        self._window.image.over.show_region(region)

    def _show_overlay(self, state: AppState) -> None:
        overlay, image = state.inside.overlay, self._window.image
        image.overlay.show_choice(overlay.method, overlay.opacity, overlay.threshold)
        is_current = overlay.image_id == state.pictures.current
        attribution = overlay.attribution if overlay.method and is_current else None
        work = next((item for item in state.work if item.kind == "Attribute"), None)
        is_awaited = bool(overlay.method) and attribution is None and state.pictures.current is not None
        share = work.share if work is not None else None
        image.overlay.show_progress(share, is_busy=work is not None or (is_awaited and self._can_ask(state)))
        image.overlay.says.set_text(_overlay_text(attribution, state))
        image.show_explained(attribution.label if attribution is not None else overlay.label)
        drawn = (attribution, overlay.opacity, overlay.threshold, image.overlay.palette_choice)
        if drawn != self._drawn:
            self._drawn = drawn
            self._draw(attribution, overlay.opacity, overlay.threshold)

    def _draw(self, attribution: Attribution | None, opacity: float, threshold: float) -> None:
        if attribution is None:
            self._window.image.over.show_overlay(None)
            return
        # NumPy is there with the first answer.
        from explorer.present.overlay import overlay as coloured
        from explorer.ui.widgets.picture import to_overlay

        palette = self._window.image.overlay.palette_choice
        colours = coloured(attribution.heat, opacity=opacity, threshold=threshold, palette=palette)
        self._window.image.over.show_overlay(to_overlay(colours))

    def _can_ask(self, state: AppState) -> bool:
        return state.net.status == "ready"

    def _show_number(self, state: AppState) -> None:
        if self._window.features is not None:
            read = state.inside.number
            self._window.features.show_number(read.number if read is not None else None)

    def _show_weights(self, state: AppState, *, is_asked: bool) -> None:
        """Show the selected node's weights where the user looks at weights; ask for those of another node."""
        view = self._window.features
        if view is None or not view.shows_weights:
            return
        key, read = state.document.selected, state.inside.kernels
        if read is not None and read.key == key and not is_asked:
            view.show_weights(read.weights)
            return
        holder = weights_near(state, key)
        if holder != key:
            said = f"{key} has no kernels. {holder} has." if holder else "Nothing has kernels."
            view.show_weights(None, said)
            return
        view.show_weights(None, "Reading the weights…")
        if is_asked:
            self._store.dispatch(inside_actions.AskKernels())

    def _show_relevance(self, state: AppState) -> None:
        """Sort by what is known of the shown maps; ask for it where it is not."""
        view, maps, ranked = self._window.features, state.maps, state.inside.ranked
        if view is None or not view.wants_relevance or maps is None:
            return
        is_theirs = ranked is not None and (ranked.key, ranked.image_id) == (maps.key, maps.image_id)
        view.show_relevance(ranked.relevance if ranked is not None and is_theirs else None)
        if not is_theirs and maps.key == state.document.selected:
            self._store.dispatch(inside_actions.AskRelevance())

    def _show_playing(self, plays: bool) -> None:
        if self._window.features is not None:
            self._window.features.show_playing(plays)

    def save_walk(self, path: str) -> None:
        """Write the walk to a GIF, or as pictures into a folder."""
        self._store.dispatch(inside_actions.KeepWalk(path))


def seen_region(width: int, height: int, kept_share: float) -> QRectF:
    """The square in the middle of a picture that goes into the network, in shares of the picture's sides."""
    side = kept_share * min(width, height)
    if side <= 0:
        return _WHOLE
    across, down = side / width, side / height
    return QRectF((1 - across) / 2, (1 - down) / 2, across, down)


def field_of(state: AppState, key: str, row: int, column: int) -> QRectF | None:
    """What a number sees of the network's input, in shares of its sides."""
    from explorer.arch.receptive import seen_by

    graph = expand(state.net.spec or state.document.spec)
    if key not in graph.by_key:
        return None
    found = seen_by(graph, key, row, column)
    if found is None:
        return None
    _, height, width = graph.nodes[0].output_shape
    return QRectF(found.left / width, found.top / height, found.width / width, found.height / height)


def weights_near(state: AppState, key: str) -> str:
    """A node itself where it has kernels, else the nearest one before it that has; empty for none."""
    graph = expand(state.net.spec or state.document.spec)
    keys = [node.key for node in graph.nodes]
    if key not in keys:
        return ""
    place = keys.index(key)
    near = (*reversed(graph.nodes[: place + 1]), *graph.nodes[place:])
    return next((node.key for node in near if node.op.name in ("conv2d", "linear")), "")


def _overlay_text(attribution: Attribution | None, state: AppState) -> str:
    """What the overlay explains: `for “tabby” at layer4.2.act3 · 12 ms`."""
    if attribution is None:
        return ""
    from explorer.present.text import duration_ms

    classes, label = state.net.classes, attribution.label
    name = classes[label] if label < len(classes) else f"class {label}"
    place = f" at {attribution.key}" if attribution.key else ""
    return f"for “{name}”{place} · {duration_ms(state.inside.overlay.milliseconds)}"
