"""The runs view: a table to sort, filter, name and star; what it tells; and its dock on the real state."""

import csv
import shlex
from dataclasses import replace
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMainWindow,
    QPushButton,
)

from explorer.arch.presets import preset
from explorer.cli.plans import changes_of
from explorer.cli.root import build_parser
from explorer.engine.messages import WeightsChoice
from explorer.engine.run_messages import (
    CurvesRead,
    DeleteRuns,
    EditRun,
    ExportRun,
    ListRuns,
    ReadCurves,
    RunsListed,
)
from explorer.state.model import AppState
from explorer.training.recipes import plan_for
from explorer.ui import theme
from explorer.ui.runs_dock import RunsDock
from explorer.ui.store import Store
from explorer.ui.views import run_words
from explorer.ui.views.runs import RunsView
from explorer.ui.views.runs_model import NAME, NETWORK, ROW_ROLE, STAR, STATUS, TEST
from explorer.ui.views.sparkline import Line, thinned
from tests.run_rows import made_row


def run_row(run, **changes):
    usual = {
        "created": 1_760_000_000.0,
        "validation_accuracy": 0.912,
        "test_accuracy": 0.905,
        "seconds": 840.0,
    }
    return made_row(run, **{**usual, **changes})


ROWS = (
    run_row("a", name="first try", created=3.0, test_accuracy=0.91),
    run_row("b", status="interrupted", can_resume=True, created=2.0, test_accuracy=None, epochs_done=3),
    run_row("c", is_bundled=True, created=1.0, test_accuracy=0.885, spec=preset("cifar-plain20").spec),
)


@pytest.fixture
def view(qtbot):
    theme.apply(QApplication.instance(), "light")
    made = RunsView()
    qtbot.addWidget(made)
    made.resize(1000, 600)
    made.show_runs(ROWS, is_listed=True, can_train=True)
    with qtbot.waitExposed(made):
        made.show()
    return made


def table(view):
    return view._table


def cell(view, run, column):
    return table(view).model().index(view.shown.index(run), column)


def choose(view, run):
    table(view).selectRow(view.shown.index(run))
    QApplication.processEvents()


def button(view, name):
    return view.findChild(QPushButton, name)


def click(qtbot, view, run, column):
    at = table(view).visualRect(cell(view, run, column)).center()
    qtbot.mouseClick(table(view).viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_the_newest_stands_first_and_a_heading_sorts(view):
    assert view.shown == ("a", "b", "c")
    table(view).sortByColumn(TEST, Qt.SortOrder.AscendingOrder)
    assert view.shown == ("b", "c", "a"), "a run without a number sorts below the others"
    table(view).sortByColumn(NETWORK, Qt.SortOrder.AscendingOrder)
    assert view.shown[0] == "c"


@pytest.mark.parametrize(
    ("text", "left"),
    [("first", ("a",)), ("cut off", ("b",)), ("PLAIN", ("c",)), ("ships", ("c",)), ("cifar10 try", ("a",))],
)
def test_the_filter_finds_every_word_in_what_a_run_says(view, qtbot, text, left):
    qtbot.keyClicks(view.findChild(QLineEdit, "runs.filter"), text)
    assert view.shown == left


def test_a_run_that_the_filter_leaves_out_is_looked_at_no_more(view, qtbot):
    choose(view, "b")
    told = []
    view.run_shown.connect(told.append)
    qtbot.keyClicks(view.findChild(QLineEdit, "runs.filter"), "plain")
    assert told == [""]
    assert not view.findChild(QPushButton, "runs.open").isEnabled()


def test_a_name_is_edited_in_place(view, qtbot):
    told = []
    view.marked.connect(lambda *what: told.append(what))
    choose(view, "b")
    table(view).setFocus()
    qtbot.keyClick(table(view), Qt.Key.Key_F2)
    editor = table(view).findChild(QLineEdit)
    editor.selectAll()
    qtbot.keyClicks(editor, "second")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: told == [("b", {"name": "second"})])


def test_a_bundled_run_is_only_read(view, qtbot):
    told = []
    view.marked.connect(lambda *what: told.append(what))
    choose(view, "c")
    click(qtbot, view, "c", STAR)
    assert not cell(view, "c", NAME).flags() & Qt.ItemFlag.ItemIsEditable
    assert not button(view, "runs.delete").isEnabled()
    assert view._note.isReadOnly()
    assert view._chip.text == "ships with the program"
    assert told == []


