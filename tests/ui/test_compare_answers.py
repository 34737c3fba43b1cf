"""One picture, N answers: the chart by depth, the agreement matrix, the list of differing pictures."""

import csv
import io
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QToolButton, QWidget

from explorer.arch.align import STEM_SHARE, stops
from explorer.arch.expand import expand
from explorer.arch.families import cifar_spec
from explorer.nets.facts import Origin
from explorer.present.agreement import Agreement
from explorer.state.compare import ColumnState
from explorer.ui import theme
from explorer.ui.panels.field_controls import FlatCombo
from explorer.ui.views.compare_answers import AnswersSection
from explorer.ui.views.compare_heard import agreement_text, heard_in, shares_of, way_text
from explorer.ui.views.compare_matrix import _LEAST_NAME_PX, AgreementMatrix
from tests.ui.compare_states import (
    CIFAR,
    FOUR,
    answer,
    column,
    compared,
    four_columns,
    hover,
    living,
    picture,
    probed,
)

LEFT = Qt.MouseButton.LeftButton
DIGITS = tuple("0123456789")


@pytest.fixture
def section(qtbot):
    theme.apply(QApplication.instance(), "light")
    made = AnswersSection()
    qtbot.addWidget(made)
    made.resize(1000, 700)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def filled(section):
    state = four_columns()
    section.show_state(None, state)
    QApplication.processEvents()
    return section, state


def text(section, name):
    return section.findChild(QLabel, f"compare.answers.{name}").text()


def centre(matrix, row, column):
    return matrix.place_of(row, column).center().toPoint()


def two(one, other, **fields):
    """Two columns and what lives in them, with one picture."""
    columns = (column(0, FOUR[0]), column(1, FOUR[1]))
    return compared(columns, (one, other), (picture(1),), current=1, **fields)


# What is heard


def test_blocks_are_found_by_both_of_their_keys():
    spec = cifar_spec(20)
    shares = shares_of(spec)
    ends = {stop.key: stop.share for stop in stops(expand(spec)) if stop.block is not None}
    assert len(ends) == 9
    assert ends.items() <= shares.items()
    assert shares["layer3.2"] == max(ends.values())
    assert shares["layer1.0"] == min(ends.values()) > STEM_SHARE


def test_the_sentence_names_who_says_what():
    heard = heard_in(four_columns())
    assert agreement_text(heard) == (
        "ResNet-20 and ResNet-56 say cat, up to 87 %; plain-20 and plain-56 say deer, up to 78 %."
    )
    assert way_text(heard) == "The probes part after 36 % of the way and do not agree again."


def test_many_of_whom_the_same_is_said_are_counted():
    untrained = living({}, origin=Origin("untrained", seed=1))
    columns = tuple(column(place, FOUR[place]) for place in range(4))
    state = compared(columns, (untrained,) * 4, (picture(1),), current=1)
    assert "Not trained, so not compared: 4 networks." in agreement_text(heard_in(state))


def test_all_that_agree_are_counted():
    state = two(living({1: answer("cat", 0.5)}), living({1: answer("cat", 0.9)}))
    assert agreement_text(heard_in(state)) == "All 2 say cat, up to 90 %."
    assert way_text(heard_in(state)) == ""


def test_networks_of_other_classes_are_told_apart_not_compared():
    foreign = living({1: answer("3", 0.9, DIGITS)}, classes=DIGITS)
    said = agreement_text(heard_in(two(living({1: answer("cat", 0.5)}), foreign)))
    assert "plain-20 says cat, 50 %." in said
    assert "ResNet-20 says 3, 90 %." in said
    assert "Networks that know other classes are not compared." in said


def test_untrained_and_silent_networks_are_named():
    untrained = living({1: answer("cat", 0.11)}, origin=Origin("untrained", seed=0))
    said = agreement_text(heard_in(two(untrained, living({}))))
    assert "No answer yet: ResNet-20." in said
    assert "Not trained, so not compared: plain-20." in said
    assert agreement_text(heard_in(compared((), ()))) == "Drop a picture to see whether the networks agree."


def test_probes_that_agree_again():
    one = living({1: answer("cat", 0.9)}, **probed(FOUR[0], ["cat", "dog", "cat"], 1))
    other = living({1: answer("cat", 0.9)}, **probed(FOUR[1], ["cat", "cat", "cat"], 1))
    assert way_text(heard_in(two(one, other))) == (
        "The probes part after 36 % of the way and agree from 64 % on."
    )
    assert way_text(heard_in(two(one, one))) == "The probes agree from the first block to the last."
    without = living({1: answer("cat", 0.9)})
    assert way_text(heard_in(two(one, without))) == "No probes: ResNet-20."


