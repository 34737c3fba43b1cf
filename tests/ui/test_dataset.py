"""The dataset view: what is in a set, which sets there are, nothing downloaded unasked; and its dock."""

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QMainWindow,
    QProgressBar,
    QPushButton,
    QToolButton,
    QWidget,
)

from explorer.engine.data_messages import (
    DataCard,
    DataFacts,
    DataListed,
    DataOpened,
    FetchData,
    ListData,
    OpenData,
)
from explorer.engine.messages import RequestFailed
from explorer.engine.run_messages import RunsListed
from explorer.state.learning_actions import ChooseData, EditPlan, GoOnTraining
from explorer.state.model import AppState
from explorer.ui import theme
from explorer.ui.data_dock import DataDock
from explorer.ui.store import Store
from explorer.ui.views.dataset import DatasetView
from explorer.ui.views.dataset_classes import sample_pixmap
from tests.run_rows import made_row

CARDS = (
    DataCard("digits", "Digits", "Handwritten digits.", 0, True, 10),
    DataCard("mnist", "MNIST", "More digits.", 11_594_722, False, 10),
)


def samples(value, n=2, side=8):
    return tuple(np.full((side, side, 3), value, np.uint8) for _ in range(n))


def made_facts(data="digits", n_classes=2, **changes):
    values = {
        "data": data,
        "title": "Digits",
        "input_size": 8,
        "channels": 3,
        "classes": tuple(f"class {n}" for n in range(n_classes)),
        "train_counts": (100,) * n_classes,
        "test_counts": (20,) * n_classes,
        "is_split_here": True,
        "mean": (0.1, 0.2, 0.3),
        "std": (0.4, 0.5, 0.6),
        "samples": tuple(samples(250) for _ in range(n_classes)),
        "broken": (),
        "keeps_flips": False,
    }
    return DataFacts(**{**values, **changes})


@pytest.fixture
def view(qtbot):
    theme.apply(QApplication.instance(), "dark")
    made = DatasetView()
    qtbot.addWidget(made)
    made.resize(800, 900)
    made.show_cards(CARDS, "digits", {}, can_choose=True)
    made.show_facts(made_facts())
    with qtbot.waitExposed(made):
        made.show()
    return made


def label(view, name):
    return view.findChild(QLabel, name)


def button(view, name):
    return view.findChild(QPushButton, name)


def test_the_facts_are_told(view):
    assert label(view, "data.title").text() == "Digits"
    assert "200 for training, 40 for testing · 2 classes · 8 × 8 pixels" in label(view, "data.summary").text()
    assert "A fifth of each class was set aside for testing, seed 0." in label(view, "data.split").text()
    view.show_facts(made_facts(is_split_here=False))
    assert label(view, "data.split").text() == "The data has its own test part."


@pytest.mark.parametrize(
    ("choice", "said", "red"),
    [
        ("data", "measured from the training pictures", "0.100 ± 0.400"),
        ("imagenet", "ImageNet's", "0.485 ± 0.229"),
        ("fixed", "fixed: from -1 to 1", "0.500 ± 0.500"),
    ],
)
def test_the_normalisation_of_the_plan_is_told(view, choice, said, red):
    view.show_facts(made_facts(), normalisation=choice)
    assert view._norms.texts[0] == f"Normalisation: {said}"
    assert view._norms.texts[1] == red
    assert len(view._norms.texts) == 4


def test_a_class_has_a_bar_and_its_samples(view):
    picture = view._classes.grab().toImage()
    ratio = picture.devicePixelRatio()
    accent = theme.Colours.of(view.palette()).accent.name()
    high = round(view._classes.row_px * ratio)
    for row in range(2):
        found = {
            picture.pixelColor(x, y).name()
            for x in range(0, picture.width(), 2)
            for y in range(row * high, (row + 1) * high, 2)
        }
        assert {accent, "#fafafa"} <= found


def test_many_classes_draw_only_what_is_in_sight(view):
    view.show_facts(made_facts(n_classes=1_000))
    assert view._classes.height() == 1_000 * view._classes.row_px
    QApplication.processEvents()
    assert len(view._classes._pixmaps) < 100


def test_small_pictures_grow_crisp():
    pixels = np.zeros((2, 2, 3), np.uint8)
    pixels[:, 1] = 255
    image = sample_pixmap(pixels, 8).toImage()
    assert [image.pixelColor(x, 3).red() for x in range(8)] == [0, 0, 0, 0, 255, 255, 255, 255]


def test_broken_files_are_listed_with_their_reasons(view, qtbot):
    assert not label(view, "data.broken").isVisible()
    files = tuple((f"cat/{n}.jpg", "The file is cut off.") for n in range(5))
    view.show_facts(made_facts(broken=files))
    said = label(view, "data.broken").text().splitlines()
    assert said[0] == "5 files were left out:"
    assert said[1] == "cat/0.jpg: The file is cut off."
    assert said[-1] == "and 2 more"
    qtbot.mouseClick(view.findChild(QToolButton, "data.broken.all"), Qt.MouseButton.LeftButton)
    assert len(label(view, "data.broken").text().splitlines()) == 6


def test_a_reason_that_names_its_file_stands_alone(view):
    view.show_facts(made_facts(broken=(("cat/0.jpg", "cat/0.jpg is empty."), ("a.png", "It is cut off."))))
    assert label(view, "data.broken").text().splitlines()[1:] == [
        "cat/0.jpg is empty.",
        "a.png: It is cut off.",
    ]


