"""The panel in which a network is chosen: preset, block, depth, stages, shortcut, and every other field.

Made by the main window, which hands it plain values and hears its signals; it knows nothing of the store.
What is common stands at the top; the remaining fields come from `ArchitectureSpec` by their groups.
"""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer.arch.budget import Budget
from explorer.arch.cost import Cost
from explorer.arch.depths import block_changes, title
from explorer.arch.lamp import Nearest
from explorer.arch.presets import presets
from explorer.arch.spec import ArchitectureSpec
from explorer.ui.panels.block_drawings import DRAWINGS
from explorer.ui.panels.depth_control import DepthControl
from explorer.ui.panels.field_facts import facts
from explorer.ui.panels.field_group import matches
from explorer.ui.panels.field_groups import FieldGroups
from explorer.ui.panels.field_slot import ErrorLine, FieldSlot
from explorer.ui.panels.gesture import Gesture
from explorer.ui.panels.glyph_button import GlyphButton
from explorer.ui.panels.presets_menu import PresetsButton
from explorer.ui.panels.segments import Segment, Segments
from explorer.ui.panels.stage_counts import StageCounts
from explorer.ui.panels.titled_control import TitledControl
from explorer.ui.panels.totals import Totals
from explorer.ui.theme import HALF, SPACE, font
from explorer.ui.widgets.elided_label import ElidedLabel

AT_THE_TOP = ("block", "stage_depths", "stage_widths", "shortcut")
"""Fields with a control of their own; all others are generated."""

_A_STAGE = ("stage_depths", "stage_widths")
"""What the control of the stages edits."""

_PER_STAGE = ("stage_strides", "stage_kernels", "stage_blocks")
"""Fields that have one value a stage or none at all, and follow when stages come and go."""


class NetTitle(ElidedLabel):
    """The net's name, as large as its width allows."""

    def set_title(self, text: str) -> None:
        """Show a name."""
        self.set_text(text)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()
        super().resizeEvent(event)

    def _fit(self) -> None:
        for size in ("title", "heading", "body"):
            self.setFont(font(size, strong=True))
            if self.fontMetrics().horizontalAdvance(self.text) <= self.width():
                break