def test_a_click_stars_and_says_which_way(view, qtbot):
    told = []
    view.marked.connect(lambda *what: told.append(what))
    click(qtbot, view, "a", STAR)
    view.show_runs((replace(ROWS[0], is_starred=True), *ROWS[1:]), is_listed=True, can_train=True)
    click(qtbot, view, "a", STAR)
    assert told == [("a", {"is_starred": True}), ("a", {"is_starred": False})]


def test_runs_that_are_alike_are_told_apart_in_a_narrow_table_too(view, qtbot):
    twins = tuple(run_row(run, mark=mark) for run, mark in (("d", "14:32"), ("e", "15:02")))
    view.show_runs((*twins, ROWS[0]), is_listed=True, can_train=True)
    view.resize(402, 600)
    QApplication.processEvents()
    assert [cell(view, run, NAME).data() for run in ("d", "e")] == [
        "CIFAR ResNet-20 on cifar10, 14:32",
        "CIFAR ResNet-20 on cifar10, 15:02",
    ]
    area = table(view).visualRect(cell(view, "d", NAME))
    before = table(view).viewport().grab(area).toImage()
    view.show_runs((replace(twins[0], mark="16:44"), twins[1], ROWS[0]), is_listed=True, can_train=True)
    assert table(view).viewport().grab(area).toImage() != before, "the end of a long title is what matters"
    choose(view, "d")
    assert view._title.text.endswith("16:44")
    qtbot.keyClicks(view.findChild(QLineEdit, "runs.filter"), "15:02")
    assert view.shown == ("e",)


def test_a_run_without_a_test_says_what_it_reached_and_that_it_was_not_tested(view, tmp_path):
    rows = (
        run_row("t", created=5.0, test_accuracy=0.5),
        run_row("u", created=4.0, test_accuracy=0.3),
        run_row("v", created=3.0, test_accuracy=None, validation_accuracy=0.98, status="stopped"),
        run_row("w", created=2.0, test_accuracy=None, validation_accuracy=0.4, status="running"),
        run_row("x", created=1.0, test_accuracy=None, validation_accuracy=None, epochs_done=0),
    )
    view.show_runs(rows, is_listed=True, can_train=True)
    assert [cell(view, run, TEST).data() for run in "tvx"] == ["50.00 %", "val. 98.00 %", "–"]
    tips = [cell(view, run, TEST).data(Qt.ItemDataRole.ToolTipRole) for run in "tv"]
    assert tips == [None, "It was not tested: this is the best validation accuracy of its epochs."]
    choose(view, "v")
    assert "best validation 98.00 %, not tested" in view._facts.text
    assert "CIFAR" not in view._facts.text, "the title says it"
    assert "CIFAR ResNet-20 · cifar10" in run_words.facts(replace(rows[0], name="mine"))
    assert "not tested" not in run_words.facts(rows[0]) + run_words.facts(rows[4])
    table(view).sortByColumn(TEST, Qt.SortOrder.DescendingOrder)
    assert view.shown == tuple("tuvwx"), "a validation accuracy is not compared with a test accuracy"
    table(view).sortByColumn(TEST, Qt.SortOrder.AscendingOrder)
    assert view.shown == tuple("xwvut")
    view.save_csv(tmp_path / "runs.csv")
    with (tmp_path / "runs.csv").open(newline="") as file:
        kept = {row["id"]: (row["validation_accuracy"], row["test_accuracy"]) for row in csv.DictReader(file)}
    assert kept["v"] == ("0.980000", "")


def test_a_note_is_told_when_it_is_left_or_another_run_is_chosen(view, qtbot):
    told = []
    view.marked.connect(lambda *what: told.append(what))
    choose(view, "a")
    qtbot.keyClicks(view._note, "too slow")
    assert told == []
    choose(view, "b")
    assert told == [("a", {"note": "too slow"})]
    qtbot.keyClicks(view._note, "x")
    qtbot.waitUntil(lambda: len(told) == 2)
    assert told[1] == ("b", {"note": "x"})


def test_a_note_that_is_being_written_is_not_replaced_by_an_older_one(view, qtbot):
    choose(view, "a")
    qtbot.keyClicks(view._note, "one")
    view._note.keep()
    qtbot.keyClicks(view._note, " two")
    view.show_runs((replace(ROWS[0], note="one"), *ROWS[1:]), is_listed=True, can_train=True)
    assert view._note.toPlainText() == "one two"


def test_only_a_run_with_a_checkpoint_can_be_gone_on_with(view, qtbot):
    wanted = []
    view.resume_requested.connect(wanted.append)
    choose(view, "a")
    assert not button(view, "runs.resume").isEnabled()
    choose(view, "b")
    qtbot.mouseClick(button(view, "runs.resume"), Qt.MouseButton.LeftButton)
    assert wanted == ["b"]
    view.show_runs(ROWS, is_listed=True, can_train=False)
    assert not button(view, "runs.resume").isEnabled(), "there is one training at a time"


