"""A published archive is held to the rules of a stranger's."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from explorer.errors import DataError
from explorer.images import tarball
from explorer.images.tarball import read_members
from tests.images.small_sets import tar_gz


def archive_of(path: Path, *infos: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for info in infos:
            archive.addfile(info, io.BytesIO(bytes(info.size)))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, size, target
    return info


def test_only_what_is_wanted_is_read_and_nothing_lands_on_disk(tmp_path):
    path = tmp_path / "a.tar.gz"
    path.write_bytes(tar_gz({"top/a.bin": b"one", "top/b.bin": b"two", "top/c.bin": b"three"}))
    assert read_members(path, ("b.bin", "c.bin")) == {"b.bin": b"two", "c.bin": b"three"}
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.tar.gz"]
    with pytest.raises(DataError, match=r"d\.bin is not in it"):
        read_members(path, ("d.bin",))


@pytest.mark.parametrize(
    ("info", "reason"),
    [
        (member("top/a.bin", tarfile.SYMTYPE, target="/etc/passwd"), "it is a link"),
        (member("top/a.bin", tarfile.LNKTYPE, target="top/b.bin"), "it is a link"),
        (member("top/a.bin", tarfile.FIFOTYPE), "not a regular file"),
        (member("top/a.bin", tarfile.CHRTYPE), "not a regular file"),
        (member("top/../../a.bin"), "leads out"),
        (member("..\\a.bin"), "leads out"),
        (member("/etc/a.bin"), "absolute"),
        (member("C:/a.bin"), "absolute"),
    ],
)
def test_hostile_members_are_refused_by_name(tmp_path, info, reason):
    path = archive_of(tmp_path / "a.tar.gz", info)
    with pytest.raises(DataError, match=reason) as caught:
        read_members(path, ("a.bin",))
    assert "a.bin" in caught.value.cause_text


def test_counts_sizes_and_ratio_are_bounded(tmp_path, monkeypatch):
    path = archive_of(tmp_path / "a.tar.gz", *(member(f"top/{n}.bin", size=9) for n in range(5)))
    monkeypatch.setattr(tarball, "MAX_MEMBERS", 4)
    with pytest.raises(DataError, match="over 4 members"):
        read_members(path, ("x.bin",))
    bomb = archive_of(tmp_path / "bomb.tar.gz", member("top/a.bin", size=40 * 2**20))
    assert bomb.stat().st_size < 60_000
    with pytest.raises(DataError, match="unpacks to over"):
        read_members(bomb, ("a.bin",))
    monkeypatch.setattr(tarball, "MAX_TOTAL_BYTES", 2**20)
    with pytest.raises(DataError, match="unpacks to 40 MiB"):
        read_members(bomb, ("a.bin",))


def test_a_header_that_asks_for_all_memory_gets_none(tmp_path):
    """tarfile reads a long name whole, however long it says that it is."""
    greedy = member("././@LongLink", tarfile.GNUTYPE_LONGNAME, size=0)
    greedy.size = 7 * 2**30
    path = tmp_path / "a.tar.gz"
    head = greedy.tobuf(tarfile.GNU_FORMAT)
    path.write_bytes(gzip.compress(head + bytes(64 * 2**20)))
    with pytest.raises(DataError):
        read_members(path, ("a.bin",))


@pytest.mark.parametrize("content", [b"", b"not a gzip", gzip.compress(b"no tar" * 200, mtime=0)])
def test_what_is_no_archive_is_named(tmp_path, content):
    path = tmp_path / "a.tar.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"a\.tar\.gz cannot be read"):
        read_members(path, ("a.bin",))


def test_a_cut_off_archive_is_named(tmp_path):
    whole = tar_gz({"top/a.bin": bytes(range(256)) * 2000})
    path = tmp_path / "a.tar.gz"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="cannot be read"):
        read_members(path, ("a.bin",))
