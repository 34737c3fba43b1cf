"""Pictures that commands save: always PNG, refused before the work where they cannot be written.

Called by `features` and `attribute`. Imports no torch and no Qt.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from explorer.errors import ImageError
from explorer.files import written_whole

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def check_png(out: Path) -> None:
    """Refuse a place that cannot be written before a network is built for it.

    Raises:
        ImageError: It is no PNG file's name, or its folder does not exist.
    """
    if out.suffix.lower() != ".png":
        raise ImageError("{out} is no name of a PNG file.", "Let it end in .png.", out=out)
    if not out.absolute().parent.is_dir():
        raise ImageError("There is no folder {folder}.", "Make it first.", folder=out.parent)


def write_png(picture: NDArray[np.uint8], out: Path) -> None:
    """Save a picture.

    Args:
        picture: sRGB bytes (height, width, 3).
        out: A place that `check_png` found good.

    Raises:
        ImageError: It cannot be written.
    """
    from PIL import Image

    try:
        with written_whole(out) as file:
            Image.fromarray(picture).save(file, format="PNG")
    except OSError as error:
        raise ImageError(
            "{out} cannot be written: {reason}.",
            "Choose another place, or make room on the disk.",
            out=out,
            reason=error.strerror or error,
        ) from error