def test_a_finished_run_is_trained_on_instead(view, qtbot, monkeypatch):
    wanted = []
    view.extend_requested.connect(lambda run, epochs: wanted.append((run, epochs)))
    monkeypatch.setattr(QInputDialog, "getInt", lambda *said: (said[3], True))
    choose(view, "b")
    assert button(view, "runs.extend").isHidden()
    assert button(view, "runs.resume").isVisible()
    for run in ("a", "c"):
        choose(view, run)
        assert button(view, "runs.resume").isHidden()
        qtbot.mouseClick(button(view, "runs.extend"), Qt.MouseButton.LeftButton)
    assert wanted == [("a", 37), ("c", 37)]
    assert any(action.text() == "Train on…" for action in view.build_menu().actions())
    view.show_runs(ROWS, is_listed=True, can_train=False)
    assert not button(view, "runs.extend").isEnabled(), "there is one training at a time"


def test_one_that_was_trained_on_says_from_what(view):
    row = run_row("d", extends="cifar-resnet56", data="my pictures.zip")
    assert "goes on from cifar-resnet56" in run_words.facts(row)
    told = run_words.command(row)
    assert told == "resnet-explorer train --extend cifar-resnet56 --epochs 30 --data 'my pictures.zip'"


def test_what_one_that_ships_has_learned_from_is_said(view):
    rows = (
        run_row("c", is_bundled=True, data="cifar10-jpeg.zip", has_data=False),
        run_row("d", is_bundled=True, data="digits"),
    )
    view.show_runs(rows, is_listed=True, can_train=True)
    choose(view, "c")
    assert "choose such data in Training" in button(view, "runs.extend").toolTip()
    choose(view, "d")
    assert "choose such data" not in button(view, "runs.extend").toolTip()


def test_keys_open_and_delete(view, qtbot):
    opened, deleted = [], []
    view.open_requested.connect(opened.append)
    view.delete_requested.connect(deleted.append)
    choose(view, "a")
    qtbot.keyClick(table(view), Qt.Key.Key_Return)
    table(view).selectAll()
    qtbot.keyClick(table(view), Qt.Key.Key_Delete)
    assert opened == ["a"]
    assert deleted == [("a", "b")], "what ships with the program stays"


