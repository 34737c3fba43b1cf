"""A walk through depth, from the picture to the logits, as an animation or a series of pictures.

Called by the engine's handler of walks. NumPy and Pillow; never Qt.
"""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from explorer.files import written_whole
from explorer.present.tiles import Colour

_CAPTION_SHARE = 12
"""The caption's strip is one part in so many of the frame's height."""
_LEAST_CAPTION_PX = 18
_FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "Arial.ttf", "arial.ttf")
"""Pillow finds these by name where the system keeps its fonts."""
_SPELLED = str.maketrans({"—": "-", "–": "-", "−": "-", "→": ">", "×": "x"})
"""Signs that Pillow's own font, which has ASCII alone, lacks."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One station of the walk.

    Attributes:
        picture: uint8 (height, width, 3): the prepared photograph, or a node's tiles.
        caption: What it is. Without a font of the system's, letters that are not ASCII lose their accents.
    """

    picture: NDArray[np.uint8]
    caption: str


def frame(
    scene: Scene, size_px: tuple[int, int], background: Colour = (16, 16, 20), ink: Colour = (235, 235, 235)
) -> Image.Image:
    """One frame: the picture as large as it fits, its pixels square and sharp, the caption below.

    Args:
        scene: What is shown.
        size_px: Width and height of the frame.
        background: sRGB bytes.
        ink: sRGB bytes of the caption.

    Raises:
        ValueError: The frame has no room for a picture above its caption.
    """
    width, height = size_px
    strip = max(_LEAST_CAPTION_PX, height // _CAPTION_SHARE)
    room = height - strip
    if width < 1 or room < 1:
        raise ValueError(f"a frame of {width} × {height} pixels has no room for a picture")
    canvas = Image.new("RGB", size_px, background)
    shown = Image.fromarray(np.ascontiguousarray(scene.picture))
    share = min(width / shown.width, room / shown.height)
    # Whole multiples keep the tiles' pixels equal; shrinking averages, so that no channel is lost.
    factor = float(int(share)) if share >= 1 else share
    new = (max(1, round(shown.width * factor)), max(1, round(shown.height * factor)))
    resample = Image.Resampling.NEAREST if factor >= 1 else Image.Resampling.BOX
    shown = shown.resize(new, resample)
    canvas.paste(shown, ((width - new[0]) // 2, (room - new[1]) // 2))
    font, is_whole = _font(strip * 0.6)
    caption = scene.caption if is_whole else _ascii(scene.caption)
    ImageDraw.Draw(canvas).text((width / 2, room + strip / 2), caption, fill=ink, font=font, anchor="mm")
    return canvas


def saving_gif(
    scenes: Sequence[Scene],
    path: Path,
    *,
    size_px: tuple[int, int] = (480, 520),
    seconds_a_frame: float = 0.5,
) -> Generator[float, None, Path]:
    """Write the walk as a GIF that repeats; under another name first, so that there is never half a file.

    The file is packed in one go at the end, some 0.2 s for 75 frames: for the IO pool.

    Args:
        scenes: In order, at least one.
        path: Of the file; one that is there is replaced.
        size_px: Width and height.
        seconds_a_frame: How long each station stays; the last stays three times as long.

    Yields:
        The share of frames that is drawn. Closing the generator leaves no file.

    Returns:
        `path`.

    Raises:
        OSError: The file cannot be written.
        ValueError: There is no scene, or no room.
    """
    _require(scenes)
    frames = []
    for done, scene in enumerate(scenes, start=1):
        # Each frame has a palette of its own: those of the photograph and of the maps have little in common.
        frames.append(frame(scene, size_px).quantize(256, dither=Image.Dither.NONE))
        yield done / (len(scenes) + 1)
    times_ms = [round(1000 * seconds_a_frame)] * len(frames)
    times_ms[-1] *= 3
    with written_whole(path) as file:
        frames[0].save(
            file,
            "GIF",
            save_all=True,
            append_images=frames[1:],
            duration=times_ms if len(frames) > 1 else times_ms[0],
            loop=0,
            optimize=False,
        )
    yield 1.0
    return path


def saving_pngs(
    scenes: Sequence[Scene], folder: Path, *, size_px: tuple[int, int] = (480, 520)
) -> Generator[float, None, Path]:
    """Write the walk as `000.png`, `001.png` … in a new folder, which is there whole or not at all.

    Args:
        scenes: In order, at least one.
        folder: That does not exist yet, or is empty.
        size_px: Width and height of each picture.

    Yields:
        The share of pictures that is written. Closing the generator leaves nothing.

    Returns:
        `folder`.

    Raises:
        OSError: The folder has something in it or cannot be written.
        ValueError: There is no scene, or no room.
    """
    _require(scenes)
    if folder.exists():
        # Fails where there is something in it, instead of mixing two walks.
        folder.rmdir()
    beside = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    beside.mkdir()
    try:
        digits = max(3, len(str(len(scenes) - 1)))
        for number, scene in enumerate(scenes):
            frame(scene, size_px).save(beside / f"{number:0{digits}d}.png")
            yield (number + 1) / len(scenes)
        beside.replace(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder


@lru_cache(maxsize=8)
def _font(size_px: float) -> tuple[ImageFont.FreeTypeFont | ImageFont.ImageFont, bool]:
    """A font, and whether it has more than ASCII."""
    for name in _FONTS:
        try:
            return ImageFont.truetype(name, size_px), True
        except OSError:
            continue
    return ImageFont.load_default(size=size_px), False


def _ascii(caption: str) -> str:
    parts = unicodedata.normalize("NFKD", caption.translate(_SPELLED))
    return parts.encode("ascii", "ignore").decode("ascii")


def _require(scenes: Sequence[Scene]) -> None:
    if not scenes:
        raise ValueError("a walk needs at least one scene")
