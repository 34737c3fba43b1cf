"""A zip is examined before it is read."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from explorer.errors import DataError
from explorer.images import archive
from explorer.images.archive import ClassArchive, Limits


def write_zip(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return path


def special(path: Path, name: str, mode: int) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        info = zipfile.ZipInfo(name)
        info.create_system = 3
        info.external_attr = mode << 16
        made.writestr(info, "/etc/passwd")
    return path


def test_members_are_read_without_anything_on_disk(tmp_path):
    path = write_zip(
        tmp_path / "a.zip", {"cat/": b"", "cat/1.jpg": b"one", "dog/2.jpg": b"two"}, zipfile.ZIP_DEFLATED
    )
    with ClassArchive(path) as opened:
        assert opened.names == ("cat/1.jpg", "dog/2.jpg")
        assert opened.read("dog/2.jpg") == b"two"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.zip"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../evil.jpg", "leads out"),
        ("cat/../../evil.jpg", "leads out"),
        ("cat\\..\\evil.jpg", "leads out"),
        ("/etc/evil.jpg", "absolute"),
        ("C:/evil.jpg", "absolute"),
        ("\\\\server\\evil.jpg", "absolute"),
    ],
)
def test_names_that_lead_out_are_refused_by_name(tmp_path, name, reason):
    path = write_zip(tmp_path / "a.zip", {"cat/1.jpg": b"one", name: b"evil"})
    with pytest.raises(DataError, match=reason) as caught:
        ClassArchive(path)
    assert "evil.jpg" in caught.value.cause_text


@pytest.mark.parametrize(
    ("kind", "reason"), [(stat.S_IFLNK, "link"), (stat.S_IFIFO, "regular"), (stat.S_IFCHR, "regular")]
)
def test_links_and_devices_are_refused_by_name(tmp_path, kind, reason):
    with pytest.raises(DataError, match=reason) as caught:
        ClassArchive(special(tmp_path / "a.zip", "cat/link.jpg", kind | 0o777))
    assert "cat/link.jpg" in caught.value.cause_text


def test_a_bomb_is_refused_by_its_ratio(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"cat/bomb.bmp": bytes(8 * 2**20)}, zipfile.ZIP_DEFLATED)
    with pytest.raises(DataError, match="zip bomb") as caught:
        ClassArchive(path)
    assert "cat/bomb.bmp" in caught.value.cause_text


def test_small_members_may_shrink_a_lot(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"cat/flat.bmp": bytes(2**19)}, zipfile.ZIP_DEFLATED)
    with ClassArchive(path) as opened:
        assert len(opened.read("cat/flat.bmp")) == 2**19


def test_counts_and_sizes_are_capped(tmp_path, monkeypatch):
    path = write_zip(tmp_path / "a.zip", {"cat/1.jpg": b"one", "cat/2.jpg": b"twoo"})
    with pytest.raises(DataError, match="has 2 members") as caught:
        ClassArchive(path, Limits(members=1, hint="Say so."))
    assert caught.value.hint_text == "Say so."
    with pytest.raises(DataError, match=r"cat/2\.jpg"):
        ClassArchive(path, Limits(members=2, total_bytes=6))
    with ClassArchive(path, Limits(members=2, total_bytes=7)) as opened:
        assert opened.size_bytes("cat/2.jpg") == 4
    monkeypatch.setattr(archive, "MAX_MEMBER_BYTES", 3)
    with pytest.raises(DataError, match=r"cat/2\.jpg: it unpacks to"):
        ClassArchive(path)


def test_a_member_that_lies_about_its_size_unpacks_no_further(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"cat/1.jpg": bytes(2**20)}, zipfile.ZIP_DEFLATED)
    content = bytearray(path.read_bytes())
    true_size = struct.pack("<I", 2**20)
    assert content.count(true_size) == 2  # in the local header and in the directory
    path.write_bytes(bytes(content).replace(true_size, struct.pack("<I", 100)))
    with ClassArchive(path) as opened, pytest.raises(DataError, match=r"cat/1\.jpg .* damaged"):
        opened.read("cat/1.jpg")


def test_a_flipped_bit_is_noticed(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"cat/1.jpg": b"some content"})
    path.write_bytes(path.read_bytes().replace(b"some", b"sOme"))
    with ClassArchive(path) as opened, pytest.raises(DataError, match=r"cat/1\.jpg .* damaged"):
        opened.read("cat/1.jpg")


def test_encrypted_members_are_refused(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"cat/1.jpg": b"one"})
    content = bytearray(path.read_bytes())
    place = content.index(b"PK\x01\x02") + 8
    content[place] |= 1
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match="encrypted"):
        ClassArchive(path)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 cut"])
def test_what_is_no_zip_is_named(tmp_path, content):
    path = tmp_path / "data.zip"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"data\.zip cannot be opened as a zip"):
        ClassArchive(path)


def test_a_cut_off_zip_is_named(tmp_path):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as made:
        made.writestr("cat/1.jpg", b"one" * 1000)
    path = tmp_path / "data.zip"
    path.write_bytes(whole.getvalue()[:-40])
    with pytest.raises(DataError, match="cannot be opened"):
        ClassArchive(path)