@pytest.mark.parametrize("size", [(340, 420), (402, 813), (1000, 600)])
def test_a_double_click_opens_the_row_under_it_and_presses_nothing_else(view, qtbot, size):
    rows = tuple(run_row(f"r{number:02}", created=float(number)) for number in range(20))
    view.show_runs(rows, is_listed=True, can_train=True)
    view.resize(*size)
    QApplication.processEvents()
    opened, others = [], []
    view.open_requested.connect(opened.append)
    for told in (view.delete_requested, view.extend_requested, view.compare_requested, view.marked):
        told.connect(lambda *what: others.append(what))
    area = table(view).viewport()
    # The row halfway down the panel, or the last one that is seen.
    down = min(view.height() // 2, area.mapTo(view, area.rect().bottomLeft()).y() - 20)
    at = QPoint(view.width() // 2, down)
    run = table(view).indexAt(area.mapFrom(view, at)).siblingAtColumn(NAME).data(ROW_ROLE).id
    bottom = area.mapTo(view, area.rect().bottomLeft())
    # Each click goes where the pointer is, to what lies there then.
    for send in (qtbot.mouseClick, qtbot.mouseDClick):
        under = view.childAt(at)
        send(under, Qt.MouseButton.LeftButton, pos=under.mapFrom(view, at))
        QApplication.processEvents()
    assert opened == [run]
    assert others == []
    assert area.mapTo(view, area.rect().bottomLeft()) == bottom


def test_the_place_of_the_details_says_how_they_come(view):
    hint = next(label for label in view.findChildren(QLabel) if label.text().startswith("Choose a run"))
    assert hint.isVisible()
    choose(view, "a")
    assert not hint.isVisible()
    assert button(view, "runs.delete").isVisible()


def test_a_double_click_on_a_name_opens_and_on_a_star_only_stars(view, qtbot):
    opened, starred = [], []
    view.open_requested.connect(opened.append)
    view.marked.connect(lambda *what: starred.append(what))
    for column in (NAME, STAR):
        at = table(view).visualRect(cell(view, "b", column)).center()
        qtbot.mouseDClick(table(view).viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert table(view).findChild(QLineEdit) is None, "F2 and the menu rename"
    assert opened == ["b"]


def test_the_current_run_stays_where_a_new_one_comes_above_it(view):
    told = []
    choose(view, "b")
    view.run_shown.connect(told.append)
    view.show_runs((run_row("d", created=9.0), *ROWS), is_listed=True, can_train=True)
    assert view.shown[0] == "d"
    assert table(view).current_run.id == "b"
    assert told == []
    view.show_runs((ROWS[0], ROWS[2]), is_listed=True, can_train=True)
    assert told == [""]


def test_the_status_has_its_colour_and_its_cause(view):
    view.show_runs(
        (run_row("f", status="failed", cause="The loss is no number."),), is_listed=True, can_train=True
    )
    assert "The loss is no number." in cell(view, "f", STATUS).data(Qt.ItemDataRole.ToolTipRole)
    area = table(view).visualRect(cell(view, "f", STATUS))
    picture = table(view).viewport().grab(area).toImage()
    danger = theme.Colours.of(view.palette()).danger
    found = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}
    assert danger.name() in found


def test_the_table_as_csv(view, tmp_path, monkeypatch, qtbot):
    path = tmp_path / "runs.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    qtbot.keyClicks(view.findChild(QLineEdit, "runs.filter"), "first")
    qtbot.mouseClick(button(view, "runs.save"), Qt.MouseButton.LeftButton)
    header, *lines = path.read_text().splitlines()
    assert header.startswith("id,name,network,data,status,epochs,validation_accuracy,test_accuracy")
    assert len(lines) == 1
    assert lines[0].startswith("a,first try,CIFAR ResNet-20,cifar10,finished,30,")
    told = []
    view.save_failed.connect(told.append)
    view.save_csv(tmp_path / "absent" / "runs.csv")
    assert "was not saved" in told[0]


def test_an_empty_store_says_how_runs_come(view):
    view.show_runs((), is_listed=True, can_train=True)
    assert view._empty.isVisible()
    assert view._empty.message.startswith("No runs yet.")


MADE = {
    "other milestones": ("digits", 1_400, "paper-2015", {"batch_size": 64, "milestones": (0.25, 0.5)}),
    "as the recipe has it": ("digits", 1_400, "fast", {}),
    "mirrored digits": ("digits", 1_400, "fast", {"flip": True}),
    "few pictures": ("/photos/pets", 40, "fine-tune", {}),
    "few pictures, its own batch": ("/photos/pets", 40, "fine-tune", {"batch_size": 32}),
    "few pictures, thawed soon": ("/photos/pets", 40, "fine-tune", {"epochs": 30, "freeze_epochs": 2}),
    "mirrored digits from known weights": ("digits", 1_400, "fine-tune", {"flip": True}),
}


@pytest.mark.parametrize(("data", "n_train", "recipe", "changes"), MADE.values(), ids=MADE)
def test_the_command_makes_the_run_again(data, n_train, recipe, changes):
    plan = plan_for(data, n_train, recipe, **changes)
    said = shlex.split(run_words.command(run_row("a", data=data, plan=plan)))
    assert said[:3] == ["resnet-explorer", "train", "cifar-resnet20"]
    args = build_parser(("train",)).parse_args(said[1:])
    assert args.data == data
    for size in (n_train, 10 * n_train):
        # As the command line makes a plan of what it is told.
        assert plan_for(data, size, args.recipe, **changes_of(args)) == plan


def test_the_command_leaves_the_classes_to_the_data():
    spec = preset("cifar-resnet20").spec.edited(num_classes=2, norm_epsilon=1e-3)
    started = run_row("a", start=WeightsChoice("named", "cifar-resnet20"))
    assert shlex.split(run_words.command(started))[-2:] == ["--weights", "cifar-resnet20"]
    said = shlex.split(run_words.command(run_row("a", spec=spec, data="/photos/pets")))
    assert said[2:5] == ["cifar-resnet20", "--set", "norm_epsilon=0.001"]
    assert not any("num_classes" in word for word in said)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "–"),
        (4.2, "4.2 s"),
        (59.0, "59 s"),
        (60.0, "1 min 00 s"),
        (3_599.6, "1 h 00 min"),
        (12_000, "3 h 20 min"),
    ],
)
def test_durations(seconds, said):
    assert run_words.duration(seconds) == said


def test_a_long_line_is_thinned_to_its_ends():
    points = thinned([float(n) for n in range(10_000)])
    assert len(points) <= 402
    assert points[0] == (0, 0.0)
    assert points[-1] == (9_999, 9_999.0)
    assert thinned([1.0, float("nan"), 3.0]) == [(0, 1.0), (2, 3.0)]


