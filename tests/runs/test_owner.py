"""Which process is alive: this one, another, one that ended, one whose number is used again."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from explorer.runs import owner
from explorer.runs.owner import is_alive, this_process


def test_this_process_is_alive() -> None:
    assert is_alive(this_process()) is True
    assert this_process() == this_process()


def test_another_process_is_alive_until_it_ends() -> None:
    script = (
        "import sys; from explorer.runs.owner import this_process\n"
        "print(this_process(), flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    text = other.stdout.readline().strip()
    assert text != this_process()
    assert is_alive(text) is True
    other.communicate(timeout=60)
    assert is_alive(text) is False


def test_a_number_that_is_used_again_is_not_the_same_process() -> None:
    other = json.dumps({**json.loads(this_process()), "started": "1"})
    assert is_alive(other) is False


def test_no_process_outlives_a_reboot() -> None:
    assert is_alive(json.dumps({**json.loads(this_process()), "boot": "the one before"})) is False


def test_a_process_of_another_host_cannot_be_asked() -> None:
    assert is_alive(json.dumps({**json.loads(this_process()), "host": "elsewhere"})) is None


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", "no json", '{"host": 1, "pid": "x", "started": 2}'])
def test_no_process_is_not_alive(text: str) -> None:
    assert is_alive(text) is False


@pytest.mark.skipif(sys.platform == "win32", reason="there is no ps")
def test_ps_tells_the_living_from_the_dead() -> None:
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        alive = owner._started_by_ps(other.pid)
    except FileNotFoundError:
        pytest.skip("there is no ps")
    finally:
        other.communicate(b"\n", timeout=60)
    if alive is None:
        pytest.skip("this ps does not tell when a process started")
    assert owner._started_by_ps(other.pid) is None
