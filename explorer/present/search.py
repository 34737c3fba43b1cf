"""Finding nodes and blocks by what people type.

Called by the graph view's search field. May import `arch`, never Qt or torch.
"""

from __future__ import annotations

from functools import lru_cache

from explorer.arch.graph import Block, Graph
from explorer.arch.op import Op

SHORTCUT_WORDS: dict[str, str] = {
    "none": "plain",
    "identity": "identity identityblock",
    "projection": "projection convblock",
    "A": "optiona identity",
}
"""What each kind of shortcut is called; Keras says ConvBlock and IdentityBlock."""


def _plain(text: str) -> str:
    """Without case, spaces, signs between words, and with x for ×."""
    return text.lower().replace("×", "x").replace("_", "").replace(" ", "").replace("-", "")


@lru_cache(maxsize=1024)
def _op_words(op: Op) -> str:
    return f"{_plain(op.name)} {_plain(op.describe())}"


def _block_words(block: Block) -> str:
    return f"{block.key} {_plain(block.kind)} {_plain(block.kind)}block {SHORTCUT_WORDS[block.shortcut]}"


def _terms(text: str) -> list[str]:
    """The typed words; `Conv Block` and `3×3 conv` may be one word or two."""
    whole = _plain(text)
    if whole in ("convblock", "identityblock", "basicblock", "bottleneckblock", "optiona"):
        return [whole]
    return [_plain(word) for word in text.replace(",", " ").split() if _plain(word)]


def search(graph: Graph, text: str) -> list[str]:
    """The keys of all nodes and blocks that match every word, in the order they run.

    Args:
        graph: Where to look.
        text: Part of a key (`layer3.4`), an operation (`conv`, `3x3`, `batch norm`), a block type
            (`bottleneck`), a shortcut (`projection`), or Keras's `ConvBlock` and `IdentityBlock`.

    Returns:
        Node keys, and block keys such as `layer3.0` (before the nodes they hold). Empty for no words.
    """
    terms = _terms(text)
    if not terms:
        return []
    starts = {block.start: block for block in graph.blocks}
    found: list[str] = []
    for place, node in enumerate(graph.nodes):
        block = starts.get(place)
        if block is not None:
            words = _block_words(block)
            if all(term in words for term in terms):
                found.append(block.key)
        words = f"{_plain(node.key)} {_op_words(node.op)}"
        if all(term in words for term in terms):
            found.append(node.key)
    return found
