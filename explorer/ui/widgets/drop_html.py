"""The pictures that a piece of HTML shows: what browsers hand over with a drag or a copy.

Called by `drop_reading`, which imports it for its first piece of HTML.
"""

from __future__ import annotations

from html.parser import HTMLParser


def picture_sources(text: str) -> list[str]:
    """The `src` of every `<img>`, in order; of addresses without a scheme, with `https:`."""
    parser = _PictureSources()
    parser.feed(text)
    return parser.sources


class _PictureSources(HTMLParser):
    """Collects the `src` of every `<img>`."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        source = dict(attrs).get("src") if tag == "img" else None
        if source:
            self.sources.append("https:" + source if source.startswith("//") else source.strip())
