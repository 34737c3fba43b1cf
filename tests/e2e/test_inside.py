"""Looking inside, on the real window with the real engine."""

import gc

import numpy as np
import pytest
import torch
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from explorer.ui.views.graph_switches import switch_place

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def program(open_program):
    made = open_program()
    made.settle()
    return made


def press_switch(program, block):
    """A click on a block's switch on the graph."""
    graph = program.window.graph
    layout = graph.canvas.layout_shown
    box = next(box for box in layout.boxes if box.id == block)
    graph.canvas.reveal(box)
    place = switch_place(box).center() * graph.canvas.zoom + graph.canvas.origin_px()
    program.qtbot.mouseClick(graph.canvas.viewport(), LEFT, pos=place.toPoint())


def unfold(program):
    """Draw the blocks of the first stage one by one."""
    graph = program.window.graph
    graph.unfolded_changed.emit(graph.unfolded | {"layer1.0-2"})
    program.until(lambda state: state.document.unfolded and "layer1.0-2" in state.document.unfolded)


def choose(program, name, data):
    box = program.child(name)
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def overlay_of(program):
    return program.window.image.findChild(object, "image.picture").composed()


def test_a_lesion_changes_prediction_maps_and_overlay_of_a_dropped_photo(program, shared):
    program.drop_files(shared / "data" / "photos" / "airliner.jpg")
    program.until(lambda state: state.pictures.items and state.pictures.items[0].name == "airliner.jpg")
    program.settle()
    graph = program.window.graph
    unfold(program)
    graph.node_selected.emit("layer3.2.act2")
    program.until(lambda state: state.maps.key == "layer3.2.act2")
    choose(program, "overlay.method", "grad_cam")
    program.until(lambda state: state.inside.overlay.attribution is not None)
    before, drawn = program.state, overlay_of(program)
    current = before.pictures.current
    assert before.inside.overlay.attribution.key == "layer3.2.act2"
    press_switch(program, "layer1.1")
    program.until(lambda state: state.answers.get(current) not in (None, before.answers[current]))
    program.until(lambda state: state.maps is not before.maps)
    program.until(lambda state: state.inside.overlay.attribution is not before.inside.overlay.attribution)
    program.settle()
    after = program.state
    assert after.document.lesions.bypassed == {"layer1.1"}
    assert after.answers[current].predictions != before.answers[current].predictions
    assert not np.array_equal(after.maps.maps, before.maps.maps)
    assert overlay_of(program) != drawn
    assert program.child("image.lesions").text().startswith("1 block bypassed")
    assert graph.canvas.marks.lesions.silenced == {"layer1.1"}
    program.click("image.lesions")
    program.until(lambda state: not state.document.lesions)
    program.until(lambda state: np.array_equal(state.maps.maps, before.maps.maps))
    assert not graph.canvas.marks.lesions.silenced


def test_another_class_is_explained_by_a_press_on_its_bar(program):
    bars = program.child("image.bars")
    program.qtbot.mouseClick(bars, LEFT, pos=bars.row_rect(1).center())
    second = bars.predictions[1].index
    program.until(
        lambda state: state.inside.overlay.attribution and state.inside.overlay.attribution.label == second
    )
    assert bars.explained == second
    assert bars.predictions[1].label in program.child("overlay.says").text
    assert program.child("overlay.method").currentData() == "grad_cam"


def test_weights_relevance_and_a_number_of_the_selected_node(program):
    window = program.window
    window.graph.node_selected.emit("conv1")
    program.until(lambda state: state.maps.key == "conv1")
    program.click("features.content.weights")
    kernels = program.child("features.kernels")
    program.until(lambda state: kernels.tiles is not None)
    # The first kernels are coloured by their three input channels.
    assert len(set(kernels.tiles.picture[0, 0].tolist())) > 1
    window.graph.node_selected.emit("layer2.0.conv2")
    program.until(lambda state: state.inside.kernels and state.inside.kernels.key == "layer2.0.conv2")
    assert kernels.tiles.n_kernels == 32
    window.graph.node_selected.emit("layer2.0.bn2")
    assert "layer2.0.conv2 has" in program.child("features.empty").message
    program.click("features.content.maps")
    program.until(lambda state: state.maps.key == "layer2.0.bn2")
    choose(program, "features.sort", "relevance")
    program.until(lambda state: state.inside.ranked and state.inside.ranked.key == "layer2.0.bn2")
    relevance = program.state.inside.ranked.relevance
    assert window.features.mosaic.tiles.order[0] == relevance.argmax()
    window.graph.node_selected.emit("layer2.0.add")
    program.until(lambda state: state.maps.key == "layer2.0.add")
    window.features.number_wanted.emit((3, 5, 6))
    program.until(lambda state: state.inside.number is not None)
    number = program.state.inside.number.number
    assert number.made.value == pytest.approx(float(program.state.maps.maps[3, 5, 6]), rel=1e-4, abs=1e-5)
    assert "F(x)" in program.child("features.number_formula").text()
    program.click("features.number_close")
    program.until(lambda state: state.inside.number is None)
    assert not program.child("features.number").isVisible()


