"""Agreement of networks: exact small cases, and rules that hold for all."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.present.agreement import (
    Agreement,
    Camp,
    Difference,
    Said,
    Track,
    Voice,
    agreements,
    camps,
    comparable,
    differences,
    partings,
)

PETS = frozenset({"cat", "dog", "frog"})
DIGITS = frozenset("0123")


def voice(*answers, classes=PETS):
    """A network by its answers of pictures 0, 1, …: a class with its probability, or None."""
    said = {place: Said(*answer) for place, answer in enumerate(answers) if answer is not None}
    return Voice(frozenset(classes), said)


SURE = voice(("cat", 0.9), ("dog", 0.8), ("frog", 0.6), ("cat", 0.99))
OTHER = voice(("cat", 0.5), ("cat", 0.7), ("dog", 0.4), None)
THIRD = voice(("cat", 0.7), ("frog", 0.3), ("dog", 0.95), ("dog", 0.2))
FOREIGN = voice(("0", 0.9), ("1", 0.9), ("2", 0.9), ("3", 0.9), classes=DIGITS)
UNTRAINED = voice(("cat", 0.1), ("cat", 0.1), classes=())
PICTURES = (0, 1, 2, 3)


def test_shares_count_pictures_that_both_have_answered():
    found = agreements((SURE, OTHER, THIRD), PICTURES)
    assert found[0] == (Agreement(4, 4), Agreement(1, 3), Agreement(1, 4))
    assert found[1] == (Agreement(1, 3), Agreement(3, 3), Agreement(2, 3))
    assert found[0][1].share == pytest.approx(1 / 3)
    assert agreements((SURE, OTHER), (3,)) == ((Agreement(1, 1), None), (None, None))


def test_networks_of_other_classes_are_not_compared():
    found = agreements((SURE, FOREIGN, UNTRAINED), PICTURES)
    assert found[0][1] is found[1][0] is None
    assert found[1][1] == Agreement(4, 4)
    assert found[2] == (None, None, None)
    assert not comparable(UNTRAINED, UNTRAINED)


def test_the_order_of_classes_makes_no_difference():
    assert comparable(Voice(frozenset(("b", "a")), {}), Voice(frozenset(("a", "b")), {}))


def test_camps_the_largest_first_then_the_surest():
    assert camps((SURE, OTHER, THIRD), 2) == ((Camp("dog", (1, 2), 0.95), Camp("frog", (0,), 0.6)),)
    assert camps((SURE, OTHER, THIRD), 1)[0] == (
        Camp("dog", (0,), 0.8),
        Camp("cat", (1,), 0.7),
        Camp("frog", (2,), 0.3),
    )


def test_camps_are_apart_for_each_set_of_classes():
    assert camps((FOREIGN, SURE, UNTRAINED, OTHER), 0) == (
        (Camp("0", (0,), 0.9),),
        (Camp("cat", (1, 3), 0.9),),
    )
    assert camps((SURE,), 17) == ()


def test_differences_are_sorted_by_answers_then_by_how_sure_they_are():
    assert differences((SURE, OTHER, THIRD), PICTURES) == (
        Difference(1, 3, 0.7),
        Difference(2, 2, 0.6),
        Difference(3, 2, 0.2),
    )


def test_a_pair_alone_is_heard():
    assert [found.image_id for found in differences((SURE, OTHER, THIRD), PICTURES, (1, 2))] == [1]
    assert differences((SURE, FOREIGN), PICTURES, (0, 1)) == ()


def test_other_classes_never_differ():
    assert differences((SURE, FOREIGN), PICTURES) == ()
    both = differences((SURE, OTHER, FOREIGN, voice(("1", 0.5), ("1", 1.0), classes=DIGITS)), PICTURES)
    # Picture 0 differs among the digits alone, 1 among the pets alone.
    assert [(found.image_id, found.n_answers) for found in both] == [(1, 2), (0, 2), (2, 2)]


def test_nobody_and_nothing():
    assert agreements((), PICTURES) == ()
    assert agreements((SURE,), ()) == ((None,),)
    assert differences((), PICTURES) == ()
    assert differences((SURE, OTHER), ()) == ()


answers = st.lists(
    st.none() | st.tuples(st.sampled_from(sorted(PETS)), st.floats(0.34, 1.0)), min_size=5, max_size=5
)


@given(st.lists(answers, min_size=2, max_size=4))
def test_what_is_counted_is_what_a_reader_would_count(rows):
    voices = [voice(*row) for row in rows]
    pictures = tuple(range(5))
    found = agreements(voices, pictures)
    for one, row in enumerate(rows):
        for other, column in enumerate(rows):
            pairs = [(a[0], b[0]) for a, b in zip(row, column, strict=True) if a and b]
            expected = Agreement(sum(a == b for a, b in pairs), len(pairs)) if pairs else None
            assert found[one][other] == expected
    differing = differences(voices, pictures)
    distinct = {place: len({row[place][0] for row in rows if row[place]}) for place in pictures}
    assert {found.image_id: found.n_answers for found in differing} == {
        place: n for place, n in distinct.items() if n > 1
    }
    keys = [(-found.n_answers, -found.sureness, found.image_id) for found in differing]
    assert keys == sorted(keys)
    for found in differing:
        (group,) = camps(voices, found.image_id)
        assert found.sureness == sorted(camp.probability for camp in group)[-2]


# Along the way


def test_a_track_is_read_as_the_slider_is():
    track = Track((0.3, 0.6, 0.9), ("a", "b", "c"))
    assert [track.at(share) for share in (0.0, 0.3, 0.31, 0.6, 0.9, 1.0)] == list("aabbcc")


def test_where_they_part():
    shallow = Track((0.5, 0.9), ("cat", "dog"))
    deep = Track((0.3, 0.5, 0.7, 0.9), ("cat", "frog", "dog", "dog"))
    assert partings((shallow, deep), 0.1) == ((0.3, 0.5),)
    assert partings((shallow, Track((0.5, 0.9), ("dog", "cat"))), 0.1) == ((0.1, 0.9),)
    assert partings((shallow, shallow)) == ()
    assert partings((shallow, Track((), ()))) == ()
    apart = Track((0.3, 0.5, 0.7, 0.9), ("frog", "cat", "dog", "frog"))
    assert partings((shallow, apart), 0.1) == ((0.1, 0.3), (0.7, 0.9))


tracks = st.integers(1, 6).flatmap(
    lambda n: st.lists(st.sampled_from("ab"), min_size=n, max_size=n).map(
        lambda labels: Track(tuple((place + 1) / n for place in range(n)), tuple(labels))
    )
)


@given(st.lists(tracks, min_size=2, max_size=4))
def test_inside_of_a_parting_they_differ_and_outside_they_do_not(given_tracks):
    found = partings(given_tracks)
    assert all(start < end for start, end in found)
    assert all(one[1] < other[0] for one, other in pairwise(found))
    for place in range(1, 121):
        share = (place - 0.5) / 120
        differs = len({track.at(share) for track in given_tracks}) > 1
        assert differs == any(start < share < end for start, end in found)
