import sys

import pytest

from explorer.ui.late import LateModule, actions


def test_a_late_module_is_imported_for_the_first_name_of_its(monkeypatch):
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    late = LateModule("colorsys")
    assert "colorsys" not in sys.modules
    assert late.rgb_to_hsv(1.0, 0.0, 0.0) == (0.0, 1.0, 1.0)
    assert "colorsys" in sys.modules


def test_a_name_that_is_not_there_is_said_at_once():
    with pytest.raises(AttributeError, match="Undoo"):
        actions.Undoo  # noqa: B018


def test_actions_are_the_states_own():
    from explorer.state.actions import Undo

    assert isinstance(actions.Undo(), Undo)
