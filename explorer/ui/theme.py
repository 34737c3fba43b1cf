"""How the window looks: one palette for light, one for dark, named colours, spacing and type sizes.

`apply` is called once by `ui/start.py` and again where the user changes the setting; every panel and view
takes its distances from `SPACE` and its colours from `Colours.of(widget.palette())`. Knows no panel; imports
nothing of the project.

Labels get a meaning's colour by a property, which follows light and dark by itself:
`label.setProperty("tone", "muted")` (or `accent`, `success`, `warning`, `danger`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

Scheme = Literal["system", "light", "dark"]
Size = Literal["small", "body", "heading", "title", "display"]

SPACE = 8
"""The grid's step in pixels. Gaps and margins are its multiples, or `HALF`."""
HALF = SPACE // 2
RADIUS = 6
"""Rounding of cards and buttons, in pixels."""

STYLE_ARGUMENTS = ("-style", "Fusion")
"""For `QApplication`. `setStyle` does it as well, but answers with a `QStyle`: its hundreds of constants take
5 ms of the first paint."""

READABLE = 4.5
"""Least contrast of text with its ground (WCAG 2.2, criterion 1.4.3)."""
LEGIBLE = 3.0
"""Least contrast of text that says what cannot be used now: WCAG asks for none, but one wants to read it."""

_SIZES: dict[Size, float] = {"small": 0.9, "body": 1.0, "heading": 1.1, "title": 1.7, "display": 2.2}

_LIGHT = {
    QPalette.ColorRole.Window: "#f5f6f8",
    QPalette.ColorRole.Base: "#ffffff",
    QPalette.ColorRole.AlternateBase: "#eef0f4",
    QPalette.ColorRole.Button: "#fcfcfd",
    QPalette.ColorRole.WindowText: "#1c2128",
    QPalette.ColorRole.PlaceholderText: "#5d6673",
    QPalette.ColorRole.Highlight: "#2563eb",
    QPalette.ColorRole.HighlightedText: "#ffffff",
    QPalette.ColorRole.Accent: "#2563eb",
    QPalette.ColorRole.Mid: "#d5dae1",
    QPalette.ColorRole.Light: "#ffffff",
    QPalette.ColorRole.Dark: "#aeb6c1",
}
_DARK = {
    QPalette.ColorRole.Window: "#1b1e23",
    QPalette.ColorRole.Base: "#14161a",
    QPalette.ColorRole.AlternateBase: "#20242a",
    QPalette.ColorRole.Button: "#2a2f37",
    QPalette.ColorRole.WindowText: "#e7eaef",
    QPalette.ColorRole.PlaceholderText: "#98a2b0",
    QPalette.ColorRole.Highlight: "#2f6be0",
    QPalette.ColorRole.HighlightedText: "#ffffff",
    QPalette.ColorRole.Accent: "#6ea6ff",
    QPalette.ColorRole.Mid: "#363c46",
    QPalette.ColorRole.Light: "#3a414c",
    QPalette.ColorRole.Dark: "#0c0e11",
}


@dataclass(frozen=True, slots=True)
class Colours:
    """Colours by what they mean, made from a palette so that text in them is readable on `window` and `card`.

    Attributes:
        window: Ground of panels.
        card: Ground of what stands out from a panel.
        hairline: Lines that separate; not for text.
        text: Ordinary text.
        muted: Text of second rank.
        disabled: Text of what cannot be used now; fainter than all others.
        accent: What is chosen, and what can be clicked.
        on_accent: Text on a ground of `chosen`.
        chosen: Ground of a chosen thing.
        success: What went well, and the lit lamp.
        warning: What deserves a second look.
        danger: What was refused or failed.
    """

    window: QColor
    card: QColor
    hairline: QColor
    text: QColor
    muted: QColor
    disabled: QColor
    accent: QColor
    on_accent: QColor
    chosen: QColor
    success: QColor
    warning: QColor
    danger: QColor

    @staticmethod
    def of(palette: QPalette) -> Colours:
        """The colours that go with a palette; cached."""
        role = QPalette.ColorRole
        roles = (role.Window, role.WindowText, role.PlaceholderText, role.Accent, role.Highlight)
        return _colours(*(palette.color(each).rgb() for each in roles))


