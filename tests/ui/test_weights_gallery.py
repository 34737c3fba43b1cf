"""The gallery of weights: a card each, and what its button asks for."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from explorer.arch.presets import preset
from explorer.engine.messages import WeightsChoice, WeightsOffer
from explorer.engine.run_messages import ListRuns, RunsListed
from explorer.nets.facts import Origin
from explorer.state.model import AppState
from explorer.ui import theme
from explorer.ui.main_window import MainWindow
from explorer.ui.panels.weights_gallery import WeightsGallery, trained_for, weights_items
from explorer.ui.store import Store
from tests.ui.test_runs import run_row

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


def test_what_the_title_says_is_not_said_again():
    offer = WeightsOffer(
        "small", "small, trained on many pictures", 9, True, "bundled", 88.99, "many pictures"
    )
    assert items_by_name((offer,), None, WeightsChoice(), 0, 0)["small"].facts == (
        "89.0 % · ships with the program"
    )


def test_what_was_trained_here_has_a_card():
    spec = preset("cifar-resnet20").spec
    rows = (
        run_row("a", name="first try"),
        run_row("b", test_accuracy=None, spec=spec.edited(zero_init_residual=True)),
        run_row("c", test_accuracy=None, validation_accuracy=None),
        run_row("d", has_weights=False),
        run_row("e", is_bundled=True),
        run_row("f", spec=preset("cifar-resnet32").spec),
    )
    runs = trained_for(spec, rows)
    assert [row.id for row in runs] == ["a", "b", "c"]
    items = items_by_name((BUNDLED,), Origin("run", "b"), WeightsChoice("run", "b"), 0, 0, runs)
    assert list(items) == ["cifar-resnet20", "run.a", "run.b", "run.c", "untrained"]
    assert items["run.a"].title == "first try"
    assert items["run.a"].facts.startswith("90.5 % on cifar10 · trained here, 30 / 30 epochs · 20")
    assert items["run.b"].facts.startswith("best validation 91.2 % on cifar10")
    assert items["run.c"].facts.startswith("trained here")
    assert items["run.a"].choice == WeightsChoice("run", "a")
    assert [name for name, item in items.items() if item.is_in_use] == ["run.b"]


def test_a_moment_of_a_run_is_not_what_it_ended_with():
    origin, choice = Origin("run", "a", step=100), WeightsChoice("run", "a", 100)
    items = items_by_name((), origin, choice, 0, 0, (run_row("a"),))
    assert [name for name, item in items.items() if item.is_in_use] == ["file"]


def test_the_window_looks_for_runs_when_the_gallery_is_opened(qtbot):
    theme.apply(QApplication.instance(), "light")
    requests = []
    window = MainWindow(Store(AppState(), requests.append))
    qtbot.addWidget(window)
    next(action for action in window.menus.actions if action.text() == "Weights…").trigger()
    [asked] = [request for request in requests if isinstance(request, ListRuns)]
    gallery = window.findChild(WeightsGallery)
    assert "run.a" not in [item.name for item in gallery.items]
    row = run_row("a", spec=preset("cifar-resnet20").spec)
    window.commands._store.dispatch(RunsListed(ticket=asked.ticket, rows=(row,), warnings=(), version=1))
    take = gallery.findChild(QPushButton, "weights.take.run.a")
    qtbot.mouseClick(take, Qt.MouseButton.LeftButton)
    assert window.commands._store.state.document.weights == WeightsChoice("run", "a")
    gallery.close()


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