def test_the_curves_are_drawn(view):
    choose(view, "a")
    before = view._curves.grab().toImage()
    view.show_curves("b", (Line("validation", (0.1, 0.2), "warning"),))
    assert view._curves.lines == (), "another run's curves are not shown"
    view.show_curves("a", (Line("training", (0.2, 0.6), "accent"), Line("validation", (0.1, 0.5), "warning")))
    after = view._curves.grab().toImage()
    assert after != before
    points = ((x, y) for x in range(after.width()) for y in range(after.height()))
    seen = {after.pixelColor(x, y).name() for x, y in points}
    colours = theme.Colours.of(view.palette())
    assert colours.success.name() in seen, "the best epoch is marked as it is where a training is drawn"


@pytest.fixture
def dock(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    window.resize(900, 700)
    sent = []
    store = Store(AppState(), sent.append)
    made = RunsDock(window, store)
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, made.dock)
    with qtbot.waitExposed(window):
        window.show()
    yield made, store, sent
    window.close()


def test_the_dock_reads_the_store_and_shows_what_comes(dock, qtbot, tmp_path, monkeypatch):
    made, store, sent = dock
    qtbot.waitUntil(lambda: made._view is not None)
    assert [type(request) for request in sent] == [ListRuns]
    store.dispatch(RunsListed(ticket=sent[0].ticket, rows=ROWS))
    view = made._view
    assert view.shown == ("a", "b", "c")
    choose(view, "a")
    assert isinstance(sent[-1], ReadCurves)
    metrics = tuple((step, "epoch.validation_accuracy", step / 10) for step in range(5))
    store.dispatch(CurvesRead(ticket=sent[-1].ticket, run="a", rows=metrics))
    assert view._curves.lines == (Line("validation", (0.0, 0.1, 0.2, 0.3, 0.4), "warning"),)
    click(qtbot, view, "a", STAR)
    assert isinstance(sent[-1], EditRun)
    assert sent[-1].is_starred is True
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "m.csv"), ""))
    view.build_menu()
    view._export.menu().actions()[0].trigger()
    assert isinstance(sent[-1], ExportRun)
    assert (sent[-1].run, sent[-1].kind) == ("a", "csv")
    qtbot.mouseClick(button(view, "runs.delete"), Qt.MouseButton.LeftButton)
    assert isinstance(sent[-1], DeleteRuns)
    assert store.state.notices[-1].actions[0].label == "Undo"


def test_selected_runs_are_put_into_columns(dock, qtbot):
    made, store, sent = dock
    qtbot.waitUntil(lambda: made._view is not None)
    bare = run_row("d", created=0.5, has_weights=False)
    store.dispatch(RunsListed(ticket=sent[0].ticket, rows=(*ROWS, bare)))
    choose(made._view, "d")
    assert not button(made._view, "runs.compare").isEnabled(), "it has nothing to show"
    table(made._view).selectAll()
    with qtbot.waitSignal(made.pinned):
        qtbot.mouseClick(button(made._view, "runs.compare"), Qt.MouseButton.LeftButton)
    columns = store.state.document.columns
    assert [(column.weights.kind, column.weights.name) for column in columns] == [
        ("run", "a"),
        ("run", "b"),
        ("known", ""),
    ]
    assert columns[2].spec == preset("cifar-plain20").spec


def test_a_hidden_dock_waits(dock, qtbot):
    made, store, sent = dock
    qtbot.waitUntil(lambda: made._view is not None)
    made.dock.hide()
    store.dispatch(RunsListed(ticket=sent[0].ticket, rows=ROWS))
    assert made._view.shown == ()
    made.open()
    qtbot.waitUntil(lambda: made._view.shown == ("a", "b", "c"))


@pytest.mark.parametrize("width", [340, 400, 700, 900, 1100])
def test_a_narrow_table_leaves_out_what_is_told_elsewhere(view, width):
    view.resize(width, 600)
    QApplication.processEvents()
    assert table(view).isColumnHidden(NETWORK) == (width < 900)
    assert not table(view).isColumnHidden(TEST)
    assert table(view).horizontalScrollBar().maximum() == 0


def test_at_no_width_a_column_is_cut_or_comes_and_goes(view):
    runs, seen = table(view), []
    for width in range(330, 1200, 9):
        view.resize(width, 600)
        QApplication.processEvents()
        assert runs.horizontalHeader().length() <= runs.viewport().width(), width
        seen.append(sum(runs.isColumnHidden(column) for column in range(runs.model().columnCount())))
    # The view puts the details beside the table once, from _NARROW_PX on; the table is narrower after that.
    assert sum(more > fewer for fewer, more in pairwise(seen)) <= 1
