"""Networks side by side, on the real window with the real engine."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from explorer.arch.align import place_at, stops
from explorer.arch.expand import expand

LEFT = Qt.MouseButton.LeftButton
TITLES = ["plain-20", "ResNet-20", "plain-56", "ResNet-56"]


@pytest.fixture
def program(open_program):
    made = open_program()
    made.settle()
    return made


def all_looked_at(state):
    """Whether every column has answered for the picture in view."""
    columns = state.compare.columns
    return columns and all(
        column.looked is not None and column.looked.image_id == state.pictures.current
        for column in columns.values()
    )


@pytest.fixture
def four(program):
    """The four networks that open with one click, and a picture through all of them."""
    program.window.compare.open()
    program.click("compare.four")
    program.until(all_looked_at)
    return program


def names(program):
    return [column.name for column in program.state.document.columns]


def titles(program):
    return [program.child(f"compare.{name}.title").text for name in names(program)]


def slide_to(program, share):
    """A press of the mouse on the slider."""
    slider = program.child("compare.depth")
    program.qtbot.mouseClick(slider, LEFT, pos=QPoint(round(slider.x_of(share)), slider.height() // 3))
    program.until(lambda state: abs(state.compare.share - share) < 0.02)


def pixels(program, name):
    """What a column's mosaic shows."""
    picture = program.child(f"compare.{name}.maps").grab().toImage()
    return np.frombuffer(picture.constBits(), np.uint8).copy()


def test_one_drop_goes_through_four_networks_and_one_slider_through_all_their_depths(four, shared):
    assert [title.split()[0] for title in titles(four)] == TITLES
    four.drop_files(shared / "data" / "photos" / "airliner.jpg")
    four.until(lambda state: state.pictures.items and state.pictures.items[0].name == "airliner.jpg")
    four.until(all_looked_at)
    four.settle()
    state = four.state
    bundled = names(four)[1]
    current = state.pictures.current
    assert state.compare.columns[bundled].answers[current].predictions[0].label == "airplane"
    # The column of the network in view says what the image panel says.
    assert state.compare.columns[bundled].answers[current].predictions == state.answers[current].predictions
    graphs = {column.name: expand(column.spec) for column in state.document.columns}
    shown = {}
    for share in (0.2, 0.5, 0.8):
        slide_to(four, share)
        at, stages = four.state.compare.share, set()
        for name, graph in graphs.items():
            stop = stops(graph)[place_at(stops(graph), at)]
            assert four.child(f"compare.{name}.key").text == stop.key
            shown[name, share] = pixels(four, name)
            stages.add(stop.stage)
        assert len(stages) == 1
    for name in graphs:
        assert not np.array_equal(shown[name, 0.2], shown[name, 0.8])


def test_the_keyboard_goes_from_stop_to_stop_of_the_deepest_network(four):
    slider = four.child("compare.depth")
    slider.setFocus()
    four.qtbot.keyClick(slider, Qt.Key.Key_Home)
    four.until(lambda state: state.compare.share == 0)
    deepest = stops(expand(four.state.document.columns[3].spec))
    for stop in deepest[1:4]:
        four.qtbot.keyClick(slider, Qt.Key.Key_Right)
        four.until(lambda state, stop=stop: abs(state.compare.share - stop.share) < 1e-6)
        assert four.child(f"compare.{names(four)[3]}.key").text == stop.key
    four.qtbot.keyClick(slider, Qt.Key.Key_End)
    four.until(lambda state: state.compare.share == 1)
    assert four.child(f"compare.{names(four)[0]}.key").text == "fc"


def test_what_a_column_shows_is_what_the_network_alone_puts_out(four):
    name = names(four)[1]
    slide_to(four, 0.5)
    key = four.child(f"compare.{name}.key").text
    looked = four.state.compare.columns[name].looked
    four.window.graph.node_selected.emit(key)
    four.until(lambda state: state.maps.key == key and state.maps.image_id == looked.image_id)
    np.testing.assert_array_equal(four.state.maps.maps, looked.maps[key])


def test_a_removed_column_comes_back_with_undo_and_says_the_same(four):
    second = names(four)[1]
    said = four.state.compare.columns[second].answers
    four.click(f"compare.{second}.close")
    four.until(lambda state: len(state.document.columns) == 3)
    four.until(lambda state: second not in four.session.engine._context.nets)
    four.click("compare.undo")
    four.until(lambda state: len(state.document.columns) == 4)
    four.until(all_looked_at)
    assert names(four)[1] == second
    current = four.state.pictures.current
    assert four.state.compare.columns[second].answers[current].predictions == said[current].predictions


def test_columns_out_of_view_hold_no_network_and_come_back(four):
    before = {name: column.looked for name, column in four.state.compare.columns.items()}
    four.window.compare.dock.hide()
    four.until(lambda state: {column.status for column in state.compare.columns.values()} == {"away"})
    four.until(lambda state: set(four.session.engine._context.nets) == {"main"})
    assert not any(column.looked.maps for column in four.state.compare.columns.values())
    four.window.compare.open()
    four.until(lambda state: {column.status for column in state.compare.columns.values()} == {"ready"})
    four.until(lambda state: all(column.looked.maps for column in state.compare.columns.values()))
    for name, column in four.state.compare.columns.items():
        assert (column.version, column.looked.image_id) == (before[name].version, before[name].image_id)
        for key, values in before[name].maps.items():
            np.testing.assert_array_equal(column.looked.maps[key], values)


def test_an_overlay_and_lesions_of_the_network_in_view_leave_the_columns_alone(four):
    box = four.child("overlay.method")
    # The probes that ship with all four come last.
    four.until(lambda state: all(column.decided for column in state.compare.columns.values()))
    before = dict(four.state.compare.columns)
    box.setCurrentIndex(box.findData("grad_cam"))
    box.activated.emit(box.currentIndex())
    four.until(lambda state: state.inside.overlay.attribution is not None)
    four.settle()
    assert dict(four.state.compare.columns) == before
