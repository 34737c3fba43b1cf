from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.errors import RunError
from explorer.training.plan import (
    RECIPES,
    Plan,
    changes_from_texts,
    from_json,
    parse,
    plan_for,
    recipe,
    sensible_epochs,
)


@given(
    epochs=st.integers(1, 10_000),
    rate=st.floats(1e-6, 100),
    milestones=st.lists(st.floats(0.01, 0.99), max_size=4),
    seed=st.integers(0, 2**63 - 1),
)
def test_json_keeps_every_value(epochs: int, rate: float, milestones: list[float], seed: int) -> None:
    plan = Plan(epochs=epochs, learning_rate=rate, milestones=tuple(milestones), seed=seed)
    assert from_json(plan.to_json()) == plan


def test_every_field_is_titled_and_described() -> None:
    for name, field in Plan.model_fields.items():
        assert field.title, name
        assert field.description, name


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epochs", 0),
        ("batch_size", 0),
        ("learning_rate", 0),
        ("learning_rate", float("nan")),
        ("momentum", 1),
        ("label_smoothing", 1),
        ("schedule", "none"),
        ("milestones", "0.5,1"),
        ("flip", "perhaps"),
    ],
)
def test_a_wrong_value_names_its_field(field: str, value: object) -> None:
    with pytest.raises(RunError, match=field):
        parse({field: value})


def test_texts_are_read_as_numbers_and_tuples() -> None:
    changes = changes_from_texts(["milestones=0.25,0.5", "flip=no", "learning_rate=1e-2"])
    plan = Plan().edited(**changes)
    assert plan.milestones == (0.25, 0.5)
    assert plan.flip is False
    assert plan.learning_rate == 0.01


def test_an_unknown_field_is_answered_with_the_nearest() -> None:
    with pytest.raises(RunError, match=r"weight_decy.*weight_decay"):
        changes_from_texts(["weight_decy=0"])
    with pytest.raises(RunError, match="not field=value"):
        changes_from_texts(["epochs"])


def test_a_newer_schema_is_refused() -> None:
    with pytest.raises(RunError, match="version 99"):
        from_json(json.dumps({"schema": 99}))
    with pytest.raises(RunError, match="not JSON"):
        from_json("{")


def test_the_paper_recipe_takes_64k_steps() -> None:
    plan = recipe("paper-2015").plan
    steps = plan.epochs * (50_000 // plan.batch_size)
    assert abs(steps - 64_000) < 50_000 // plan.batch_size
    assert plan.milestones == (32_000 / 64_000, 48_000 / 64_000)
    assert (plan.learning_rate, plan.momentum, plan.weight_decay) == (0.1, 0.9, 1e-4)
    assert not plan.nesterov


def test_an_unknown_recipe_lists_all() -> None:
    with pytest.raises(RunError, match=", ".join(RECIPES)):
        recipe("slow")


def test_digits_are_not_mirrored_unless_asked() -> None:
    assert plan_for("digits", 1438).flip is False
    assert plan_for("digits", 1438, flip=True).flip is True
    assert plan_for("photos.zip", 1438).flip is True


def test_epochs_follow_the_size_of_the_data_unless_set() -> None:
    assert plan_for("data", 50_000).epochs == 30
    assert sensible_epochs(100) > sensible_epochs(50_000) > sensible_epochs(10_000_000) >= 1
    assert plan_for("data", 50_000, epochs=3).epochs == 3
    assert plan_for("data", 50_000, "paper-2015").epochs == 164
