"""Kill -9 at moments spread over a run, some of them inside the writing of a checkpoint.

`KILLED_MOMENTS=100` makes it a hundred; by default there are eight.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

MOMENTS = int(os.environ.get("KILLED_MOMENTS", "8"))
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.timeout(60 + 10 * MOMENTS)
def test_nothing_acknowledged_is_lost_and_the_resumed_run_is_bitwise_the_same(home: Path) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.training.killed", str(MOMENTS)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    whole, *moments = map(json.loads, done.stdout.splitlines())
    assert "error" not in whole, whole["error"]
    assert len(moments) == MOMENTS
    for moment in moments:
        assert "after_error" not in moment, moment["after_error"]
        assert moment["after_lost_rows"] == 0
        assert moment["after_resumed_at"] >= moment["kept"]
        assert moment.get("after_gaps", 0) == 0
        for name in ("weights", "rows", "n_rows"):
            assert moment[f"after_{name}"] == whole[name], moment
    assert sum(moment["is_inside"] for moment in moments) >= max(2, MOMENTS // 5)
    assert all(moment["is_killed"] for moment in moments)
    resumed = {moment["after_resumed_at"] for moment in moments}
    assert len(resumed) >= min(MOMENTS // 3, 12), "they were killed at the same moment"
