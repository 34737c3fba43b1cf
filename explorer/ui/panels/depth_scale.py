"""Where each depth stands on the depth slider: published depths well apart, the rest between them.

Used by the depth control. Pure: imports no Qt.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import log

from explorer.arch.depths import depths
from explorer.arch.presets import presets
from explorer.arch.spec import ArchitectureSpec

_SPREAD = (1, 2, 4, 8, 17)
"""Places in a family's list that are marked where no published net tells which matter."""
_FEW = 8
"""Up to so many depths, all of them are marked."""


def published_depths(spec: ArchitectureSpec) -> tuple[int, ...]:
    """The depths of the spec's family that presets have; some others where there are none."""
    family = _family(spec)
    blocks = {preset.spec.stage_depths for preset in presets().values() if _family(preset.spec) == family}
    known = depths(spec)
    published = tuple(sorted(depth for depth, stages in known.items() if stages in blocks))
    every = tuple(known)
    last = len(every) - 1
    return published or tuple(every[i] for i in sorted({last, *(i for i in _SPREAD if i < last)}))


def _family(spec: ArchitectureSpec) -> tuple[object, ...]:
    """What nets that differ in depth have in common."""
    return spec.block, spec.n_stages, spec.order, spec.width_factor, spec.block_convolutions


class DepthScale:
    """Maps a place in the list of depths to a place along the slider, and back.

    The published depths (and the ends) are as far apart from each other; between two of them the
    number of blocks grows by a constant factor, as far as whole numbers allow.

    Args:
        known: The family's depths, from shallow to deep.
        published: Those of them that are marked.
    """

    def __init__(self, known: Sequence[int], published: Sequence[int]) -> None:
        self.depths = tuple(known)
        self.marked = self.depths if len(known) <= _FEW else tuple(published)
        ends = {0, len(known) - 1}
        self._anchors = sorted(ends | {self.depths.index(depth) for depth in self.marked})

    def place(self, index: int) -> float:
        """Where the depth of that index stands, 0 to 1."""
        n_gaps = len(self._anchors) - 1
        if not n_gaps:
            return 0.0
        gap = min(bisect_right(self._anchors, index) - 1, n_gaps - 1)
        start, stop = self._anchors[gap], self._anchors[gap + 1]
        return (gap + log((index + 1) / (start + 1)) / log((stop + 1) / (start + 1))) / n_gaps

    def index_at(self, place: float) -> int:
        """The index of the depth nearest to a place, which may lie outside 0 to 1."""
        return min(range(len(self.depths)), key=lambda index: abs(self.place(index) - place))

    def nearest(self, depth: int) -> int:
        """The index of the depth nearest to a depth that the family may not have."""
        return min(range(len(self.depths)), key=lambda index: abs(self.depths[index] - depth))

    def next_marked(self, index: int, step: int) -> int:
        """The index of the marked depth before (-1) or after (+1) an index; itself where there is none."""
        places = [self.depths.index(depth) for depth in self.marked]
        beyond = [place for place in places if (place - index) * step > 0]
        return min(beyond, key=lambda place: abs(place - index)) if beyond else index