def test_probes_of_another_picture_are_not_shown():
    late = living({1: answer("cat", 0.9)}, **probed(FOUR[0], ["cat"], 2))
    assert heard_in(two(late, ColumnState())).probed == (None, None)


# The chart


def test_every_column_has_its_line_by_relative_depth(filled):
    section, _ = filled
    data = section.chart.data
    assert data.title == "Probability of cat by relative depth"
    assert [line.ink for line in data.series] == [0, 1, 2, 3]
    assert [len(line.places) for line in data.series] == [9, 10, 27, 28]
    residual = data.series[1]
    assert residual.places[-1] == 1.0
    assert residual.labels[-1] == "logits"
    assert residual.values[-1] == pytest.approx(0.69)
    (span,) = data.spans
    assert span.first == pytest.approx(0.36)
    assert [(mark.place, mark.text) for mark in data.marks] == [
        (0.5, ""),
        (pytest.approx(0.36), "first disagreement"),
    ]


def test_spans_and_marks_are_painted(filled):
    section, _ = filled
    chart = section.chart
    data, pictures = chart.data, []
    for changes in ({}, {"spans": ()}, {"marks": ()}, {"reach": None}):
        chart.show_data(replace(data, **changes))
        pictures.append(chart.plot.grab().toImage())
    assert all(pictures[0] != other for other in pictures[1:])


def test_another_class_is_followed_when_it_is_chosen(filled, qtbot):
    section, state = filled
    combo = section.findChild(FlatCombo, "compare.answers.class")
    assert [combo.itemData(row) for row in range(combo.count())] == ["", *CIFAR]
    combo.setFocus()
    combo.setCurrentIndex(1 + CIFAR.index("deer"))
    combo.activated.emit(combo.currentIndex())
    assert section.chart.data.title == "Probability of deer by relative depth"
    section.show_state(state, replace(state, pictures=replace(state.pictures, total=1)))
    assert section.chart.data.title == "Probability of deer by relative depth"


def test_the_mouse_reads_every_block_and_a_click_moves_the_slider(filled, qtbot):
    section, _ = filled
    plot = section.chart.plot
    hover(qtbot, plot, plot.point(0.5).toPoint(), lambda: "at layer" in section.chart.reading())
    with qtbot.waitSignal(section.depth_chosen) as told:
        qtbot.mouseClick(plot, LEFT, pos=plot.point(0.25).toPoint())
    assert told.args[0] == pytest.approx(0.25, abs=0.01)


def test_the_slider_moves_its_mark_only(filled):
    section, state = filled
    heard = section._heard
    moved = replace(state, compare=replace(state.compare, share=0.9))
    section.show_state(state, moved)
    assert section._heard is heard
    assert section.chart.data.marks[0].place == 0.9


def test_without_probes_it_says_where_they_come_from(section):
    section.show_state(None, two(living({1: answer("cat", 0.5)}), living({1: answer("cat", 0.9)})))
    assert not section.chart.isVisible()
    assert "probes" in text(section, "no_probes")
    assert section.findChild(QLabel, "compare.answers.no_batch").isVisible()
    assert not section.batch.matrix.isVisible()


# Many pictures


def test_the_matrix_says_how_often_two_agree(filled, qtbot):
    section, _ = filled
    cells = section.batch.matrix.cells
    assert cells[0][0].both == 12
    assert (cells[0][1].same, cells[0][1].both) == (6, 12)
    hover(
        qtbot,
        section.batch.matrix,
        centre(section.batch.matrix, 0, 1),
        lambda: section.batch.matrix.under == (0, 1),
    )
    assert section.batch.matrix.reading(0, 1) == "plain-20 and ResNet-20 say the same of 6 of 12, 50.0 %"


def test_a_click_on_a_cell_leaves_the_pictures_of_these_two(filled, qtbot):
    section, _ = filled
    everything = {item.image_id for item in section.batch.list.items}
    qtbot.mouseClick(section.batch.matrix, LEFT, pos=centre(section.batch.matrix, 1, 0))
    assert len(section.batch.list.items) == 6
    count = section.findChild(QWidget, "compare.answers.count")
    assert count.text == "6 of 12 pictures differ between plain-20 and ResNet-20"
    qtbot.mouseClick(section.batch.matrix, LEFT, pos=centre(section.batch.matrix, 0, 1))
    assert {item.image_id for item in section.batch.list.items} == everything
    qtbot.mouseClick(section.batch.matrix, LEFT, pos=centre(section.batch.matrix, 0, 1))
    qtbot.mouseClick(section.findChild(QToolButton, "compare.answers.all"), LEFT)
    assert {item.image_id for item in section.batch.list.items} == everything


