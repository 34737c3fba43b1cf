import numpy as np
import pytest
from PIL import Image

from explorer.present import animation
from explorer.present.animation import Scene, frame, saving_gif, saving_pngs

RED, BLUE = (200, 30, 20), (20, 40, 220)


def _scene(colour, caption="layer1.0.add"):
    return Scene(np.full((10, 10, 3), colour, np.uint8), caption)


def _finish(steps):
    shares = []
    while True:
        try:
            shares.append(next(steps))
        except StopIteration as finished:
            assert shares == sorted(shares)
            assert shares[-1] == 1
            return finished.value


def test_a_frame_has_the_picture_in_whole_multiples_and_a_caption_below():
    pixels = np.random.default_rng(0).integers(0, 256, (8, 10, 3), dtype=np.uint8)
    shown = np.asarray(frame(Scene(pixels, "conv1"), (125, 140)))
    assert shown.shape == (140, 125, 3)
    top, left = (122 - 96) // 2, (125 - 120) // 2
    enlarged = pixels.repeat(12, 0).repeat(12, 1)
    np.testing.assert_array_equal(shown[top : top + 96, left : left + 120], enlarged)
    without = np.asarray(frame(Scene(pixels, ""), (125, 140)))
    changed = np.nonzero((shown != without).any((1, 2)))[0]
    assert len(changed)
    assert changed.min() >= 122


def test_a_large_picture_is_shrunk_and_a_frame_without_room_refused():
    shown = np.asarray(frame(Scene(np.full((400, 900, 3), 77, np.uint8), ""), (90, 100)))
    assert (shown == 77).all(2).sum() == 90 * 40
    with pytest.raises(ValueError, match="room"):
        frame(_scene(RED), (90, 18))


def test_a_gif_has_every_station_and_repeats(tmp_path):
    path = tmp_path / "walk.gif"
    path.write_bytes(b"old")
    assert _finish(saving_gif([_scene(RED), _scene(BLUE), _scene(RED)], path, seconds_a_frame=0.2)) == path
    with Image.open(path) as film:
        assert film.format == "GIF"
        assert film.n_frames == 3
        assert film.info["loop"] == 0
        for number, colour in enumerate([RED, BLUE, RED]):
            film.seek(number)
            centre = film.convert("RGB").getpixel((240, 240))
            assert np.abs(np.subtract(centre, colour)).max() <= 8
            assert film.info["duration"] == (600 if number == 2 else 200)
    assert list(tmp_path.iterdir()) == [path]


def test_a_series_of_pictures(tmp_path):
    folder = tmp_path / "walk"
    assert _finish(saving_pngs([_scene(RED), _scene(BLUE)], folder, size_px=(100, 120))) == folder
    assert sorted(path.name for path in folder.iterdir()) == ["000.png", "001.png"]
    with Image.open(folder / "001.png") as picture:
        assert picture.size == (100, 120)
        assert picture.getpixel((50, 50)) == BLUE
    with pytest.raises(OSError, match="walk"):
        _finish(saving_pngs([_scene(RED)], folder))
    assert list(tmp_path.iterdir()) == [folder]


def test_what_is_stopped_leaves_nothing(tmp_path):
    scenes = [_scene(RED), _scene(BLUE)]
    for steps in (saving_gif(scenes, tmp_path / "a.gif"), saving_pngs(scenes, tmp_path / "a")):
        next(steps)
        steps.close()
        assert list(tmp_path.iterdir()) == []
    for steps in (saving_gif([], tmp_path / "a.gif"), saving_pngs([], tmp_path / "a")):
        with pytest.raises(ValueError, match="scene"):
            next(steps)


def test_without_a_font_of_the_systems_captions_are_in_ascii(monkeypatch):
    monkeypatch.setattr(animation, "_FONTS", ())
    animation._font.cache_clear()
    try:
        found = frame(_scene(RED, "3×3 convolution — équilibre"), (200, 120))
        assert found.tobytes() == frame(_scene(RED, "3x3 convolution - equilibre"), (200, 120)).tobytes()
    finally:
        animation._font.cache_clear()
