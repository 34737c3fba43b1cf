"""The composition root: what starts what, and that nothing aborts."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from explorer.app import _LateEngine, main
from explorer.engine.messages import EngineReady, Event, RequestFinished
from explorer.engine.picture_messages import LoadPictures, PicturesLoaded

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "resources" / "samples" / "cat.jpg"


def start(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """`python -m explorer WORDS` without a display, with nothing in the environment but what is given."""
    kept = {name: os.environ[name] for name in ("PATH", "RESNET_EXPLORER_HOME")}
    return subprocess.run(
        [sys.executable, "-m", "explorer", *words],
        cwd=ROOT,
        env=kept | environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays are Linux's")
@pytest.mark.parametrize("words", [[], ["gui"], ["resnet18", "--timings"]])
def test_without_a_display_it_says_so_in_one_line(words):
    done = start(*words)
    assert done.returncode == 1
    assert done.stderr.startswith("resnet-explorer: There is no display")
    assert done.stderr.count("\n") == 1
    assert not done.stdout


def test_wrong_words_are_wrong_usage_even_without_a_display():
    done = start("no-such-thing")
    assert done.returncode == 2
    assert "no-such-thing is no command, no preset and no file" in done.stderr


def test_a_broken_spec_file_is_one_line(tmp_path, capsys):
    path = tmp_path / "own.json"
    path.write_text("{")
    assert main([str(path)]) == 1
    assert capsys.readouterr().err.startswith("resnet-explorer: The spec is not JSON")


def test_importing_the_root_costs_next_to_nothing():
    code = (
        "import sys, explorer.app; costly = {'argparse', 'pydantic', 'numpy', 'PIL', 'PySide6', 'torch'}; "
        "print(sorted(costly & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_what_is_sent_before_the_start_is_answered_after_it():
    events: list[Event] = []
    ready, answered = threading.Event(), threading.Event()

    def take(event: Event) -> None:
        events.append(event)
        if isinstance(event, EngineReady):
            ready.set()
        elif isinstance(event, RequestFinished) and event.ticket == 7:
            answered.set()

    door = _LateEngine(take, "cpu")
    door.send(LoadPictures(ticket=7, paths=(str(SAMPLE),)))
    assert not events
    door.start()
    assert answered.wait(60)
    assert ready.wait(120)
    assert door.stop()
    assert [event.loaded[0].name for event in events if isinstance(event, PicturesLoaded)] == ["cat.jpg"]


def test_a_door_that_was_never_opened_closes():
    assert _LateEngine(lambda event: None, "cpu").stop()
