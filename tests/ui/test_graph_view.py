"""The graph view with real mouse and keyboard events."""

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QPalette, QWheelEvent
from PySide6.QtWidgets import QApplication

from explorer.arch.cost import cost_of
from explorer.arch.expand import expand
from explorer.arch.ops import OPS
from explorer.arch.presets import preset
from explorer.present.folds import default_unfolded, everything
from explorer.present.layout_walk import box_for
from explorer.ui.theme import contrast, palette_for
from explorer.ui.views.graph import GraphView
from explorer.ui.views.graph_ink import STANDS_OUT, Ink
from explorer.ui.views.graph_paint import READABLE_ZOOM

LEFT = Qt.MouseButton.LeftButton


def show(view, name, **changes):
    spec = preset(name).spec
    spec = spec.edited(**changes) if changes else spec
    view.show_graph(expand(spec), cost_of(spec))
    return expand(spec)


@pytest.fixture
def view(qtbot):
    made = GraphView()
    qtbot.addWidget(made)
    made.setPalette(palette_for(dark=False))
    made.resize(620, 800)
    made.show()
    qtbot.waitExposed(made)
    show(made, "resnet50")
    return made


def rect_of(view, key):
    box = box_for(view.canvas.layout_shown, key)
    return view.canvas.box_rect_px(box)


def click(qtbot, view, place, double=False):
    send = qtbot.mouseDClick if double else qtbot.mouseClick
    send(view.canvas.viewport(), LEFT, pos=place.toPoint())


def title_of(view, key):
    return rect_of(view, key).topLeft() + QPointF(60, 14)


def body_of(view, key):
    return rect_of(view, key).bottomRight() - QPointF(30, 8)


def visible_ids(view):
    return {box.id for box in view.canvas.layout_shown.boxes}


def test_starts_with_stages_open_and_readable_from_the_top(view):
    assert view.unfolded == default_unfolded(expand(preset("resnet50").spec))
    assert view.canvas.zoom * 11 >= 10
    assert view.canvas.verticalScrollBar().value() == 0
    width = view.canvas.layout_shown.width * view.canvas.zoom
    assert width >= 0.9 * view.canvas.viewport().width()


def test_click_on_the_body_of_a_fold_selects_it_and_keeps_it_folded(view, qtbot):
    with qtbot.waitSignal(view.node_selected) as heard:
        click(qtbot, view, body_of(view, "layer1.1-2"))
    assert heard.args == ["layer1.2.act3"]
    assert "layer1.1-2" in visible_ids(view)
    assert view.card.findChild(object, "graph.card.key").text() == "layer1.1-2"


def test_click_on_the_title_of_a_fold_unfolds_it_in_place(view, qtbot):
    top = rect_of(view, "layer1.1-2").top()
    with qtbot.waitSignal(view.unfolded_changed) as heard:
        click(qtbot, view, title_of(view, "layer1.1-2"))
    assert "layer1.1-2" in heard.args[0]
    assert {"layer1.1", "layer1.2"} <= visible_ids(view)
    frame = next(frame for frame in view.canvas.layout_shown.frames if frame.id == "layer1.1-2")
    assert view.canvas.height_px(frame.y) == pytest.approx(top, abs=1)


def test_strip_of_an_open_block_folds_it_again(view, qtbot):
    click(qtbot, view, title_of(view, "layer1.0"))
    assert "layer1.0.conv1" in visible_ids(view)
    frame = view.canvas.layout_shown.frames[0]
    strip = view.canvas.origin_px() + QPointF(frame.x + 40, frame.y + 12) * view.canvas.zoom
    click(qtbot, view, strip)
    assert "layer1.0" in visible_ids(view)


def test_double_click_unfolds(view, qtbot):
    place = body_of(view, "layer1.0")
    click(qtbot, view, place)
    click(qtbot, view, place, double=True)
    assert "layer1.0.conv1" in visible_ids(view)


