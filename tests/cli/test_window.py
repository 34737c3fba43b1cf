"""The words that open the window."""

from __future__ import annotations

import pytest

from explorer.arch.presets import DEFAULT_PRESET, preset
from explorer.cli.window import WindowWords, read_words
from explorer.errors import SpecError


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"")
    return str(path)


@pytest.mark.parametrize("words", [["gui"], []])
def test_nothing_said(words):
    assert read_words(words) == WindowWords(None, (), None, False)


def test_a_preset_then_files_and_options_between_them(photo, tmp_path):
    picture = str(tmp_path / "out.png")
    said = read_words(["resnet50", "--timings", photo, "--screenshot", picture, "absent.jpg"])
    assert said == WindowWords(preset("resnet50").spec, (photo, "absent.jpg"), picture, True)


def test_only_files(photo):
    assert read_words(["gui", photo, photo]) == WindowWords(None, (photo, photo), None, False)


def test_a_folder_is_a_file_for_the_window(tmp_path):
    assert read_words([str(tmp_path)]).files == (str(tmp_path),)


def test_a_spec_file_comes_first_and_later_ones_are_dropped(tmp_path):
    spec = tmp_path / "own.json"
    spec.write_text(preset("resnet34").spec.to_json())
    said = read_words([str(spec), str(spec)])
    assert said.spec == preset("resnet34").spec
    assert said.files == (str(spec),)


def test_a_lesson_is_a_file_for_the_window_also_as_a_text(tmp_path):
    lesson = tmp_path / "own.lesson.json"
    lesson.write_text("{}")
    assert read_words([str(lesson)]) == WindowWords(None, (str(lesson),), None, False)


def test_edits_apply_to_the_spec_or_the_usual_one():
    assert read_words(["resnet18", "--set", "shortcut=C"]).spec == preset("resnet18").spec.edited(
        shortcut="C"
    )
    usual = preset(DEFAULT_PRESET).spec
    assert read_words(["--set", "shortcut=B"]).spec == usual.edited(shortcut="B")


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["resnet5"], "did you mean resnet50"),
        (["clasify", "x.jpg"], "did you mean classify?"),
        (["holiday/photo.jpg"], "list what there is"),
        (["--screenshot", "absent-folder/out.png"], "no folder absent-folder"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_wrong_usage_is_2_with_a_hint(words, hint, capsys):
    with pytest.raises(SystemExit) as caught:
        read_words(words)
    assert caught.value.code == 2
    assert hint in capsys.readouterr().err


def test_a_broken_spec_file_is_an_error(tmp_path):
    path = tmp_path / "own.json"
    path.write_text('{"colour": "red"}')
    with pytest.raises(SpecError, match="no field colour"):
        read_words([str(path)])