@lru_cache(maxsize=8)
def _colours(window: int, text: int, muted: int, accent: int, highlight: int) -> Colours:
    ground, ink = QColor(window), QColor(text)
    dark = ground.lightnessF() < ink.lightnessF()
    white, black = QColor("#ffffff"), QColor("#10141a")
    card = _mix(ground, ink, 0.045) if dark else _mix(ground, white, 0.85)
    grounds = (ground, card)
    chosen = QColor(highlight)
    return Colours(
        window=ground,
        card=card,
        hairline=_mix(ground, ink, 0.14),
        text=ink,
        muted=_readable(QColor(muted), grounds, ink),
        disabled=_readable(ground, grounds, ink, LEGIBLE),
        accent=_readable(QColor(accent), grounds, ink),
        on_accent=white if contrast(white, chosen) >= READABLE else black,
        chosen=chosen,
        success=_readable(QColor("#41c778" if dark else "#15803d"), grounds, ink),
        warning=_readable(QColor("#e5ab3b" if dark else "#9a5b00"), grounds, ink),
        danger=_readable(QColor("#ff7b74" if dark else "#c8261d"), grounds, ink),
    )


def _parts(colour: QColor) -> tuple[float, float, float]:
    return colour.redF(), colour.greenF(), colour.blueF()


def _mix(first: QColor, second: QColor, share: float) -> QColor:
    """The colour that lies `share` of the way from the first to the second."""
    ends = zip(_parts(first), _parts(second), strict=True)
    return QColor.fromRgbF(*(one + (other - one) * share for one, other in ends))


def _readable(colour: QColor, grounds: tuple[QColor, ...], ink: QColor, least: float = READABLE) -> QColor:
    """The colour, moved towards the ink until it can be read on every ground."""
    for step in range(21):
        moved = _mix(colour, ink, step / 20)
        if all(contrast(moved, ground) >= least for ground in grounds):
            return moved
    return ink


def contrast(first: QColor, second: QColor) -> float:
    """The contrast ratio of two opaque colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    brighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(colour: QColor) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(colour)
    )
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)


def is_dark(palette: QPalette) -> bool:
    """Whether a palette writes light on dark."""
    return palette.window().color().lightnessF() < palette.windowText().color().lightnessF()


def font(size: Size, *, strong: bool = False, base: QFont | None = None) -> QFont:
    """A font of the type scale, relative to the application's own (or to `base`)."""
    made = QFont(base if base is not None else QApplication.font())
    if made.pointSizeF() > 0:
        made.setPointSizeF(made.pointSizeF() * _SIZES[size])
    else:
        made.setPixelSize(round(made.pixelSize() * _SIZES[size]))
    if strong:
        made.setWeight(QFont.Weight.DemiBold)
    return made


def apply(app: QApplication, scheme: Scheme = "system") -> None:
    """Give the whole program its look; `system` follows the desktop's light or dark, also later on."""
    hints = app.styleHints()
    if app.property("explorer.scheme") is None:
        # Before the program gives it another. The style would tell as well: see above.
        app.setProperty("explorer.desktop_is_dark", is_dark(app.palette()))
        hints.colorSchemeChanged.connect(lambda _: _paint(app))
    app.setProperty("explorer.scheme", scheme)
    wanted = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
    hints.setColorScheme(wanted.get(scheme, Qt.ColorScheme.Unknown))
    _paint(app)


def _paint(app: QApplication) -> None:
    scheme = app.property("explorer.scheme")
    dark = scheme == "dark" or (scheme == "system" and _system_is_dark(app))
    made = palette_for(dark=dark)
    if app.palette() != made:
        app.setPalette(made)
    sheet = _stylesheet(Colours.of(made))
    if app.styleSheet() != sheet:
        app.setStyleSheet(sheet)


def _system_is_dark(app: QApplication) -> bool:
    known = app.styleHints().colorScheme()
    if known != Qt.ColorScheme.Unknown:
        return known == Qt.ColorScheme.Dark
    # Desktops that do not tell their scheme still have a palette.
    return bool(app.property("explorer.desktop_is_dark"))


def palette_for(*, dark: bool) -> QPalette:
    """The program's palette."""
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    named = {key: QColor(value) for key, value in (_DARK if dark else _LIGHT).items()}
    ink = named[role.WindowText]
    named |= {role.Text: ink, role.ButtonText: ink, role.ToolTipText: ink}
    named |= {role.ToolTipBase: named[role.Light if dark else role.Base], role.BrightText: QColor("#ffffff")}
    named |= {role.Link: named[role.Accent], role.LinkVisited: named[role.Accent]}
    named |= {role.Midlight: named[role.AlternateBase], role.Shadow: QColor("#000000")}
    made = QPalette()
    for key, colour in named.items():
        made.setColor(key, colour)
    disabled = Colours.of(made).disabled
    for key in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        made.setColor(group.Disabled, key, disabled)
    made.setColor(group.Disabled, role.Highlight, named[role.Mid])
    return made