def test_click_on_a_stage_label_folds_and_unfolds_the_stage(view, qtbot):
    band = view.canvas.layout_shown.bands[0]
    label = view.canvas.origin_px() + QPointF(40, band.y + 16) * view.canvas.zoom
    click(qtbot, view, label)
    assert "layer1" in visible_ids(view)
    assert "layer1.0" not in visible_ids(view)
    click(qtbot, view, label)
    assert "layer1.0" in visible_ids(view)


@pytest.mark.parametrize("width", [250, 284, 330, 420, 620])
def test_stage_labels_and_boxes_do_not_meet_in_a_narrow_view(view, qtbot, width):
    show(view, "cifar-resnet20")
    view.resize(width, 640)
    view.canvas.fit()
    canvas = view.canvas
    labels = canvas._labels.placed(canvas.origin_px(), canvas.zoom, canvas.viewport().height())
    assert len(labels) == 3
    boxes = [canvas.box_rect_px(box) for box in canvas.layout_shown.boxes]
    for _, label in labels:
        assert label.width() >= 24, "the sign that folds, at least"
        assert not any(label.intersects(box) for box in boxes), "texts would stand on boxes"


def test_click_on_a_node_selects_and_on_paper_clears(view, qtbot):
    click(qtbot, view, rect_of(view, "conv1").center())
    assert view.selection == "conv1"
    assert view.card.findChild(object, "graph.card.parameters").text() == "9,408"
    assert view.card.findChild(object, "graph.card.macs").text() == "118 M"
    assert view.card.findChild(object, "graph.card.output").text() == "64 × 112 × 112"
    assert view.card.findChild(object, "graph.card.receptive_field").text() == "7 px"
    assert view.card.findChild(object, "graph.card.memory").text() == "3.1 MB"
    with qtbot.waitSignal(view.node_selected) as heard:
        click(qtbot, view, QPointF(20, 20))
    assert heard.args == [None]
    assert view.card.findChild(object, "graph.card.parameters").text() == "25,557,032"


def test_drag_pans_and_does_not_select(view, qtbot):
    port = view.canvas.viewport()
    start = rect_of(view, "layer2.0").center().toPoint()
    qtbot.mousePress(port, LEFT, pos=start)
    for step in (40, 80, 120):
        qtbot.mouseMove(port, start - QPoint(0, step))
    qtbot.mouseRelease(port, LEFT, pos=start - QPoint(0, 120))
    assert view.canvas.verticalScrollBar().value() == pytest.approx(120, abs=2)
    assert view.selection is None


