from __future__ import annotations

import json
from typing import Literal, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.errors import RunError
from explorer.training.plan import (
    APPLIES,
    Plan,
    applies,
    changes_from_texts,
    from_json,
    parse,
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
        extra = field.json_schema_extra
        assert extra["group"], name
        kind = field.annotation
        if get_origin(kind) is Literal:
            unlabelled = set(get_args(kind)) - set(extra["labels"])
            assert unlabelled <= {"float32", "bfloat16"}, name
        elif kind in (int, float):
            bounds = {
                part for entry in field.metadata for part in ("ge", "gt", "le", "lt") if hasattr(entry, part)
            }
            assert len(bounds) == 2, name


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
        ("optimiser", "lion"),
        ("loss", "hinge"),
        ("ema", 1),
        ("clip_norm", -1),
        ("cutout", -1),
        ("mixup", -0.1),
        ("normalisation", "none"),
        ("validation_share", 0.95),
        ("backbone_rate", 0),
        ("beta2", 1),
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


def test_an_old_plan_without_the_newer_fields_is_read_as_it_was_meant() -> None:
    old = {"schema": 1, "epochs": 3, "learning_rate": 0.2, "schedule": "one-cycle", "flip": True}
    plan = from_json(json.dumps(old))
    assert plan == Plan(epochs=3)
    assert (plan.optimiser, plan.loss, plan.normalisation) == ("sgd", "cross-entropy", "data")
    off = (plan.ema, plan.clip_norm, plan.cutout, plan.mixup, plan.validation_share, plan.early_stopping)
    assert not any(off)
    assert (plan.freeze_epochs, plan.backbone_rate, plan.reproducible) == (0, 1.0, False)


@pytest.mark.parametrize(
    ("field", "changes", "shown"),
    [
        ("nesterov", {}, True),
        ("nesterov", {"momentum": 0}, False),
        ("nesterov", {"optimiser": "adamw"}, False),
        ("beta2", {}, False),
        ("beta2", {"optimiser": "adam"}, True),
        ("beta2", {"optimiser": "rmsprop"}, False),
        ("milestones", {}, False),
        ("milestones", {"schedule": "step"}, True),
        ("crop_fill", {"crop_padding": 0}, False),
        ("epochs", {}, True),
    ],
)
def test_a_field_applies_where_it_makes_a_difference(
    field: str, changes: dict[str, object], shown: bool
) -> None:
    assert applies(Plan().edited(**changes), field) is shown


def test_the_conditions_are_of_fields() -> None:
    assert set(APPLIES) <= set(Plan.model_fields)
