"""Good pictures come out exact, bad ones are named with their reason."""

from __future__ import annotations

import base64
import io
import os
import stat
import struct
import zlib
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from explorer import paths
from explorer.errors import ImageError
from explorer.images.colour_modes import scaled_to_bytes
from explorer.images.load import find_pictures, load_picture, picture_from_data_uri, thumbnail


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def gradient(width: int = 48, height: int = 32) -> Image.Image:
    y, x = np.mgrid[0:height, 0:width]
    rgb = np.stack([x * 255 // (width - 1), y * 255 // (height - 1), np.full_like(x, 40)], axis=2)
    return Image.fromarray(rgb.astype(np.uint8))


def refusal(source: Path | bytes) -> ImageError:
    with pytest.raises(ImageError) as caught:
        load_picture(source, "" if isinstance(source, Path) else "it")
    assert caught.value.hint_text, "a person needs to know what to do"
    return caught.value


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_lossless_formats_come_out_exact(kind):
    picture = load_picture(encoded(gradient(), kind))
    assert np.array_equal(picture.pixels, np.asarray(gradient()))
    assert picture.pixels.dtype == np.uint8
    assert not picture.pixels.flags.writeable


@pytest.mark.parametrize(
    ("kind", "options"), [("JPEG", {"quality": 95}), ("WEBP", {"quality": 95}), ("GIF", {})]
)
def test_lossy_formats_come_out_close(kind, options):
    pixels = load_picture(encoded(gradient(), kind, **options)).pixels.astype(int)
    assert np.abs(pixels - np.asarray(gradient())).mean() < 12


def test_a_file_keeps_its_name_and_path(tmp_path):
    path = tmp_path / "größe {0}.png"
    path.write_bytes(encoded(gradient(), "PNG"))
    assert (load_picture(path).name, load_picture(path).path) == (path.name, path)
    assert load_picture(path, "mine").name == "mine"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG", "WEBP"])
def test_exif_orientation_is_applied_once(kind, orientation):
    upright = np.zeros((16, 32, 3), np.uint8)
    upright[:8, :16] = 255  # the white quarter is top left once it is upright
    undo = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE"}
    undo |= {6: "ROTATE_90", 7: "TRANSVERSE", 8: "ROTATE_270"}
    stored = Image.fromarray(upright)
    if orientation in undo:
        stored = stored.transpose(Image.Transpose[undo[orientation]])
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    pixels = load_picture(encoded(stored, kind, exif=exif, **options)).pixels
    assert pixels.shape == upright.shape
    assert np.abs(pixels.astype(int) - upright).max() < 40


def test_damaged_exif_does_not_refuse_the_pixels():
    content = encoded(gradient(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff garbage")
    assert load_picture(content).pixels.shape == (32, 48, 3)


def test_16_bit_grey_png_is_scaled_and_not_clipped():
    values = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    pixels = load_picture(encoded(Image.fromarray(values), "PNG")).pixels
    assert np.abs(pixels[..., 0].reshape(-1).astype(int) - np.arange(256)).max() <= 1
    assert np.array_equal(pixels[..., 0], pixels[..., 2])


def test_16_bit_colour_png_is_scaled_and_not_clipped():
    row = np.array([[0, 32768, 65535] * 2, [65535, 0, 32768] * 2], dtype=">u2")
    body = b"".join(b"\0" + line.tobytes() for line in row)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 16, 2, 0, 0, 0))
    png += chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")
    assert load_picture(png).pixels.tolist() == [[[0, 128, 255]] * 2, [[255, 0, 128]] * 2]


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.0, 255.0), (0.0, 65535.0), (-3.0, 9.0), (0.0, 1e6)])
def test_float_tiff_uses_the_range_that_it_fills(low, high):
    values = np.linspace(low, high, 64, dtype=np.float32).reshape(8, 8)
    pixels = load_picture(encoded(Image.fromarray(values), "TIFF")).pixels[..., 0]
    assert (pixels.min(), pixels.max()) == (0, 255)
    assert len(np.unique(pixels)) == 64


def test_float_values_that_are_no_numbers_become_black_and_infinite_ones_the_extremes():
    values = np.array([[np.nan, np.inf, -np.inf, 0.5, 1.0, 0.25]], np.float32)
    assert scaled_to_bytes(values).tolist() == [[0, 255, 64, 128, 255, 64]]
    assert not scaled_to_bytes(np.full((2, 2), np.nan, np.float32)).any()


