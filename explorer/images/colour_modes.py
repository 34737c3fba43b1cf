"""Any of Pillow's pixel modes into 8-bit sRGB on white.

Called by `images.load`. Imports no torch and no Qt.
"""

from __future__ import annotations

import functools
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

_PROFILE_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}  # ICC colour space → Pillow mode


def to_srgb(image: Image.Image) -> Image.Image:
    """Convert a loaded image of any mode.

    16-bit values are scaled from their full range, floating-point and 32-bit ones as `scaled_to_bytes` says.
    Embedded ICC profiles are honoured; CMYK without one is converted by Pillow's plain formula. Transparent
    parts show white, palette transparency included.

    Args:
        image: A loaded image.

    Returns:
        An image of mode RGB and the same size.

    Raises:
        ValueError: The mode cannot be converted.
    """
    if image.mode.startswith(("I", "F")):
        image = Image.fromarray(scaled_to_bytes(np.asarray(image)))
    if image.mode == "RGB" and not image.info.get("icc_profile") and "transparency" not in image.info:
        return image
    alpha = None
    if image.has_transparency_data:
        profile = image.info.get("icc_profile")
        grey = image.mode == "LA"
        rgba = image.convert("RGBA")
        alpha = rgba.getchannel("A")
        image = rgba.convert("RGB")
        image = image.convert("L") if grey else image
        image.info["icc_profile"] = profile
    rgb = _through_profile(image)
    if rgb is None:
        rgb = _from_lab(image) if image.mode == "LAB" else image.convert("RGB")
    if alpha is None:
        return rgb
    white = Image.new("RGB", rgb.size, (255, 255, 255))
    white.paste(rgb, mask=alpha)
    return white


def scaled_to_bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Values of more than 8 bits, scaled and never clipped.

    Unsigned 16-bit values keep their full range (65,535 becomes 255). 32-bit and floating-point values do not
    say what is white, so the range they fill decides: up to 1 (floating point only), up to 255, up to 65,535,
    or else from their smallest to their largest.

    Args:
        values: (H, W), any number type.

    Returns:
        (H, W) uint8. What is not a number becomes black; the infinite become the finite extremes.
    """
    if values.dtype.kind == "u" and values.dtype.itemsize == 2:
        return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)
    finite = np.isfinite(values)
    if not finite.any():
        return np.zeros(values.shape, np.uint8)
    wide = values.astype(np.float64)
    low, high = float(wide[finite].min()), float(wide[finite].max())
    wide = np.clip(np.nan_to_num(wide, nan=low, posinf=high, neginf=low), low, high)
    tops = (1.0, 255.0, 65535.0) if values.dtype.kind == "f" else (255.0, 65535.0)
    top = next((top for top in tops if low >= 0 and high <= top), None)
    if top is not None:
        low, high = 0.0, top
    scaled = np.rint((wide - low) * (255.0 / max(high - low, 1e-30)))
    return np.where(np.isnan(values), 0, scaled).astype(np.uint8)


def _through_profile(image: Image.Image) -> Image.Image | None:
    """The image in sRGB by its embedded profile; None where there is none that can be used."""
    profile = image.info.get("icc_profile")
    if not profile:
        return None
    try:
        found = _transform(bytes(profile))
        if found is None:
            return None
        mode, transform = found
        if image.mode != mode:
            if mode != "RGB" or image.mode not in ("L", "P", "1"):
                return None  # the profile belongs to another picture
            image = image.convert(mode)
        return transform.apply(image)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None  # a damaged profile is no reason to refuse the pixels


@functools.lru_cache(maxsize=16)
def _transform(profile: bytes) -> tuple[str, ImageCms.ImageCmsTransform] | None:
    """Pillow mode and transform for a profile; None where its colours are sRGB's already, or unusable."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    mode = _PROFILE_MODES.get(source.profile.xcolor_space.strip())
    if mode is None or (mode == "RGB" and "srgb" in ImageCms.getProfileDescription(source).lower()):
        return None
    target = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    return mode, ImageCms.ImageCmsTransform(source, target, mode, "RGB", ImageCms.Intent.PERCEPTUAL)


def _from_lab(image: Image.Image) -> Image.Image:
    converted = ImageCms.profileToProfile(
        image, ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    if converted is None:
        raise ValueError("LAB colours could not be converted")
    return converted
