"""The line at the bottom: what the engine does now, how far it is, how fast, and on which device.

Built by the main window, which hands in plain values and turns the signals into actions. Knows nothing of the
store and of torch.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QActionGroup, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from explorer.present import text as words
from explorer.ui.theme import HALF, SPACE, Colours, font
from explorer.ui.widgets.chip import Chip
from explorer.ui.widgets.elided_label import ElidedLabel

if TYPE_CHECKING:
    from explorer.nets.facts import DeviceInfo

_PROGRESS_PX = QSize(140, 6)


class _Progress(QWidget):
    """A thin bar; striped in full where the share is not known."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("status.progress")
        self.setAccessibleName("Progress")
        self.share: float | None = None
        self.setFixedSize(_PROGRESS_PX)

    def show_share(self, share: float | None) -> None:
        """Show 0 to 1, or None for unknown."""
        self.share = share
        self.setAccessibleDescription("" if share is None else words.share(share, 1))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        track = QColor(colours.text)
        track.setAlpha(28)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(track)
        lane = QRectF(self.rect())
        radius = lane.height() / 2
        painter.drawRoundedRect(lane, radius, radius)
        fill = QColor(colours.accent)
        if self.share is None:
            fill.setAlpha(110)
            painter.setBrush(fill)
            step = 2 * lane.height()
            for stripe in range(int(lane.width() // step) + 1):
                painter.drawRoundedRect(
                    QRectF(stripe * step, 0, lane.height(), lane.height()), radius, radius
                )
            return
        painter.setBrush(fill)
        lane.setWidth(max(lane.height(), lane.width() * min(1.0, max(0.0, self.share))))
        if self.share > 0:
            painter.drawRoundedRect(lane, radius, radius)


def memory_text(device: DeviceInfo | None) -> str:
    """Memory used and whole, such as `3.1 GB of 139 GB used`; empty where it is not known."""
    if device is None or not device.memory_total_bytes:
        return ""
    used = max(0, device.memory_total_bytes - device.memory_free_bytes)
    return f"{words.byte_size(used)} of {words.byte_size(device.memory_total_bytes)} used"


class StatusLine(QWidget):
    """Work, progress and cancel on the left; rate, memory and device on the right.

    Args:
        parent: As Qt has it.
    """

    device_chosen = Signal(object)
    cancel_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status")
        self.setAccessibleName("Status")
        self._current: DeviceInfo | None = None
        self._devices: tuple[DeviceInfo, ...] = ()
        self._ticket: int | None = None
        self._work = ElidedLabel("muted", parent=self)
        self._work.setObjectName("status.work")
        self._progress = _Progress(self)
        self._cancel = QToolButton(self)
        self._cancel.setObjectName("status.cancel")
        self._cancel.setText("Cancel")
        self._cancel.clicked.connect(self._on_cancel)
        self._rate = self._quiet_label("status.rate")
        self._memory = self._quiet_label("status.memory")
        self._device = QToolButton(self)
        self._device.setObjectName("status.device")
        self._device.setAutoRaise(True)
        self._device.setArrowType(Qt.ArrowType.UpArrow)
        self._device.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._device.clicked.connect(self._on_choose)
        self._fallback = Chip(self)
        self._fallback.setObjectName("status.fallback")
        self._lay_out()
        self.show_device(None, (), "")
        self.show_work("", None, None)

    def _quiet_label(self, name: str) -> ElidedLabel:
        label = ElidedLabel("muted", parent=self)
        label.setObjectName(name)
        label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        label.hide()
        return label

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE, HALF, SPACE, HALF)
        row.setSpacing(SPACE)
        row.addWidget(self._work, 1)
        row.addWidget(self._progress)
        row.addWidget(self._cancel)
        for label in (self._rate, self._memory):
            row.addSpacing(HALF)
            row.addWidget(label)
        row.addWidget(self._fallback)
        row.addWidget(self._device)
        # The buttons set the height even while they are hidden.
        row.addStrut(self._device.sizeHint().height())
        for part in (self._work, self._rate, self._memory, self._device, self._cancel):
            part.setFont(font("small"))

    @property
    def work_text(self) -> str:
        """What the engine does, as shown."""
        return self._work.text

    def show_device(self, current: DeviceInfo | None, devices: tuple[DeviceInfo, ...], reason: str) -> None:
        """Show where networks run; emits nothing.

        Args:
            current: None until one was chosen.
            devices: All there are.
            reason: Why it is not the one asked for; empty where it is.
        """
        self._current, self._devices = current, devices
        title = current.title if current is not None else "looking for devices"
        self._device.setText(title)
        self._fallback.set_text("fallback" if reason else "", "warning", reason)
        self._device.setEnabled(bool(devices))
        self._device.setAccessibleName(f"Device: {title}")
        self._device.setToolTip(
            f"{reason}\nPress to choose another device." if reason else "Choose the device"
        )
        self._show_quiet(self._memory, memory_text(current))

    def show_work(self, text: str, share: float | None, ticket: int | None) -> None:
        """Show what the engine does now.

        Args:
            text: In words; empty where it rests.
            share: 0 to 1; None where unknown.
            ticket: What cancel is asked for; None where it cannot be cancelled.
        """
        self._ticket = ticket
        self._work.set_text(text or "Ready")
        self._progress.setVisible(bool(text))
        self._progress.show_share(share)
        self._cancel.setVisible(bool(text) and ticket is not None)
        self._cancel.setToolTip(f"Stop: {text}")

    def show_rate(self, text: str) -> None:
        """Show the throughput, such as `1,556 images/s`; empty hides it."""
        self._show_quiet(self._rate, text)

    def _show_quiet(self, label: ElidedLabel, text: str) -> None:
        label.set_text(text)
        label.setVisible(bool(text))
        label.updateGeometry()

    def build_menu(self) -> QMenu:
        """The devices with their free memory, the current one checked; made anew each time it opens."""
        menu = QMenu(self)
        menu.setAccessibleName("Devices")
        group = QActionGroup(menu)
        for device in self._devices:
            free = words.byte_size(device.memory_free_bytes)
            memory = f"  ·  {free} free" if device.memory_total_bytes else ""
            action = menu.addAction(f"{device.title}{memory}")
            action.setCheckable(True)
            action.setChecked(self._current is not None and device.name == self._current.name)
            action.setData(device.name)
            action.triggered.connect(partial(self._on_device, device.name))
            group.addAction(action)
        return menu

    def _on_choose(self) -> None:
        menu = self.build_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        # The line is at the window's bottom: the menu opens upwards.
        menu.popup(self._device.mapToGlobal(QPoint(0, -menu.sizeHint().height())))

    def _on_device(self, name: str, _is_checked: bool = False) -> None:
        if self._current is None or name != self._current.name:
            self.device_chosen.emit(name)

    def _on_cancel(self) -> None:
        if self._ticket is not None:
            self.cancel_requested.emit(self._ticket)
