"""SPEC and `--set`: presets, files and edits."""

from __future__ import annotations

import pytest

from explorer.arch.presets import preset
from explorer.cli.specs import spec_from_argument
from explorer.errors import SpecError


def test_a_preset_is_found_by_its_name():
    assert spec_from_argument("cifar-resnet56") == preset("cifar-resnet56").spec


def test_a_file_is_read_and_edited(tmp_path):
    spec = preset("resnet50").spec
    path = tmp_path / "mine.json"
    path.write_text(spec.to_json())
    assert spec_from_argument(str(path)) == spec
    edited = spec_from_argument(str(path), ["stage_depths=2,2,2,2", "num_classes=7", "stem_kernel=3"])
    assert edited == spec.edited(stage_depths=(2, 2, 2, 2), num_classes=7, stem_kernel=3)


def test_edits_that_need_one_another_are_made_together():
    spec = spec_from_argument("cifar-resnet20", ["stage_depths=1,1", "stage_widths=16,32"])
    assert spec.stage_widths == (16, 32)


def test_a_preset_wins_over_a_file_of_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "resnet18").write_text(preset("resnet50").spec.to_json())
    assert spec_from_argument("resnet18") == preset("resnet18").spec


@pytest.mark.parametrize(
    ("text", "sets", "said"),
    [
        ("resnet19", [], "resnet18"),
        ("nowhere.json", [], "cannot be read"),
        ("resnet18", ["shortcut"], "not field=value"),
        ("resnet18", ["depth=3"], "no field depth"),
        ("resnet18", ["stage_depths=1,2"], "Give both the same number of stages"),
    ],
)
def test_what_cannot_be_is_said_with_a_remedy(text, sets, said):
    with pytest.raises(SpecError, match=said):
        spec_from_argument(text, sets)


def test_a_file_that_is_no_spec_is_named(tmp_path):
    path = tmp_path / "spec.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SpecError, match=r"spec\.json"):
        spec_from_argument(str(path))
    path.write_text("{")
    with pytest.raises(SpecError, match="not JSON"):
        spec_from_argument(str(path))
