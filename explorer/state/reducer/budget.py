"""The reducer's slice of the budget lock: which edits make a field follow, and when the target moves.

Called by `state/reducer/document.py`. Must not import torch or Qt.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from explorer.arch.budget import Budget, fit_budget, total
from explorer.arch.spec import ArchitectureSpec
from explorer.state.model import Document


def fitted(document: Document, spec: ArchitectureSpec, edited: Collection[str]) -> ArchitectureSpec:
    """The edited spec with the locked field fitted to the budget.

    Args:
        document: Before the edit, with its lock.
        spec: As the user edited it.
        edited: The names of the fields that differ.
    """
    budget = document.budget
    if budget is None or budget.vary in edited:
        return spec
    return fit_budget(spec, hold=budget.hold, target=budget.target, vary=budget.vary)


def retargeted(document: Document, spec: ArchitectureSpec, edited: Collection[str]) -> Budget | None:
    """The budget behind an edit: turning the field that follows, or opening a net, sets a new target."""
    budget = document.budget
    if budget is None or (edited and budget.vary not in edited):
        return budget
    return replace(budget, target=total(spec, budget.hold))
