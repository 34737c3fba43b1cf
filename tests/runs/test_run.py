"""How a run stands that another host's process ran."""

from __future__ import annotations

import json
import time

from explorer.runs.owner import this_process
from explorer.runs.run import SILENCE_S, Run


def run_of(owner: str, updated: float) -> Run:
    return Run("id", updated, updated, "running", "{}", "{}", "digits", "{}", "{}", owner=owner)


def test_a_run_of_another_host_runs_while_it_writes() -> None:
    elsewhere = json.dumps({**json.loads(this_process()), "host": "elsewhere"})
    assert run_of(elsewhere, time.time()).standing == "running"
    assert run_of(elsewhere, time.time() - SILENCE_S - 1).standing == "interrupted"
    assert run_of(this_process(), time.time() - SILENCE_S - 1).standing == "running"


def test_a_clock_that_was_set_back_makes_no_run_eternal() -> None:
    elsewhere = json.dumps({**json.loads(this_process()), "host": "elsewhere"})
    assert run_of(elsewhere, time.time() + 5).standing == "running"
    assert run_of(elsewhere, time.time() + SILENCE_S + 5).standing == "interrupted"
