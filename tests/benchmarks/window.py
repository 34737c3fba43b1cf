"""The window while a network learns on the CPU: its rate against headless, how late its timer fires, and how
long a click waits.

    python -m tests.benchmarks.window          (offscreen where there is no display)

Two processes take turns with the same training (ResNet-20, batch 128, CIFAR size): one headless, as the
command line trains, and one in the real window with a picture that is watched. While one trains the other is
paused, so both have the machine to themselves.
"""

import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.report import say, window_environment

TURNS = 4
TURN_S = 12.0
BATCH = 128
BEAT_MS = 16
EVALUATION_S = 1.0
"""Ticks are further apart only where an epoch is evaluated."""
CLICK_EVERY_S = 1.0
DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "cifar10-jpeg.zip"


def data():
    """CIFAR-10 where it is at hand, else shapes of its size."""
    return str(DATA) if DATA.exists() else "shapes"


def headless():
    """Trains for a turn each time a line comes in, and says how many pictures a second it learned from."""
    from tests.benchmarks.training import our_training

    training = our_training()
    from explorer.training.loop import train

    events = train(training)
    next(events)
    print(training.precision.name, training.threads, flush=True)
    for _ in sys.stdin:
        n_steps, learning_s, started = 0, 0.0, time.perf_counter()
        now = started
        while now - started < TURN_S:
            before, since = training.step, now
            next(events)
            now = time.perf_counter()
            # What evaluates the end of an epoch takes no steps.
            if training.step > before:
                n_steps, learning_s = n_steps + 1, learning_s + now - since
        print(BATCH * n_steps / learning_s, flush=True)


def rate_of(ticks):
    """Pictures a second between the first tick and the last, but for the evaluation of an epoch's end.

    The state says how far it is when a tick comes: at any other time that is a quarter of a second old.
    """
    told = [
        (step - before, at - since)
        for (since, before), (at, step) in itertools.pairwise(ticks)
        if at - since < EVALUATION_S
    ]
    return BATCH * sum(steps for steps, _ in told) / sum(seconds for _, seconds in told)


class Seen:
    """The real window, trained in for a turn each time a line comes in."""

    def __init__(self):
        from PySide6.QtCore import QSocketNotifier, QTimer
        from PySide6.QtWidgets import QApplication

        from explorer.engine.worker import Engine
        from explorer.state.learning_actions import ChooseData, EditPlan
        from explorer.ui.options import WindowOptions
        from explorer.ui.start import Session

        self.app = QApplication.instance()
        self.session = Session(self.app, WindowOptions(), Engine)
        self.store = self.session.store
        self.late, self.waits, self.acknowledged = [], [], []
        self.last_beat = self.clicked = self.turn = None
        self.heart = QTimer(interval=BEAT_MS)
        self.heart.timeout.connect(self.beat)
        self.store.subscribe(self.changed)
        self.lines = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)
        self.lines.activated.connect(self.line)
        self.is_ready = False
        self.store.dispatch(ChooseData(data()))
        changes = (("epochs", 1000), ("batch_size", BATCH))
        self.store.dispatch(EditPlan(changes))

    def beat(self):
        now = time.perf_counter()
        if self.last_beat is not None and self.turn is not None:
            self.late.append(1000 * (now - self.last_beat) - BEAT_MS)
        self.last_beat = now
        if self.turn is None:
            return
        if now - self.turn >= TURN_S:
            self.end_turn()
        elif self.clicked is None and now - self.turn >= CLICK_EVERY_S * (len(self.waits) % 10 + 1):
            self.click()

    def click(self):
        """Select the next node: its maps are the answer."""
        from explorer.state.actions import StepNode

        self.clicked = time.perf_counter()
        self.before = self.store.state.maps
        self.store.dispatch(StepNode(1 if len(self.waits) % 2 == 0 else -1))
        self.acknowledged.append(1000 * (time.perf_counter() - self.clicked))

    def changed(self, old, new):
        maps = new.maps
        if self.clicked is not None and maps is not self.before and maps.key == new.document.selected:
            self.waits.append(1000 * (time.perf_counter() - self.clicked))
            self.clicked = None
        if self.turn is not None and new.training.step > old.training.step:
            self.ticks.append((time.perf_counter(), new.training.step))
        if not self.is_ready and new.training.status == "running" and new.training.step > 20:
            self.is_ready = True
            self.pause()
            print(new.training.began.precision, flush=True)

    def pause(self):
        from explorer.state.learning_actions import PauseTraining

        self.store.dispatch(PauseTraining())

    def line(self):
        kind = sys.stdin.readline().strip()
        self.is_watched = kind == "timed"
        if not kind:
            self.lines.setEnabled(False)
            self.session.window.hide()
            self.session.finish()
            self.app.quit()
            return
        self.go_on()

    def go_on(self):
        from PySide6.QtCore import QTimer

        from explorer.state.learning_actions import GoOnTraining

        if self.store.state.training.status == "paused":
            self.halted_at = self.store.state.training.step
            self.store.dispatch(GoOnTraining())
            self.wait_running()
        else:
            QTimer.singleShot(10, self.go_on)

    def wait_running(self):
        from PySide6.QtCore import QTimer

        training = self.store.state.training
        if training.status == "running" and training.step > self.halted_at + 5:
            self.ticks, self.turn, self.last_beat = [], time.perf_counter(), None
            if self.is_watched:
                self.heart.start()
            else:
                # Sixty beats a second would take part of the rate that is measured.
                QTimer.singleShot(int(1000 * TURN_S), self.end_turn)
        else:
            QTimer.singleShot(10, self.wait_running)

    def end_turn(self):
        training = self.store.state.training
        self.turn = None
        self.heart.stop()
        self.pause()
        late = sorted(self.late) or [0.0]
        figures = {
            "rate": rate_of(self.ticks),
            "late_p99_ms": late[int(0.99 * len(late))],
            "late_worst_ms": late[-1],
            "waits_ms": self.waits,
            "acknowledged_ms": self.acknowledged,
            "side_share": training.side_share,
            "precision": training.began.precision,
        }
        self.late, self.waits, self.acknowledged = [], [], []
        print(json.dumps(figures), flush=True)


