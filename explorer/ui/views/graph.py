"""The graph view: the network as a picture that folds, zooms, is searched and tells what each node costs.

Made by `main_window`, which gives it graph and cost and hears what was selected and unfolded. Imports nothing
of the engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from explorer.arch.cost import Cost
from explorer.arch.graph import Graph
from explorer.present import folds
from explorer.present.layout import lay_out
from explorer.present.layout_parts import Box, Layout
from explorer.present.layout_walk import Direction, box_for, neighbour, top_of
from explorer.ui.views.graph_canvas import Command, GraphCanvas
from explorer.ui.views.graph_card import GraphCard
from explorer.ui.views.graph_finder import GraphFinder
from explorer.ui.views.graph_heat import Heat
from explorer.ui.views.graph_hits import Hit, anchor_in
from explorer.ui.views.graph_lesions import GraphLesions
from explorer.ui.views.graph_minimap import GraphMinimap
from explorer.ui.views.graph_picture import whole_picture
from explorer.ui.views.graph_tools import GraphTools, hairline

if TYPE_CHECKING:
    from explorer.nets.findings import Profile

ZOOM_STEP = 1.25
ZOOMS: dict[Command, float] = {"in": ZOOM_STEP, "out": 1 / ZOOM_STEP}


class GraphView(QWidget):
    """One network's graph with tools above, a map at the right and a card below.

    Args:
        parent: As Qt has it.
    """

    node_selected = Signal(object)
    """The key of the selected node (of a folded box: its last node's), or None."""
    unfolded_changed = Signal(object)
    """The frozenset of unfolded ids, after the user changed it."""
    cost_wanted = Signal()
    """Measured heat was chosen and nothing is measured yet."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("graph")
        self._graph: Graph | None = None
        self._cost: Cost | None = None
        self._layout: Layout | None = None
        self._unfolded: frozenset[str] = frozenset()
        self._selected: str | None = None
        self._heat = Heat()
        self.tools = GraphTools()
        self._finder = GraphFinder(self.tools)
        self.canvas = GraphCanvas()
        self.minimap = GraphMinimap()
        self.card = GraphCard()
        self.lesions = GraphLesions(self)
        self._arrange()
        self._connect()

    def _arrange(self) -> None:
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.canvas, 1)
        beside = QVBoxLayout()
        beside.setSpacing(0)
        beside.addWidget(self.minimap, 1)
        beside.addWidget(self.tools.zoom)
        middle.addLayout(beside)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tools)
        column.addWidget(hairline())
        column.addLayout(middle, 1)
        column.addWidget(hairline())
        column.addWidget(self.card)
        self.setFocusProxy(self.canvas)

    def _connect(self) -> None:
        self.canvas.pressed_on.connect(self._on_pressed)
        self.canvas.double_clicked_on.connect(self._on_double_clicked)
        self.canvas.commanded.connect(self._on_commanded)
        self.canvas.menu_requested.connect(self.lesions.open_menu)
        self.lesions.changed.connect(self._mark)
        self.canvas.moved.connect(self.minimap.show_range)
        self.minimap.wanted.connect(self.canvas.centre_on)
        tools = self.tools
        tools.search.left.connect(self._leave_search)
        self._finder.changed.connect(self._mark)
        self._finder.reached.connect(self._show_found)
        tools.heat.activated.connect(self._on_heat_chosen)
        tools.fold.clicked.connect(self.fold_all)
        tools.unfold.clicked.connect(self.unfold_all)
        tools.minus.clicked.connect(lambda: self.zoom_by(1 / ZOOM_STEP))
        tools.plus.clicked.connect(lambda: self.zoom_by(ZOOM_STEP))
        tools.fit.clicked.connect(self.fit)

    # What the window calls

    @property
    def unfolded(self) -> frozenset[str]:
        """The ids that show what they hold."""
        return self._unfolded

    @property
    def selection(self) -> str | None:
        """The key of the selected node."""
        return self._selected

    def show_graph(self, graph: Graph, cost: Cost) -> None:
        """Show a network. Folds stay where their ids still exist, and the picture does not jump.

        Args:
            graph: The network.
            cost: Of the same network.
        """
        if graph is self._graph:
            return
        before = self._graph
        self._graph, self._cost = graph, cost
        self.lesions.set_graph(graph)
        self.canvas.stuck = self.lesions.reasons
        self._heat.profile = None
        if before is None:
            self._unfolded = folds.default_unfolded(graph)
        else:
            self._unfolded = folds.carried_over(self._unfolded, before, graph)
        if self._selected is not None and self._selected not in graph.by_key:
            self._selected = None
        self._finder.set_graph(graph)
        self._show_layout(self._anchor())
        if self.tools.heat.currentData() is not None:
            self._on_heat_chosen()
        if before is None:
            self.fit()

    def set_unfolded(self, unfolded: frozenset[str]) -> None:
        """Unfold exactly these ids; what stands at the top of the view stays there."""
        if unfolded != self._unfolded:
            self._unfolded = unfolded
            self._show_layout(self._anchor())

    def set_selection(self, key: str | None) -> None:
        """Select a node, or nothing; a folded box is shown for what it holds."""
        if key == self._selected:
            return
        self._selected = key
        self._mark()
        box = self._selected_box()
        if box is not None:
            self.canvas.reveal(box)

    def fit(self) -> None:
        """Fill the width of the pane, from the beginning of the network."""
        self.canvas.fit()

    def zoom_by(self, factor: float, anchor: QPointF | None = None) -> None:
        """Zoom by a factor; what lies at the anchor (in the canvas, else its middle) stays there."""
        self.canvas.zoom_by(factor, anchor)

    def unfold_all(self) -> None:
        """Show every node."""
        if self._graph is not None:
            self._fold_to(folds.everything(self._graph), self._anchor())

    def fold_all(self) -> None:
        """Show one box a stage."""
        self._fold_to(frozenset(), self._anchor())

    def focus_search(self) -> None:
        """Put the cursor into the search field."""
        self.tools.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.tools.search.selectAll()

    def show_profile(self, profile: Profile | None) -> None:
        """What was measured of the network in view; None where nothing was."""
        if profile is not self._heat.profile:
            self._heat.profile = profile
            self._refresh_heat()

    def _refresh_heat(self) -> None:
        self._mark()
        self.minimap.refresh()

    def image(self) -> QImage:
        """The whole picture, twice as large as on the screen unless that would be too long for a picture."""
        layout = self._layout
        if layout is None:
            return QImage()
        return whole_picture(layout, self.canvas.ink, self.canvas.texts, self.canvas.marks)

    def apply_theme(self) -> None:
        """Take colours and fonts from palette and application again."""
        self.canvas.refresh_colours()
        self.minimap.show_painter(self.canvas.painter)
        self._show_card()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationFontChange):
            # The children's palettes follow after this event.
            QTimer.singleShot(0, self, self.apply_theme)
        super().changeEvent(event)

    # Folding

    def _anchor(self) -> str | None:
        """What should stay where it is: the selected box if it is in view, else what stands at the top."""
        layout = self._layout
        if layout is None:
            return None
        return anchor_in(layout, self.canvas.visible(), self._selected_box())

    def _show_layout(self, anchor: str | None) -> None:
        """Lay out again; what has this id or key stays at its height in the view."""
        if self._graph is None:
            return
        before, at_px = self._layout, 0.0
        if before is not None and anchor is not None:
            y = top_of(before, anchor)
            at_px = self.canvas.height_px(y) if y is not None else 0.0
        self._layout = lay_out(self._graph, self._unfolded)
        self.canvas.show_layout(self._layout)
        self.minimap.show_painter(self.canvas.painter)
        if anchor is not None:
            y = top_of(self._layout, anchor)
            if y is not None:
                self.canvas.hold(y, at_px)
        self._mark()

    def _fold_to(self, unfolded: frozenset[str], anchor: str | None) -> None:
        if unfolded != self._unfolded:
            self._unfolded = unfolded
            self._show_layout(anchor)
            self.unfolded_changed.emit(unfolded)

    def _toggle(self, fold: str) -> None:
        self._fold_to(self._unfolded ^ {fold}, fold)

    # Selecting

    def _selected_box(self) -> Box | None:
        if self._layout is None or self._selected is None:
            return None
        return box_for(self._layout, self._selected)

    def _select(self, box: Box | None) -> None:
        key = None if box is None else box.key
        if key == self._selected:
            return
        self._selected = key
        self._mark()
        self.node_selected.emit(key)

    def _mark(self) -> None:
        """Bring everything that is emphasised up to date."""
        layout, marks = self._layout, self.canvas.marks
        if layout is None or self._graph is None:
            return
        box = self._selected_box()
        marks.selected = None if box is None else box.id
        marks.found = frozenset(layout.boxes[layout.place[key]].id for key in self._finder.found)
        marks.heat, marks.values = self._heat.marks(layout, self._graph)
        marks.lesions = self.lesions.marks(layout)
        self.canvas.viewport().update()
        self.minimap.update()
        self._show_card()

    def _show_card(self) -> None:
        if self._graph is None or self._cost is None:
            return
        box = self._selected_box()
        if box is None:
            self.card.show_whole(self._graph, self._cost)
            self.canvas.setAccessibleDescription(self.tr("Nothing is selected"))
        else:
            self.card.show_box(box, self._graph, self._cost, self.canvas.ink)
            self.canvas.setAccessibleDescription(f"{box.title}, {box.id}")

    # Mouse and keyboard

    def _on_pressed(self, hit: Hit | None) -> None:
        if hit is None:
            self._select(None)
            return
        if hit.switch:
            self.lesions.toggle(hit.switch)
            return
        if hit.box is not None:
            self._select(hit.box)
        if hit.folds and hit.fold is not None:
            self._toggle(hit.fold)

    def _on_double_clicked(self, hit: Hit | None) -> None:
        if hit is not None and hit.fold is not None and not hit.folds and not hit.switch:
            self._toggle(hit.fold)

    def _on_commanded(self, command: Command) -> None:
        moves: dict[Command, Direction] = {"up": "up", "down": "down", "first": "first", "last": "last"}
        if command in moves:
            self._walk(moves[command])
        elif command in ("right", "open"):
            self._unfold_selected(may_cross=command == "right")
        elif command == "left":
            self._fold_around()
        elif command in ("page_up", "page_down"):
            self.canvas.page(1 if command == "page_down" else -1)
        elif command == "fit":
            self.fit()
        elif command in ZOOMS:
            self.zoom_by(ZOOMS[command])
        elif command == "bypass":
            self.lesions.toggle_around(self._selected)
        else:
            self._leave_search()
            self._select(None)

    def _walk(self, direction: Direction) -> None:
        if self._layout is None:
            return
        here = self._selected_box()
        box = neighbour(self._layout, None if here is None else here.id, direction)
        if box is not None:
            self._select(box)
            self.canvas.reveal(box)

    def _unfold_selected(self, *, may_cross: bool) -> None:
        """Unfold the selected box; from a node the right arrow leads to the shortcut beside it."""
        box = self._selected_box()
        if box is None or self._layout is None:
            return
        if not box.unfolds:
            if may_cross:
                self._walk("side")
            return
        self._fold_to(self._unfolded | {box.id}, box.id)
        first = box_for(self._layout, self._graph.nodes[box.start].key) if self._graph else None
        if first is not None:
            self._select(first)
            self.canvas.reveal(first)

    def _fold_around(self) -> None:
        """From a shortcut's node back to the main path; else fold what holds the selected box."""
        box = self._selected_box()
        if box is None:
            return
        if box.lane == "side":
            self._walk("main")
        elif box.parent is not None and box.parent in self._unfolded:
            self._fold_to(self._unfolded - {box.parent}, box.parent)
            folded = self._selected_box()
            self._select(folded)
            if folded is not None:
                self.canvas.reveal(folded)

    # Searching

    def _leave_search(self) -> None:
        self.tools.search.clear()
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_found(self, key: str) -> None:
        """Show a match, unfolding what hides it."""
        if self._graph is None:
            return
        self._fold_to(self._unfolded | set(folds.id_path(self._graph, key)), None)
        box = box_for(self._layout, key) if self._layout is not None else None
        if box is not None:
            self._select(box)
            self.canvas.reveal(box)

    # Heat

    def _on_heat_chosen(self) -> None:
        kind = self.tools.heat.currentData()
        self._heat.choose(kind, self._cost)
        self._refresh_heat()
        if self._heat.is_awaited:
            self.cost_wanted.emit()
