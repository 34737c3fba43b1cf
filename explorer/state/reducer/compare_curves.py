"""The reducer's slice of the curves that columns are drawn with.

They come as all metrics do (`reducer/runs.py`) and are kept by run. Must not import torch or Qt.
"""

from __future__ import annotations

from explorer.engine.run_messages import ReadCurves
from explorer.state.compare_actions import WantCurves
from explorer.state.reducer.turn import Turn


def on_want_curves(turn: Turn, action: WantCurves) -> None:
    """Read them; those that are known already are read again, because a run may have gone on."""
    for run in dict.fromkeys(action.runs):
        turn.ask(ReadCurves, run=run)
