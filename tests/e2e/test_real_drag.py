"""A real drag, by the X server's own protocol, from another program into the window."""

import json
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SCREEN = "1920x1080x24"
SOURCE_AT = (1600, 300)
GRIP = (1680, 360)
STEPS = 12
LIMIT_S = 120.0
NUDGE_S = 0.5

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="XDND is Linux's"),
    *(
        pytest.mark.skipif(shutil.which(tool) is None, reason=f"{tool} is not installed")
        for tool in ("Xvfb", "xdotool")
    ),
]


class Process:
    """A process that says JSON lines, and the waiting for what it says."""

    def __init__(self, words, environment):
        self._process = subprocess.Popen(words, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.said = []
        self._lines = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            self._lines.put(json.loads(line))
        self._lines.put(None)

    def until(self, condition, meanwhile=None):
        """The first thing said that meets the condition; `meanwhile` is done whenever nothing is said."""
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            try:
                words = self._lines.get(timeout=NUDGE_S)
            except queue.Empty:
                if meanwhile is not None:
                    meanwhile()
                continue
            assert words is not None, f"the process ended, having said {self.said}"
            self.said.append(words)
            if condition(words):
                return words
        raise AssertionError(f"waited in vain; the process said {self.said}")

    def end(self):
        self._process.terminate()
        self._process.wait()
        self._reader.join()
        self._process.stdout.close()


@pytest.fixture
def display():
    """A screen of the test's own: its X server, on a number that was free, and what reaches it."""
    reading, writing = os.pipe()
    words = ["Xvfb", "-displayfd", str(writing), "-screen", "0", SCREEN, "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(words, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        number = pipe.readline().strip()
    assert number, "Xvfb did not start"
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    yield {**os.environ, "DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb", "PYTHONPATH": paths}
    server.terminate()
    server.wait()


@pytest.fixture
def start(display):
    """Starts a program on the screen; each is ended at the end."""
    started = []

    def run(script, *words):
        started.append(Process([sys.executable, str(HERE / script), *map(str, words)], display))
        return started[-1]

    yield run
    for process in started:
        process.end()


@pytest.fixture
def mouse(display):
    def do(*words):
        subprocess.run(["xdotool", *map(str, words)], env=display, check=True, timeout=LIMIT_S)

    return do


def between(start, end):
    """The places a hand passes on its way."""
    return [
        tuple(a + (b - a) * step // STEPS for a, b in zip(start, end, strict=True))
        for step in range(1, STEPS + 1)
    ]


def drag(mouse, source, end):
    """Press on the source, move over until the target says that it would take the drop, and let go."""
    mouse("mousemove", *GRIP, "mousedown", 1)
    for place in between(GRIP, end):
        mouse("mousemove", *place)
    sides = iter(range(1, 10_000))
    nudge = lambda: mouse("mousemove", end[0] + next(sides) % 5, end[1])  # noqa: E731
    source.until(lambda words: words["event"] == "answered" and words["action"] == "CopyAction", nudge)
    mouse("mouseup", 1)
    assert source.until(lambda words: words["event"] == "done")["action"] == "CopyAction"


def test_a_photo_dragged_from_another_program_is_classified(start, mouse, shared):
    photo = shared / "data" / "photos" / "airliner.jpg"
    program = start("reporting_program.py")
    source = start("drag_source.py", *SOURCE_AT, photo)
    source.until(lambda words: words["event"] == "seen")
    view = program.until(lambda words: words["event"] == "view" and words["settled"])
    assert view["picture"] == "cat.jpg"
    left, top, width, height = view["window"]
    assert left + width < SOURCE_AT[0], "the window covers the source"

    drag(mouse, source, (left + width // 2, top + height // 2))

    program.until(lambda words: words["event"] == "DragEnter")
    program.until(lambda words: words["event"] == "Drop")
    view = program.until(
        lambda words: words["event"] == "view" and words["settled"] and words["picture"] == photo.name
    )
    assert view["label"] == "airplane"
    assert view["maps_of"]
    assert view["notices"] == 0
