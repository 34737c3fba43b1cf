"""Networks side by side in their dock: built when it is first seen, and alive only while it is seen.

Made by `ui/main_window.py`. Imports the comparison's view when the dock is first opened. Must not import
torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMainWindow, QWidget

from explorer.state.model import AppState
from explorer.ui.late import compare_actions
from explorer.ui.seen_dock import SeenDock
from explorer.ui.store import Store

if TYPE_CHECKING:
    from explorer.state.compare import Column, ColumnState
    from explorer.ui.compare_parts import LazySection
    from explorer.ui.views.compare import CompareView
    from explorer.ui.views.compare_diff import CompareDiff
    from explorer.ui.views.compare_facts import ColumnFacts

FIRST_FOUR = ("cifar-plain20", "cifar-resnet20", "cifar-plain56", "cifar-resnet56")
"""The presets that one click pins: two depths with and without shortcuts."""

_Known = tuple["Column", "ColumnState", int | None, str]


class CompareDock(SeenDock):
    """Shows networks side by side in their dock.

    Args:
        deck: Where the dock lives.
        store: The state.
    """

    def __init__(self, deck: QMainWindow, store: Store) -> None:
        super().__init__("Compare", "compare", deck, store)
        self._view: CompareView | None = None
        self._diff: CompareDiff | None = None
        self._parts: tuple[LazySection, ...] = ()
        self._facts: dict[str, tuple[_Known, ColumnFacts]] = {}

    @property
    def view(self) -> CompareView | None:
        """None until the dock was seen."""
        return self._view

    def build(self) -> QWidget:
        """The view, with its signals connected."""
        from explorer.state.actions import Undo
        from explorer.state.compare_actions import (
            AddDepths,
            AddPlainTwin,
            ChooseColouring,
            ChoosePair,
            ChoosePairMode,
            MoveColumn,
            MoveDepth,
            OpenColumn,
            PinColumn,
            RemoveColumns,
        )
        from explorer.ui.compare_parts import add_parts
        from explorer.ui.views.compare import CompareView

        dispatch = self._store.dispatch
        view = self._view = CompareView()
        view.pin_requested.connect(lambda: dispatch(PinColumn()))
        view.four_requested.connect(self.pin_first_four)
        view.depths_requested.connect(lambda name: dispatch(AddDepths(name)))
        view.twin_requested.connect(lambda name: dispatch(AddPlainTwin(name)))
        view.moved.connect(lambda name, place: dispatch(MoveColumn(name, place)))
        view.removed.connect(lambda name: dispatch(RemoveColumns((name,))))
        view.opened.connect(lambda name: dispatch(OpenColumn(name)))
        view.undo_requested.connect(lambda: dispatch(Undo()))
        view.share_chosen.connect(lambda share: dispatch(MoveDepth(share)))
        view.pair_chosen.connect(lambda pair: dispatch(ChoosePair(pair)))
        view.pair_mode_chosen.connect(lambda mode: dispatch(ChoosePairMode(mode)))
        view.head.colouring_chosen.connect(lambda colouring: dispatch(ChooseColouring(colouring)))
        view.diff_requested.connect(self.show_diff)
        self._parts = add_parts(view, self._store)
        return view

    def on_seen(self, is_seen: bool) -> None:
        """Columns live while somebody looks."""
        if is_seen == self._store.state.compare.is_seen:
            # Docks are put away while the window is laid out, long before anything can be dispatched.
            return
        self._store.dispatch(compare_actions.SeeColumns(is_seen))
        if not is_seen and self._view is not None:
            # Hidden docks are shown nothing, but this one is to let go of the maps.
            self.show_state(None, self._store.state)

    def pin(self) -> None:
        """Pin the network in view, and show it beside the others."""
        self.open()
        self._store.dispatch(compare_actions.PinColumn())

    def add_depths(self) -> None:
        """Pin the published depths of the family in view."""
        self.open()
        self._store.dispatch(compare_actions.AddDepths())

    def add_twin(self) -> None:
        """Pin the network in view and its counterpart without shortcuts."""
        self.open()
        self._store.dispatch(compare_actions.AddPlainTwin())

    def flicker(self) -> None:
        """Let the pair flicker, or end that."""
        self.open()
        if self._view is not None:
            self._view.flicker()

    def pin_first_four(self) -> None:
        """Pin the four networks that show what depth and shortcuts do."""
        from explorer.arch.presets import preset

        self.open()
        self._store.dispatch(compare_actions.PinSpecs(tuple(preset(name).spec for name in FIRST_FOUR)))

    def show_state(self, old: AppState | None, new: AppState) -> None:
        """Show the columns, the slider and the pair, where they differ, and what stands below."""
        assert self._view is not None
        for part in self._parts:
            part.show_state(old, new)
        is_other_set = (
            old is None
            or old.document is not new.document
            or old.compare.columns is not new.compare.columns
            or old.pictures.current != new.pictures.current
            or old.runs.rows is not new.runs.rows
        )
        if is_other_set:
            self._show_columns(old, new)
        elif old is not None and old.compare.share != new.compare.share:
            self._view.show_share(new.compare.share)
        self._view.pair.show_mode(new.compare.pair_mode)
        self._view.head.show_colouring(new.compare.colouring)
        is_other_pair = old is None or old.compare.pair != new.compare.pair
        if is_other_pair:
            self._view.show_pair(new.compare.pair)
        if self._diff is not None and self._diff.isVisible():
            if new.compare.pair is None:
                self._diff.close()
            elif is_other_pair or (old is not None and old.document.columns is not new.document.columns):
                self._fill_diff(new.compare.pair)

    def _show_columns(self, old: AppState | None, new: AppState) -> None:
        from explorer.state.compare import MAX_COLUMNS

        assert self._view is not None
        can_twin = new.document.spec.shortcut != "none"
        self._view.show_columns(self._facts_of(new), new.compare.share, MAX_COLUMNS, can_twin=can_twin)
        is_other_edit = old is not None and old.document is not new.document
        is_undone = bool(new.history.future)
        is_of_lesson = old is not None and old.lessons.shown != new.lessons.shown
        if (
            is_undone
            or is_of_lesson
            or (is_other_edit and old is not None and old.document.columns is new.document.columns)
        ):
            self._view.forget_removed()

    def _facts_of(self, state: AppState) -> tuple[ColumnFacts, ...]:
        """What the view shows of each column; found anew only where something of it is another."""
        from explorer.ui.views.compare_columns import titles
        from explorer.ui.views.compare_facts import facts_of

        loaded = state.pictures.loaded(state.pictures.current)
        image_id = None if loaded is None else loaded.image_id
        found: dict[str, tuple[_Known, ColumnFacts]] = {}
        columns = state.document.columns
        for column, title in zip(columns, titles(columns, state.runs.rows), strict=True):
            living = state.compare.columns.get(column.name)
            if living is None:
                continue
            known: _Known = (column, living, image_id, title)
            before = self._facts.get(column.name)
            if before is not None and before[0][1] is living and before[0] == known:
                found[column.name] = before
            else:
                found[column.name] = known, facts_of(column, living, image_id, title)
        self._facts = found
        return tuple(facts for _, facts in found.values())

    def show_diff(self) -> None:
        """Show what differs between the architectures of the pair, in a window of its own."""
        from explorer.ui.views.compare_diff import CompareDiff

        pair = self._store.state.compare.pair
        if pair is None or self._view is None:
            return
        if self._diff is None:
            self._diff = CompareDiff(self._view)
            self._diff.pair_chosen.connect(self._on_diff_pair)
        self._fill_diff(pair)
        self._diff.show()
        self._diff.raise_()
        self._diff.activateWindow()

    def _fill_diff(self, pair: tuple[str, str]) -> None:
        assert self._diff is not None
        columns = {name: (facts.title, facts.spec) for name, (_, facts) in self._facts.items()}
        self._diff.show_pair(columns, pair)

    def _on_diff_pair(self, pair: tuple[str, str]) -> None:
        self._store.dispatch(compare_actions.ChoosePair(pair))
