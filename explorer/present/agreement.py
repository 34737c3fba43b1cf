"""Do networks say the same? Shares of pictures, who agrees on one, and where on the way they part.

Answers are compared by the names of classes, and only between networks that know the same classes: what one
of ten classes says of a picture and what one of a thousand says of it cannot be the same, and cannot differ.
Called by the comparison. Takes plain values; NumPy only: no Qt, no torch, nothing of the state.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Said:
    """The first class of an answer, and how sure it is: 0 to 1."""

    label: str
    probability: float


@dataclass(frozen=True, slots=True)
class Voice:
    """A network that is asked.

    Attributes:
        classes: The names it knows; empty where it has learned none, and then nothing compares with it.
        answers: What it says, by picture number.
    """

    classes: frozenset[str]
    answers: Mapping[int, Said]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often two networks say the same.

    Attributes:
        same: Pictures of which both say the same.
        both: Pictures that both have answered, at least one.
    """

    same: int
    both: int

    @property
    def share(self) -> float:
        """0 to 1."""
        return self.same / self.both


@dataclass(frozen=True, slots=True)
class Camp:
    """Networks that say the same of a picture.

    Attributes:
        label: What they say.
        members: Their places, rising.
        probability: Of the surest of them.
    """

    label: str
    members: tuple[int, ...]
    probability: float


@dataclass(frozen=True, slots=True)
class Difference:
    """A picture on which networks differ.

    Attributes:
        image_id: The picture.
        n_answers: How many different answers there are, among networks that can be compared.
        sureness: How sure two that contradict each other are at least: 0 to 1.
    """

    image_id: int
    n_answers: int
    sureness: float


@dataclass(frozen=True, slots=True)
class Track:
    """What a network's probes say along its way.

    Attributes:
        shares: Where each probe's part of the way ends, rising, 0 to 1.
        labels: The likeliest class of each.
    """

    shares: tuple[float, ...]
    labels: tuple[str, ...]

    def at(self, share: float) -> str:
        """The likeliest class at a share of the way: that of the probe whose part it lies in."""
        place = bisect_left(self.shares, share - 1e-9)
        return self.labels[min(place, len(self.labels) - 1)]


def comparable(one: Voice, other: Voice) -> bool:
    """Whether two networks know the same classes, in whatever order."""
    return bool(one.classes) and one.classes == other.classes


def agreements(voices: Sequence[Voice], image_ids: Sequence[int]) -> tuple[tuple[Agreement | None, ...], ...]:
    """How often each two of them say the same.

    Args:
        voices: The networks.
        image_ids: The pictures that count.

    Returns:
        A row a network, symmetric; None where two cannot be compared, or no picture was answered by both.
    """
    codes, _ = _coded(voices, image_ids)

    def cell(row: int, column: int) -> Agreement | None:
        if not comparable(voices[row], voices[column]):
            return None
        both = (codes[row] >= 0) & (codes[column] >= 0)
        same = int(np.count_nonzero(both & (codes[row] == codes[column])))
        return Agreement(same, int(both.sum())) if both.any() else None

    places = range(len(voices))
    return tuple(tuple(cell(row, column) for column in places) for row in places)


def camps(voices: Sequence[Voice], image_id: int) -> tuple[tuple[Camp, ...], ...]:
    """Who agrees with whom on a picture.

    Returns:
        A group for each set of classes of which somebody has answered, in the order of the networks; in each
        the largest camp first, of equal ones the surer.
    """
    return tuple(made for group in _groups(voices) if (made := _camps_of(voices, group, image_id)))


