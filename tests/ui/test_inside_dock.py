"""The inside dock on the real state: built when seen, asks for what it shows, tells what the user wants."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from explorer.engine.data_messages import OpenData
from explorer.engine.inside_messages import Meter
from explorer.engine.messages import BuildModel, Cancel, LoadedPicture, ModelBuilt, RequestFinished
from explorer.engine.picture_messages import LoadPictures, PicturesLoaded
from explorer.engine.sample_messages import CostMeasured, MeasureCost
from explorer.nets.facts import Origin
from explorer.state.actions import OpenSpec, Start
from explorer.state.inside_actions import ChooseSample, ShowTopic
from explorer.state.model import AppState
from explorer.ui import theme
from explorer.ui.inside_dock import InsideDock, facts_of
from explorer.ui.store import Store
from tests.ui import inside_results as results


class Desk:
    """A store with a built network and a picture, and a dock on it."""

    def __init__(self):
        self.asked = []
        self.store = Store(AppState(), self.asked.append)
        self.store.dispatch(Start(sample="cat.jpg"))
        self.store.dispatch(OpenSpec(results.SPEC))
        build = self.newest(BuildModel)
        self.store.dispatch(
            ModelBuilt(
                ticket=build.ticket,
                column="main",
                spec=build.spec,
                origin=Origin("bundled", "small"),
                classes=results.CLASSES,
                offers=(),
                can_copy=0,
            )
        )
        load = self.newest(LoadPictures)
        pixels = results.picture().thumbnail
        self.store.dispatch(
            PicturesLoaded(
                ticket=load.ticket,
                loaded=(LoadedPicture(1, "digit.png", None, 32, 32, pixels, pixels),),
                failed=(),
                done=1,
                total=1,
                as_sample=load.as_sample,
            )
        )
        self.deck = QMainWindow()
        self.deck.setCentralWidget(QWidget())
        self.dock = InsideDock(self.deck, self.store)
        self.deck.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self.dock.dock)
        self.dock.dock.hide()

    def newest(self, kind):
        return next(request for request in reversed(self.asked) if isinstance(request, kind))

    @property
    def state(self):
        return self.store.state

    @property
    def view(self):
        return self.dock._view


@pytest.fixture
def desk(qtbot):
    theme.apply(QApplication.instance(), "light")
    made = Desk()
    qtbot.addWidget(made.deck)
    made.deck.resize(820, 560)
    with qtbot.waitExposed(made.deck):
        made.deck.show()
    return made


def click(desk, qtbot, name):
    found = desk.view.findChild(QWidget, name)
    assert found is not None, f"there is no control named {name}"
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton)


def test_nothing_is_built_or_asked_for_before_it_is_seen(desk, qtbot):
    assert desk.view is None
    assert not any(isinstance(request, Meter) for request in desk.asked)
    desk.dock.open()
    qtbot.waitUntil(lambda: desk.view is not None and desk.view.isVisible())
    assert desk.newest(Meter).image_id == 1


def test_a_topic_is_chosen_and_run(desk, qtbot):
    desk.dock.open()
    qtbot.waitUntil(lambda: desk.view is not None and desk.view.isVisible())
    click(desk, qtbot, "inside.topic.cost")
    assert desk.state.inside.topic == "cost"
    click(desk, qtbot, "inside.run")
    request = desk.newest(MeasureCost)
    assert desk.view.head.progress.isVisible()
    profile = results.cost().profile
    desk.store.dispatch(CostMeasured(ticket=request.ticket, profile=profile))
    assert desk.view.topic.isVisible()
    assert f"median of {profile.repetitions}" in desk.view.topic.said.text
    desk.store.dispatch(RequestFinished(ticket=request.ticket))
    assert not desk.view.head.progress.isVisible()


def test_a_sample_is_opened_before_it_is_looked_at(desk, qtbot):
    desk.dock.open()
    qtbot.waitUntil(lambda: desk.view is not None and desk.view.isVisible())
    desk.store.dispatch(ChooseSample("shapes"))
    click(desk, qtbot, "inside.topic.gradients")
    click(desk, qtbot, "inside.run")
    assert desk.newest(OpenData).data == "shapes"
    assert "gradients" in desk.state.inside.busy


def test_blocks_are_bypassed_exchanged_and_healed(desk, qtbot):
    desk.store.dispatch(ShowTopic("lesions"))
    desk.dock.open()
    qtbot.waitUntil(lambda: desk.view is not None and desk.view.isVisible())
    desk.view.lesion_toggled.emit("layer1.0")
    assert desk.state.document.lesions.bypassed == {"layer1.0"}
    assert desk.view.topic.chart.data.marked == {"layer1.0"}
    click(desk, qtbot, "inside.lesions.heal")
    assert not desk.state.document.lesions


def test_work_of_the_topic_is_found_in_the_state(desk, qtbot):
    desk.dock.open()
    qtbot.waitUntil(lambda: desk.view is not None and desk.view.isVisible())
    click(desk, qtbot, "inside.topic.cost")
    click(desk, qtbot, "inside.run")
    facts = facts_of(desk.state)
    assert facts.work is not None
    assert facts.work[2] == "MeasureCost"
    assert facts.work[0] == desk.newest(MeasureCost).ticket
    click(desk, qtbot, "inside.cancel")
    assert desk.newest(Cancel).cancelled == facts.work[0]


def test_a_hidden_dock_waits_with_what_changed(desk, qtbot):
    desk.dock.open()
    qtbot.waitUntil(lambda: desk.view is not None and desk.view.isVisible())
    desk.dock.dock.hide()
    desk.store.dispatch(ShowTopic("cost"))
    assert "cost" not in desk.view._topics
    desk.dock.open()
    qtbot.waitUntil(lambda: "cost" in desk.view._topics)
