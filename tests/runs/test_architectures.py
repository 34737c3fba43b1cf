import json

import pytest

from explorer import paths
from explorer.arch.own import OwnArchitecture
from explorer.arch.presets import preset
from explorer.errors import SpecError
from explorer.runs.architectures import folder, forget, keep, kept

SPEC = preset("cifar-resnet20").spec
OTHER = preset("resnet18").spec


def test_an_absent_folder_holds_nothing(tmp_path):
    assert kept(tmp_path / "none") == ((), ())


def test_what_is_kept_is_listed_by_name_until_it_is_forgotten(tmp_path):
    keep(tmp_path, "beta", SPEC)
    alpha = keep(tmp_path, "Alpha", OTHER)
    assert alpha == OwnArchitecture("alpha", "Alpha", OTHER)
    items, unreadable = kept(tmp_path)
    assert ([item.name for item in items], unreadable) == (["Alpha", "beta"], ())
    forget(tmp_path, "alpha")
    forget(tmp_path, "alpha")
    assert [item.name for item in kept(tmp_path)[0]] == ["beta"]


def test_the_same_name_replaces_and_a_like_one_does_not(tmp_path):
    keep(tmp_path, "My net", SPEC)
    assert keep(tmp_path, "My net", OTHER).slug == "my-net"
    assert keep(tmp_path, "my-net", SPEC).slug == "my-net-2"
    assert [item.spec for item in kept(tmp_path)[0]] == [OTHER, SPEC]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my-net-2.json", "my-net.json"]


def test_a_broken_file_is_named_and_hides_no_other(tmp_path):
    keep(tmp_path, "good", SPEC)
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    items, unreadable = kept(tmp_path)
    assert [item.name for item in items] == ["good"]
    assert [one.file for one in unreadable] == ["bad.json", "binary.json"]
    assert all(one.cause and one.hint for one in unreadable)
    assert keep(tmp_path, "bad", SPEC).slug == "bad-2"


def test_a_wrong_slug_deletes_nothing_elsewhere(tmp_path):
    outside = tmp_path / "outside.json"
    outside.write_text("{}")
    place = tmp_path / "architectures"
    keep(place, "mine", SPEC)
    forget(place, "../outside")
    forget(place, str(outside.with_suffix("")))
    assert outside.is_file()


def test_a_folder_that_cannot_be_written_is_explained(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(SpecError) as caught:
        keep(blocked, "mine", SPEC)
    assert "cannot be kept" in str(caught.value)


def test_files_are_spec_files_that_people_can_read(tmp_path):
    keep(tmp_path, "mine", SPEC)
    data = json.loads((tmp_path / "mine.json").read_text())
    assert data["spec"]["stage_depths"] == [3, 3, 3]


def test_the_folder_is_among_the_program_s_data(monkeypatch, tmp_path):
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    assert folder() == tmp_path / "data" / "architectures"
