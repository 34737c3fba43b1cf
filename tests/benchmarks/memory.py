"""Memory at rest above bare torch, torchvision and Qt: the window, the bundled net and one photograph.

    python -m tests.benchmarks.memory          (offscreen where there is no display; Linux)

Both sides are fresh processes, measured from /proc/self/smaps_rollup (proc(5)) when nothing has happened for
some seconds, in turns. Resident memory is what counts; anonymous memory, which no file backs, is said
beside it.
"""

import json
import statistics
import subprocess
import sys
import tempfile

from tests.benchmarks.report import say, window_environment

RUNS = 3
MB = 1e6
READ = """
import json, sys
def memory():
    found = {}
    for line in open("/proc/self/smaps_rollup"):
        name, _, rest = line.partition(":")
        if rest.endswith("kB\\n"):
            found[name] = 1024 * int(rest.split()[0])
    print(json.dumps(found), flush=True)
"""
BARE = f"""{READ}
import torch, torchvision
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([])
window = QMainWindow()
window.resize(1440, 900)
window.show()
for _ in range(10):
    app.processEvents()
memory()
"""
# The engine hands memory back after 3 s without a request; answer and maps have come by then.
OURS = f"""{READ}
from explorer import app
show_window = app._run_window
def watched(options):
    app._import_qt()
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication
    from explorer.ui import start
    go_on = start.Session._on_first_paint
    def painted(session):
        go_on(session)
        session.calm = QTimer(session, interval=6_000, singleShot=True)
        session.calm.timeout.connect(lambda: (memory(), QApplication.exit(0)))
        session.poll = QTimer(session, interval=100)
        def look():
            if start.is_settled(session.store.state):
                session.poll.stop()
                session.calm.start()
        session.poll.timeout.connect(look)
        session.poll.start()
    start.Session._on_first_paint = painted
    return show_window(options)
app._run_window = watched
app.main([])
"""


def _memory(code):
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            text=True,
            env=window_environment(home),
        )
    return json.loads(done.stdout.splitlines()[-1])


def main():
    pairs = [(_memory(OURS), _memory(BARE)) for _ in range(RUNS)]
    more = {
        f"{side}_{kind.lower()}": round(statistics.median(found[place][kind] for found in pairs) / MB)
        for place, side in enumerate(("window", "bare"))
        for kind in ("Rss", "Anonymous")
    }
    above = statistics.median(ours["Rss"] - bare["Rss"] for ours, bare in pairs) / MB
    say("memory at rest above bare torch, torchvision and Qt", above, "MB", at_most=150, **more)


if __name__ == "__main__":
    main()
