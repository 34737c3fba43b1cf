"""All groups of generated controls, the search among them, and the preset that marks are relative to.

Used by the architecture panel. Knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from explorer.arch.spec import ArchitectureSpec
from explorer.ui.panels.field_facts import facts
from explorer.ui.panels.field_group import FieldGroup, matches
from explorer.ui.panels.field_slot import FieldSlot


class FieldGroups(QWidget):
    """The groups under each other, in the spec's order.

    Args:
        without: Fields that have controls elsewhere.
        parent: As Qt has it.
    """

    edited = Signal(object, object)
    """The user chose (changes, gesture)."""

    def __init__(self, without: Iterable[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._usual: ArchitectureSpec | None = None
        self._source = "default"
        self._nothing = QLabel()
        self._nothing.setObjectName("spec.search.nothing")
        self._nothing.setProperty("tone", "muted")
        self._nothing.setWordWrap(True)
        self._nothing.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._nothing)
        self._groups = [FieldGroup(name, fields) for name, fields in _by_group(without).items()]
        for group in self._groups:
            group.edited.connect(self.edited)
            column.addWidget(group)

    @property
    def usual(self) -> ArchitectureSpec:
        """What the net is compared with: the preset that was shown last, else every field's default."""
        if self._usual is None:
            self._usual = ArchitectureSpec()
        return self._usual

    @property
    def source(self) -> str:
        """The name of the preset that the net is compared with."""
        return self._source

    def show_spec(self, spec: ArchitectureSpec, kept: frozenset[str], preset: str | None) -> None:
        """Show a spec, without telling.

        Args:
            spec: The spec.
            kept: Fields whose controls stay as the user left them.
            preset: The preset that it is; later specs are compared with it.
        """
        if preset is not None:
            self._usual, self._source = spec, preset
        for group in self._groups:
            group.show_spec(spec, kept, self.usual, self._source)

    def slot_of(self, name: str | None) -> FieldSlot | None:
        """The place of a field that is shown, with its group opened; None where it has none."""
        return next((group.slot(name) for group in self._groups if name in group.shown), None)

    def search(self, query: str, n_elsewhere: int) -> None:
        """Leave only the fields that match; an empty text leaves all.

        Args:
            query: Words.
            n_elsewhere: How many matches there are outside the groups.
        """
        found = sum([group.search(query) for group in self._groups])
        idle = [facts(name).title for group in self._groups for name in group.names if matches(name, query)]
        self._nothing.setVisible(bool(query) and not found and not n_elsewhere)
        self._nothing.setText(
            f"{', '.join(idle[:3])}: makes no difference in this network."
            if query and idle
            else f"No setting is called “{query}”."
        )


def _by_group(without: Iterable[str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name in ArchitectureSpec.model_fields:
        if name not in without:
            groups.setdefault(facts(name).group, []).append(name)
    return groups
