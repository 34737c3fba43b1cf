"""Files are whole or not there, whatever ends the writing."""

import os
import signal

import pytest

from explorer.files import write_text, written_whole


def test_a_file_has_its_name_once_all_is_written(tmp_path):
    path = tmp_path / "new" / "folder" / "note.txt"
    with written_whole(path) as file:
        file.write(b"all of it")
        assert not path.exists()
    assert path.read_bytes() == b"all of it"
    assert list(path.parent.iterdir()) == [path]


def test_where_writing_fails_the_old_file_stays_and_nothing_of_the_new(tmp_path):
    path = tmp_path / "note.txt"
    path.write_bytes(b"old")

    def write_half():
        with written_whole(path) as file:
            file.write(b"ne")
            raise ValueError("half")

    with pytest.raises(ValueError, match="half"):
        write_half()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_was_written_is_read_before_it_takes_the_place(tmp_path):
    path = tmp_path / "note.txt"
    path.write_bytes(b"old")

    def refuse(written):
        raise OSError(written.read_bytes().decode())

    with pytest.raises(OSError, match=r"^new$"), written_whole(path, check=refuse) as file:
        file.write(b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_writer_that_is_killed_leaves_the_old_file(tmp_path):
    path = tmp_path / "note.txt"
    path.write_bytes(b"old")
    child = os.fork()
    if child == 0:
        with written_whole(path) as file:
            file.write(b"new" * 100_000)
            file.flush()
            os.kill(os.getpid(), signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert path.read_bytes() == b"old"


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path):
    path, link = tmp_path / "note.txt", tmp_path / "link"
    path.write_bytes(b"old")
    link.symlink_to(path)
    write_text(link, "neu, ä")
    assert link.is_symlink()
    assert path.read_text("utf-8") == "neu, ä"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_a_pipe_is_written_as_it_is(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_text(path, "through")
        assert os.read(reader, 100) == b"through"
    finally:
        os.close(reader)
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with (
        pytest.raises((FileExistsError, NotADirectoryError)),
        written_whole(tmp_path / "file" / "note.txt") as file,
    ):
        file.write(b"x")