def test_the_matrix_is_walked_with_the_keys(filled):
    section, _ = filled
    matrix = section.batch.matrix
    matrix.setFocus()
    QTest.keyClick(matrix, Qt.Key.Key_Right)
    QTest.keyClick(matrix, Qt.Key.Key_Right)
    assert matrix.under == (0, 1)
    QTest.keyClick(matrix, Qt.Key.Key_Return)
    assert len(section.batch.list.items) == 6
    QTest.keyClick(matrix, Qt.Key.Key_Escape)
    assert len(section.batch.list.items) > 6


def test_a_chosen_column_that_leaves_is_chosen_no_more(filled, qtbot):
    section, state = filled
    qtbot.mouseClick(section.batch.matrix, LEFT, pos=centre(section.batch.matrix, 1, 0))
    fewer = replace(state, document=replace(state.document, columns=state.document.columns[1:]))
    section.show_state(state, fewer)
    assert len(section.batch.matrix.cells) == 3
    assert "between" not in section.findChild(QWidget, "compare.answers.count").text


def test_pictures_are_sorted_and_a_click_chooses_one(filled, qtbot):
    section, _ = filled
    found = section.batch.found
    assert [entry.image_id for entry in found] == [item.image_id for item in section.batch.list.items]
    keys = [(-entry.n_answers, -entry.sureness) for entry in found]
    assert keys == sorted(keys)
    row = section.batch.list.model().index(2, 0)
    section.batch.list.scrollTo(row)
    with qtbot.waitSignal(section.picture_chosen) as told:
        qtbot.mouseClick(section.batch.list.viewport(), LEFT, pos=section.batch.list.visualRect(row).center())
    assert told.args == [found[2].image_id]
    with qtbot.waitSignal(section.picture_chosen) as told:
        QTest.keyClick(section.batch.list, Qt.Key.Key_Down)
    assert told.args == [found[3].image_id]


def test_showing_another_picture_tells_nothing(filled):
    section, state = filled
    told = []
    section.picture_chosen.connect(told.append)
    other = section.batch.list.items[3].image_id
    section.show_state(state, replace(state, pictures=replace(state.pictures, current=other)))
    assert section.batch.list.currentIndex().row() == 3
    assert told == []


def test_pictures_that_were_read_again_are_shown_again(filled):
    section, state = filled
    before = section.batch.list.items
    pictures = replace(state.pictures, items=four_columns().pictures.items)
    section.show_state(state, replace(state, pictures=pictures))
    assert [item.image_id for item in section.batch.list.items] == [item.image_id for item in before]
    assert all(one is not other for one, other in zip(section.batch.list.items, before, strict=True))


def test_every_answer_is_beside_its_picture(filled):
    section, _ = filled
    first = section.batch.list.items[0]
    given = section.batch.list.answers[first.image_id]
    assert [each.place for each in given] == [0, 1, 2, 3]
    assert first.label.splitlines()[0].startswith("plain-20: ")


def test_networks_that_cannot_be_compared_are_hatched(section, qtbot):
    foreign = living({n: answer("3", 0.9, DIGITS) for n in (1, 2)}, classes=DIGITS)
    own = living({n: answer("cat", 0.9) for n in (1, 2)})
    columns = (column(0, FOUR[0]), column(1, FOUR[1]), column(2, FOUR[2]))
    section.show_state(None, compared(columns, (own, foreign, own), (picture(1), picture(2)), current=1))
    matrix = section.batch.matrix
    assert matrix.cells[0][1] is None
    assert "not comparable" in matrix.reading(0, 1)
    told = []
    matrix.pair_chosen.connect(told.append)
    QApplication.processEvents()
    qtbot.mouseClick(matrix, LEFT, pos=centre(matrix, 0, 1))
    assert told == []
    assert section.batch.list.items == ()
    assert section.findChild(QWidget, "compare.answers.count").text == "No difference on 2 pictures"


def test_without_two_that_can_be_compared_it_says_what_to_do(section):
    one, other = (
        living({n: answer("cat", 0.9) for n in (1, 2)}),
        living({}, origin=Origin("untrained", seed=1)),
    )
    columns, pictures = (column(0, FOUR[0]), column(1, FOUR[1])), (picture(1), picture(2))
    section.show_state(None, compared(columns, (one, other), pictures, current=1))
    assert not section.batch.matrix.isVisible(), "there would be nothing in it"
    assert "Train those that are untrained" in text(section, "no_batch")
    section.show_state(None, compared(columns, (one, one), pictures, current=1))
    assert section.batch.matrix.isVisible()