def test_the_pointer_shows_what_a_number_sees(program):
    window = program.window
    window.graph.node_selected.emit("conv1")
    program.until(lambda state: state.maps.key == "conv1")
    window.features.place_hovered.emit((0, 10, 20))
    field = program.child("image.seen").field
    assert (field.x(), field.y()) == pytest.approx((19 / 32, 9 / 32))
    assert (field.width(), field.height()) == pytest.approx((3 / 32, 3 / 32))
    window.features.place_hovered.emit(None)
    assert program.child("image.seen").field is None


def test_measured_time_is_found_when_it_is_chosen(program):
    choose(program, "graph.heat", "seconds")
    program.until(lambda state: state.inside.cost is not None)
    profile = program.state.inside.cost.profile
    marks = program.window.graph.canvas.marks
    assert marks.heat is not None
    assert {part.key for part in profile.parts} >= {"stem", "head", "layer1.0"}
    assert sum("%" in value for value in marks.values.values()) >= 5


def test_stepping_back_shows_maps_at_once(program):
    window = program.window
    window.graph.node_selected.emit("bn1")
    program.until(lambda state: state.maps.key == "bn1")
    seen = program.state.maps.maps
    window.graph.node_selected.emit("layer1.0.conv1")
    program.until(lambda state: state.maps.key == "layer1.0.conv1")
    window.graph.node_selected.emit("bn1")
    # The engine has not answered: no event was handled since.
    assert program.state.maps.key == "layer1.0.conv1"
    assert np.array_equal(window.features.mosaic.maps, seen)


def test_a_walk_plays_to_the_logits_and_is_saved(program, tmp_path, monkeypatch):
    window = program.window
    window.graph.node_selected.emit("avgpool")
    program.until(lambda state: state.maps.key == "avgpool")
    program.click("features.play")
    assert window.looking.player.plays
    program.until(lambda state: not window.looking.player.plays)
    assert program.state.document.selected == "output"
    assert not program.child("features.play").isChecked()
    path = tmp_path / "walk.gif"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    program.click("features.save_walk")
    program.until(lambda state: path.exists() and any("walk" in notice.message for notice in state.notices))
    with Image.open(path) as animation:
        assert animation.format == "GIF"
        assert animation.n_frames > 10


def test_undo_heals(program, qtbot):
    unfold(program)
    before = program.state
    current = before.pictures.current
    press_switch(program, "layer1.1")
    program.until(lambda state: state.answers.get(current) not in (None, before.answers[current]))
    program.settle()
    qtbot.keyClick(program.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not program.state.document.lesions
    program.settle()
    assert program.state.answers[current].predictions == before.answers[current].predictions
    assert np.array_equal(program.state.maps.maps, before.maps.maps)


def chart_of(program, name):
    return program.child(name).data


def test_what_ships_is_in_the_dock_and_a_sweep_of_digits_takes_its_place(program, qtbot):
    inside = program.window.inside
    inside.open()
    program.until(lambda state: state.inside.shipped is not None)
    program.click("inside.topic.decisions")
    program.until(lambda state: state.inside.decided is not None)
    program.settle()
    current = program.state.pictures.current
    decided = program.state.inside.decided
    assert (decided.image_id, len(decided.keys)) == (current, 9)
    last = program.state.net.classes[decided.probabilities[-1].argmax()]
    assert last == program.state.answers[current].predictions[0].label
    program.click("inside.topic.lesions")
    assert program.state.inside.swept is None
    shipped = chart_of(program, "inside.lesions.chart")
    assert len(shipped.series[0].values) == 9
    program.click("inside.run")
    qtbot.waitUntil(
        lambda: program.state.inside.swept is not None and program.state.inside.swept.is_done, timeout=240_000
    )
    swept = program.state.inside.swept
    assert (swept.sweep.images, len(swept.sweep.blocks)) == (sum(program.state.data.facts.test_counts), 9)
    assert not program.state.inside.busy
    assert chart_of(program, "inside.lesions.chart") != shipped
    unfold(program)
    # The accuracy of several lesions follows the answer for the picture.
    press_switch(program, "layer1.1")
    press_switch(program, "layer1.2")
    program.until(lambda state: state.inside.tested is not None)
    assert program.state.inside.tested.lesions.bypassed == {"layer1.1", "layer1.2"}


def n_tensors_of_autograd():
    gc.collect()
    return sum(
        issubclass(type(thing), torch.Tensor) and thing.grad_fn is not None for thing in gc.get_objects()
    )


def test_nothing_of_autograd_s_graph_is_left_when_the_view_closes(program):
    gc.unfreeze()
    before = n_tensors_of_autograd()
    program.window.inside.open()
    program.until(lambda state: state.inside.metered_picture is not None)
    for method in ("saliency", "grad_cam", "integrated_gradients"):
        asked = program.state.inside.overlay.attribution
        choose(program, "overlay.method", method)
        program.until(lambda state, old=asked: state.inside.overlay.attribution not in (None, old))
    program.settle()
    choose(program, "overlay.method", "")
    program.window.inside.dock.hide()
    program.settle()
    assert program.state.inside.overlay.attribution is None
    assert n_tensors_of_autograd() == before
