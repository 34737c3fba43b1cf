from __future__ import annotations

import pytest

from explorer.errors import RunError
from explorer.training.plan import Plan, changes_from_texts
from explorer.training.recipes import RECIPES, plan_for, recipe, sensible_epochs


def test_the_paper_recipe_takes_64k_steps() -> None:
    plan = recipe("paper-2015").plan
    steps = plan.epochs * (50_000 // plan.batch_size)
    assert abs(steps - 64_000) < 50_000 // plan.batch_size
    assert (plan.schedule, plan.warm_up, plan.batch_size) == ("paper", 0, 128)
    assert (plan.optimiser, plan.learning_rate, plan.momentum, plan.weight_decay) == ("sgd", 0.1, 0.9, 1e-4)
    assert (plan.crop_padding, plan.crop_fill, plan.flip) == (4, "zero", True)
    assert not plan.nesterov
    assert not plan.label_smoothing


def test_the_tutorials_are_as_they_are_told() -> None:
    first, second = recipe("tutorial-a").plan, recipe("tutorial-b").plan
    assert (first.learning_rate, first.momentum, first.weight_decay) == (0.001, 0.9, 5e-4)
    assert (first.batch_size, first.epochs, first.optimiser) == (4, 10, "sgd")
    assert (second.learning_rate, second.momentum, second.optimiser) == (0.01, 0.9, "sgd")
    for plan in (first, second):
        assert (plan.schedule, plan.warm_up, plan.nesterov) == ("constant", 0, False)


def test_only_fine_tuning_starts_from_known_weights() -> None:
    assert [name for name, known in RECIPES.items() if known.starts_from_known] == ["fine-tune"]
    plan = recipe("fine-tune").plan
    assert 0 < plan.freeze_epochs < plan.epochs
    assert plan.backbone_rate < 1


def test_the_fast_recipe_is_the_plan_of_defaults() -> None:
    assert recipe("fast").plan == Plan()


def test_recipes_are_found_by_name_and_say_what_they_are() -> None:
    for name, known in RECIPES.items():
        assert known.name == name
        assert known.title
        assert known.source
        assert known.about.endswith(".")
    with pytest.raises(RunError, match=", ".join(RECIPES)):
        recipe("slow")


@pytest.mark.parametrize("name", ["fast", "paper-2015", "fine-tune"])
def test_digits_are_not_mirrored_unless_asked(name: str) -> None:
    for data in ("digits", "mnist", "svhn"):
        assert plan_for(data, 1438, name).flip is False
    assert plan_for("digits", 1438, name, flip=True).flip is True
    assert plan_for("photos.zip", 1438, name).flip is True


def test_epochs_follow_the_size_of_the_data_unless_set() -> None:
    assert plan_for("data", 50_000).epochs == 30
    assert plan_for("digits", 1437).epochs < plan_for("/photos", 1437).epochs
    assert sensible_epochs(100) > sensible_epochs(50_000) > sensible_epochs(10_000_000) >= 1
    assert plan_for("data", 50_000, epochs=3).epochs == 3
    assert plan_for("data", 50_000, "paper-2015").epochs == 164
    assert plan_for("data", 50_000, "tutorial-a").epochs == 10


@pytest.mark.parametrize("n", [10, 40, 300, 2_000, 100_000])
def test_fine_tuning_takes_steps_enough_on_few_pictures(n: int) -> None:
    plan = plan_for("photos", n, "fine-tune")
    assert 0 < plan.freeze_epochs < plan.epochs
    assert 8 <= plan.batch_size <= 32
    assert plan.epochs * (n // min(plan.batch_size, n)) >= 60
    assert plan_for("photos", n, "fine-tune", batch_size=2).batch_size == 2


def test_what_is_frozen_thaws_also_in_a_training_of_few_epochs() -> None:
    for epochs in (1, 2, 4, 12):
        assert plan_for("photos", 12, "fine-tune", epochs=epochs).freeze_epochs < epochs
    assert plan_for("photos", 12, "fine-tune", epochs=4, freeze_epochs=3).freeze_epochs == 3


def test_a_share_is_frozen_also_where_the_epochs_come_as_text() -> None:
    texts = changes_from_texts(["epochs=10"])
    assert plan_for("photos", 400, "fine-tune", **texts) == plan_for("photos", 400, "fine-tune", epochs=10)
    with pytest.raises(RunError, match="epochs"):
        plan_for("photos", 400, "fine-tune", epochs="many")
