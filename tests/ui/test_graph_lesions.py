"""Lesions and measured heat on the graph, with real mouse events."""

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from explorer.arch.cost import cost_of
from explorer.arch.expand import expand
from explorer.arch.lesions import Lesions
from explorer.arch.presets import preset
from explorer.nets.findings import PartProfile, Profile
from explorer.present import text as words
from explorer.ui.theme import palette_for
from explorer.ui.views.graph import GraphView
from explorer.ui.views.graph_switches import switch_place

LEFT = Qt.MouseButton.LeftButton


def show(view, name):
    spec = preset(name).spec
    view.show_graph(expand(spec), cost_of(spec))
    return expand(spec)


@pytest.fixture
def view(qtbot):
    made = GraphView()
    qtbot.addWidget(made)
    made.setPalette(palette_for(dark=False))
    made.resize(620, 900)
    made.show()
    qtbot.waitExposed(made)
    show(made, "cifar-resnet20")
    made.set_unfolded(frozenset({"layer1", "layer2", "layer3", "layer1.0-2"}))
    return made


def box_of(view, name):
    return next(box for box in view.canvas.layout_shown.boxes if box.id == name)


def frame_of(view, name):
    return next(frame for frame in view.canvas.layout_shown.frames if frame.id == name)


def switch_at(view, part):
    place = switch_place(part).center() * view.canvas.zoom + view.canvas.origin_px()
    return place.toPoint()


def colours_in(view, part):
    image = view.canvas.viewport().grab().toImage()
    rect = view.canvas.box_rect_px(part).toRect()
    return {
        image.pixelColor(x, y).name()
        for x in range(rect.left(), rect.right())
        for y in range(rect.top(), rect.bottom())
    }


def test_a_switch_names_its_block_and_selects_nothing(view, qtbot):
    with qtbot.waitSignal(view.lesions.toggled) as heard:
        qtbot.mouseClick(view.canvas.viewport(), LEFT, pos=switch_at(view, box_of(view, "layer1.1")))
    assert heard.args == ["layer1.1"]
    assert view.selection is None
    assert "layer1.1" in {box.id for box in view.canvas.layout_shown.boxes}


def test_an_open_block_has_its_switch_in_its_strip(view, qtbot):
    view.set_unfolded(view.unfolded | {"layer1.1"})
    with qtbot.waitSignal(view.lesions.toggled) as heard:
        qtbot.mouseClick(view.canvas.viewport(), LEFT, pos=switch_at(view, frame_of(view, "layer1.1")))
    assert heard.args == ["layer1.1"]
    assert "layer1.1.conv1" in {box.id for box in view.canvas.layout_shown.boxes}


def test_the_keyboard_toggles_the_block_around_the_selected_node(view, qtbot):
    view.set_selection("layer2.0.conv1")
    with qtbot.waitSignal(view.lesions.toggled) as heard:
        QTest.keyClick(view.canvas, Qt.Key.Key_B)
    assert heard.args == ["layer2.0"]
    view.set_selection("conv1")
    with qtbot.assertNotEmitted(view.lesions.toggled):
        QTest.keyClick(view.canvas, Qt.Key.Key_B)


def test_a_bypassed_block_is_crossed_out_and_its_shortcut_lit(view):
    ink = view.canvas.ink.match.name()
    assert ink not in colours_in(view, box_of(view, "layer1.1"))
    view.lesions.show_lesions(Lesions(frozenset({"layer1.1"})))
    marks = view.canvas.marks.lesions
    assert marks.silenced == {"layer1.1"}
    assert "layer1.1" in marks.lit
    assert ink in colours_in(view, box_of(view, "layer1.1"))
    assert ink not in colours_in(view, box_of(view, "layer1.2"))
    view.lesions.show_lesions(Lesions())
    assert ink not in colours_in(view, box_of(view, "layer1.1"))


def test_an_open_bypassed_block_keeps_its_addition_and_what_follows(view):
    view.set_unfolded(view.unfolded | {"layer2", "layer2.0"})
    view.lesions.show_lesions(Lesions(frozenset({"layer2.0"})))
    marks = view.canvas.marks.lesions
    assert {
        "layer2.0.conv1",
        "layer2.0.bn1",
        "layer2.0.act1",
        "layer2.0.conv2",
        "layer2.0.bn2",
    } <= marks.silenced
    assert not {"layer2.0.add", "layer2.0.act2"} & marks.silenced
    assert "layer2.0.add" in marks.lit


