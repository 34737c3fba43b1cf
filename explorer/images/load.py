"""Files, folders and pasted data into pictures: 8-bit sRGB, upright, on white.

Called by `images.datasets`, the engine's handlers and the command line. Imports no torch and no Qt.

Whatever the file holds, the outcome is a `Picture` or an `ImageError` that says why not: the decoders are
given hostile input here, and one bad file must never stop the others.
"""

from __future__ import annotations

import base64
import binascii
import io
import os
import re
import urllib.parse
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from explorer.errors import ImageError
from explorer.images.colour_modes import to_srgb

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff"})
MAX_PIXELS = 50_000_000

# Pillow warns on stderr of large pictures (the cap here is stricter) and of odd metadata (harmless).
warnings.filterwarnings("ignore", module=r"PIL\.")

_ORIENTATION_TAG = 0x0112  # Exif 2.3, table 4
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"BM", b"GIF8", b"II*\0", b"MM\0*")
_HINT_FORMATS = "Use a PNG, JPEG, WebP, BMP, GIF or TIFF file."
_HINT_SMALLER = "Scale it down to 50 megapixels or less."
_HINT_AGAIN = "Copy or download the file again."


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One decoded photograph; compared by identity.

    Args:
        name: What to call it: the file's name, or what the caller said.
        pixels: (H, W, 3) uint8, sRGB, read-only.
        path: Where it came from; None for pasted data.
    """

    name: str
    pixels: NDArray[np.uint8]
    path: Path | None


def load_picture(source: Path | bytes, name: str = "") -> Picture:
    """Decode a picture: the first frame, upright, alpha on white, colours in sRGB, at most 50 megapixels.

    Whole, whatever size is wanted of it: a JPEG that is decoded at a quarter of its size is faster, and moved
    probabilities of CIFAR nets by up to a fifth.

    Args:
        source: A file, or its content.
        name: What to call it; the file's name where empty.

    Returns:
        The picture.

    Raises:
        ImageError: The file cannot be read or is not an acceptable picture.
    """
    path = source if isinstance(source, Path) else None
    name = name or (path.name if path else "picture")
    if isinstance(source, Path):
        try:
            # A FIFO or a device would block or never end.
            if source.exists() and not source.is_file() and not source.is_dir():
                raise _error(name, "is not a regular file", _HINT_FORMATS)
            with source.open("rb") as file:
                return Picture(name, _decoded(file, name), path)
        except (OSError, ValueError) as error:
            raise _unreadable(source, name, error) from error
    return Picture(name, _decoded(io.BytesIO(source), name), None)


def _decoded(file: io.BufferedReader | io.BytesIO, name: str) -> NDArray[np.uint8]:
    start = file.read(64)
    if not start:
        raise _error(name, "is empty", _HINT_AGAIN)
    file.seek(0)
    try:
        with Image.open(file, formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise _too_large(name, image.width, image.height)
            image.load()
            # Asked after loading: only then do PNG's late chunks count, and TIFF has turned itself.
            turn = _UPRIGHT.get(_orientation(image))
            upright = image if turn is None else image.transpose(turn)
            pixels: NDArray[np.uint8] = np.asarray(to_srgb(upright))
    except ImageError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise _error(name, "is too large to be safe", _HINT_SMALLER) from error
    except UnidentifiedImageError as error:
        raise _unidentified(name, start) from error
    except Exception as error:  # whatever a decoder may raise on a damaged file: it is the file's fault
        raise _damaged(name, error) from error
    pixels.flags.writeable = False
    return pixels


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # damaged metadata is no reason to refuse the pixels
        return 1


def _error(name: str, reason: str, hint: str, **arguments: object) -> ImageError:
    return ImageError("{name} " + reason + ".", hint, name=name, **arguments)


def _too_large(name: str, width_px: int, height_px: int) -> ImageError:
    reason = "is too large: {width_px} × {height_px} pixels"
    return _error(name, reason, _HINT_SMALLER, width_px=width_px, height_px=height_px)


def _damaged(name: str, error: Exception) -> ImageError:
    text = str(error).rstrip(".") or type(error).__name__
    if "truncated" in text.lower():
        return _error(name, "is cut off: the file ends before the picture does", _HINT_AGAIN)
    return _error(name, "is damaged ({detail})", _HINT_AGAIN, detail=text)


def _unidentified(name: str, start: bytes) -> ImageError:
    if start.startswith(_SIGNATURES) or (start[:4] == b"RIFF" and start[8:12] == b"WEBP"):
        return _error(name, "is damaged: its header cannot be read", _HINT_AGAIN)
    if start[4:8] == b"ftyp":
        return _error(name, "is a HEIC, AVIF or video file", "Convert it to JPEG or PNG first.")
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return _error(name, "is a web page, not a picture", "Save the picture itself instead of its page.")
    if text.startswith((b"<svg", b"<?xml")):
        return _error(name, "is a vector drawing, not a picture of pixels", "Export it as PNG first.")
    return _error(name, "is not a picture of a known format", _HINT_FORMATS)


def _unreadable(path: Path, name: str, error: OSError | ValueError) -> ImageError:
    if isinstance(error, FileNotFoundError):
        return _error(name, "does not exist", "Check the path {path}.", path=path)
    if isinstance(error, IsADirectoryError) or (isinstance(error, PermissionError) and path.is_dir()):
        return _error(
            name, "is a folder", "Give a folder with pictures that may be listed, or a picture file."
        )
    if isinstance(error, PermissionError):
        return _error(name, "may not be read by this user", "Change the file's permissions.")
    reason = error.strerror.lower() if isinstance(error, OSError) and error.strerror else str(error)
    return _error(
        name, "cannot be read: {detail}", "Check the file and the disk that it is on.", detail=reason
    )


def find_pictures(paths: Iterable[Path]) -> list[Path]:
    """The picture files meant by what a user dropped or named.

    Args:
        paths: Files and folders. Files are always kept, whatever they are called, so that a bad one is
            named later. Folders are searched with all below them; hidden files and folders are skipped.

    Returns:
        Without repetition, in the order given, each folder's files in natural order (2 before 10). A folder
        that may not be listed is returned itself, so that `load_picture` names it.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.is_dir():
            found[path] = None
            continue
        refused: list[OSError] = []
        inside: list[Path] = []
        for folder, folders, files in os.walk(path, onerror=refused.append):
            folders[:] = [entry for entry in folders if not entry.startswith(".")]
            inside += [Path(folder, file) for file in files if is_picture_name(file)]
        found.update(dict.fromkeys(sorted(inside, key=_natural)))
        found.update(dict.fromkeys(Path(error.filename) for error in refused))
    return list(found)