def differences(
    voices: Sequence[Voice], image_ids: Sequence[int], pair: tuple[int, int] | None = None
) -> tuple[Difference, ...]:
    """The pictures on which networks differ: those with the most answers first, then the surest.

    Args:
        voices: The networks.
        image_ids: The pictures that count.
        pair: The places of two networks that alone are heard; None for all.
    """
    heard = voices if pair is None else tuple(voices[place] for place in pair)
    codes, probabilities = _coded(heard, image_ids)
    extra = np.zeros(len(image_ids), np.int64)
    sureness = np.zeros(len(image_ids))
    for group in _groups(heard):
        rows = list(group)
        extra += _n_distinct(codes[rows]) - 1
        sureness = np.maximum(sureness, _sureness(codes[rows], probabilities[rows]))
    places = np.flatnonzero(extra > 0)
    # Stable to the last: of equals the earlier picture.
    order = np.lexsort((places, -sureness[places], -extra[places]))
    return tuple(
        Difference(image_ids[place], int(extra[place]) + 1, float(sureness[place]))
        for place in places[order].tolist()
    )


def partings(tracks: Sequence[Track], start: float = 0.0) -> tuple[tuple[float, float], ...]:
    """Where along the way the probes' first classes are not all the same.

    Args:
        tracks: Of networks whose probes know the same classes.
        start: Where the way of the first block begins.

    Returns:
        Parts of the way, (from, to), rising and apart; the first begins where they part first. None where
        they agree all along, or where fewer than two are there.
    """
    heard = [track for track in tracks if track.shares]
    if len(heard) < 2:
        return ()
    edges = sorted({share for track in heard for share in track.shares})
    found: list[tuple[float, float]] = []
    for before, edge in zip([start, *edges], edges, strict=False):
        if len({track.at(edge) for track in heard}) > 1:
            joins = bool(found) and found[-1][1] == before
            found.append((found.pop()[0] if joins else before, edge))
    return tuple(found)


def _groups(voices: Sequence[Voice]) -> tuple[tuple[int, ...], ...]:
    """The places of networks that know the same classes; those that know none are left out."""
    groups: dict[frozenset[str], list[int]] = {}
    for place, voice in enumerate(voices):
        if voice.classes:
            groups.setdefault(voice.classes, []).append(place)
    return tuple(map(tuple, groups.values()))


def _camps_of(voices: Sequence[Voice], group: Sequence[int], image_id: int) -> tuple[Camp, ...]:
    by_label: dict[str, list[int]] = {}
    for place in group:
        if (said := voices[place].answers.get(image_id)) is not None:
            by_label.setdefault(said.label, []).append(place)
    made = [
        Camp(label, tuple(members), max(voices[place].answers[image_id].probability for place in members))
        for label, members in by_label.items()
    ]
    return tuple(sorted(made, key=lambda camp: (-len(camp.members), -camp.probability, camp.members)))


def _coded(voices: Sequence[Voice], image_ids: Sequence[int]) -> tuple[Int64, Float64]:
    """Answers as numbers, and their probabilities: (networks, pictures); −1 and 0 where there is none."""
    numbers: dict[str, int] = {}
    codes = np.full((len(voices), len(image_ids)), -1, np.int64)
    probabilities = np.zeros((len(voices), len(image_ids)))
    for row, voice in enumerate(voices):
        for column, image_id in enumerate(image_ids):
            if (said := voice.answers.get(image_id)) is not None:
                codes[row, column] = numbers.setdefault(said.label, len(numbers))
                probabilities[row, column] = said.probability
    return codes, probabilities


def _n_distinct(codes: Int64) -> Int64:
    """How many different answers each picture has; 1 where there is none, too: nothing differs."""
    ordered = np.sort(codes, axis=0)
    is_new = (ordered[1:] != ordered[:-1]) & (ordered[:-1] >= 0)
    return np.asarray(1 + is_new.sum(axis=0), np.int64)


def _sureness(codes: Int64, probabilities: Float64) -> Float64:
    """How sure the less sure is of the surest network and the surest that contradicts it, a picture."""
    if not len(codes):
        return np.zeros(codes.shape[1])
    surest = np.where(codes >= 0, probabilities, -1.0).argmax(axis=0)
    first = codes[surest, np.arange(codes.shape[1])]
    against = np.where((codes >= 0) & (codes != first), probabilities, 0.0)
    return np.asarray(against.max(axis=0))
