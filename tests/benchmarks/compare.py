"""How fast the slider goes through four networks side by side, all pixels painted, without a screen.

    python -m tests.benchmarks.compare

plain-20, ResNet-20, plain-56 and ResNet-56 with their maps at hand, in a view of the usual window's size. A
frame is a move of the slider: action, reducer, every column, painted. `first` draws every picture for the
first time, as after a drop; `cached` finds them again, as going back and forth does.
"""

import os
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from explorer.state.compare_actions import ChoosePair, MoveDepth
from explorer.ui import theme
from tests.benchmarks.report import say
from tests.ui.compare_feed import Desk

N_FRAMES = 121
SIZE_PX = (820, 800)
LEAST = 20.0


def frames_per_second(desk):
    """The rate of going once along the whole way, each frame painted before the next."""
    picture = desk.view.grab().toImage()
    started = time.perf_counter()
    for frame in range(N_FRAMES):
        desk.store.dispatch(MoveDepth(frame / (N_FRAMES - 1)))
        desk.view.render(picture)
    return N_FRAMES / (time.perf_counter() - started)


def main():
    app = QApplication.instance() or QApplication([])
    theme.apply(app, "light")
    desk = Desk(SIZE_PX)
    desk.deck.show()
    desk.dock.open()
    app.processEvents()
    desk.pin()
    app.processEvents()
    say("slider through four columns, first", frames_per_second(desk), "frames/s", at_least=LEAST)
    n_drawn = desk.view.maps.n_drawn
    say("slider through four columns, cached", frames_per_second(desk), "frames/s", at_least=LEAST)
    assert desk.view.maps.n_drawn == n_drawn
    desk.do(ChoosePair((desk.names[0], desk.names[1])))
    app.processEvents()
    desk.view.flicker()
    frames_per_second(desk)
    say("the same with a pair", frames_per_second(desk), "frames/s", at_least=LEAST)


if __name__ == "__main__":
    main()
