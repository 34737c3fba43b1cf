"""The command line run in this process, with what it printed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from explorer.app import main

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "resources" / "samples" / "cat.jpg"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """All of stdout as one JSON value."""
        return json.loads(self.out)

    @property
    def complaint(self) -> str:
        """The one line on stderr that is no note."""
        lines = [line for line in self.err.splitlines() if not line.startswith("resnet-explorer: note: ")]
        assert len(lines) == 1, self.err
        assert lines[0].startswith("resnet-explorer: ")
        return lines[0].removeprefix("resnet-explorer: ")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    def run_words(*words: object) -> Ended:
        status = main([str(word) for word in words])
        printed = capsys.readouterr()
        return Ended(status, printed.out, printed.err)

    return run_words


@pytest.fixture
def one_core():
    """Small networks are done sooner on one core than on several that others need too."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(before)[os.getpid() % len(before)]})
    yield
    os.sched_setaffinity(0, before)