def windowed():
    from explorer import app, boot

    boot.prepare_process()
    app._import_qt()
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from explorer.ui.theme import STYLE_ARGUMENTS

    application = QApplication.instance() or QApplication(["benchmark", *STYLE_ARGUMENTS])
    seen = Seen()
    QTimer.singleShot(0, seen.session.window.show)

    def begin():
        from explorer.state.learning_actions import StartTraining

        state = seen.store.state
        if state.net.status == "ready" and state.maps is not None and state.data.status == "open":
            seen.store.dispatch(StartTraining())
        else:
            QTimer.singleShot(50, begin)

    begin()
    application.exec()


def main():
    with tempfile.TemporaryDirectory() as home:
        sides = {}
        # One after the other: each measures how many threads it may have, alone on the machine.
        for side in ("windowed", "headless"):
            sides[side] = subprocess.Popen(
                [sys.executable, "-m", "tests.benchmarks.window", side],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=window_environment(home) if side == "windowed" else dict(os.environ),
            )
            sides[side].stdout.readline()

        def turn(side, kind="plain"):
            sides[side].stdin.write(f"{kind}\n")
            sides[side].stdin.flush()
            return json.loads(sides[side].stdout.readline())

        turns = [(turn("headless"), turn("windowed"), turn("windowed", "timed")) for _ in range(TURNS + 1)][
            1:
        ]
        for process in sides.values():
            process.stdin.close()
            process.wait()
    plain, seen = [turn[1] for turn in turns], [turn[2] for turn in turns]
    where = f"ResNet-20, batch {BATCH}, cpu, {seen[0]['precision']}"
    say(f"headless training, {where}", statistics.median(turn[0] for turn in turns), "images/s")
    say(f"training in the window, {where}", statistics.median(f["rate"] for f in plain), "images/s")
    ratio = statistics.median(figures["rate"] / rate for rate, figures, _ in turns)
    say(f"training in the window against headless, {where}", ratio, "ratio", at_least=0.95)
    say("time that watching takes", max(f["side_share"] for f in plain + seen), "share", at_most=0.05)
    late = statistics.median(f["late_p99_ms"] for f in seen)
    say("window timer late while training, p99", late, "ms", at_most=10.0)
    say("window timer late while training, worst", max(f["late_worst_ms"] for f in seen), "ms", at_most=150.0)
    acknowledged = max(wait for f in seen for wait in f["acknowledged_ms"])
    say("click acknowledged while training, worst", acknowledged, "ms", at_most=100.0)
    step_ms = 1000 * BATCH / statistics.median(f["rate"] for f in seen)
    waits = statistics.median(wait for f in seen for wait in f["waits_ms"])
    say("a training step", step_ms, "ms")
    say("click to maps while training, median", waits, "ms")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        {"windowed": windowed, "headless": headless}[sys.argv[1]]()
    else:
        main()
