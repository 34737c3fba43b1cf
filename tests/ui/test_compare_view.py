"""Networks side by side in their dock: real store, real keys and pointer, an engine that answers at once."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from explorer.arch.align import place_at
from explorer.arch.families import cifar_spec
from explorer.arch.presets import preset
from explorer.engine.compare_messages import LetColumnGo, LookThrough
from explorer.engine.picture_messages import LoadPictures, PicturesLoaded
from explorer.nets.facts import Origin
from explorer.present.channels import value_text
from explorer.state.actions import ClearPictures, Drop, EditSpec, Undo
from explorer.state.compare_actions import ChoosePair, MoveColumn, MoveDepth, PinColumn, RemoveColumns
from explorer.ui import theme
from tests.ui.compare_feed import FOUR, Desk

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def desk(qtbot):
    theme.apply(QApplication.instance(), "light")
    made = Desk()
    qtbot.addWidget(made.deck)
    with qtbot.waitExposed(made.deck):
        made.deck.show()
    made.dock.open()
    qtbot.waitUntil(lambda: made.view is not None and made.view.isVisible())
    return made


@pytest.fixture
def four(desk, qtbot):
    desk.pin()
    settle(desk, qtbot)
    return desk


def settle(desk, qtbot):
    """Until every column has a picture of its stop."""
    desk.answer()
    qtbot.waitUntil(lambda: all(column.mosaic.drawn is not None for column in desk.view.columns))


def part(desk, name, kind=QWidget):
    found = desk.view.findChild(kind, name)
    assert found is not None, f"there is no control named {name}"
    return found


def click(desk, qtbot, name):
    qtbot.mouseClick(part(desk, name), LEFT)
    desk.answer()


# Columns


def test_one_click_pins_the_first_four(desk, qtbot):
    assert part(desk, "compare.empty").isVisible()
    click(desk, qtbot, "compare.four")
    specs = [preset(f"cifar-{name}").spec for name in ("plain20", "resnet20", "plain56", "resnet56")]
    assert [column.spec for column in desk.state.document.columns] == specs
    assert not part(desk, "compare.empty").isVisible()
    assert [column.title.text for column in desk.view.columns] == [
        "plain-20",
        "ResNet-20",
        "plain-56",
        "ResNet-56",
    ]


def test_a_column_says_what_its_network_is_and_says(four):
    column = four.view.columns[3]
    assert column.values["parameters"].text == "853,018"
    assert column.values["error"].text == "6.97 %"
    assert column.values["weights"].text == "bundled, 91.2 %"
    assert column.values["forward"].text == f"{4.0 + int(column.name[1:]):.1f} ms"
    assert column.lamp.text == "= He 2015 ResNet-56"
    said = four.state.compare.columns[column.name].answers[1].predictions
    assert [bar.label for bar in column.bars.bars] == [entry.label for entry in said]
    assert not column.bars.is_muted


def test_columns_stand_in_line(four):
    for name in ("bars", "key", "maps"):
        places = {
            (part(four, f"compare.{column.name}.{name}").mapTo(four.view, QPoint()).y())
            for column in four.view.columns
        }
        assert len(places) == 1, name
    assert max(c.width() for c in four.view.columns) - min(c.width() for c in four.view.columns) <= 1


def test_what_has_learned_nothing_is_grey_and_says_so(desk, qtbot):
    desk.origin = Origin("untrained", seed=3)
    desk.pin(cifar_spec(20))
    column = desk.view.columns[0]
    assert column.values["weights"].text == "untrained, seed 3"
    assert column.caption.text == "untrained: these are chance"
    assert column.bars.is_muted
    assert column.bars.bars[0].label.startswith("output ")


def test_pinning_the_network_in_view_from_the_head(desk, qtbot):
    click(desk, qtbot, "compare.pin")
    click(desk, qtbot, "compare.add_twin")
    assert [column.spec.shortcut for column in desk.state.document.columns] == ["A", "none"]
    desk.do(EditSpec((("shortcut", "none"),)))
    assert not part(desk, "compare.add_twin", QPushButton).isEnabled()


def test_eight_are_enough(desk, qtbot):
    desk.pin(*(cifar_spec(depth) for depth in (8, 14, 20, 26, 32, 38, 44, 50)))
    assert len(desk.view.columns) == 8
    assert not part(desk, "compare.pin", QPushButton).isEnabled()
    bar = desk.view.row.horizontalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    assert all(column.width() >= 180 for column in desk.view.columns)


def test_columns_that_come_beside_others_are_scrolled_into_view(four, qtbot):
    row = four.view.row
    row.horizontalScrollBar().setValue(0)
    click(four, qtbot, "compare.add_depths")
    last = four.view.columns[-1]
    assert len(four.view.columns) > 4

    def right_end():
        return last.mapTo(row.viewport(), QPoint(last.width(), 0)).x()

    qtbot.waitUntil(lambda: 0 < right_end() <= row.viewport().width())


def test_a_removed_column_comes_back_with_undo(four, qtbot):
    second = four.names[1]
    click(four, qtbot, f"compare.{second}.close")
    assert [column.title.text for column in four.view.columns] == ["plain-20", "plain-56", "ResNet-56"]
    assert part(four, "compare.said").text == "Removed ResNet-20."
    click(four, qtbot, "compare.undo")
    assert [column.title.text for column in four.view.columns][1] == "ResNet-20"
    assert not part(four, "compare.said").isVisible()


def test_what_was_removed_is_said_whole_also_the_second_time(four, qtbot):
    said = part(four, "compare.said")
    for place in (0, 1):
        click(four, qtbot, f"compare.{four.names[place]}.close")
        qtbot.waitUntil(lambda: said.isVisible() and said._text.width() >= said._text.sizeHint().width())
        click(four, qtbot, "compare.undo")


def test_another_edit_ends_the_offer_of_undo(four, qtbot):
    four.do(RemoveColumns((four.names[0],)))
    assert part(four, "compare.said").isVisible()
    four.do(EditSpec((("width_factor", 2.0),)))
    assert not part(four, "compare.said").isVisible()
    four.do(Undo())
    assert len(four.view.columns) == 3


def test_undo_is_offered_only_where_it_brings_back_what_was_removed(four, qtbot):
    four.do(RemoveColumns((four.names[0],)))
    assert part(four, "compare.said").isVisible()
    four.do(MoveColumn(four.names[0], 2))
    assert not part(four, "compare.said").isVisible()
    four.do(PinColumn())
    # What undo took away another undo does not bring back.
    four.do(Undo())
    assert len(four.view.columns) == 3
    assert not part(four, "compare.said").isVisible()


def test_a_column_goes_by_keys(four, qtbot):
    column = four.view.columns[0]
    column.setFocus()
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    name = column.name
    qtbot.keyClick(column, Qt.Key.Key_Right, both)
    assert four.names.index(name) == 1
    assert [each.name for each in four.view.columns] == four.names
    qtbot.keyClick(column, Qt.Key.Key_Delete)
    assert name not in four.names


@pytest.mark.parametrize(("source", "target"), [(0, 3), (3, 0), (1, 2)])
def test_a_column_is_dragged_to_another_place(four, qtbot, source, target):
    name = four.names[source]
    grip = part(four, f"compare.{name}.grip")
    there = four.view.columns[target]
    aim = grip.mapFromGlobal(there.mapToGlobal(QPoint(there.width() // 2 + (target - source) * 4, 20)))
    start = grip.rect().center()
    qtbot.mousePress(grip, LEFT, pos=start)
    qtbot.mouseMove(grip, start + (aim - start) / 2)
    qtbot.mouseMove(grip, aim)
    qtbot.mouseRelease(grip, LEFT, pos=aim)
    assert four.names.index(name) == target
    assert [column.name for column in four.view.columns] == four.names


def test_a_click_on_the_grip_moves_nothing(four, qtbot):
    before = four.names
    qtbot.mouseClick(part(four, f"compare.{before[2]}.grip"), LEFT)
    assert four.names == before


def test_a_double_click_on_the_title_opens_the_network(four, qtbot):
    column = four.view.columns[3]
    qtbot.mouseDClick(column.title, LEFT)
    assert four.state.document.spec == FOUR[3]


def test_the_menu_of_a_column_does_what_it_says(four, qtbot):
    column = four.view.columns[1]
    actions = {action.text(): action for action in column.menu().actions()}
    actions["Move right"].trigger()
    assert four.names.index(column.name) == 2
    actions["Remove"].trigger()
    assert column.name not in four.names
    plain = {action.text(): action for action in four.view.columns[0].menu().actions()}
    assert not plain["Add its plain twin"].isEnabled()


def test_columns_live_only_while_they_are_seen(four, qtbot):
    n_looks = four.n_looks
    four.dock.dock.hide()
    assert any(isinstance(request, LetColumnGo) for request in four.asked)
    assert not four.state.compare.is_seen
    four.asked.clear()
    four.dock.open()
    qtbot.waitUntil(lambda: four.state.compare.is_seen)
    four.answer()
    assert four.n_looks == n_looks + 4, "maps are let go with the networks"
    assert all(living.status == "ready" for living in four.state.compare.columns.values())


def test_a_wide_page_can_become_narrow_again(four, qtbot):
    head = four.view.head
    four.deck.resize(1300, 800)
    qtbot.waitUntil(lambda: four.view.width() > 1200)
    qtbot.waitUntil(lambda: abs(head.pin.y() - head.fit.y()) <= 6)
    four.deck.resize(520, 800)
    qtbot.waitUntil(lambda: four.view.width() <= 520)
    qtbot.waitUntil(lambda: head.pin.y() < head.fit.y() - 10)


# The slider


def test_the_pointer_scrubs_all_columns(four, qtbot):
    slider = four.view.slider

    def at(share):
        return QPoint(round(slider.x_of(share)), 12)

    qtbot.mousePress(slider, LEFT, pos=at(0.2))
    for share in (0.3, 0.4, 0.55):
        qtbot.mouseMove(slider, at(share))
        assert four.state.compare.share == pytest.approx(share, abs=0.01)
    qtbot.mouseRelease(slider, LEFT, pos=at(0.55))
    stages = {column.stop.stage for column in four.view.columns}
    assert stages == {2}
    shares = [column.stop.share for column in four.view.columns]
    assert max(shares) - min(shares) < 0.28 / 3


def test_keys_go_through_the_deepest_network(four, qtbot):
    slider, deepest = four.view.slider, four.view.columns[3]
    four.do(MoveDepth(0.0))
    slider.setFocus()
    way = deepest.facts.way
    for place in range(1, 5):
        qtbot.keyClick(slider, Qt.Key.Key_Right)
        assert deepest.place == place
        assert four.state.compare.share == way[place].share
    qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert deepest.place == 3
    qtbot.keyClick(slider, Qt.Key.Key_End)
    assert [column.stop.key for column in four.view.columns] == ["fc"] * 4
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    assert [column.stop.key for column in four.view.columns] == ["input"] * 4
    qtbot.keyClick(slider, Qt.Key.Key_PageUp)
    qtbot.keyClick(slider, Qt.Key.Key_PageUp)
    assert {column.stop.block for column in four.view.columns} == {2, 8}


def test_ticks_stand_where_stages_end(four):
    assert four.view.slider.borders == pytest.approx((0.08, 0.36, 0.64, 0.92))


def test_a_press_in_a_columns_graph_goes_there(four, qtbot):
    column = four.view.columns[3]
    bar = column.graph.blocks[10]
    x = round((bar.start + bar.stop) / 2 * column.graph.width())
    qtbot.mouseClick(column.graph, LEFT, pos=QPoint(x, 30))
    assert column.stop.key == bar.key
    assert column.graph.current.key == bar.key


def test_arrows_move_the_slider_from_a_column_too(four, qtbot):
    four.do(MoveDepth(0.5))
    column = four.view.columns[3]
    place = column.place
    column.setFocus()
    qtbot.keyClick(column, Qt.Key.Key_Right)
    assert column.place == place + 1


# Maps


def test_maps_are_those_of_the_stop_on_one_scale(four, qtbot):
    four.do(MoveDepth(0.5))
    drawn = [column.mosaic.drawn for column in four.view.columns]
    for column, one in zip(four.view.columns, drawn, strict=True):
        looked = four.state.compare.columns[column.name].looked
        np.testing.assert_array_equal(one.maps, looked.maps[column.stop.key])
    assert len({(one.tiles.low, one.tiles.high) for one in drawn}) == 1
    assert drawn[0].tiles.high == max(float(one.maps.max()) for one in drawn)
    assert len({one.tiles.columns for one in drawn}) == 1


def test_each_network_can_have_its_own_scale(four, qtbot):
    box = part(four, "compare.scale")
    box.setCurrentIndex(box.findData("column"))
    highs = [column.mosaic.drawn.tiles.high for column in four.view.columns]
    assert highs == [float(column.mosaic.maps.max()) for column in four.view.columns]


def test_a_picture_is_drawn_once(four, qtbot):
    four.do(*(MoveDepth(share / 20) for share in range(21)))
    n_drawn = four.view.maps.n_drawn
    four.do(*(MoveDepth(share / 20) for share in reversed(range(21))))
    assert four.view.maps.n_drawn == n_drawn


def test_what_is_kept_is_bounded(four):
    four.view.maps._most_bytes = 200_000
    four.do(*(MoveDepth(share / 40) for share in range(41)))
    assert four.view.maps.n_bytes <= 200_000


def test_what_is_kept_is_counted_with_its_maps(four):
    kept = four.view.maps._kept.values()
    n_pictures = sum(one.image.sizeInBytes() + one.tiles.picture.nbytes for one in kept)
    assert four.view.maps.n_bytes == n_pictures + sum(one.maps.nbytes for one in kept)


def test_out_of_view_the_maps_are_let_go_but_for_the_few_that_are_drawn(four, qtbot):
    columns = four.state.compare.columns.values()
    kept = [weakref.ref(values) for living in columns for values in living.looked.maps.values()]
    n_all = sum(ref().nbytes for ref in kept)
    del columns
    four.view.maps._most_bytes = n_all // 10
    four.do(MoveDepth(0.3), MoveDepth(0.5))
    four.dock.dock.hide()
    qtbot.waitUntil(lambda: not four.state.compare.is_seen)
    four.answer()
    gc.collect()
    assert sum(each.nbytes for ref in kept if (each := ref()) is not None) < n_all / 5
    four.dock.open()
    settle(four, qtbot)
    assert all(column.facts.maps for column in four.view.columns)


def wheel(widget, point, notches):
    event = QWheelEvent(
        QPointF(point),
        QPointF(widget.mapToGlobal(point)),
        QPoint(),
        QPoint(0, round(120 * notches)),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def test_a_touch_pads_small_turns_add_up_in_both_directions(four):
    slider, deepest = four.view.slider, four.view.columns[3]
    four.do(MoveDepth(0.5))
    start = deepest.place
    for turn, places in ((-0.25, (0, 0, 0, -1)), (0.25, (-1, -1, -1, 0))):
        for place in places:
            wheel(slider, QPoint(60, 10), turn)
            assert deepest.place == start + place


def test_all_zoom_and_pan_together(four, qtbot):
    four.do(MoveDepth(0.5))
    mosaics = [column.mosaic for column in four.view.columns]
    before = mosaics[0].scale_px
    wheel(mosaics[1], QPoint(30, 40), 4)
    assert mosaics[1].scale_px > 2 * before
    assert len({mosaic.scale_px for mosaic in mosaics}) == 1
    places = {(mosaic.to_widget((0, 0, 1, 1)).x(), mosaic.to_widget((0, 0, 1, 1)).y()) for mosaic in mosaics}
    assert len(places) == 1
    start, stop = QPoint(80, 80), QPoint(50, 60)
    qtbot.mousePress(mosaics[2], LEFT, pos=start)
    qtbot.mouseMove(mosaics[2], (start + stop) / 2)
    qtbot.mouseMove(mosaics[2], stop)
    qtbot.mouseRelease(mosaics[2], LEFT, pos=stop)
    moved = {(mosaic.to_widget((0, 0, 1, 1)).x(), mosaic.to_widget((0, 0, 1, 1)).y()) for mosaic in mosaics}
    assert len(moved) == 1
    assert moved != places
    qtbot.keyClick(mosaics[0], Qt.Key.Key_0)
    assert {mosaic.scale_px for mosaic in mosaics} == {before}


def test_a_zoom_stays_where_maps_become_smaller(four, qtbot):
    four.do(MoveDepth(0.3))
    mosaic = four.view.columns[0].mosaic
    wheel(mosaic, QPoint(60, 60), 5)
    cell_px = mosaic.sight().cell_px
    four.do(MoveDepth(0.6))
    assert mosaic.sight().cell_px == pytest.approx(cell_px)


def test_the_channel_under_the_cursor_is_marked_and_read_in_every_network(four, qtbot):
    four.do(MoveDepth(0.5))
    mosaic = four.view.columns[0].mosaic
    rect = mosaic.to_widget((*mosaic.tiles.rect(5)[:2], 1, 1))
    qtbot.mouseMove(mosaic, rect.center().toPoint())
    assert {column.mosaic.hovered_channel for column in four.view.columns} == {5}
    for column in four.view.columns:
        value = float(column.mosaic.maps[5, 0, 0])
        assert column.key.text == f"channel 5: {value_text(value)}"
    QApplication.sendEvent(mosaic, QEvent(QEvent.Type.Leave))
    assert {column.mosaic.hovered_channel for column in four.view.columns} == {None}
    assert four.view.columns[1].key.text == four.view.columns[1].stop.key


def test_logits_are_named_by_their_classes(four):
    four.do(MoveDepth(1.0))
    assert four.view.columns[1].mosaic.name_of(3) == "cat"
    four.do(MoveDepth(0.9))
    assert four.view.columns[1].mosaic.name_of(3) == "channel 3"


def test_without_a_picture_it_asks_for_one(four, qtbot):
    four.do(ClearPictures())
    column = four.view.columns[0]
    qtbot.waitUntil(lambda: column.mosaic.drawn is None)
    assert column.bars.message == "Drop a picture"
    assert not part(four, "compare.colour_bar").isVisible()


# Sections


class Told(QWidget):
    pass


def test_a_section_is_opened_and_closed_by_its_tab(four, qtbot):
    section = Told()
    four.view.add_section("more_of_it", "More of it", section)
    click(four, qtbot, "compare.section.more_of_it")
    assert section.isVisible()
    assert four.view.sections.current is section
    click(four, qtbot, "compare.section.more_of_it")
    assert not section.isVisible()
    assert four.view.sections.current is None


def test_nothing_is_asked_for_twice(four, qtbot):
    four.do(PinColumn(), ChoosePair((four.names[0], four.names[1])), MoveDepth(0.1))
    assert four.n_looks == len(four.names)
    assert not any(isinstance(request, LookThrough) for request in four.asked)


def test_stops_of_columns_are_those_at_the_sliders_share(four):
    four.do(MoveDepth(0.73))
    for column in four.view.columns:
        assert column.place == place_at(column.facts.way, 0.73)


def test_a_closed_section_gives_its_room_back(four, qtbot):
    four.view.add_section("below", "Below", Told())
    before = four.view.row.height()
    click(four, qtbot, "compare.section.below")
    qtbot.waitUntil(lambda: four.view.row.height() < before - 100)
    click(four, qtbot, "compare.section.below")
    qtbot.waitUntil(lambda: four.view.row.height() >= before - 4)


def test_a_low_window_folds_the_columns_before_it_scrolls_them_downwards(four, qtbot):
    four.do(ChoosePair((four.names[0], four.names[1])))
    column, pair = four.view.columns[0], four.view.pair
    bar = four.view.row.verticalScrollBar()
    assert part(four, f"compare.{column.name}.macs").isVisible()
    four.view.add_section("below", "Below", Told())
    four.deck.resize(654, 690)
    click(four, qtbot, "compare.section.below")
    qtbot.waitUntil(lambda: not part(four, f"compare.{column.name}.macs").isVisible())
    qtbot.waitUntil(lambda: bar.maximum() == 0)
    assert four.view.row.horizontalScrollBar().maximum() > 0
    assert column.mosaic.height() >= 70
    # The pair stands in line with them.
    assert pair.mosaic.mapTo(four.deck, QPoint()).y() == column.mosaic.mapTo(four.deck, QPoint()).y()
    click(four, qtbot, "compare.section.below")
    qtbot.waitUntil(lambda: part(four, f"compare.{column.name}.macs").isVisible())


def test_beside_a_pair_a_section_keeps_its_height(four, qtbot):
    four.do(ChoosePair((four.names[0], four.names[1])))
    section = Told()
    four.view.add_section("below", "Below", section)
    four.deck.resize(1240, 690)
    click(four, qtbot, "compare.section.below")
    qtbot.waitUntil(lambda: section.height() >= 180)
    bar = four.view.row.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() == 0)
    # Lower still, the section gives way first.
    four.deck.resize(1240, 620)
    qtbot.waitUntil(lambda: section.height() < 180)
    qtbot.waitUntil(lambda: bar.maximum() == 0)


def test_the_corner_between_two_scroll_bars_is_not_the_styles(four):
    assert four.view.row.cornerWidget() is not None


def test_a_name_without_room_keeps_its_end(desk, qtbot):
    desk.pin(FOUR[1], FOUR[1].edited(norm="group"))
    assert desk.view.columns[0].title.text == "ResNet-20"
    assert {column.title._mode for column in desk.view.columns} == {Qt.TextElideMode.ElideLeft}


def test_what_was_there_stays_in_a_veil_until_the_next_picture_is_through(four, qtbot):
    column = four.view.columns[0]
    drawn = column.mosaic.drawn
    pictures = four.state.pictures
    other = replace(pictures.items[0], image_id=2)
    four.store.dispatch(Drop(paths=("dog.jpg",)))
    request = next(each for each in four.asked if isinstance(each, LoadPictures))
    four.asked.clear()
    four.store.dispatch(
        PicturesLoaded(ticket=request.ticket, loaded=(other,), failed=(), done=1, total=1, as_sample=False)
    )
    qtbot.waitUntil(lambda: column.mosaic._stale)
    assert column.mosaic.drawn is drawn
    assert column.bars.is_stale
    four.answer()
    qtbot.waitUntil(lambda: not column.mosaic._stale)
    assert not column.bars.is_stale
