"""Numbers as people write them: 853,018 · 853 k · 4.09 G · 97 MB · 64 × 56 × 56.

Called by `present/layout.py`, the window and the command line wherever a number is shown.
Pure functions of plain values; imports nothing of the project.
"""

from __future__ import annotations

from collections.abc import Sequence

_STEPS = ("", " k", " M", " G", " T", " P")
_BYTE_STEPS = ("bytes", "KB", "MB", "GB", "TB", "PB")


def grouped(number: int) -> str:
    """Every digit, in groups of three: `853,018`."""
    return f"{number:,}"


def short(number: float) -> str:
    """Three significant digits and a step of a thousand: `853 k`, `25.6 M`, `4.09 G`."""
    value, step = float(number), 0
    # 999.5 would be written as 1000: it belongs to the next step already.
    while abs(value) >= 999.5 and step < len(_STEPS) - 1:
        value /= 1000
        step += 1
    if step == 0:
        return f"{value:.0f}" if value == round(value) else f"{value:.3g}"
    n_decimals = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return f"{value:.{n_decimals}f}{_STEPS[step]}"


def byte_size(n_bytes: float) -> str:
    """Memory in steps of 1,024, as torchvision states its files: `97 MB`, `9.8 MB`, `512 bytes`."""
    value, step = float(n_bytes), 0
    while abs(value) >= 1023.5 and step < len(_BYTE_STEPS) - 1:
        value /= 1024
        step += 1
    n_decimals = 1 if step and abs(value) < 9.95 else 0
    return f"{value:.{n_decimals}f} {_BYTE_STEPS[step]}"


def shape(sides: Sequence[int]) -> str:
    """Channels, height and width, or a number of features: `64 × 56 × 56`."""
    return " × ".join(map(str, sides))


def share(part: float, whole: float) -> str:
    """A part of a whole in per cent: `12 %`, `0.4 %`, `0 %`."""
    if not whole or not part:
        return "0 %"
    percent = 100 * part / whole
    if percent < 0.1:
        return "< 0.1 %"
    return f"{percent:.1f} %" if percent < 9.95 else f"{percent:.0f} %"


def duration_ms(milliseconds: float) -> str:
    """How long something took: `0.8 ms`, `272 ms`, `1.4 s`, `95 s`."""
    if milliseconds < 9.95:
        return f"{milliseconds:.1f} ms"
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"


def times(title: str, number: int) -> str:
    """A title with how often it is repeated: `Bottleneck ×36`; once is not said."""
    return title if number == 1 else f"{title} ×{number}"


def signed(text: str, number: float) -> str:
    """A size with its direction: `+2,752`, `−1.2 M`; zero has none."""
    return f"+{text}" if number > 0 else f"−{text}" if number < 0 else text
