"""First paint against a bare `import torch`, the later milestones, and the window's stalls while torch loads.

    python -m tests.benchmarks.start          (offscreen where there is no display)

Each run is a fresh process with a home of its own; medians of alternating runs, each from the start of the
process to the line that it prints. Wall time is what a user waits for; processor time is the steadier number
on a machine that does other things as well.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.report import say, window_environment

RUNS = 9
LATER_RUNS = 3
TORCH = (sys.executable, "-c", "import torch; print(torch.__version__, flush=True)")
WINDOW = (sys.executable, "-m", "explorer", "--timings")
STALLS = """
import sys, time
from explorer import app
show_window = app._run_window
late, last = [], [None]
def beat():
    now = time.perf_counter()
    if last[0] is not None:
        late.append(1000 * (now - last[0]) - 16)
    last[0] = now
def watched(options):
    app._import_qt()
    from PySide6.QtCore import QTimer
    from explorer.ui import start
    go_on = start.Session._on_first_paint
    def painted(session):
        session.heart = QTimer(session, interval=16)
        session.heart.timeout.connect(beat)
        session.heart.start()
        go_on(session)
    start.Session._on_first_paint = painted
    return show_window(options)
app._run_window = watched
app.main(["--screenshot", sys.argv[1]])
late.sort()
print("stalls", sum(gap > 50 for gap in late), late[int(0.99 * len(late))], late[-1])
"""


def _until_line(words, home):
    """Seconds until a process prints its first line, and the processor time that it took by then."""
    environment = window_environment(home)
    started = time.perf_counter()
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        line = process.stdout.readline()
        wall, cpu = time.perf_counter() - started, _processor_seconds(process.pid)
        process.kill()
    assert line, f"{words} printed nothing"
    return wall, cpu


def _processor_seconds(pid):
    """From /proc (proc(5): fields 14 and 15 are ticks in user and in system mode)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _first_paint():
    with tempfile.TemporaryDirectory() as home:
        _until_line(TORCH, home), _until_line(WINDOW, home)
        pairs = [(_until_line(WINDOW, home), _until_line(TORCH, home)) for _ in range(RUNS)]
    for place, kind in enumerate(("seconds", "processor seconds")):
        paint = statistics.median(window[place] for window, _ in pairs)
        bare = statistics.median(torch[place] for _, torch in pairs)
        ratio = statistics.median(window[place] / torch[place] for window, torch in pairs)
        name = f"first paint against a bare import of torch, {kind}"
        say(name, ratio, "ratio", at_most=0.3333, first_paint=round(paint, 3), import_torch=round(bare, 3))


def _milestones():
    with tempfile.TemporaryDirectory() as home:
        words = [*WINDOW, "--screenshot", str(Path(home, "window.png"))]
        done = subprocess.run(words, check=True, capture_output=True, text=True, env=window_environment(home))
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {row["event"]: row["seconds"] for row in rows}


def _stalls():
    with tempfile.TemporaryDirectory() as home:
        words = [sys.executable, "-c", STALLS, str(Path(home, "window.png"))]
        done = subprocess.run(words, check=True, capture_output=True, text=True, env=window_environment(home))
    return tuple(map(float, done.stdout.split()[-3:]))


def main():
    _first_paint()
    found = [_milestones() for _ in range(LATER_RUNS)]
    for event in ("engine_ready", "model_ready", "classified"):
        say(event, statistics.median(run[event] for run in found), "s")
    stalls = [_stalls() for _ in range(LATER_RUNS)]
    n_over_50, p99, worst = (statistics.median(column) for column in zip(*stalls, strict=True))
    say("window's stalls over 50 ms from first paint to the first answer", n_over_50, "stalls", at_most=5)
    say("window's 99th percentile of lateness meanwhile", p99, "ms")
    say("longest stall of the window while torch loads", worst, "ms", at_most=200)


if __name__ == "__main__":
    main()
