"""What quitting would cut off or lose is said, and nothing else."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QMessageBox

from explorer.engine.data_messages import TaughtCollected
from explorer.engine.lesson import Lesson, LessonStep
from explorer.engine.messages import Request
from explorer.state.learning import Bin, TeachState
from explorer.state.lessons import LessonState
from explorer.state.model import AppState, Work
from explorer.state.reducer.teach import on_taught_collected
from explorer.state.reducer.turn import SHOWN_WORK, Turn
from explorer.ui.main_window import MainWindow
from explorer.ui.quitting import losses
from explorer.ui.store import Store

LESSON = Lesson("Depth", (LessonStep("One"),))


def working(*kinds, name="cat.safetensors"):
    return replace(AppState(), work=tuple(Work(n, kind, name=name) for n, kind in enumerate(kinds)))


def test_nothing_is_said_where_nothing_is_lost():
    assert losses(AppState()) == ()
    looks = {one.__name__ for one in SHOWN_WORK} & {"BuildModel", "LoadPictures", "SweepLesions"}
    assert len(looks) == 3
    assert losses(working(*looks)) == ()
    assert losses(replace(AppState(), lessons=LessonState(lesson=LESSON))) == ()


@pytest.mark.parametrize("kind", ["SaveWeights", "WriteLesson", "WriteStudyReport", "CollectTaught"])
def test_what_is_written_would_be_nowhere(kind):
    assert kind in {one.__name__ for one in SHOWN_WORK if issubclass(one, Request)}
    (said,) = losses(working(kind))
    assert said.endswith("is not finished. Nothing of it would be kept.")
    assert "…" not in said


def test_everything_is_said_at_once():
    state = working("FetchData", "FetchWeights", "SaveWeights")
    state = replace(
        state,
        training=replace(state.training, status="running"),
        lessons=LessonState(lesson=LESSON, is_changed=True),
    )
    training, download, saving, lesson = losses(state)
    assert "paused with a checkpoint" in training
    assert download.startswith("A download")
    assert saving == "Saving cat.safetensors is not finished. Nothing of it would be kept."
    assert lesson == "The lesson Depth has changes that are not saved."


def test_pictures_in_bins_are_lost_until_they_were_taught():
    state = replace(AppState(), teach=TeachState(bins=(Bin("cats", (1, 2)), Bin("dogs", (3,)))))
    (said,) = losses(state)
    assert "Teach" in said
    turn = Turn(state)
    files = tuple((image_id, f"/home/taught/pets/{image_id}.png") for image_id in (1, 2, 3))
    collected = TaughtCollected(ticket=1, path="/home/taught/pets", files=files)
    on_taught_collected(turn, collected)
    taught = replace(AppState(), teach=turn.state.teach)
    assert losses(taught) == ()
    # One that was moved to another class is in the set too, one that came since is not.
    moved = replace(taught.teach, bins=(Bin("cats", (1,)), Bin("dogs", (2, 3))))
    assert losses(replace(taught, teach=moved)) == ()
    more = replace(taught.teach, bins=(Bin("cats", (1, 2, 4)), Bin("dogs", (3,))))
    assert len(losses(replace(taught, teach=more))) == 1


def test_the_window_stays_where_the_user_thinks_better_of_it(qtbot, monkeypatch):
    window = MainWindow(Store(working("WriteWalk"), lambda _: None))
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    asked, answers = [], [QMessageBox.StandardButton.Cancel, QMessageBox.StandardButton.Close]

    def question(*said):
        asked.append(said[2])
        return answers.pop(0)

    monkeypatch.setattr(QMessageBox, "question", question)
    assert not window.close()
    assert window.isVisible()
    assert window.close()
    assert asked == ["Writing the walk is not finished. Nothing of it would be kept."] * 2
