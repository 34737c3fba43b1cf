"""Attribution over the picture, sorted channels, weights, and numbers taken apart."""

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QSlider, QToolButton, QWidget

from explorer.nets.facts import Origin, Prediction
from explorer.present import colour
from explorer.present.arithmetic import Number, pointwise, windowed
from explorer.present.overlay import overlay, strengths
from explorer.state.model import MapsState
from explorer.ui.inside_wiring import seen_region
from explorer.ui.panels.image import ImagePanel
from explorer.ui.recent_maps import RecentMaps
from explorer.ui.views.features import FeatureView
from explorer.ui.widgets.bars import ProbabilityBars
from explorer.ui.widgets.elided_label import ElidedLabel
from explorer.ui.widgets.number_grids import NumberGrids, brief_text
from explorer.ui.widgets.picture import PictureView, to_overlay

LEFT = Qt.MouseButton.LeftButton
ANSWER = tuple(Prediction(name, index, 0.5 / (index + 1)) for index, name in enumerate("abcde"))


def random_maps(*shape):
    return np.random.default_rng(5).normal(size=shape).astype(np.float32)


@pytest.fixture
def panel(qtbot):
    made = ImagePanel()
    qtbot.addWidget(made)
    made.resize(320, 900)
    made.show_net(Origin("bundled", "x"), "x", tuple("abcde"), ())
    made.show_current(
        np.full((90, 120, 3), 100, np.uint8), "a.png", 120, 90, np.full((32, 32, 3), 9, np.uint8)
    )
    made.show_answer(ANSWER, is_weak=False, milliseconds=3.0, stale=False)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def view(qtbot):
    made = FeatureView()
    qtbot.addWidget(made)
    made.resize(640, 760)
    with qtbot.waitExposed(made):
        made.show()
    made.show_maps(random_maps(16, 8, 8), title="layer1.0.conv1", subtitle="16 × 8 × 8")
    QApplication.processEvents()
    return made


def part(widget, kind, name):
    found = widget.findChild(kind, name)
    assert found is not None, name
    return found


# The overlay


def test_colours_follow_the_sign_and_weak_parts_let_the_picture_through():
    heat = np.zeros((10, 10), np.float32)
    heat[0, 0], heat[0, 1], heat[0, 2] = 4.0, -4.0, 1.0
    shown = overlay(heat, opacity=0.8)
    assert shown.shape == (10, 10, 4)
    assert tuple(shown[0, 0, :3]) == tuple(colour.table("diverging")[-1])
    assert tuple(shown[0, 1, :3]) == tuple(colour.table("diverging")[0])
    assert shown[0, 0, 3] == round(0.8 * 255)
    assert 0 < shown[0, 2, 3] < shown[0, 0, 3]
    assert shown[5, 5, 3] == 0
    assert overlay(heat, threshold=0.5)[0, 2, 3] == 0
    positive = overlay(np.abs(heat))
    assert tuple(positive[0, 1, :3]) == tuple(colour.table("sequential")[-1])


def test_nothing_and_numbers_that_are_none_have_no_strength():
    assert not strengths(np.zeros((4, 4), np.float32)).any()
    heat = np.array([[np.nan, 1.0], [np.inf, 0.5]], np.float32)
    assert np.isfinite(strengths(heat)).all()


def test_a_bar_is_pressed_to_explain_its_class(panel, qtbot):
    bars = part(panel, ProbabilityBars, "image.bars")
    with qtbot.waitSignal(panel.class_chosen) as heard:
        qtbot.mouseClick(bars, LEFT, pos=bars.row_rect(2).center())
    assert heard.args == [2]
    panel.show_explained(2)
    with qtbot.waitSignal(panel.class_chosen) as heard:
        QTest.keyClick(bars, Qt.Key.Key_Down)
    assert heard.args == [3]


