"""A study on the real window: set up, said what it costs, paused, gone on with, pinned, reported."""

from __future__ import annotations

import os

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox

from explorer.runs.store import RunStore
from explorer.state.actions import EditSpec
from explorer.state.learning_actions import EditPlan, StartTraining
from explorer.state.reducer.studies import planned
from explorer.state.studies import StudyForm
from explorer.state.study_actions import EditStudy


@pytest.fixture(autouse=True)
def one_core():
    """Small networks are done sooner on one core than on several that others need too."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(before)[os.getpid() % len(before)]})
    yield
    os.sched_setaffinity(0, before)


def set_up(driver):
    """Two depths of a tiny network on digits, priced."""
    dispatch = driver.session.store.dispatch
    driver.settle()
    tiny = (("stage_depths", (1, 1, 1)), ("stage_widths", (4, 8, 16)), ("stem_width", 4), ("input_size", 8))
    dispatch(EditSpec(tiny, ""))
    driver.settle()
    driver.window.study.open()
    driver.until(lambda state: state.data.status == "open")
    # It is at work for seconds: a window that gets its turn late finds it there.
    plan = (("epochs", 4), ("precision", "float32"), ("channels_last", "no"), ("reproducible", True))
    dispatch(EditPlan(plan))
    dispatch(EditStudy(StudyForm(axes=(("depth", ("8", "14")),))))
    driver.until(
        lambda state: (
            state.studies.estimated is not None and state.studies.estimated.study == planned(state).study
        )
    )


def test_a_study_is_set_up_priced_paused_resumed_pinned_and_reported(open_program, tmp_path, monkeypatch):
    driver = open_program()
    set_up(driver)
    assert driver.child("study.cost").text().startswith("2 trainings · about ")
    spec = driver.state.document.spec
    driver.click("study.start")
    driver.until(lambda state: state.studies.began is not None)
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Cancel)
    assert not driver.window._may_close(), "quitting asks while a study is trained"
    driver.session.store.dispatch(StartTraining())
    assert "A study is being trained" in driver.state.notices[-1].message
    driver.click("study.pause")
    driver.until(lambda state: not state.studies.is_busy)
    if driver.state.studies.row.status == "paused":  # the last step may have been the one it paused at
        driver.click("study.resume")
        driver.until(lambda state: not state.studies.is_busy)
    row = driver.state.studies.row
    assert [one.status for one in row.cells] == ["finished", "finished"]
    assert driver.state.document.spec == spec, "the network in view stays"
    columns = driver.state.document.columns
    assert [(column.weights.kind, column.weights.name) for column in columns] == [
        ("run", one.run) for one in row.cells
    ]
    assert [column.spec.stage_depths for column in columns] == [(1, 1, 1), (2, 2, 2)]
    driver.until(lambda state: {one.id for one in state.runs.rows} >= {one.run for one in row.cells})
    with RunStore() as store:
        assert len(store.runs()) == 2, "no cell was trained twice"

    path = tmp_path / "report.html"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    driver.click("study.report")
    driver.until(lambda state: any("report is in" in notice.message for notice in state.notices))
    page = path.read_text("utf-8")
    assert "2 of 2 trainings are finished" in page
    assert page.count("<svg") >= 5
    assert "data:image/png" in page


def test_a_program_that_ends_leaves_a_study_that_goes_on_in_the_next(open_program):
    driver = open_program()
    set_up(driver)
    driver.session.store.dispatch(EditPlan((("epochs", 200),)))
    driver.click("study.start")
    driver.until(lambda state: state.studies.progress is not None)
    driver.session.finish()
    again = open_program()
    again.settle()
    again.until(lambda state: any("A study waits" in notice.message for notice in state.notices))
    again.window.study.open()
    again.until(lambda state: bool(state.studies.rows))
    (row,) = again.state.studies.rows
    assert row.status == "paused"
    assert [one.status for one in row.cells] == ["paused", "waiting"]
