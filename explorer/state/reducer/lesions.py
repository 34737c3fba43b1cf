"""The reducer's slice of lesions: blocks bypassed or exchanged for a moment. Steps of undo.

Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import replace

from explorer.arch.expand import expand
from explorer.arch.lesions import INTACT, Lesions, check
from explorer.errors import InsideError
from explorer.state.inside_actions import ExchangeBlocks, HealAll, ToggleLesion
from explorer.state.reducer.document import set_document
from explorer.state.reducer.turn import Turn


def on_toggle_lesion(turn: Turn, action: ToggleLesion) -> None:
    """Bypass a block, or let it work again."""
    lesions = turn.state.document.lesions
    _set(turn, replace(lesions, bypassed=lesions.bypassed ^ {action.block}))


def on_exchange_blocks(turn: Turn, action: ExchangeBlocks) -> None:
    """Let two blocks change places; the same pair again puts them back."""
    lesions = turn.state.document.lesions
    pair = (action.first, action.second)
    others = tuple(one for one in lesions.exchanged if set(one) != set(pair))
    is_new = len(others) == len(lesions.exchanged)
    _set(turn, replace(lesions, exchanged=(*others, pair) if is_new else others))


def on_heal_all(turn: Turn, action: HealAll) -> None:
    """Take all lesions away."""
    _set(turn, INTACT)


def _set(turn: Turn, lesions: Lesions) -> None:
    """Use these lesions, or say why the network cannot have them."""
    document = turn.state.document
    try:
        check(expand(document.spec), lesions)
    except InsideError as error:
        turn.notify("warning", error.message, error.hint, arguments=tuple(error.arguments.items()))
        return
    set_document(turn, replace(document, lesions=lesions))
