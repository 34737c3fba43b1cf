"""What is not needed to paint is imported where it is used: the rule for all that the window's start touches.

Where that is one function, the import stands in it. Actions are used in many places a line long, so they are
reached through the names below: `actions.Undo()` imports `explorer.state.actions` when it is run, long after
the first paint. A type annotation needs no module. `tests/ui/test_first_paint.py` names the modules that
must not be there at the first paint.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any


class LateModule:
    """A module that is imported when a name of its is first asked for.

    Args:
        name: The module's, in full.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)


if TYPE_CHECKING:
    from explorer.state import actions as actions
    from explorer.state import compare_actions as compare_actions
    from explorer.state import inside_actions as inside_actions
    from explorer.state import learning_actions as learning_actions
    from explorer.state import lesson_actions as lesson_actions
    from explorer.state import study_actions as study_actions
else:
    actions = LateModule("explorer.state.actions")
    compare_actions = LateModule("explorer.state.compare_actions")
    inside_actions = LateModule("explorer.state.inside_actions")
    learning_actions = LateModule("explorer.state.learning_actions")
    lesson_actions = LateModule("explorer.state.lesson_actions")
    study_actions = LateModule("explorer.state.study_actions")
