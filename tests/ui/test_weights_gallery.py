"""The gallery of weights: a card each, and what its button asks for."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton

from explorer.engine.messages import WeightsChoice, WeightsOffer
from explorer.nets.facts import Origin
from explorer.ui.panels.weights_gallery import WeightsGallery, weights_items

BUNDLED = WeightsOffer("cifar-resnet20", "cifar-resnet20", 1_100_000, True, "bundled", 91.7, "CIFAR-10")
REMOTE = WeightsOffer("resnet18.V1", "ResNet-18, V1", 46_830_571, False, "torchvision", 69.758, "ImageNet-1k")
CACHED = WeightsOffer("resnet50.V1", "ResNet-50, V1", 102_530_333, True, "torchvision", 76.13, "ImageNet-1k")


def items_by_name(*args):
    return {item.name: item for item in weights_items(*args)}


def test_each_kind_of_weights_has_a_card_with_accuracy_data_and_place():
    origin = Origin("bundled", "cifar-resnet20", accuracy_percent=91.7)
    items = items_by_name((BUNDLED, CACHED, REMOTE), origin, WeightsChoice(), 0, 7)
    assert list(items) == ["cifar-resnet20", "resnet50.V1", "resnet18.V1", "untrained"]
    assert items["cifar-resnet20"].facts == "91.7 % on CIFAR-10 · ships with the program"
    assert items["cifar-resnet20"].is_in_use
    assert items["resnet50.V1"].facts == "76.1 % on ImageNet-1k · from torchvision, on this machine"
    assert items["resnet50.V1"].size_bytes == 0
    assert items["resnet18.V1"].facts == "69.8 % on ImageNet-1k · from torchvision, to be downloaded"
    assert items["resnet18.V1"].size_bytes == 46_830_571
    assert "seed 7" in items["untrained"].facts
    assert [name for name, item in items.items() if item.is_in_use] == ["cifar-resnet20"]


@pytest.mark.parametrize(
    ("origin", "in_use", "facts"),
    [
        (Origin("file", "mine.pth", accuracy_percent=88.0), "file", "88.0 % · a file"),
        (Origin("copied", seed=0, copied=50, tensors=60), "copied", "50 of 60 tensors are copied"),
        (Origin("untrained", seed=0), "untrained", "first values of seed 0: its answers are chance"),
    ],
)
def test_what_is_in_use_is_said(origin, in_use, facts):
    choice = WeightsChoice("file", "/a/mine.pth")
    items = items_by_name((BUNDLED,), origin, choice, 12, 0)
    assert [name for name, item in items.items() if item.is_in_use] == [in_use]
    assert items[in_use].facts == facts
    assert "copied" in items


@pytest.fixture
def gallery(qtbot):
    made = WeightsGallery()
    qtbot.addWidget(made)
    made.emitted = []
    made.chosen.connect(lambda choice: made.emitted.append(("use", choice)))
    made.wanted.connect(lambda name: made.emitted.append(("get", name)))
    made.file_requested.connect(lambda: made.emitted.append(("open", None)))
    made.show_items(
        "ResNet-18", weights_items((BUNDLED, REMOTE), Origin("untrained", seed=0), WeightsChoice(), 0, 0)
    )
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_buttons_use_what_is_here_and_get_what_is_not(gallery, qtbot):
    buttons = {button.objectName(): button for button in gallery.findChildren(QPushButton)}
    get = buttons["weights.take.resnet18.V1"]
    assert get.text() == "Get (45 MB)"
    assert not buttons["weights.take.untrained"].isEnabled()
    assert buttons["weights.take.untrained"].text() == "In use"
    for name in ("weights.take.cifar-resnet20", "weights.take.resnet18.V1", "weights.open"):
        qtbot.mouseClick(buttons[name], Qt.MouseButton.LeftButton)
    assert gallery.emitted == [
        ("use", WeightsChoice("named", "cifar-resnet20")),
        ("get", "resnet18.V1"),
        ("open", None),
    ]
    assert any(label.text() == "Weights for ResNet-18" for label in gallery.findChildren(QLabel))


def test_showing_again_changes_cards_and_emits_nothing(gallery, qtbot):
    gallery.show_items("plain net", weights_items((), Origin("untrained", seed=0), WeightsChoice(), 0, 0))
    assert [item.name for item in gallery.items] == ["untrained"]
    wanted = {"weights.take.untrained", "weights.open", "weights.close"}

    def shown():
        return {each.objectName() for each in gallery.findChildren(QPushButton) if each.isVisible()}

    qtbot.waitUntil(lambda: shown() == wanted)
    assert gallery.emitted == []