def test_the_overlay_lies_over_what_the_net_sees_and_is_saved_with_the_picture(panel, tmp_path):
    red = np.zeros((32, 32, 4), np.uint8)
    red[..., 0] = red[..., 3] = 255
    panel.over.show_region(seen_region(120, 90, 1.0))
    panel.over.show_overlay(to_overlay(red))
    picture = part(panel, PictureView, "image.picture")
    picture.save_png(tmp_path / "a.png")
    saved = QImage(str(tmp_path / "a.png"))
    assert (saved.width(), saved.height()) == (120, 90)
    assert saved.pixelColor(60, 45).getRgb()[:3] == (255, 0, 0)
    side = saved.pixelColor(5, 45).getRgb()[:3]
    assert side[0] == side[1] == side[2] < 100
    panel.over.show_overlay(None)
    picture.save_png(tmp_path / "b.png")
    assert QImage(str(tmp_path / "b.png")).pixelColor(60, 45).getRgb()[:3] == (100, 100, 100)


def test_over_the_small_picture_the_overlay_is_whole(panel, qtbot):
    panel.over.show_region(seen_region(120, 90, 1.0))
    panel.over.show_field(QRectF(0.5, 0.25, 0.25, 0.25))
    large, small = part(panel, PictureView, "image.picture"), part(panel, PictureView, "image.seen")
    assert small.field == QRectF(0.5, 0.25, 0.25, 0.25)
    assert large.field.x() == pytest.approx(0.125 + 0.5 * 0.75)
    assert large.field.height() == pytest.approx(0.25)
    qtbot.mouseClick(small, LEFT)
    assert large.is_pixelated
    assert large.field == small.field


@pytest.mark.parametrize(
    ("size", "kept", "wanted"),
    [
        ((100, 100), 1.0, (0, 0, 1, 1)),
        ((200, 100), 1.0, (0.25, 0, 0.5, 1)),
        ((100, 200), 224 / 256, (0.0625, 0.28125, 0.875, 0.4375)),
    ],
)
def test_the_part_that_is_seen(size, kept, wanted):
    assert seen_region(*size, kept).getRect() == pytest.approx(wanted)


def test_the_tools_say_what_is_chosen_and_keep_quiet_when_shown(panel, qtbot):
    method, opacity = part(panel, QComboBox, "overlay.method"), part(panel, QSlider, "overlay.opacity")
    assert not opacity.isVisible()
    with qtbot.waitSignal(panel.overlay_chosen) as heard:
        method.setCurrentIndex(method.findData("saliency"))
        method.activated.emit(method.currentIndex())
    assert heard.args == ["saliency"]
    with qtbot.assertNotEmitted(panel.overlay_tuned):
        panel.overlay.show_choice("saliency", 0.5, 0.25)
    assert opacity.isVisible()
    assert opacity.value() == 50
    with qtbot.waitSignal(panel.overlay_tuned) as heard:
        part(panel, QSlider, "overlay.threshold").setValue(40)
    assert heard.args == [0.5, 0.4]


def test_the_panel_never_lets_lesions_be_forgotten(panel, qtbot):
    chip = part(panel, QToolButton, "image.lesions")
    assert not chip.isVisible()
    panel.show_lesions(1, 0)
    assert chip.isVisible()
    assert chip.text().startswith("1 block bypassed")
    panel.show_lesions(3, 1)
    assert chip.text().startswith("3 blocks bypassed · 1 pair exchanged")
    with qtbot.waitSignal(panel.heal_requested):
        qtbot.mouseClick(chip, LEFT)
    panel.show_lesions(0, 0)
    assert not chip.isVisible()


# Maps


def choose(view, name, data):
    box = part(view, QComboBox, name)
    box.setCurrentIndex(box.findData(data))


def test_channels_are_sorted_by_mean_and_by_variance(view):
    maps = view.mosaic.maps
    choose(view, "features.sort", "mean")
    assert list(view.mosaic.tiles.order) == list(
        np.argsort(-maps.mean((1, 2), dtype=np.float64), kind="stable")
    )
    choose(view, "features.sort", "variance")
    assert view.mosaic.tiles.order[0] == maps.var((1, 2), dtype=np.float64).argmax()
    choose(view, "features.sort", "channel")
    assert list(view.mosaic.tiles.order) == list(range(16))


