"""Lesions on the graph: switches, the menu of a block, and what is marked on the picture.

Made by `graph.py`. Knows nothing of the store; asks `arch/lesions.py` what can be done.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QMenu, QWidget

from explorer.arch.graph import Block, Graph
from explorer.arch.lesions import INTACT, Lesions, exchangeable, lesionable, merge_of
from explorer.present.folds import runs
from explorer.present.layout_parts import Box, Layout
from explorer.ui.views.graph_hits import Hit
from explorer.ui.views.graph_switches import LesionMarks


class GraphLesions(QObject):
    """What is bypassed and exchanged, as the graph view shows it.

    Args:
        view: Owns menus.
    """

    toggled = Signal(object)
    """The key of a block whose switch was pressed."""
    exchange_requested = Signal(object)
    """The keys of two blocks that are to change places, as a tuple."""
    heal_requested = Signal()
    """All lesions are to go."""
    changed = Signal()
    """There are other lesions to be drawn."""

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self._view = view
        self._graph: Graph | None = None
        self._reasons: dict[str, str] = {}
        self._lesions = INTACT

    @property
    def lesions(self) -> Lesions:
        """What is shown."""
        return self._lesions

    def show_lesions(self, lesions: Lesions) -> None:
        """Show other lesions of the graph in view."""
        if lesions != self._lesions:
            self._lesions = lesions
            self.changed.emit()

    def set_graph(self, graph: Graph) -> None:
        """Another network: its blocks have switches where they can be bypassed."""
        self._graph = graph
        self._reasons = lesionable(graph)

    @property
    def reasons(self) -> dict[str, str]:
        """Why a block has no switch, by key; the empty text where it has one."""
        return self._reasons

    # What is drawn

    def marks(self, layout: Layout) -> LesionMarks:
        """What of a layout shows lesions."""
        graph = self._graph
        if graph is None:
            return LesionMarks()
        switchable = frozenset(key for key, reason in self._reasons.items() if not reason)
        if not self._lesions:
            return LesionMarks(switchable)
        bypassed = self._lesions.bypassed
        cut = [block for block in graph.blocks if block.key in bypassed]
        silent = {index for block in cut for index in _branch(graph, block)}
        return LesionMarks(
            switchable,
            bypassed,
            frozenset(box.id for box in layout.boxes if _is_silent(graph, box, bypassed, silent)),
            frozenset(name for block in cut for name in _shortcut_ends(graph, block)),
            self._notes(graph, layout),
        )

    def _notes(self, graph: Graph, layout: Layout) -> dict[str, str]:
        """What folded boxes and strips say of the blocks that they hold."""
        notes = {}
        partner: dict[str, str] = {}
        for one, other in self._lesions.exchanged:
            partner |= {one: other, other: one}
        held = {run.id: run.blocks for run in runs(graph) if len(run.blocks) > 1}
        for band in layout.bands:
            held[band.id] = graph.stage_blocks(band.stage)
        for name, blocks in held.items():
            keys = [block.key for block in blocks]
            count = sum(key in self._lesions.bypassed for key in keys)
            moved = sum(key in partner for key in keys)
            parts = []
            if count:
                parts.append(self.tr("{count} of {all} bypassed").format(count=count, all=len(keys)))
            if moved:
                parts.append(self.tr("{count} moved").format(count=moved))
            if parts:
                notes[name] = " · ".join(parts)
        for one, other in partner.items():
            notes[one] = self.tr("in the place of {other}").format(other=other)
        for key in self._lesions.bypassed - partner.keys():
            notes[key] = self.tr("bypassed")
        return notes

    # What the user does

    def block_of(self, hit: Hit) -> Block | None:
        """The block that something under the pointer is, or is a part of."""
        graph = self._graph
        if graph is None:
            return None
        if hit.box is None:
            return next((block for block in graph.blocks if block.key == hit.fold), None)
        if hit.box.n_blocks > 1:
            return None
        return next(
            (block for block in graph.blocks if block.start <= hit.box.start < block.stop),
            None,
        )

    def toggle_around(self, key: str | None) -> None:
        """Toggle the block that holds a node."""
        graph = self._graph
        if graph is None:
            return
        place = next((index for index, node in enumerate(graph.nodes) if node.key == key), -1)
        block = next((block for block in graph.blocks if block.start <= place < block.stop), None)
        if block is not None:
            self.toggle(block.key)

    def toggle(self, block: str) -> None:
        """Bypass a block, or let it work again, where it has a switch."""
        if block in self._reasons and not self._reasons[block]:
            self.toggled.emit(block)

    def open_menu(self, hit: Hit | None, place: QPoint) -> None:
        """The menu of what lies under the pointer, at a place of the screen."""
        menu = self.build_menu(hit)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(place)

    def build_menu(self, hit: Hit | None) -> QMenu:
        """Bypass, exchange and heal."""
        menu = QMenu(self._view)
        menu.setObjectName("graph.menu")
        block = None if hit is None else self.block_of(hit)
        if block is not None:
            self._add_block(menu, block.key)
        heal = menu.addAction(self.tr("Heal all lesions"))
        heal.setEnabled(bool(self._lesions))
        heal.triggered.connect(lambda: self.heal_requested.emit())
        return menu

    def _add_block(self, menu: QMenu, key: str) -> None:
        assert self._graph is not None
        reason = self._reasons[key]
        switch = menu.addAction(self.tr("Bypass {block}").format(block=key))
        switch.setCheckable(True)
        switch.setChecked(key in self._lesions.bypassed)
        switch.setEnabled(not reason)
        switch.triggered.connect(lambda: self.toggle(key))
        if reason:
            menu.addAction(reason).setEnabled(False)
        others = exchangeable(self._graph, key)
        exchange = menu.addMenu(self.tr("Exchange with"))
        exchange.setEnabled(bool(others))
        for other in others:
            action = exchange.addAction(other)
            action.triggered.connect(lambda _=False, other=other: self.exchange_requested.emit((key, other)))
        menu.addSeparator()


def _branch(graph: Graph, block: Block) -> range:
    """The places of the nodes that only F(x) needs; of a plain block all."""
    merge = merge_of(graph, block)
    if merge is None:
        return range(block.start, block.stop)
    stop = next(i for i in range(block.start, block.stop) if graph.nodes[i].key == merge.key)
    return range(block.start, stop)


def _is_silent(graph: Graph, box: Box, bypassed: frozenset[str], silent: set[int]) -> bool:
    if box.kind == "node":
        return box.start in silent and graph.nodes[box.start].branch != "shortcut"
    return all(block.key in bypassed for block in graph.blocks if box.start <= block.start < box.stop)


def _shortcut_ends(graph: Graph, block: Block) -> list[str]:
    """Ids of the boxes that a block's shortcut leads to: itself when folded, its nodes when open."""
    merge = merge_of(graph, block)
    if merge is None:
        return []
    side = [node.key for node in graph.block_nodes(block) if node.branch == "shortcut"]
    return [block.key, merge.key, *side]
