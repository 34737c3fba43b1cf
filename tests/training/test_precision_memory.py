from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
import torch
from torch import nn

from explorer import paths
from explorer.arch.expand import expand
from explorer.nets.assemble import assemble
from explorer.training import precision_memory
from explorer.training.precision import Precision
from explorer.training.precision_memory import remembered_precision
from tests.training.small import small_spec

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A memory of this test's own."""
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    return tmp_path


def drained(steps: Generator[None, None, Precision]) -> tuple[int, Precision]:
    """How many steps were measured, and what was chosen."""
    n_steps = 0
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            return n_steps, finished.value
        n_steps += 1


def chosen(batch_size: int = 4, precision: str = "auto", **changes: object) -> tuple[int, Precision]:
    spec = small_spec(**changes)

    def make_model() -> nn.Module:
        return assemble(expand(spec))

    return drained(remembered_precision(spec, make_model, CPU, batch_size, precision))


def memory_file() -> Path:
    return paths.cache_dir() / precision_memory.FILE


def test_what_was_measured_is_not_measured_again() -> None:
    n_steps, first = chosen()
    assert n_steps > 0
    assert chosen() == (0, first)
    assert first.rates


def test_another_network_batch_choice_or_thread_is_measured_by_itself() -> None:
    chosen()
    assert chosen(stage_widths=(4, 8, 12))[0] > 0
    assert chosen(batch_size=2)[0] > 0
    n_steps, other = chosen(precision="float32")
    assert n_steps > 0
    assert other.dtype == "float32"
    torch.set_num_threads(2)
    assert chosen()[0] > 0
    torch.set_num_threads(1)
    assert chosen()[0] == 0


def test_a_choice_that_is_made_is_neither_measured_nor_kept() -> None:
    spec = small_spec()
    steps = remembered_precision(spec, lambda: nn.Identity(), CPU, 4, "bfloat16", "yes")
    assert drained(steps) == (0, Precision("bfloat16", True))
    assert not memory_file().exists()


@pytest.mark.parametrize("text", ["{", "[]", '{"x": 3}', "\x00"])
def test_a_broken_memory_is_written_anew(text: str) -> None:
    memory_file().write_text(text)
    assert chosen()[0] > 0
    assert chosen()[0] == 0


@pytest.mark.parametrize(
    ("right", "wrong"),
    [('"dtype": "', '"dtype": "no'), ('"rates": [[', '"rates": [[7, 8, '), ('"rates"', '"r"')],
)
def test_an_entry_that_makes_no_sense_is_measured_again(right: str, wrong: str) -> None:
    chosen()
    text = memory_file().read_text()
    assert right in text
    memory_file().write_text(text.replace(right, wrong))
    assert chosen()[0] > 0
    assert chosen()[0] == 0


def test_only_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision_memory, "MOST", 2)
    for size in (1, 2, 3):
        assert chosen(batch_size=size)[0] > 0
    assert chosen(batch_size=3)[0] == chosen(batch_size=2)[0] == 0
    assert chosen(batch_size=1)[0] > 0


def test_without_a_place_to_write_it_is_measured_each_time(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv(paths.HOME_VARIABLE, str(home / "file"))
    assert chosen()[0] > 0
    assert chosen()[0] > 0