def test_relevance_is_asked_for_and_then_sorts(view, qtbot):
    with qtbot.waitSignal(view.relevance_wanted):
        choose(view, "features.sort", "relevance")
    assert list(view.mosaic.tiles.order) == list(range(16))
    relevance = np.arange(16, dtype=np.float32)
    view.show_relevance(relevance)
    assert list(view.mosaic.tiles.order) == list(range(15, -1, -1))
    # Maps of another node are not sorted by it.
    view.show_maps(random_maps(8, 4, 4), title="conv1", subtitle="")
    assert list(view.mosaic.tiles.order) == list(range(8))


def test_the_footer_counts_dead_channels_and_zeros(view):
    maps = np.maximum(random_maps(10, 4, 4), 0)
    maps[3] = 0
    view.show_maps(maps, title="act1", subtitle="")
    said = part(view, ElidedLabel, "features.summary").text
    assert said.startswith("10 channels · 10 % dead · ")
    assert said.endswith(f"{round(100 * (maps == 0).mean())} % zero")


def test_the_pointer_says_which_place_it_is_on(view, qtbot):
    left, top, _, _ = view.mosaic.tiles.rect(5)
    rect = view.mosaic.to_widget((left + 3, top + 6, 1, 1))
    with qtbot.waitSignal(view.place_hovered) as heard:
        qtbot.mouseMove(view.mosaic, rect.center().toPoint())
    assert heard.args == [(5, 6, 3)]


def test_a_press_on_the_large_channel_asks_how_the_number_is_made(view, qtbot):
    view.set_channel(5)
    QApplication.processEvents()
    picture = part(view, QWidget, "features.channel_picture")
    place = picture.to_widget((2, 7, 1, 1)).center().toPoint()
    with qtbot.waitSignal(view.number_wanted) as heard:
        qtbot.mouseClick(picture, LEFT, pos=place)
    assert heard.args == [(5, 7, 2)]


# Weights


def has_colours(tiles):
    cell = tiles.picture[: tiles.cell_h, : tiles.cell_w]
    return bool((cell != cell[..., :1]).any())


def test_weights_are_shown_in_place_of_maps(view, qtbot):
    with qtbot.waitSignal(view.kernels_wanted):
        qtbot.mouseClick(part(view, QWidget, "features.content.weights"), LEFT)
    weights = random_maps(16, 3, 3, 3)
    view.show_weights(weights)
    mosaic = part(view, QWidget, "features.kernels")
    assert mosaic.isVisible()
    assert not view.mosaic.isVisible()
    assert has_colours(mosaic.tiles)
    assert part(view, ElidedLabel, "features.summary").text.startswith("16 kernels of 3 × 3 × 3")
    rect = mosaic.to_widget((1, 1, 1, 1))
    qtbot.mouseClick(mosaic, LEFT, pos=rect.center().toPoint())
    assert mosaic.output == 0
    assert mosaic.tiles.n_kernels == 3
    assert not has_colours(mosaic.tiles)
    QTest.keyClick(mosaic, Qt.Key.Key_Escape)
    assert mosaic.output is None
    # Newer maps do not push the weights away.
    view.show_maps(random_maps(16, 8, 8), title="layer1.0.conv1", subtitle="")
    assert mosaic.isVisible()
    view.show_weights(None, "bn1 has no kernels.")
    assert part(view, QWidget, "features.empty").message == "bn1 has no kernels."
    qtbot.mouseClick(part(view, QWidget, "features.content.maps"), LEFT)
    assert view.mosaic.isVisible()


# A number


