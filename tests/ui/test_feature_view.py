"""The feature view under a real pointer and keyboard."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QHelpEvent, QImage, QPalette, QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLabel, QToolButton, QToolTip, QWidget

from explorer.present import colour
from explorer.ui.theme import palette_for
from explorer.ui.views.features import FeatureView
from explorer.ui.widgets.elided_label import ElidedLabel


def maps_of(*shape):
    return np.random.default_rng(3).normal(size=shape).astype(np.float32)


@pytest.fixture
def view(qtbot):
    view = FeatureView()
    qtbot.addWidget(view)
    view.resize(620, 500)
    with qtbot.waitExposed(view):
        view.show()
    return view


@pytest.fixture
def shown(view):
    view.show_maps(maps_of(16, 8, 8), title="layer1.0.add", subtitle="Add")
    QApplication.processEvents()
    return view


def place_of(view, channel, x=0.5, y=0.5):
    """A point of the mosaic over an activation of a channel."""
    left, top, _, _ = view.mosaic.tiles.rect(channel)
    rect = view.mosaic.to_widget((left, top, 1, 1))
    return QPoint(round(rect.left() + x * rect.width()), round(rect.top() + y * rect.height()))


def click(qtbot, view, channel):
    qtbot.mouseClick(view.mosaic, Qt.MouseButton.LeftButton, pos=place_of(view, channel))


def part(view, kind, name):
    found = view.findChild(kind, name)
    assert found is not None, name
    return found


def is_open(view):
    return part(view, QWidget, "features.channel").isVisible()


def test_empty_says_what_to_do_and_shows_no_tools(view):
    view.show_empty("Building the network…")
    empty = part(view, QWidget, "features.empty")
    assert empty.isVisible()
    assert empty.message == empty.accessibleName() == "Building the network…"
    assert not part(view, QComboBox, "features.scale").isVisible()
    picture = view.grab().toImage()
    colours = {picture.pixel(x, y) for x in range(0, 620, 5) for y in range(0, 500, 5)}
    assert len(colours) > 4


def test_maps_are_painted_in_their_own_colours(shown):
    assert part(shown, QLabel, "features.title").text() == "layer1.0.add"
    tiles = shown.mosaic.tiles
    grabbed = shown.mosaic.grab().toImage()
    for channel in (0, 5, 15):
        left, top, _, _ = tiles.rect(channel)
        wanted = tiles.picture[top, left]
        got = grabbed.pixelColor(place_of(shown, channel))
        assert (got.red(), got.green(), got.blue()) == tuple(wanted)


def test_a_click_opens_the_channel_with_its_numbers(qtbot, shown):
    with qtbot.waitSignal(shown.channel_selected) as said:
        click(qtbot, shown, 5)
    assert said.args == [5]
    assert is_open(shown)
    channel = shown.mosaic.maps[5]
    assert part(shown, QLabel, "features.channel_title").text() == "Channel 5"
    assert part(shown, QLabel, "features.channel_maximum").text() == f"{channel.max():.3g}"
    assert part(shown, QLabel, "features.channel_zeros").text() == "0 %"


def test_arrows_step_through_channels_and_escape_closes(qtbot, shown):
    click(qtbot, shown, 5)
    said = []
    shown.channel_selected.connect(said.append)
    columns = shown.mosaic.tiles.columns
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Home):
        qtbot.keyClick(shown.mosaic, key)
    assert said == [6, 6 + columns, 5 + columns, 5, 0]
    qtbot.keyClick(shown.mosaic, Qt.Key.Key_Left)
    assert said[-1] == 0
    qtbot.keyClick(shown.mosaic, Qt.Key.Key_End)
    qtbot.keyClick(shown.mosaic, Qt.Key.Key_Escape)
    assert said[-2:] == [15, None]
    assert not is_open(shown)


def test_the_keyboard_alone_opens_the_first_channel(qtbot, shown):
    qtbot.keyClick(shown.mosaic, Qt.Key.Key_Right)
    assert shown.channel == 0


def test_the_panels_own_buttons(qtbot, shown):
    click(qtbot, shown, 5)
    qtbot.mouseClick(part(shown, QToolButton, "features.channel_next"), Qt.MouseButton.LeftButton)
    assert shown.channel == 6
    qtbot.mouseClick(part(shown, QToolButton, "features.channel_previous"), Qt.MouseButton.LeftButton)
    assert shown.channel == 5
    qtbot.mouseClick(part(shown, QToolButton, "features.channel_close"), Qt.MouseButton.LeftButton)
    assert shown.channel is None


def test_the_window_sets_a_channel_in_silence(qtbot, shown):
    with qtbot.assertNotEmitted(shown.channel_selected):
        shown.set_channel(3)
        assert is_open(shown)
        shown.set_channel(99)
        assert not is_open(shown)
        shown.set_channel(None)


def test_nodes_are_stepped_by_buttons_and_keys(qtbot, shown):
    said = []
    shown.step_requested.connect(said.append)
    qtbot.mouseClick(part(shown, QToolButton, "features.next"), Qt.MouseButton.LeftButton)
    qtbot.mouseClick(part(shown, QToolButton, "features.previous"), Qt.MouseButton.LeftButton)
    qtbot.keyClicks(shown.mosaic, "][")
    qtbot.keyClick(shown.mosaic, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    qtbot.keyClick(shown.mosaic, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert said == [1, -1, 1, -1, 1, -1]
    assert shown.channel is None


def test_hover_outlines_reads_out_and_tells_statistics(qtbot, shown):
    qtbot.mouseMove(shown.mosaic, place_of(shown, 9))
    assert shown.mosaic.hovered_channel == 9
    value = shown.mosaic.maps[9, 0, 0]
    summary = part(shown, ElidedLabel, "features.summary").text
    assert summary.startswith("channel 9 · (0, 0) · ")
    assert summary.endswith(f"{abs(value):.3g}")
    point = place_of(shown, 9)
    asked = QHelpEvent(QEvent.Type.ToolTip, point, shown.mosaic.mapToGlobal(point))
    QApplication.sendEvent(shown.mosaic, asked)
    assert QToolTip.text() == shown.mosaic.describe(9)
    assert QToolTip.text().startswith("channel 9 · mean ")
    qtbot.mouseMove(shown.mosaic, QPoint(2, 2))
    assert shown.mosaic.hovered_channel is None
    assert part(shown, ElidedLabel, "features.summary").text.startswith("16 channels")


def test_scale_and_palette_change_the_picture_and_its_key(shown):
    before = shown.mosaic.tiles
    assert before.palette == "diverging"
    part(shown, QComboBox, "features.palette").setCurrentIndex(3)
    part(shown, QComboBox, "features.scale").setCurrentIndex(1)
    after = shown.mosaic.tiles
    assert (after.palette, after.scale) == ("grey", "per_channel")
    assert part(shown, QWidget, "features.colour_bar").accessibleName() == "Colours from min to max"


def wheel(mosaic, point, notches):
    at = QPointF(point)
    event = QWheelEvent(
        at,
        QPointF(mosaic.mapToGlobal(point)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(mosaic, event)


def test_wheel_zooms_around_the_cursor_drag_pans_double_click_fits(qtbot, shown):
    mosaic = shown.mosaic
    point, fitted = place_of(shown, 5), mosaic.scale_px
    held = mosaic.to_picture(QPointF(point))
    wheel(mosaic, point, 6)
    assert mosaic.scale_px == pytest.approx(fitted * 1.25**6)
    moved = mosaic.to_picture(QPointF(point)) - held
    assert moved.manhattanLength() * mosaic.scale_px <= 2
    with qtbot.assertNotEmitted(shown.channel_selected):
        qtbot.mousePress(mosaic, Qt.MouseButton.LeftButton, pos=point)
        qtbot.mouseMove(mosaic, point + QPoint(40, 30))
        qtbot.mouseRelease(mosaic, Qt.MouseButton.LeftButton, pos=point + QPoint(40, 30))
    panned = mosaic.to_picture(QPointF(point + QPoint(40, 30))) - held
    assert panned.manhattanLength() * mosaic.scale_px <= 4
    assert not mosaic.grab().toImage().isNull()
    qtbot.mouseDClick(mosaic, Qt.MouseButton.LeftButton, pos=point)
    assert mosaic.fits
    assert mosaic.scale_px == fitted


def test_one_to_one_and_fit_buttons(qtbot, shown):
    fitted = shown.mosaic.scale_px
    qtbot.mouseClick(part(shown, QToolButton, "features.one_to_one"), Qt.MouseButton.LeftButton)
    assert shown.mosaic.scale_px * shown.devicePixelRatioF() == 1
    qtbot.mouseClick(part(shown, QToolButton, "features.fit"), Qt.MouseButton.LeftButton)
    assert shown.mosaic.scale_px == fitted


def test_newer_maps_keep_zoom_and_channel(qtbot, shown):
    click(qtbot, shown, 5)
    wheel(shown.mosaic, place_of(shown, 5), 3)
    scale = shown.mosaic.scale_px
    shown.show_maps(np.ones((16, 8, 8), np.float32), title="layer1.0.add", subtitle="Add", stale=True)
    assert (shown.mosaic.scale_px, shown.channel, is_open(shown)) == (scale, 5, True)
    assert part(shown, QLabel, "features.channel_minimum").text() == "1"
    shown.show_maps(np.ones((4, 3, 3), np.float32), title="layer2.0.add", subtitle="Add")
    assert shown.mosaic.fits
    assert not is_open(shown)


@pytest.mark.parametrize("shape", [(1, 1, 1), (10,), (1000,), (2048, 7, 7), (3, 224, 224)])
@pytest.mark.parametrize("size", [(120, 140), (620, 500), (900, 260)])
def test_any_shape_fits_and_every_channel_is_found_under_the_pointer(qtbot, view, shape, size):
    view.resize(*size)
    view.show_maps(maps_of(*shape), title="n", subtitle="")
    QApplication.processEvents()
    mosaic = view.mosaic
    picture = mosaic.to_widget((0, 0, mosaic.image.width(), mosaic.image.height()))
    assert mosaic.rect().toRectF().contains(picture)
    grabbed = mosaic.grab().toImage()
    assert grabbed.pixelColor(picture.center().toPoint()).isValid()
    for channel in {0, shape[0] // 2, shape[0] - 1}:
        x, y, w, h = mosaic.tiles.rect(channel)
        centre = mosaic.to_picture(mosaic.to_widget((x, y, w, h)).center())
        assert mosaic.tiles.channel_at(centre.x(), centre.y()) == channel


def test_classes_are_named(qtbot, view):
    names = ("cat", "dog", "frog")
    view.show_maps(np.array([0.5, 2.0, -1.0]), title="fc", subtitle="", names=names)
    QApplication.processEvents()
    click(qtbot, view, 1)
    assert part(view, QLabel, "features.channel_title").text() == "Dog"
    assert view.mosaic.describe(1) == "dog · 2"


def test_dead_channels_and_what_is_no_number_are_said(shown):
    maps = np.abs(maps_of(4, 3, 3))
    maps[0], maps[1, 0, 0] = 0, np.nan
    shown.show_maps(maps, title="n", subtitle="")
    summary = part(shown, ElidedLabel, "features.summary").text
    assert "25 % dead" in summary
    assert "1 NaN or infinite" in summary
    assert shown.mosaic.describe(0) == "channel 0 · dead: every value is zero"
    shown.set_channel(1)
    QApplication.processEvents()
    assert not shown.grab().isNull()
    got = shown.mosaic.grab().toImage().pixelColor(place_of(shown, 1))
    assert (got.red(), got.green(), got.blue()) == colour.MARKED


def choose(monkeypatch, path):
    """Answers the dialog; what it proposed."""
    proposed = []

    def ask(_parent, _title, name, _filter):
        proposed.append(name)
        return str(path), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    return proposed


def test_copy_and_save_keep_the_maps_pixels(qtbot, shown, tmp_path, monkeypatch):
    qtbot.mouseClick(part(shown, QToolButton, "features.copy"), Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().image()
    tiles = shown.mosaic.tiles
    height, width, _ = tiles.picture.shape
    factor = copied.width() // width
    assert (copied.width(), copied.height()) == (factor * width, factor * height)
    assert copied.width() >= 1024
    proposed = choose(monkeypatch, tmp_path / "maps")
    qtbot.mouseClick(part(shown, QToolButton, "features.save"), Qt.MouseButton.LeftButton)
    assert proposed == ["layer1.0.add.png"]
    saved = QImage(str(tmp_path / "maps.png"))
    at = saved.pixelColor(factor // 2, factor // 2)
    assert (at.red(), at.green(), at.blue()) == tuple(tiles.picture[0, 0])
    assert part(shown, ElidedLabel, "features.summary").text == "Saved maps.png"


def test_a_place_that_cannot_be_written_is_said(qtbot, shown, tmp_path, monkeypatch):
    choose(monkeypatch, tmp_path / "absent" / "maps.png")
    qtbot.mouseClick(part(shown, QToolButton, "features.save"), Qt.MouseButton.LeftButton)
    said = part(shown, ElidedLabel, "features.summary").text
    assert said.startswith("maps.png was not saved: ")


def test_gaps_follow_light_and_dark(shown):
    for dark in (True, False):
        shown.setPalette(palette_for(dark=dark))
        QApplication.processEvents()
        base = shown.palette().color(QPalette.ColorRole.Base)
        gap = shown.mosaic.tiles.picture[0, 8]
        assert tuple(int(tone) for tone in gap) == (base.red(), base.green(), base.blue())


def test_a_stale_picture_is_veiled(shown):
    def light(view):
        grabbed = view.mosaic.grab().toImage()
        return grabbed.pixelColor(place_of(view, 0)).lightnessF()

    shown.setPalette(palette_for(dark=False))
    before = light(shown)
    shown.show_maps(shown.mosaic.maps, title="n", subtitle="", stale=True)
    assert light(shown) > before + 0.1


def test_every_control_has_a_name_for_those_who_cannot_see_it(shown):
    shown.set_channel(2)
    for kind in (QToolButton, QComboBox):
        for control in shown.findChildren(kind):
            assert control.accessibleName(), control.objectName()
            assert control.objectName().startswith("features."), control