def test_what_is_said_in_place_of_a_chart_stands_level_with_what_is_said_above(qtbot):
    section = AnswersSection()
    qtbot.addWidget(section)
    section.resize(900, 300)
    section.show()
    one = living({1: answer("cat", 0.9)})
    section.show_state(
        None, compared((column(0, FOUR[0]), column(1, FOUR[1])), (one, one), (picture(1),), current=1)
    )
    names = ("agreement", "no_probes")
    labels = [section.findChild(QLabel, f"compare.answers.{name}") for name in names]
    qtbot.waitUntil(lambda: all(label.isVisible() for label in labels))
    lefts = {label.mapTo(section, label.contentsRect().topLeft()).x() + label.margin() for label in labels}
    assert len(lefts) == 1


def test_names_in_the_matrix_are_whole_or_left_to_their_colours(qtbot):
    matrix = AgreementMatrix("matrix")
    qtbot.addWidget(matrix)
    names = tuple(f"ResNet-{depth}" for depth in (20, 32, 44, 56))
    cells = tuple(tuple(Agreement(1, 2) for _ in names) for _ in names)
    matrix.show_cells(cells, names, None)
    widest = max(map(matrix.fontMetrics().horizontalAdvance, names))
    for width in range(140, 420, 10):
        matrix.resize(width, 200)
        room = matrix._names_px()
        assert room >= widest or room == _LEAST_NAME_PX


def test_tables_and_pictures_are_saved(filled, monkeypatch, tmp_path):
    section, _ = filled
    said = []
    section.said.connect(said.append)
    for place, name in enumerate(("a.png", "a.csv", None, "b.png", "b.csv", "c.png", "c.csv")):
        if name is None:
            continue
        path = str(tmp_path / name)
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, path=path: (path, ""))
        section.build_menu().actions()[place].trigger()
    assert said == [f"Saved {name}" for name in ("a.png", "a.csv", "b.png", "b.csv", "c.png", "c.csv")]
    agreement = list(csv.reader(io.StringIO((tmp_path / "b.csv").read_text())))
    assert agreement[1] == ["plain-20", "ResNet-20", "6", "12", "0.500000"]
    answers = list(csv.reader(io.StringIO((tmp_path / "c.csv").read_text())))
    assert len(answers) == 13
    assert answers[0][:4] == ["picture", "answers", "plain-20", "plain-20, probability"]
    assert int(answers[1][1]) >= int(answers[-1][1])


def test_hidden_it_shows_nothing_until_it_is_seen(qtbot):
    made = AnswersSection()
    qtbot.addWidget(made)
    made.show_state(None, four_columns())
    assert made.chart.data.is_empty
    with qtbot.waitExposed(made):
        made.show()
    assert len(made.chart.data.series) == 4


@pytest.mark.parametrize("size", [(360, 420), (1700, 900)])
def test_it_is_painted_at_every_size_light_and_dark(filled, size):
    section, _ = filled
    section.resize(*size)
    light = section.grab().toImage()
    theme.apply(QApplication.instance(), "dark")
    dark = section.grab().toImage()
    place = QPoint(section.batch.matrix.mapTo(section, QPoint(section.batch.matrix.width() - 3, 3)))
    assert dark.pixelColor(place).lightness() < 60 < light.pixelColor(place).lightness()


def test_thousands_of_pictures_are_no_burden(section, qtbot):
    random = np.random.default_rng(0)
    one = picture(1)
    pictures = [replace(one, image_id=number) for number in range(2000)]
    livings = [
        living({number: answer(CIFAR[random.integers(10)], 0.5) for number in range(2000)}) for _ in range(4)
    ]
    state = compared([column(place, spec) for place, spec in enumerate(FOUR)], livings, pictures, current=0)
    section.show_state(None, state)
    assert len(section.batch.list.items) > 1900
    before = section.batch.list.items
    columns = dict(state.compare.columns)
    for place in range(3):
        columns = {**columns, "c1": replace(columns["c1"], version=2 + place)}
        latest = replace(state, compare=replace(state.compare, columns=MappingProxyType(columns)))
        section.show_state(state, latest)
    assert section._shown is state
    qtbot.waitUntil(lambda: section._shown is latest)
    assert all(one is other for one, other in zip(section.batch.list.items, before, strict=True))
