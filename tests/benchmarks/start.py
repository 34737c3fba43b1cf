"""First paint against a bare `import torch`, the later milestones, and the window's stalls while torch loads.

    python -m tests.benchmarks.start          (offscreen where there is no display)

Each run is a fresh process with a home of its own; medians of alternating runs.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

from tests.benchmarks.report import say

RUNS = 7
TORCH = "import torch"
STALLS = """
import sys, time
from explorer import app, boot
boot.prepare_process()
from PySide6.QtCore import QTimer
from explorer.ui import start
late, last = [], [None]
def beat():
    now = time.perf_counter()
    if last[0] is not None:
        late.append(1000 * (now - last[0]) - 16)
    last[0] = now
original = start.Session._on_first_paint
def painted(self):
    original(self)
    self.heart = QTimer(self, interval=16)
    self.heart.timeout.connect(beat)
    self.heart.start()
start.Session._on_first_paint = painted
code = app.main(["--screenshot", sys.argv[1]])
late.sort()
print("stalls", len(late), late[-1], late[int(0.99 * len(late))])
"""


def _environment(home):
    found = {**os.environ, "RESNET_EXPLORER_HOME": home}
    if not found.get("DISPLAY"):
        found["QT_QPA_PLATFORM"] = "offscreen"
    return found


def _torch_seconds():
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", TORCH], check=True)
    return time.perf_counter() - started


def _milestones():
    with tempfile.TemporaryDirectory() as home:
        picture = os.path.join(home, "window.png")  # noqa: PTH118
        words = [sys.executable, "-m", "explorer", "--timings", "--screenshot", picture]
        done = subprocess.run(words, check=True, capture_output=True, text=True, env=_environment(home))
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {row["event"]: row["seconds"] for row in rows}


def _stalls():
    with tempfile.TemporaryDirectory() as home:
        picture = os.path.join(home, "window.png")  # noqa: PTH118
        words = [sys.executable, "-c", STALLS, picture]
        done = subprocess.run(words, check=True, capture_output=True, text=True, env=_environment(home))
    worst, p99 = done.stdout.split()[-2:]
    return float(worst), float(p99)


def main():
    _torch_seconds(), _milestones()
    torch_s, found = [], []
    for _ in range(RUNS):
        torch_s.append(_torch_seconds())
        found.append(_milestones())
    bare = statistics.median(torch_s)
    ratio = statistics.median(f["first_paint"] / t for f, t in zip(found, torch_s, strict=True))
    first = statistics.median(f["first_paint"] for f in found)
    say(
        f"first paint ({first:.2f} s) against a bare import of torch ({bare:.2f} s)",
        ratio,
        "ratio",
        at_most=0.3333,
    )
    for event in ("engine_ready", "model_ready", "classified"):
        say(event, statistics.median(f[event] for f in found), "s")
    stalls = [_stalls() for _ in range(3)]
    say(
        "longest stall of the window while torch loads",
        statistics.median(w for w, _ in stalls),
        "ms",
        at_most=200,
    )


if __name__ == "__main__":
    main()