def convolved():
    """One output of a real convolution, and what it is made of."""
    torch.manual_seed(3)
    layer = torch.nn.Conv2d(20, 4, 3, padding=1)
    maps = torch.randn(20, 8, 8)
    with torch.no_grad():
        measured = float(layer(maps[None])[0, 2, 4, 5])
    made = windowed(
        maps[:, 3:6, 4:7].numpy(),
        layer.weight[2].detach().numpy(),
        range(20),
        formula="Σ patch · kernel + bias = {sum} + {bias}",
        bias=float(layer.bias[2].detach()),
        top=3,
        left=4,
    )
    return Number("layer1.0.conv1", 2, 4, 5, ("conv1",), made, measured)


def test_a_sum_shows_its_strongest_channels_first_and_its_formula(view):
    number = convolved()
    view.show_number(number)
    grids = part(view, NumberGrids, "features.number_grids")
    assert grids.isVisible()
    sums = np.abs(number.made.sums)
    assert grids.channels == list(np.argsort(-sums, kind="stable")[:12])
    said = part(view, QLabel, "features.number_formula").text()
    assert said.startswith(f"{number.measured:.3g}".replace("-", "−"))
    assert "Σ patch · kernel + bias" in said
    image = grids.grab().toImage()
    tones = {image.pixelColor(x, y).name() for x in range(0, image.width(), 3) for y in range(0, 90, 3)}
    assert len(tones) > 8


def test_an_addition_says_which_part_is_which_and_closes(view, qtbot):
    made = pointwise(5.75, "F(x) + x = {branch} + {shortcut}", branch=4.5, shortcut=1.25)
    view.show_number(Number("layer1.0.add", 0, 1, 1, ("layer1.0.bn2", "act1"), made, 5.75))
    assert part(view, QLabel, "features.number_formula").text() == "5.75 = F(x) + x = 4.5 + 1.25"
    assert (
        part(view, QLabel, "features.number_arguments").text()
        == "F(x) = 4.5 from layer1.0.bn2\nx = 1.25 from act1"
    )
    assert not part(view, NumberGrids, "features.number_grids").isVisible()
    with qtbot.waitSignal(view.number_wanted) as heard:
        qtbot.mouseClick(part(view, QToolButton, "features.number_close"), LEFT)
    assert heard.args == [None]
    with qtbot.waitSignal(view.number_wanted):
        QTest.keyClick(view.mosaic, Qt.Key.Key_Escape)
    view.show_number(None)
    assert not part(view, QWidget, "features.number").isVisible()


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0"),
        (-0.427, "−.43"),
        (12.3, "12"),
        (0.0042, "4e−3"),
        (-7.05, "−7"),
        (1.5, "1.5"),
        (2.5e4, "2e4"),
    ],
)
def test_brief_numbers(value, written):
    assert brief_text(value) == written


# Maps that were looked at a moment ago


def test_recent_maps_are_found_by_network_and_forgotten_for_room():
    kept = RecentMaps(most_bytes=3 * 64)
    maps = [MapsState(f"n{place}", 1, 7, np.full((1, 4, 4), place, np.float32)) for place in range(4)]
    for each in maps[:3]:
        kept.keep(each)
    assert kept.find("n0", 1, 7) is maps[0]
    assert kept.find("n0", 1, 8) is None
    assert kept.find("n0", None, 7) is None
    kept.keep(maps[3])
    assert kept.n_bytes <= 3 * 64
    # n1 was not looked at for the longest time.
    assert kept.find("n1", 1, 7) is None
    assert kept.find("n0", 1, 7) is maps[0]
    kept.forget()
    assert kept.find("n0", 1, 7) is None


def test_hovering_past_the_picture_says_that_nothing_is_there(view, qtbot):
    qtbot.mouseMove(view.mosaic, QPoint(view.mosaic.width() // 2, view.mosaic.height() // 2))
    with qtbot.waitSignal(view.place_hovered) as heard:
        qtbot.mouseMove(view.mosaic, QPoint(1, 1))
    assert heard.args == [None]
