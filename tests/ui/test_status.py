"""The status line: work with cancel, and the device with a menu to choose another."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from explorer.nets.facts import DeviceInfo
from explorer.ui.panels.status import StatusLine, memory_text

GIB = 1 << 30
GPU = DeviceInfo("cuda:0", "NVIDIA H200", 139 * GIB, 136 * GIB)
CPU = DeviceInfo("cpu", "CPU, 2 threads")


@pytest.fixture
def line(qtbot):
    made = StatusLine()
    made.emitted = []
    made.device_chosen.connect(made.emitted.append)
    made.cancel_requested.connect(made.emitted.append)
    qtbot.addWidget(made)
    made.resize(1100, 40)
    with qtbot.waitExposed(made):
        made.show()
    return made


def part(line, name, kind=QWidget):
    found = line.findChild(kind, name)
    assert found is not None, name
    return found


def test_at_rest_nothing_moves_and_nothing_can_be_cancelled(line):
    assert line.work_text == "Ready"
    assert not part(line, "status.progress").isVisible()
    assert not part(line, "status.cancel").isVisible()
    assert not part(line, "status.device").isEnabled()


def test_work_shows_its_share_and_cancel_names_its_ticket(line, qtbot):
    ticket = 2**40
    line.show_work("Building ResNet-152", 0.43, ticket)
    assert line.work_text == "Building ResNet-152"
    assert part(line, "status.progress").accessibleDescription() == "43 %"
    qtbot.mouseClick(part(line, "status.cancel"), Qt.MouseButton.LeftButton)
    assert line.emitted == [ticket]
    line.show_work("", None, None)
    assert not part(line, "status.cancel").isVisible()


def test_work_of_unknown_length_looks_different_from_none_done(line):
    line.show_work("Loading", 0.0, None)
    progress = part(line, "status.progress")
    empty = progress.grab().toImage()
    line.show_work("Loading", None, None)
    assert progress.isVisible()
    assert progress.grab().toImage() != empty
    assert not part(line, "status.cancel").isVisible()


def test_the_device_with_its_memory(line):
    line.show_device(GPU, (GPU, CPU), "")
    assert part(line, "status.device", QToolButton).text() == "NVIDIA H200"
    assert part(line, "status.memory").text == "3.0 GB of 139 GB used"
    assert not part(line, "status.fallback").isVisible()
    line.show_device(CPU, (GPU, CPU), "cuda:0 failed a small convolution.")
    assert not part(line, "status.memory").isVisible()
    assert part(line, "status.fallback").isVisible()
    assert "failed a small convolution" in part(line, "status.fallback").toolTip()
    assert memory_text(None) == ""


def test_the_button_opens_a_menu_and_another_device_can_be_chosen(line, qtbot):
    line.show_device(GPU, (GPU, CPU), "")
    qtbot.mouseClick(part(line, "status.device"), Qt.MouseButton.LeftButton)
    menu = line.findChild(QMenu)
    qtbot.waitUntil(menu.isVisible)
    assert [(action.text(), action.isChecked()) for action in menu.actions()] == [
        ("NVIDIA H200  ·  136 GB free", True),
        ("CPU, 2 threads", False),
    ]
    current, other = menu.actions()
    current.trigger()
    assert line.emitted == []
    other.trigger()
    assert line.emitted == ["cpu"]
    menu.close()


def test_the_rate_takes_room_only_where_it_is_known(line):
    label = part(line, "status.rate")
    assert not label.isVisible()
    line.show_rate("1,556 images/s")
    assert label.isVisible()
    assert label.toolTip() == ""
    line.show_rate("")
    assert not label.isVisible()
    assert line.emitted == []