class ArchitecturePanel(QWidget):
    """Every choice that makes a network, and what the network costs.

    A refused edit stays in its control with the reason below it. The next edits carry it along, so that a
    remedy elsewhere in the panel makes both good; "Put it back" gives it up.

    Args:
        parent: As Qt has it.
    """

    edited = Signal(object, object)
    """The user changed (fields with their new values, gesture). Equal gestures are one step of undo."""
    preset_chosen = Signal(object)
    """The user chose the preset of this name."""
    gallery_requested = Signal()
    """The user wants to see all architectures."""
    twin_requested = Signal()
    """The user wants the net without shortcuts, or back."""
    lock_chosen = Signal(object, object)
    """The user chose (the cost that edits hold or None, the field that follows)."""
    undo_requested = Signal()
    redo_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("architecture")
        self.setAccessibleName("Architecture")
        self.setMinimumWidth(264)
        self._spec: ArchitectureSpec | None = None
        self._pending: dict[str, object] = {}
        self._gesture = Gesture("spec")
        self._error: ErrorLine | None = None
        self._make_controls()
        self._titled = {
            "block": TitledControl(facts("block").title, self._block, names=("block",)),
            "stage_depths": TitledControl("Stages", self._stages, (self._fewer, self._more), _A_STAGE),
            "shortcut": TitledControl(facts("shortcut").title, self._shortcut, (self._twin,), ("shortcut",)),
        }
        self._slots = {name: FieldSlot(titled) for name, titled in self._titled.items()}
        self._slots["stage_widths"] = self._slots["stage_depths"]
        self._depth_slot = TitledControl("Depth", self._depth)
        self._groups = FieldGroups(AT_THE_TOP)
        self._lay_out()
        self._connect()

    def sizeHint(self) -> QSize:
        return QSize(304, 720)

    # What is shown

    def show_spec(
        self,
        spec: ArchitectureSpec,
        cost: Cost,
        *,
        preset: str | None,
        near: Nearest,
        error: str | None,
        error_field: str | None,
    ) -> None:
        """Show a net, without telling.

        Args:
            spec: The last one that was accepted.
            cost: Its cost.
            preset: The preset that it is, by name.
            near: The published net that it is, or is nearest to.
            error: Why the last edit was refused: cause and remedy; None where it was not.
            error_field: The field that the error is about.
        """
        if error is None:
            self._pending = {}
        self._spec = spec
        kept = frozenset(self._pending)
        self._title.set_title(_name(spec, preset))
        self._subtitle.set_text(preset or "your own, no preset")
        self._preset.show_preset(preset)
        self._depth.show_spec(spec)
        if "block" not in kept:
            self._block.show_value(spec.block)
        if "shortcut" not in kept:
            self._shortcut.show_value(spec.shortcut)
        for name in ("stage_depths", "stage_widths"):
            if name not in kept:
                self._stages.show_values(name, getattr(spec, name))
        self._more.setEnabled(self._stages.can_add)
        self._fewer.setEnabled(self._stages.can_remove)
        self._twin.setText("Plain twin" if spec.shortcut != "none" else "With shortcuts")
        self._groups.show_spec(spec, kept, preset)
        for titled in self._titled.values():
            titled.show_usual(spec, self._groups.usual, self._groups.source)
        self._totals.show_totals(cost, near)
        self._show_error(error, error_field)

    def show_budget(self, budget: Budget | None, cost: Cost) -> None:
        """Show which cost edits hold, and how near the net is to it."""
        self._totals.show_budget(budget, cost)

    def show_history(self, can_undo: bool, can_redo: bool) -> None:
        """Enable what can be done."""
        self._undo.setEnabled(can_undo)
        self._redo.setEnabled(can_redo)

    def _show_error(self, error: str | None, name: str | None) -> None:
        if error is None:
            if self._error is not None:
                self._error.hide()
            return
        if self._error is None:
            self._error = ErrorLine()
            self._error.reverted.connect(self._on_reverted)
        self._error.set_text(error)
        self._slot_of(name).put(self._error)
        self._error.show()
        # The line takes its place only with the next layout.
        self._column.activate()
        self._scroll.ensureWidgetVisible(self._error, 0, SPACE)

    def _slot_of(self, name: str | None) -> FieldSlot:
        """Where to speak about a field: at its control if it is shown, else at what the user edited."""
        for candidate in (name, *self._pending):
            if candidate in self._slots:
                return self._slots[candidate]
            slot = self._groups.slot_of(candidate)
            if slot is not None:
                return slot
        return self._slots["block"]

    # What the user does

    def _edit(self, changes: dict[str, object], gesture: str) -> None:
        self._pending.update(changes)
        self.edited.emit(dict(self._pending), gesture)

    def _on_block(self, block: str) -> None:
        # One type for all stages: that is what the buttons say.
        alike = {"stage_blocks": ()} if self._spec is not None and self._spec.stage_blocks else {}
        self._edit({**block_changes(block), **alike}, self._gesture.current())
        self._gesture.end()

    def _on_shortcut(self, shortcut: str) -> None:
        self._edit({"shortcut": shortcut}, self._gesture.current())
        self._gesture.end()

    def _on_depth(self, stage_depths: tuple[int, ...], gesture: str) -> None:
        self._edit({"stage_depths": stage_depths}, gesture)

    def _on_stages(self, changes: dict[str, object], gesture: str) -> None:
        """Stages have come or gone: what is said a stage follows."""
        depths = changes.get("stage_depths")
        if self._spec is not None and isinstance(depths, tuple) and len(depths) != self._spec.n_stages:
            changes = {**changes, **_followers(self._spec, len(depths))}
        self._edit(changes, gesture)

    def _on_reset(self, changes: dict[str, object]) -> None:
        """Give a control at the top its preset's value back, with what follows it."""
        if "block" in changes:
            usual = self._groups.usual
            changes = {name: getattr(usual, name) for name in (*block_changes(usual.block), "stage_blocks")}
            if self._spec is not None and len(usual.stage_blocks) not in (0, self._spec.n_stages):
                del changes["stage_blocks"]
        self._on_stages(changes, "")

    def _on_search(self, text: str) -> None:
        query = text.strip()
        found = 0
        for slot in set(self._slots.values()):
            names = [name for name in self._slots if self._slots[name] is slot]
            is_found = any(matches(name, query) for name in names)
            found += is_found
            slot.setVisible(is_found)
        self._depth_slot.setVisible(all(word in "depth" for word in query.lower().split()))
        self._groups.search(query, found + (not self._depth_slot.isHidden()))

    def _on_reverted(self) -> None:
        if self._spec is None:
            return
        names, self._pending = tuple(self._pending), {}
        # Editing fields to what they are is accepted, which takes the refusal back.
        self.edited.emit({name: getattr(self._spec, name) for name in names}, "")

    # How it is built

    def _make_controls(self) -> None:
        self._title = NetTitle()
        self._title.setObjectName("spec.title")
        self._subtitle = ElidedLabel("muted")
        self._subtitle.setObjectName("spec.preset_name")
        self._undo = GlyphButton("undo", "spec.undo", "Undo")
        self._redo = GlyphButton("redo", "spec.redo", "Redo")
        self._preset = PresetsButton()
        self._gallery = GlyphButton("gallery", "spec.gallery", "Gallery: all networks and your own (Ctrl+G)")
        self._search = QLineEdit()
        self._search.setObjectName("spec.search")
        self._search.setPlaceholderText("Find a setting…")
        self._search.setAccessibleName("Find a setting")
        self._search.setClearButtonEnabled(True)
        self._block = _segments("block")
        self._depth = DepthControl()
        self._stages = StageCounts()
        self._more = GlyphButton("plus", "spec.stages.add", "Add a stage", 22)
        self._fewer = GlyphButton("minus", "spec.stages.remove", "Remove the last stage", 22)
        self._shortcut = _segments("shortcut")
        self._twin = QToolButton()
        self._twin.setText("Plain twin")
        self._twin.setProperty("tone", "accent")
        self._twin.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._twin.setObjectName("spec.twin")
        self._twin.setToolTip("<p>The same net without shortcuts, or back with them.</p>")
        self._totals = Totals()

    def _lay_out(self) -> None:
        self._content = QWidget()
        column = self._column = QVBoxLayout(self._content)
        column.setContentsMargins(2 * SPACE, SPACE + HALF, 2 * SPACE, 2 * SPACE)
        column.setSpacing(2 * SPACE)
        column.addLayout(self._head())
        column.addWidget(self._slots["block"])
        column.addWidget(self._depth_slot)
        column.addWidget(self._slots["stage_depths"])
        column.addWidget(self._slots["shortcut"])
        column.addWidget(self._groups)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._content)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._scroll, 1)
        whole.addWidget(self._totals)

    def _head(self) -> QVBoxLayout:
        names = QVBoxLayout()
        names.setSpacing(2)
        names.addWidget(self._title)
        names.addWidget(self._subtitle)
        line = QHBoxLayout()
        line.setSpacing(0)
        line.addLayout(names, 1)
        line.addWidget(self._undo, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self._redo, 0, Qt.AlignmentFlag.AlignTop)
        head = QVBoxLayout()
        head.setSpacing(SPACE)
        head.addLayout(line)
        choice = QHBoxLayout()
        choice.setSpacing(HALF)
        choice.addWidget(self._preset, 1)
        choice.addWidget(self._gallery)
        head.addLayout(choice)
        head.addWidget(self._search)
        return head

    def _connect(self) -> None:
        self._undo.clicked.connect(self.undo_requested)
        self._redo.clicked.connect(self.redo_requested)
        self._preset.preset_chosen.connect(self.preset_chosen)
        self._preset.gallery_requested.connect(self.gallery_requested)
        self._gallery.clicked.connect(self.gallery_requested)
        self._twin.clicked.connect(self.twin_requested)
        self._totals.lock_chosen.connect(self.lock_chosen)
        self._block.chosen.connect(self._on_block)
        self._shortcut.chosen.connect(self._on_shortcut)
        for titled in self._titled.values():
            titled.reset.connect(self._on_reset)
        self._depth.edited.connect(self._on_depth)
        self._stages.edited.connect(self._on_stages)
        self._more.clicked.connect(self._stages.add_stage)
        self._fewer.clicked.connect(self._stages.remove_stage)
        self._groups.edited.connect(self._edit)
        self._search.textChanged.connect(self._on_search)


def _name(spec: ArchitectureSpec, preset: str | None) -> str:
    """What the net is called: as its preset, else by its depth. That it is for CIFAR, the line below says."""
    if preset is None:
        return title(spec)
    name = presets()[preset].title.removeprefix("CIFAR ")
    return name[:1].upper() + name[1:]


def _followers(spec: ArchitectureSpec, n_stages: int) -> dict[str, object]:
    """What changes with the number of stages: values a stage, and shortcuts of blocks that are gone."""
    changes: dict[str, object] = {}
    for name in _PER_STAGE:
        values = getattr(spec, name)
        if values:
            changes[name] = (*values, values[-1])[:n_stages]
    kept = tuple(text for text in spec.overrides if int(text.partition(".")[0]) <= n_stages)
    return changes if kept == spec.overrides else {**changes, "overrides": kept}


def _segments(name: str) -> Segments:
    field = facts(name)
    segments = [
        Segment(value, value.capitalize(), f"<p><b>{label}</b></p>{field.tooltip}", DRAWINGS.get(value))
        for value, label in ((str(key), label) for key, label in field.choices.items())
    ]
    return Segments(f"spec.{name}", field.title, segments)
