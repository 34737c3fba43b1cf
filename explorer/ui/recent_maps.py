"""Maps that were looked at a moment ago, so that stepping back and forth shows them within a frame.

Used by `ui/rendering.py`. What is shown from here is asked for all the same and replaced by the answer.
"""

from __future__ import annotations

from collections import OrderedDict

from explorer.state.model import MapsState

MOST_BYTES = 48 * 2**20


class RecentMaps:
    """The newest maps by node, picture and network, up to a number of bytes.

    Args:
        most_bytes: What they may take together.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[tuple[str, int, int], MapsState] = OrderedDict()

    @property
    def n_bytes(self) -> int:
        """What they take."""
        return sum(maps.maps.nbytes for maps in self._kept.values())

    def keep(self, maps: MapsState) -> None:
        """Remember maps; the longest unused ones go where there is no room."""
        place = (maps.key, maps.image_id, maps.version)
        self._kept[place] = maps
        self._kept.move_to_end(place)
        n_bytes = self.n_bytes
        while n_bytes > self._most_bytes:
            n_bytes -= self._kept.popitem(last=False)[1].maps.nbytes

    def find(self, key: str, image_id: int | None, version: int) -> MapsState | None:
        """What a node made of a picture, if it was looked at lately."""
        if image_id is None:
            return None
        found = self._kept.get((key, image_id, version))
        if found is not None:
            self._kept.move_to_end((key, image_id, version))
        return found

    def forget(self) -> None:
        """The network answers otherwise now."""
        self._kept.clear()
