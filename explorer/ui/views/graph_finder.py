"""Searching the graph: what the search field finds, and which match is looked at.

Made by `graph.py`. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from explorer.arch.graph import Graph
from explorer.present.search import search
from explorer.ui.views.graph_tools import GraphTools


class GraphFinder(QObject):
    """The matches of the search field.

    Args:
        tools: With the field and its buttons.
    """

    changed = Signal()
    """Other nodes are found."""
    reached = Signal(object)
    """The key of the match that is to be shown."""

    def __init__(self, tools: GraphTools) -> None:
        super().__init__(tools)
        self._tools = tools
        self._graph: Graph | None = None
        self._current: int | None = None
        self.found: list[str] = []
        tools.search.textChanged.connect(self._on_text_changed)
        tools.search.stepped.connect(self.step)
        tools.previous.clicked.connect(lambda: self.step(-1))
        tools.next.clicked.connect(lambda: self.step(1))

    def set_graph(self, graph: Graph) -> None:
        """Search another graph for the same text; `changed` is not said."""
        self._graph = graph
        self._search()

    def _search(self) -> None:
        self.found = search(self._graph, self._tools.search.text()) if self._graph is not None else []
        self._current = None
        self._tools.set_count(None, len(self.found))

    def _on_text_changed(self) -> None:
        self._search()
        self.changed.emit()

    def step(self, by: int) -> None:
        """Show the next match or the one before."""
        if not self.found:
            return
        start = -1 if self._current is None and by > 0 else self._current or 0
        self._current = (start + by) % len(self.found)
        self.reached.emit(self.found[self._current])
        self._tools.set_count(self._current, len(self.found))
