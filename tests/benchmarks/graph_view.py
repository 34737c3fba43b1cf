"""How fast the graph is laid out, drawn, scrolled and zoomed, on the CPU and without a screen.

`python -m tests.benchmarks.graph_view` prints a JSON line a figure: name, value, unit, target, ok.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from explorer.arch.cost import cost_of
from explorer.arch.expand import expand
from explorer.arch.presets import preset
from explorer.present.folds import everything
from explorer.present.layout import lay_out
from explorer.ui import theme
from explorer.ui.views.graph import GraphView

N_REPEATS = 5
N_FRAMES = 60
PANE = (620, 800)


def _best_ms(action: Callable[[], object], n_repeats: int = N_REPEATS) -> float:
    times = []
    for _ in range(n_repeats):
        begin = time.perf_counter()
        action()
        times.append(time.perf_counter() - begin)
    return 1000 * min(times)


def _report(name: str, value: float, unit: str, target: float, *, is_least: bool = False) -> None:
    is_reached = value >= target if is_least else value <= target
    row = {"name": name, "value": round(value, 2), "unit": unit, "target": target, "ok": is_reached}
    print(json.dumps(row), flush=True)


def _shown(app: QApplication, name: str) -> GraphView:
    spec = preset(name).spec
    view = GraphView()
    view.resize(*PANE)
    view.show()
    view.show_graph(expand(spec), cost_of(spec))
    app.processEvents()
    return view


def _first_paint_ms(app: QApplication) -> float:
    """From "unfold all" to the pixels, layout, map and card included."""
    best = float("inf")
    for _ in range(N_REPEATS):
        view = _shown(app, "resnet152")
        begin = time.perf_counter()
        view.unfold_all()
        view.grab()
        best = min(best, 1000 * (time.perf_counter() - begin))
        view.deleteLater()
    return best


def _frames_per_second(view: GraphView, move: Callable[[int], None]) -> float:
    """The rate of moving and drawing the canvas and the map, each frame waited for."""
    begin = time.perf_counter()
    for frame in range(N_FRAMES):
        move(frame)
        view.canvas.viewport().repaint()
        view.minimap.repaint()
    return N_FRAMES / (time.perf_counter() - begin)


def _measure_moving(app: QApplication) -> None:
    view = _shown(app, "cifar-resnet1202")
    view.unfold_all()
    app.processEvents()
    bar = view.canvas.verticalScrollBar()
    pan = _frames_per_second(view, lambda frame: bar.setValue(frame * bar.maximum() // N_FRAMES))
    _report("pan ResNet-1202, all nodes", pan, "frames/s", 30, is_least=True)
    half = N_FRAMES // 2
    zoom = _frames_per_second(view, lambda frame: view.zoom_by(0.88 if frame < half else 1 / 0.88))
    _report("zoom ResNet-1202, all nodes", zoom, "frames/s", 30, is_least=True)
    view.zoom_by(0.02 / view.canvas.zoom)
    far = _frames_per_second(view, lambda frame: bar.setValue(frame * bar.maximum() // N_FRAMES))
    _report("pan ResNet-1202 from afar", far, "frames/s", 30, is_least=True)
    view.zoom_by(0.5 / view.canvas.zoom)
    dense = _frames_per_second(view, lambda frame: bar.setValue(frame * bar.maximum() // N_FRAMES))
    _report("pan ResNet-1202, smallest texts", dense, "frames/s", 30, is_least=True)


def main() -> None:
    """Measure everything and print it."""
    app = QApplication.instance() or QApplication(["benchmark", *theme.STYLE_ARGUMENTS])
    assert isinstance(app, QApplication)
    theme.apply(app, "light")
    for name, target in (("resnet152", 10.0), ("cifar-resnet1202", 80.0)):
        graph = expand(preset(name).spec)
        unfolded = everything(graph)
        _report(
            f"lay out {name}, all nodes", _best_ms(lambda g=graph, u=unfolded: lay_out(g, u)), "ms", target
        )
    _report("first paint of ResNet-152, all nodes", _first_paint_ms(app), "ms", 60.0)
    _measure_moving(app)


if __name__ == "__main__":
    main()