def test_folds_count_what_is_bypassed_inside(view):
    view.set_unfolded(frozenset())
    view.lesions.show_lesions(Lesions(frozenset({"layer1.1", "layer1.2"}), (("layer2.1", "layer2.2"),)))
    notes = view.canvas.marks.lesions.notes
    assert notes["layer1"] == "2 of 3 bypassed"
    assert notes["layer2"] == "2 moved"
    assert "layer3" not in notes
    view.set_unfolded(frozenset({"layer1", "layer2"}))
    notes = view.canvas.marks.lesions.notes
    assert notes["layer1.0-2"] == "2 of 3 bypassed"
    assert notes["layer2.1"] == "in the place of layer2.2"


def test_a_plain_block_that_changes_the_shape_has_no_switch_and_says_why(view):
    show(view, "cifar-plain20")
    switchable = view.canvas.marks.lesions.switchable
    assert "layer1.1" in switchable
    assert "layer2.0" not in switchable
    assert view.canvas.stuck["layer2.0"].startswith("It has no shortcut")


def test_the_menu_bypasses_exchanges_and_heals(view, qtbot):
    rect = view.canvas.box_rect_px(box_of(view, "layer1.1"))
    hit = view.canvas.hit(rect.topLeft() + QPointF(150, 30))
    view.lesions.show_lesions(Lesions(frozenset({"layer1.1"})))
    menu = view.lesions.build_menu(hit)
    bypass, exchange, _, heal = menu.actions()
    assert bypass.isChecked()
    assert [action.text() for action in exchange.menu().actions()] == ["layer1.0", "layer1.2"]
    with qtbot.waitSignal(view.lesions.exchange_requested) as heard:
        exchange.menu().actions()[1].trigger()
    assert heard.args == [("layer1.1", "layer1.2")]
    with qtbot.waitSignal(view.lesions.toggled):
        bypass.trigger()
    with qtbot.waitSignal(view.lesions.heal_requested):
        heal.trigger()
    view.lesions.show_lesions(Lesions())
    assert not view.lesions.build_menu(None).actions()[-1].isEnabled()


def profile_of(graph):
    keys = ["stem", *(block.key for block in graph.blocks), "head"]
    seconds = [0.002 + 0.001 * place for place in range(len(keys))]
    parts = tuple(
        PartProfile(key, took, took / sum(seconds), 1000, 0.1, 4096 * (place + 1))
        for place, (key, took) in enumerate(zip(keys, seconds, strict=True))
    )
    return Profile(parts, sum(seconds), 1, 5, "cpu", "tensors")


def test_measured_heat_is_asked_for_and_shows_the_share_of_the_whole(view, qtbot):
    heat = view.tools.heat
    with qtbot.waitSignal(view.cost_wanted):
        heat.setCurrentIndex(heat.findData("seconds"))
        heat.activated.emit(heat.currentIndex())
    assert view.canvas.marks.heat is None
    graph = expand(preset("cifar-resnet20").spec)
    profile = profile_of(graph)
    view.show_profile(profile)
    marks = view.canvas.marks
    part = next(part for part in profile.parts if part.key == "layer1.1")
    said = f"{words.duration_ms(1000 * part.seconds)} · {words.share(part.share, 1)}"
    assert marks.values["layer1.1"] == said
    assert marks.heat["layer1.2"] > marks.heat["layer1.1"] > 0
    view.set_unfolded(frozenset())
    inside = [part for part in profile.parts if part.key.startswith("layer3.")]
    assert marks.values["layer3"].startswith(words.duration_ms(1000 * sum(p.seconds for p in inside)))
    heat.setCurrentIndex(heat.findData("peak_bytes"))
    with qtbot.assertNotEmitted(view.cost_wanted):
        heat.activated.emit(heat.currentIndex())
    assert marks.values["layer3"].startswith(words.byte_size(max(p.peak_bytes for p in inside)))


def test_another_network_forgets_what_was_measured(view, qtbot):
    view.show_profile(profile_of(expand(preset("cifar-resnet20").spec)))
    show(view, "cifar-resnet32")
    heat = view.tools.heat
    heat.setCurrentIndex(heat.findData("seconds"))
    with qtbot.waitSignal(view.cost_wanted):
        heat.activated.emit(heat.currentIndex())