@pytest.mark.parametrize("width", [260, 330, 420, 900])
def test_no_mean_is_cut_off(view, qtbot, width):
    line = view.findChild(QWidget, "data.normalisation")
    view.resize(width, 900)
    qtbot.waitUntil(lambda: line.height() == line.sizeHint().height())
    places = line.chip_places()
    assert len(places) == 3
    assert all(place.left() >= 0 and place.right() <= line.width() for place in places)
    assert max(place.bottom() for place in places) <= line.height() + 1
    assert not any(one.intersects(other) for one in places for other in places if one is not other)


def test_a_set_is_chosen_or_its_download_is_allowed_by_a_click(view, qtbot):
    chosen, allowed = [], []
    view.data_chosen.connect(chosen.append)
    view.download_allowed.connect(allowed.append)
    assert button(view, "data.use.digits").text() == "In use"
    assert button(view, "data.use.mnist").text() == "Download 11 MB"
    qtbot.mouseClick(button(view, "data.use.mnist"), Qt.MouseButton.LeftButton)
    assert (chosen, allowed) == ([], ["mnist"])
    view.show_cards(CARDS, "mnist", {"mnist": 0.42}, can_choose=True)
    assert not button(view, "data.use.mnist").isEnabled()
    assert button(view, "data.use.mnist").text() == "Downloading 42 %"
    qtbot.mouseClick(button(view, "data.use.digits"), Qt.MouseButton.LeftButton)
    assert chosen == ["digits"]
    view.show_cards(CARDS, "mnist", {}, can_choose=False)
    assert not button(view, "data.use.digits").isEnabled()


def test_an_own_folder_is_chosen(view, qtbot, monkeypatch, tmp_path):
    chosen = []
    view.data_chosen.connect(chosen.append)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    qtbot.mouseClick(button(view, "data.folder"), Qt.MouseButton.LeftButton)
    assert chosen == [str(tmp_path)]


def test_the_classes_as_csv(view, tmp_path):
    view.save_csv(tmp_path / "classes.csv")
    assert (
        tmp_path / "classes.csv"
    ).read_text() == "label,class,train,test\n0,class 0,100,20\n1,class 1,100,20\n"


def test_nothing_overlaps_in_a_narrow_window(view):
    view.resize(320, 700)
    QApplication.processEvents()
    cards = [button(view, f"data.use.{card.name}").parentWidget() for card in CARDS]
    assert cards[0].geometry().right() < cards[1].geometry().left()
    assert label(view, "data.summary").geometry().bottom() <= label(view, "data.split").geometry().top()


def test_the_chosen_set_is_scrolled_into_view(view, qtbot):
    view.resize(320, 700)
    many = tuple(DataCard(f"set{n}", f"Set {n}", "Pictures.", 0, True, 2) for n in range(9))
    view.show_cards(many, "set8", {}, can_choose=True)
    last = button(view, "data.use.set8")
    qtbot.waitUntil(lambda: not last.visibleRegion().isEmpty())


@pytest.fixture
def dock(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    window.resize(900, 700)
    sent = []
    store = Store(AppState(), sent.append)
    made = DataDock(window, store)
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, made.dock)
    with qtbot.waitExposed(window):
        window.show()
    qtbot.waitUntil(lambda: made._view is not None)
    yield made, store, sent
    window.close()


def test_the_dock_reads_the_chosen_set_and_shows_what_is_in_it(dock, qtbot):
    made, store, sent = dock
    assert [type(request) for request in sent] == [ListData, OpenData]
    assert label(made._view, "data.status").text() == "Reading digits…"
    assert made._view.findChild(QProgressBar, "data.progress").isVisible()
    store.dispatch(DataListed(ticket=sent[0].ticket, cards=CARDS))
    store.dispatch(DataOpened(ticket=sent[1].ticket, facts=made_facts()))
    assert not label(made._view, "data.status").isVisible()
    assert label(made._view, "data.title").isVisible()
    store.dispatch(EditPlan((("normalisation", "imagenet"),)))
    assert made._view._norms.texts[0] == "Normalisation: ImageNet's"
    store.dispatch(EditPlan((("normalisation", "start"),)))
    assert made._view._norms.texts == ("Normalisation: as the weights that training starts from",)
    qtbot.mouseClick(button(made._view, "data.use.mnist"), Qt.MouseButton.LeftButton)
    assert isinstance(sent[-1], FetchData)
    assert button(made._view, "data.use.mnist").text() == "Downloading…"


def test_the_dock_blames_the_data_that_failed(dock):
    made, store, sent = dock
    store.dispatch(DataOpened(ticket=sent[1].ticket, facts=made_facts()))
    status = label(made._view, "data.status")
    gone = "/gone/pictures.zip"
    rows = (made_row("r", status="paused", can_resume=True, data=gone, has_data=False),)
    store.dispatch(RunsListed(ticket=0, rows=rows, warnings=()))
    store.dispatch(GoOnTraining("r"))
    assert sent[-1].data == gone
    failed = RequestFailed(
        ticket=sent[-1].ticket, kind="OpenData", message="It is gone.", hint="Put it back."
    )
    store.dispatch(failed)
    assert not status.isVisible()
    store.dispatch(ChooseData(gone))
    store.dispatch(dataclasses.replace(failed, ticket=sent[-1].ticket))
    assert status.text().startswith("pictures.zip could not be read.")
