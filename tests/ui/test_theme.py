import re

import pytest
from PySide6.QtGui import QColor, QFontInfo, QPalette
from PySide6.QtWidgets import QLabel, QPushButton

from explorer.ui import theme

NAMES = ("text", "muted", "accent", "success", "warning", "danger")


@pytest.fixture(autouse=True)
def _system_again(qapp):
    yield
    theme.apply(qapp, "system")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_forced_scheme_is_the_palette(qapp, scheme):
    theme.apply(qapp, scheme)
    assert theme.is_dark(qapp.palette()) == (scheme == "dark")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_text_is_readable_on_every_ground(qapp, dark, name):
    colours = theme.Colours.of(theme.palette_for(dark=dark))
    for ground in (colours.window, colours.card):
        assert theme.contrast(getattr(colours, name), ground) >= theme.READABLE


@pytest.mark.parametrize("dark", [False, True])
def test_disabled_text_can_be_told_from_all_others_and_read(qapp, dark):
    palette = theme.palette_for(dark=dark)
    colours = theme.Colours.of(palette)
    ink = palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.WindowText)
    assert ink == colours.disabled
    for ground in (colours.window, colours.card):
        reached = theme.contrast(ink, ground)
        assert theme.LEGIBLE <= reached < 0.8 * theme.contrast(colours.muted, ground)
    sheet = theme._stylesheet(colours)
    for rule in re.findall(r"[^}]*:disabled \{[^}]*\}", sheet):
        grounds = re.findall(r"background: (#\w+)", rule)
        for ground in grounds:
            assert theme.contrast(ink, QColor(ground)) >= theme.LEGIBLE, rule


@pytest.mark.parametrize("dark", [False, True])
def test_chosen_text_is_readable(qapp, dark):
    colours = theme.Colours.of(theme.palette_for(dark=dark))
    assert theme.contrast(colours.on_accent, colours.chosen) >= theme.READABLE


@pytest.mark.parametrize("window", ["#000000", "#404040", "#808080", "#c0c0c0", "#ffffff", "#003366"])
def test_foreign_palettes_are_made_readable_too(qapp, window):
    palette = theme.palette_for(dark=QColor(window).lightnessF() < 0.5)
    palette.setColor(QPalette.ColorRole.Window, QColor(window))
    palette.setColor(QPalette.ColorRole.Base, QColor(window))
    ink = max((QColor("#000000"), QColor("#ffffff")), key=lambda c: theme.contrast(c, QColor(window)))
    palette.setColor(QPalette.ColorRole.WindowText, ink)
    colours = theme.Colours.of(palette)
    for name in NAMES:
        possible = min(theme.contrast(ink, ground) for ground in (colours.window, colours.card))
        reached = min(theme.contrast(getattr(colours, name), g) for g in (colours.window, colours.card))
        assert reached >= min(theme.READABLE, possible)


def test_contrast_is_wcags():
    white, black, grey = QColor("#ffffff"), QColor("#000000"), QColor("#777777")
    assert theme.contrast(white, black) == pytest.approx(21)
    assert theme.contrast(grey, white) == theme.contrast(white, grey) == pytest.approx(4.48, abs=0.01)


def test_a_tone_follows_the_scheme(qapp, qtbot):
    label = QLabel("refused")
    label.setProperty("tone", "danger")
    qtbot.addWidget(label)
    label.show()
    for scheme in ("light", "dark"):
        theme.apply(qapp, scheme)
        wanted = theme.Colours.of(qapp.palette()).danger
        label.ensurePolished()
        assert label.palette().color(QPalette.ColorRole.WindowText) == wanted


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_a_button_that_cannot_be_pressed_looks_so_even_where_it_is_the_usual_one(qapp, qtbot, scheme):
    theme.apply(qapp, scheme)
    button = QPushButton("Teach")
    button.setDefault(True)
    qtbot.addWidget(button)
    with qtbot.waitExposed(button):
        button.show()
    ground = {}
    for is_on in (True, False):
        button.setEnabled(is_on)
        ground[is_on] = button.grab().toImage().pixelColor(button.width() // 2, 3)
    assert ground[True] == theme.Colours.of(qapp.palette()).chosen
    assert ground[False].saturationF() < 0.5 * ground[True].saturationF()


def test_the_type_scale_grows(qapp):
    sizes = [
        QFontInfo(theme.font(size)).pointSizeF() for size in ("small", "body", "heading", "title", "display")
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]
    assert theme.font("title", strong=True).weight() > theme.font("title").weight()


def test_fonts_in_pixels_scale_as_well(qapp):
    base = qapp.font()
    base.setPixelSize(10)
    assert theme.font("title", base=base).pixelSize() == 17
