"""What stands below the columns of the comparison: answers, curves, errors; each built when first opened.

Made by `ui/compare_dock.py`. Imports a section's view when its tab is first pressed, for one of them brings
the plotting library. Must not import torch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from explorer.state.model import AppState
from explorer.ui.store import Store

if TYPE_CHECKING:
    from explorer.ui.views.compare import CompareView


class Section(Protocol):
    """A view below the columns."""

    def show_state(self, old: AppState | None, new: AppState) -> None:
        """Show what differs."""


class LazySection(QWidget):
    """An empty place until it is seen for the first time.

    Args:
        make: Builds the section, which is a widget, with its signals connected.
        store: The state.
    """

    def __init__(self, make: Callable[[], tuple[QWidget, Section]], store: Store) -> None:
        super().__init__()
        self._make = make
        self._store = store
        self._section: Section | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    def show_state(self, old: AppState | None, new: AppState) -> None:
        """Show what differs, if there is anything that shows it."""
        if self._section is not None:
            self._section.show_state(old, new)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._section is None:
            widget, self._section = self._make()
            self._column.addWidget(widget)
            self._section.show_state(None, self._store.state)
            widget.show()


def add_parts(view: CompareView, store: Store) -> tuple[LazySection, ...]:
    """Put the sections below the columns; the dock tells them of every change."""
    made = []
    for name, title, make in (
        ("answers", view.tr("Answers"), _answers),
        ("curves", view.tr("Curves"), _curves),
        ("errors", view.tr("Errors"), _errors),
    ):
        part = LazySection(lambda make=make: make(store), store)  # type: ignore[misc]
        view.add_section(name, title, part)
        made.append(part)
    return tuple(made)


def _answers(store: Store) -> tuple[QWidget, Section]:
    from explorer.state.actions import SelectPicture
    from explorer.state.compare_actions import MoveDepth
    from explorer.ui.views.compare_answers import AnswersSection

    section = AnswersSection()
    section.picture_chosen.connect(lambda image_id: store.dispatch(SelectPicture(image_id)))
    section.depth_chosen.connect(lambda share: store.dispatch(MoveDepth(share)))
    return section, section


def _curves(store: Store) -> tuple[QWidget, Section]:
    from explorer.state.compare_actions import WantCurves
    from explorer.ui.views.compare_curves import CurvesSection

    section = CurvesSection()
    section.curves_wanted.connect(lambda runs: store.dispatch(WantCurves(runs)))
    return section, section


def _errors(store: Store) -> tuple[QWidget, Section]:
    from explorer.ui.views.compare_scatter import ScatterSection

    section = ScatterSection()
    return section, section