def _stylesheet(colours: Colours) -> str:
    """Only what Fusion does heavily: scroll bars, tool tips, menus, tabs, separators and push buttons."""
    line, text, accent = colours.hairline.name(), colours.text.name(), colours.accent.name()
    hover = _mix(colours.card, colours.text, 0.07).name()
    pressed = _mix(colours.card, colours.text, 0.14).name()
    faint = _mix(colours.window, colours.text, 0.35).name()
    disabled = colours.disabled.name()
    grip = _mix(colours.window, colours.text, 0.25).name()
    frame = _mix(colours.window, colours.text, 0.22).name()
    tones = "".join(
        f'QLabel[tone="{tone}"] {{ color: {getattr(colours, tone).name()}; }}\n'
        for tone in ("muted", "accent", "success", "warning", "danger")
    )
    return f"""{tones}
QToolTip {{ color: {text}; background: {colours.card.name()}; border: 1px solid {line}; padding: {HALF}px; }}
QPushButton {{ color: {text}; background: {colours.card.name()}; border: 1px solid {line};
    border-radius: {RADIUS}px; padding: {HALF}px {SPACE + HALF}px; min-height: 18px; }}
QPushButton:hover {{ background: {hover}; }}
QPushButton:pressed {{ background: {pressed}; }}
QPushButton:focus {{ border-color: {accent}; }}
QPushButton:disabled {{ color: {disabled}; }}
QPushButton:default {{ color: {colours.on_accent.name()}; background: {colours.chosen.name()};
    border-color: {colours.chosen.name()}; }}
QPushButton:default:disabled {{ color: {disabled}; background: {colours.card.name()}; border-color: {line}; }}
QToolButton {{ border: 1px solid transparent; border-radius: {RADIUS}px; padding: 3px; }}
QToolButton:hover {{ background: {hover}; }}
QToolButton:pressed, QToolButton:checked {{ background: {pressed}; }}
QToolButton:focus {{ border-color: {accent}; }}
QToolButton[tone="accent"] {{ color: {accent}; padding: 2px 0; }}
QToolButton[tone="warning"] {{ color: {colours.warning.name()}; border-color: {line};
    padding: 2px {HALF}px; }}
QLineEdit {{ color: {text}; background: {colours.card.name()};
    border: 1px solid {frame}; border-radius: {RADIUS - 2}px; padding: 2px {HALF}px; min-height: 18px;
    selection-background-color: {colours.chosen.name()}; selection-color: {colours.on_accent.name()}; }}
QLineEdit:focus {{ border-color: {accent}; }}
QLineEdit#qt_spinbox_lineedit {{ border: 0; padding: 0; background: transparent; min-height: 0; }}
QScrollBar {{ background: transparent; border: 0; margin: 0; }}
QScrollBar:vertical {{ width: 10px; }}
QScrollBar:horizontal {{ height: 10px; }}
QScrollBar::handle {{ background: {grip}; border-radius: 3px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: 32px; }}
QScrollBar::handle:horizontal {{ min-width: 32px; }}
QScrollBar::handle:hover {{ background: {faint}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QTabBar::tab {{ color: {colours.muted.name()}; border: 0; border-bottom: 2px solid transparent;
    padding: 6px 8px; }}
QTabBar::tab:hover {{ color: {text}; }}
QTabBar::tab:selected {{ color: {text}; border-bottom-color: {accent}; }}
QMenu {{ background: {colours.card.name()}; border: 1px solid {frame}; padding: {HALF}px; }}
QMenu::item {{ padding: {HALF}px {2 * SPACE}px {HALF}px {3 * SPACE}px; border-radius: {RADIUS - 2}px; }}
QMenu::item:selected {{ color: {colours.on_accent.name()}; background: {colours.chosen.name()}; }}
QMenu::item:disabled {{ color: {disabled}; background: transparent; }}
QMenu::separator {{ height: 1px; background: {line}; margin: {HALF}px {SPACE}px; }}
QHeaderView {{ background: transparent; border: 0; }}
QHeaderView::section {{ color: {colours.muted.name()}; background: {colours.window.name()}; border: 0;
    border-bottom: 1px solid {line}; padding: {HALF}px 2px; }}
QMainWindow::separator {{ background: {line}; width: 1px; height: 1px; }}
QSplitter::handle {{ background: {line}; }}
QStatusBar::item {{ border: 0; }}
"""
