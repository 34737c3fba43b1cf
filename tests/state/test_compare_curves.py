"""Curves that columns are drawn with, in the reducer alone."""

from explorer.engine.run_messages import CurvesRead, ReadCurves
from explorer.state.compare_actions import WantCurves
from tests.state.player import Player


def test_each_run_is_read_once_and_none_is_the_one_looked_at():
    player = Player()
    asked = player(WantCurves(("a", "b", "a")))
    assert [(type(request), request.run) for request in asked] == [(ReadCurves, "a"), (ReadCurves, "b")]
    assert len({request.ticket for request in asked}) == 2
    for request in asked:
        player(CurvesRead(ticket=request.ticket, run=request.run, rows=((0, "step.loss", 1.0),)))
    assert set(player.state.runs.curves) == {"a", "b"}
    assert player.state.runs.shown == ""


def test_a_run_that_went_on_is_read_again():
    player = Player()
    player(WantCurves(("a",)))
    player(CurvesRead(ticket=1, run="a", rows=((0, "step.loss", 1.0),)))
    (request,) = player(WantCurves(("a",)))
    player(CurvesRead(ticket=request.ticket, run="a", rows=((0, "step.loss", 1.0), (1, "step.loss", 0.5))))
    assert player.state.runs.curves["a"].buffer.series("step.loss")[0].tolist() == [0, 1]