def test_32_bit_integers_are_scaled():
    values = np.array([[0, 30000, 65535]], np.int32)
    assert scaled_to_bytes(values).tolist() == [[0, 117, 255]]
    assert scaled_to_bytes(values - 30000).tolist() == [[0, 117, 255]]


def test_alpha_is_put_on_white():
    rgba = np.zeros((1, 3, 4), np.uint8)
    rgba[0, :, 3] = (0, 128, 255)
    pixels = load_picture(encoded(Image.fromarray(rgba), "PNG")).pixels
    assert pixels[0, :, 0].tolist() == [255, 127, 0]
    grey = Image.fromarray(rgba[..., 2:])
    assert grey.mode == "LA"
    assert load_picture(encoded(grey, "PNG")).pixels[0, :, 1].tolist() == [255, 127, 0]


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_palette_transparency_is_put_on_white(kind):
    palette = Image.new("P", (4, 4), 1)
    palette.putpalette([0, 0, 0, 200, 10, 10])
    palette.putpixel((0, 0), 0)
    pixels = load_picture(encoded(palette, kind, transparency=0)).pixels
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[1, 1].tolist() == [200, 10, 10]


def test_colour_key_transparency_of_rgb_is_put_on_white():
    image = Image.new("RGB", (2, 1), (9, 9, 9))
    image.putpixel((1, 0), (50, 60, 70))
    pixels = load_picture(encoded(image, "PNG", transparency=(9, 9, 9))).pixels
    assert pixels.tolist() == [[[255, 255, 255], [50, 60, 70]]]


def test_of_an_animation_the_first_frame_is_taken():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert load_picture(content).pixels[4, 4].tolist() == [255, 0, 0]
    content = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert load_picture(content).pixels[4, 4].tolist() == [255, 0, 0]


def test_a_phone_s_multi_picture_jpeg_is_read():
    content = encoded(gradient(), "MPO", save_all=True, append_images=[gradient()])
    assert load_picture(content).pixels.shape == (32, 48, 3)


def test_cmyk_jpeg_becomes_rgb():
    content = encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95)
    red, green, blue = load_picture(content).pixels[8, 8].tolist()
    assert red > 240
    assert max(green, blue) < 15