def wheel(view, place, delta, modifiers=Qt.KeyboardModifier.NoModifier):
    port = view.canvas.viewport()
    event = QWheelEvent(
        place,
        port.mapToGlobal(place),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(port, event)


def test_wheel_scrolls_and_with_control_zooms_at_the_pointer(view):
    wheel(view, QPointF(300, 300), -240)
    assert view.canvas.verticalScrollBar().value() > 0
    place = QPointF(250, 400)
    before, zoom = view.canvas.to_layout(place), view.canvas.zoom
    wheel(view, place, 240, Qt.KeyboardModifier.ControlModifier)
    after = view.canvas.to_layout(place)
    assert view.canvas.zoom > zoom * 1.2
    assert (after.x(), after.y()) == pytest.approx((before.x(), before.y()), abs=1.5)


def test_keyboard_walks_unfolds_and_folds(view, qtbot):
    canvas = view.canvas
    qtbot.keyClick(canvas, Qt.Key.Key_Home)
    assert view.selection == "input"
    for _ in range(5):
        qtbot.keyClick(canvas, Qt.Key.Key_Down)
    assert canvas.marks.selected == "layer1.0"
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert view.selection == "layer1.0.conv1"
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert view.selection == "layer1.0.downsample.0"
    qtbot.keyClick(canvas, Qt.Key.Key_Left)
    assert view.selection == "layer1.0.conv1"
    qtbot.keyClick(canvas, Qt.Key.Key_Left)
    assert canvas.marks.selected == "layer1.0"
    qtbot.keyClick(canvas, Qt.Key.Key_Return)
    assert "layer1.0.conv1" in visible_ids(view)
    qtbot.keyClick(canvas, Qt.Key.Key_End)
    assert view.selection == "output"
    top, bottom = canvas.visible()
    assert top < canvas.layout_shown.boxes[-1].y < bottom
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert view.selection is None


def test_keyboard_zooms_and_fits(view, qtbot):
    fitted = view.canvas.zoom
    qtbot.keyClick(view.canvas, Qt.Key.Key_Plus)
    assert view.canvas.zoom > fitted
    qtbot.keyClick(view.canvas, Qt.Key.Key_F)
    assert view.canvas.zoom == fitted
    qtbot.keyClick(view.canvas, Qt.Key.Key_Minus)
    assert view.canvas.zoom < fitted


def test_search_counts_reveals_and_goes_round(view, qtbot):
    view.activateWindow()
    view.canvas.setFocus()
    view.focus_search()
    field = view.tools.search
    qtbot.waitUntil(field.hasFocus)
    qtbot.keyClicks(field, "layer3.4.conv")
    assert view.tools.count.text() == "3 found"
    assert view.canvas.marks.found == {"layer3.1-5"}
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert view.selection == "layer3.4.conv1"
    assert "layer3.4.conv1" in visible_ids(view)
    assert view.tools.count.text() == "1 of 3"
    qtbot.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert view.selection == "layer3.4.conv3"
    qtbot.mouseClick(view.tools.next, LEFT)
    assert view.selection == "layer3.4.conv1"
    top, bottom = view.canvas.visible()
    assert top < box_for(view.canvas.layout_shown, "layer3.4.conv1").y < bottom
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == ""
    assert view.canvas.marks.found == frozenset()


def test_search_that_finds_nothing_says_so(view, qtbot):
    qtbot.keyClicks(view.tools.search, "lstm")
    assert view.tools.count.text() == "not found"
    assert not view.tools.next.isEnabled()
    qtbot.keyClick(view.tools.search, Qt.Key.Key_Return)
    assert view.selection is None


def test_backward_step_starts_at_the_last_match(view, qtbot):
    qtbot.keyClicks(view.tools.search, "projection")
    qtbot.mouseClick(view.tools.previous, LEFT)
    assert view.canvas.marks.selected == "layer4.0"


def test_minimap_moves_the_view(view, qtbot):
    view.unfold_all()
    heights = view.canvas.layout_shown.height
    qtbot.mouseClick(view.minimap, LEFT, pos=QPoint(20, view.minimap.height() // 2))
    top, bottom = view.canvas.visible()
    assert (top + bottom) / 2 == pytest.approx(heights / 2, rel=0.05)


def test_an_edit_keeps_folds_selection_and_place(view):
    view.set_unfolded(view.unfolded | {"layer1.0"})
    view.set_selection("layer2.0.act3")
    view.canvas.hold(box_for(view.canvas.layout_shown, "layer2.0").y, 100)
    before = rect_of(view, "layer2.0.act3").top()
    show(view, "resnet101")
    assert "layer1.0" in view.unfolded
    assert view.selection == "layer2.0.act3"
    assert rect_of(view, "layer2.0.act3").top() == pytest.approx(before, abs=1)


def test_an_edit_that_drops_the_selected_node_drops_the_selection(view):
    view.set_selection("layer4.2.conv3")
    show(view, "cifar-resnet20")
    assert view.selection is None
    assert view.unfolded == {"layer1", "layer2", "layer3"}


def test_all_unfolds_and_folds(view, qtbot):
    graph = expand(preset("resnet50").spec)
    with qtbot.waitSignal(view.unfolded_changed) as heard:
        qtbot.mouseClick(view.tools.unfold, LEFT)
    assert heard.args == [everything(graph)]
    assert visible_ids(view) == set(graph.by_key)
    qtbot.mouseClick(view.tools.fold, LEFT)
    assert view.unfolded == frozenset()


def test_set_unfolded_and_set_selection_do_not_echo(view, qtbot):
    with qtbot.assertNotEmitted(view.unfolded_changed), qtbot.assertNotEmitted(view.node_selected):
        view.set_unfolded(frozenset())
        view.set_selection("layer3.0.conv1")
    assert view.canvas.marks.selected == "layer3"


def test_heat_colours_by_sums(view, qtbot):
    qtbot.keyClicks(view.tools.heat, "MACs")
    heat = view.canvas.marks.heat
    assert heat["layer3.1-5"] == 1.0
    assert heat["bn1"] == 0.0
    assert view.canvas.marks.values["conv1"] == "118 M"
    view.tools.heat.setCurrentIndex(0)
    view.tools.heat.activated.emit(0)
    assert view.canvas.marks.heat is None


def test_resizing_keeps_a_fitted_picture_fitted(view, qtbot):
    view.resize(420, 800)
    qtbot.waitUntil(lambda: view.canvas.zoom == pytest.approx(view.canvas.fit_zoom()))
    assert view.canvas.horizontalScrollBar().maximum() <= 1


def test_in_a_narrow_pane_the_trunk_keeps_its_words_and_the_right_is_cut(view, qtbot):
    view.resize(300, 800)
    qtbot.waitUntil(lambda: view.canvas.zoom == pytest.approx(view.canvas.fit_zoom()))
    assert view.canvas.zoom >= READABLE_ZOOM
    widest = max(box.x + box.w for box in view.canvas.layout_shown.boxes)
    assert view.canvas.origin_px().x() + widest * view.canvas.zoom <= view.canvas.viewport().width()
    view.resize(620, 800)
    qtbot.waitUntil(lambda: view.canvas.horizontalScrollBar().maximum() <= 1)


def n_colours(image, rectangle):
    part = image.copy(rectangle)
    return len({part.pixel(x, y) for x in range(part.width()) for y in range(part.height())})


def test_saved_picture_is_whole_and_drawn_everywhere(view):
    view.unfold_all()
    image = view.image()
    layout = view.canvas.layout_shown
    assert image.height() == round(2 * layout.height)
    for key in ("input", "layer1.0.downsample.0", "layer4.2.add", "output"):
        box = box_for(layout, key)
        place = [round(2 * value) for value in (box.x + 16, box.y, box.w, box.h)]
        assert n_colours(image, QRect(*place)) > 8


def test_picture_of_the_deepest_net_fits_into_qts_limits(view):
    show(view, "cifar-resnet1202")
    view.unfold_all()
    image = view.image()
    assert not image.isNull()
    assert image.height() <= 32_767


def test_dark_palette_repaints_in_dark(view, qtbot):
    view.setPalette(palette_for(dark=True))
    dark = palette_for(dark=True).base().color()
    qtbot.waitUntil(lambda: view.canvas.ink.paper == dark)
    shown = view.canvas.viewport().grab().toImage()
    assert QColor(shown.pixel(4, 4)) == dark


@pytest.mark.parametrize("dark", [False, True])
def test_marks_stand_out_in_light_and_dark(dark, qtbot):
    ink = Ink.of(palette_for(dark=dark))
    for name in OPS:
        for ground in (ink.paper, ink.band, ink.frame, ink.box):
            assert contrast(ink.op(name), ground) >= STANDS_OUT
    for ground in (ink.paper, ink.band, ink.box):
        assert contrast(ink.text, ground) >= 7
        assert contrast(ink.muted, ground) >= 4.5
        assert contrast(ink.projection, ground) >= 4.5


def test_plain_palettes_work_too(qtbot):
    assert Ink.of(QPalette(QColor("#333333"))).op("conv2d").isValid()


def test_controls_have_names_for_readers(view):
    tools = view.tools
    for control in (tools.search, tools.heat, tools.fit, tools.plus, tools.minus, tools.fold, tools.unfold):
        assert control.accessibleName()
        assert control.objectName().startswith("graph.")
    view.set_selection("conv1")
    assert "7×7 conv" in view.canvas.accessibleDescription()


@pytest.mark.parametrize("zoom", [0.02, 0.3, 0.49, 0.51, 1.0, 4.0])
def test_every_zoom_draws_something(view, zoom):
    view.unfold_all()
    view.canvas.zoom_by(zoom / view.canvas.zoom)
    shown = view.canvas.viewport().grab().toImage()
    assert n_colours(shown, shown.rect()) > 3