def is_picture_name(name: str) -> bool:
    """Whether a file of this name, found in a folder or a zip, is taken for a picture."""
    return not name.startswith(".") and os.path.splitext(name)[1].lower() in SUFFIXES  # noqa: PTH122 (60,000 times)


def _natural(path: Path) -> list[tuple[int, int, str]]:
    # Split on a group, so every second part is a number.
    parts = re.split(r"([0-9]+)", str(path).casefold())
    return [(0, int(part), "") if place % 2 else (1, 0, part) for place, part in enumerate(parts)]


def picture_from_data_uri(text: str) -> Picture:
    """Decode a `data:` address, as browsers put on the clipboard (RFC 2397).

    Args:
        text: The address, `data:image/png;base64,…` or percent-encoded.

    Returns:
        The picture, named `pasted picture`.

    Raises:
        ImageError: It is no such address, or what it holds is no picture.
    """
    name = "pasted picture"
    head, comma, body = text.strip().partition(",")
    if not comma or not head.lower().startswith("data:"):
        raise _error(name, "is not a data address", "Copy the picture itself, or save it and drop the file.")
    content = urllib.parse.unquote_to_bytes(body)
    if head.lower().endswith(";base64"):
        try:
            content = base64.b64decode(re.sub(rb"\s", b"", content), validate=True)
        except (binascii.Error, ValueError) as error:
            raise _error(name, "is damaged: its base64 text cannot be decoded", "Copy it again.") from error
    return load_picture(content, name)


def thumbnail(pixels: NDArray[np.uint8], longest_px: int) -> NDArray[np.uint8]:
    """A small copy with the same proportions; a picture that is already small stays as it is.

    Args:
        pixels: (H, W, 3).
        longest_px: The longer side of the result, at most.

    Returns:
        (h, w, 3) uint8, each side at least 1.
    """
    height, width = pixels.shape[:2]
    scale = longest_px / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0))