def test_an_embedded_profile_changes_the_colours():
    image = Image.new("RGB", (4, 4), (120, 160, 80))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    with_other_space = load_picture(encoded(image, "PNG", icc_profile=profile)).pixels
    assert with_other_space[0, 0].tolist() == [120, 160, 80], "a profile of another colour space is left out"
    wide = wide_gamut_profile()
    direct = ImageCms.profileToProfile(
        image, ImageCms.ImageCmsProfile(io.BytesIO(wide)), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    converted = load_picture(encoded(image, "PNG", icc_profile=wide)).pixels
    assert np.array_equal(converted, np.asarray(direct))
    assert converted[0, 0].tolist() != [120, 160, 80]


def wide_gamut_profile() -> bytes:
    """The built-in sRGB profile with its red and green primaries' columns changed places."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", profile[128:132])[0]
    entries = {}
    for place in range(count):
        start = 132 + 12 * place
        entries[bytes(profile[start : start + 4])] = start
    red, green = entries[b"rXYZ"], entries[b"gXYZ"]
    profile[red + 4 : red + 12], profile[green + 4 : green + 12] = (
        profile[green + 4 : green + 12],
        profile[red + 4 : red + 12],
    )
    # A description that does not say sRGB, or it would be taken for it.
    return bytes(profile).replace("sRGB".encode("utf-16-be"), "wide".encode("utf-16-be"))


def test_an_srgb_profile_leaves_every_value_as_it_is():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    pixels = load_picture(encoded(gradient(), "PNG", icc_profile=profile)).pixels
    assert np.array_equal(pixels, np.asarray(gradient()))


def test_a_damaged_profile_does_not_refuse_the_pixels():
    pixels = load_picture(encoded(gradient(), "PNG", icc_profile=b"no profile at all" * 9)).pixels
    assert np.array_equal(pixels, np.asarray(gradient()))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"just some text in a file", "not a picture"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "vector drawing"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        (b"%PDF-1.7 ...", "not a picture"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"\xff\xd8\xff\xe0\0\x10", "cut off"),
    ],
)
def test_what_is_no_picture_is_named(tmp_path, content, reason):
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    error = refusal(path)
    assert error.cause_text.startswith("photo.jpg ")
    assert reason in error.cause_text


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP"])
def test_a_truncated_file_is_named(kind):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    content = encoded(noise, kind)
    error = refusal(content[: len(content) * 2 // 3])
    assert any(word in error.cause_text for word in ("cut off", "damaged"))


def test_a_truncated_jpeg_says_that_it_is_cut_off():
    content = encoded(gradient(400, 300), "JPEG")
    assert "cut off" in refusal(content[: len(content) // 2]).cause_text


def test_other_formats_are_refused_even_with_a_good_suffix(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(encoded(gradient(), "PPM"))
    assert "not a picture of a known format" in refusal(path).cause_text


@pytest.mark.parametrize("side", [7072, 10_000, 20_000])
def test_too_many_pixels_are_refused_before_they_are_decoded(side):
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    assert "too large" in refusal(bomb).cause_text


def test_missing_files_folders_and_fifos_are_named(tmp_path):
    assert "does not exist" in refusal(tmp_path / "gone.jpg").cause_text
    assert str(tmp_path) in refusal(tmp_path / "gone.jpg").hint_text
    assert "is a folder" in refusal(tmp_path).cause_text
    assert "cannot be read" in refusal(Path("nul\0byte.png")).cause_text
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.jpg")
        assert "not a regular file" in refusal(tmp_path / "pipe.jpg").cause_text


def test_a_file_that_may_not_be_read_is_named(tmp_path):
    path = tmp_path / "secret.png"
    path.write_bytes(encoded(gradient(), "PNG"))
    path.chmod(0)
    try:
        if os.access(path, os.R_OK):
            pytest.skip("this user may read everything")
        assert "may not be read" in refusal(path).cause_text
    finally:
        path.chmod(stat.S_IRUSR | stat.S_IWUSR)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    kind=st.sampled_from(["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"]),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=12),
)
def test_damage_anywhere_gives_a_picture_or_an_image_error(kind, changes):
    content = bytearray(encoded(gradient(24, 16), kind))
    for place, value in changes:
        content[int(place * (len(content) - 1))] = value
    outcome: object
    try:
        outcome = load_picture(bytes(content)).pixels.shape[2]
    except ImageError as error:
        outcome = bool(error.cause_text and error.hint_text)
    assert outcome in (3, True)


def test_folders_are_searched_in_natural_order_and_files_kept_as_given(tmp_path):
    for name in (
        "b/10.jpg",
        "b/9.PNG",
        "b/sub/1.webp",
        "b/.hidden.jpg",
        "b/.git/x.png",
        "b/notes.txt",
        "²3.bmp",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    gone = tmp_path / "gone.xyz"
    notes = tmp_path / "b" / "notes.txt"
    found = find_pictures([gone, tmp_path, notes, tmp_path / "b" / "9.PNG"])
    names = [path.relative_to(tmp_path).as_posix() for path in found]
    assert names == ["gone.xyz", "b/9.PNG", "b/10.jpg", "b/sub/1.webp", "²3.bmp", "b/notes.txt"]


def test_data_addresses_are_decoded():
    content = encoded(gradient(), "PNG")
    text = "data:image/png;base64," + base64.b64encode(content).decode()
    assert np.array_equal(picture_from_data_uri(text).pixels, np.asarray(gradient()))
    assert picture_from_data_uri(f"  {text[:200]}\n{text[200:]} ").path is None
    percent = "data:image/png," + quote(content)
    assert np.array_equal(picture_from_data_uri(percent).pixels, np.asarray(gradient()))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("https://example.org/cat.jpg", "not a data address"),
        ("data:image/png;base64", "not a data address"),
        ("data:image/png;base64,@@@@", "base64"),
        ("data:image/png;base64,", "is empty"),
        ("data:text/html,<html>", "web page"),
    ],
)
def test_bad_data_addresses_are_named(text, reason):
    with pytest.raises(ImageError, match=reason):
        picture_from_data_uri(text)


def test_thumbnails_keep_proportions_and_never_grow():
    pixels = np.asarray(gradient(400, 200))
    assert thumbnail(pixels, 100).shape == (50, 100, 3)
    assert thumbnail(pixels, 400) is pixels
    assert thumbnail(np.zeros((1, 900, 3), np.uint8), 90).shape == (1, 90, 3)


def test_the_samples_are_small_pictures_with_their_sources():
    folder = paths.resources_dir() / "samples"
    sources = (folder / "SOURCES.md").read_text(encoding="utf-8")
    samples = find_pictures([folder])
    assert samples
    for sample in samples:
        assert f"`{sample.name}`" in sources
        assert sample.stat().st_size <= 60_000
        assert min(load_picture(sample).pixels.shape[:2]) >= 224


@pytest.mark.shared
def test_real_photographs_are_read(photos):
    for photo in photos:
        picture = load_picture(photo)
        assert min(picture.pixels.shape[:2]) >= 200
