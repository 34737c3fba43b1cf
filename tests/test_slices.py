"""Long work in slices: what it returns, and what it says on the way."""

import pytest

from explorer.slices import in_steps, mapped, returned, unsaid


def work(n=10, fails_at=None):
    for place in range(n):
        if place == fails_at:
            raise ValueError(place)
        yield (place + 1) / n
    return "found"


def both(steps):
    said = []

    def collected():
        found = yield from mapped(steps, said.append)
        return found

    return said, returned(collected())


def test_what_is_found_is_returned():
    assert returned(work()) == "found"
    assert returned(work(0)) == "found"


def test_what_is_said_is_said_otherwise():
    assert list(mapped(work(3), lambda share: round(3 * share))) == [1, 2, 3]
    assert both(mapped(work(3), lambda share: round(3 * share))) == ([1, 2, 3], "found")
    assert both(unsaid(work(2))) == ([None, None], "found")


def test_shares_are_told_in_steps():
    said, found = both(in_steps(work(10), lambda share: share, step=0.25))
    assert said == [None, None, 0.3, None, None, 0.6, None, None, 0.9, None]
    assert found == "found"


def test_an_error_goes_through_and_closing_closes_the_work():
    with pytest.raises(ValueError, match="1"):
        returned(mapped(work(fails_at=1), lambda share: share))
    closed = []

    def held():
        try:
            yield 0.0
            yield 1.0
        finally:
            closed.append(True)

    steps = unsaid(held())
    next(steps)
    steps.close()
    del steps
    assert closed == [True]
