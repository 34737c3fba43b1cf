"""What runs are called where several would be called the same."""

import time
from dataclasses import replace

from explorer.arch.presets import preset
from explorer.engine.run_titles import began, told_apart
from tests.run_rows import made_row

DAY = time.mktime((2026, 11, 22, 14, 32, 10, 0, 0, -1))
NEXT = time.mktime((2026, 11, 23, 9, 5, 0, 0, 0, -1))


def run_row(run, created=DAY, **changes):
    return made_row(run, created=created, **{"data": "digits", **changes})


def titles(*rows):
    return [row.title for row in told_apart(rows)]


def test_a_title_of_its_own_needs_no_mark():
    other = run_row("b", spec=preset("cifar-resnet32").spec, data="/pictures/pets.zip")
    assert titles(run_row("a"), other) == ["CIFAR ResNet-20 on digits", "CIFAR ResNet-32 on pets.zip"]


def test_equal_ones_say_when_they_began():
    rows = run_row("a"), run_row("b", DAY + 3_600), run_row("c", name="mine")
    assert titles(*rows) == ["CIFAR ResNet-20 on digits, 14:32", "CIFAR ResNet-20 on digits, 15:32", "mine"]
    assert titles(rows[0], replace(rows[1], name="best")) == ["CIFAR ResNet-20 on digits", "best"]


def test_a_name_that_reads_like_a_title_is_not_changed():
    named = run_row("b", name="CIFAR ResNet-20 on digits")
    assert titles(run_row("a"), named) == ["CIFAR ResNet-20 on digits, 14:32", "CIFAR ResNet-20 on digits"]


def test_a_mark_goes_with_the_need_for_it():
    first, second = told_apart((run_row("a"), run_row("b", DAY + 60)))
    assert first.mark == "14:32"
    assert told_apart((first,)) == (run_row("a"),)
    assert told_apart((first, second)) == (first, second)


def test_moments_are_told_apart_in_the_fewest_words():
    assert began([DAY, DAY + 20]) == ["14:32:10", "14:32:30"]
    assert began([DAY, NEXT]) == ["2026-11-22", "2026-11-23"]
    assert began([DAY, NEXT, NEXT + 60]) == ["2026-11-22 14:32", "2026-11-23 09:05", "2026-11-23 09:06"]
    assert began([NEXT + 0.5, DAY, NEXT])[0] == "2026-11-23 09:05:00 #2"
    assert began([DAY + 0.2, DAY]) == ["14:32:10 #2", "14:32:10 #1"]
