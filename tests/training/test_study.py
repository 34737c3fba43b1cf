"""What a study is: its cells, its names, its texts, and what it will cost."""

from __future__ import annotations

import json

import pytest
import torch

from explorer.arch.cost import cost_of
from explorer.arch.presets import preset
from explorer.arch.spec import ArchitectureSpec
from explorer.errors import RunError, SpecError
from explorer.training.batches import draw_epoch
from explorer.training.estimate import BUILD_S, DataSize, Pace, estimate, estimates, total_seconds
from explorer.training.plan import Plan
from explorer.training.study import (
    MOST_CELLS,
    Study,
    axis_from_text,
    cells,
    make_axis,
    make_study,
    seeds_from_text,
    study_from_json,
)
from tests.training.driving import ready
from tests.training.small import small_dataset, small_plan

SPEC: ArchitectureSpec = preset("cifar-resnet20").spec


CPU = torch.device("cpu")
PLAN = Plan(precision="float32", channels_last="no")


def study(*axes: str, seeds: tuple[int, ...] = (0,), plan: Plan = PLAN, **more) -> Study:
    return make_study(SPEC, plan, "digits", [axis_from_text(text) for text in axes], seeds, **more)


def test_every_combination_is_a_cell_with_each_seed_and_the_first_seed_comes_first():
    found = cells(study("depth=20,32", "shortcut=A,none", seeds=(3, 4)))
    assert [cell.id for cell in found] == [
        f"depth={depth},shortcut={shortcut},seed={seed}"
        for seed in (3, 4)
        for depth in (20, 32)
        for shortcut in ("A", "none")
    ]
    assert [cell.spec.stage_depths for cell in found[:3]] == [(3, 3, 3), (3, 3, 3), (5, 5, 5)]
    assert [cell.spec.shortcut for cell in found[:2]] == ["A", "none"]
    assert {(cell.seed, cell.plan.seed) for cell in found} == {(3, 3), (4, 4)}
    assert found[0].title == "ResNet-20, shortcut A"


def test_a_training_is_called_as_people_call_its_network():
    found = cells(study("depth=20,21", "shortcut=A,none", "learning_rate=0.1"))
    assert [cell.label for cell in found] == [
        "ResNet-20, shortcut A, learning rate 0.1, seed 0",
        "Plain-20, learning rate 0.1, seed 0",
        "depth 21, shortcut A, learning rate 0.1, seed 0",
        "depth 21, shortcut none, learning rate 0.1, seed 0",
    ]
    assert [cell.label for cell in cells(study("depth=8", seeds=(2,)))] == ["ResNet-8, seed 2"]


def test_fields_of_the_network_and_of_the_plan_may_both_be_axes():
    found = cells(study("learning_rate=0.1,0.2", "norm=batch,group"))
    assert [(cell.plan.learning_rate, cell.spec.norm) for cell in found] == [
        (0.1, "batch"),
        (0.1, "group"),
        (0.2, "batch"),
        (0.2, "group"),
    ]


def test_what_belongs_to_a_block_type_follows_it_and_depths_are_counted_with_it():
    basic, deep = cells(study("block=basic,bottleneck", "depth=20"))
    assert (basic.spec.expansion, basic.spec.stage_depths) == (1, (3, 3, 3))
    assert (deep.spec.expansion, deep.spec.stage_depths) == (4, (2, 2, 2))
    assert cost_of(deep.spec).depth == cost_of(basic.spec).depth == 20


def test_combinations_that_cannot_be_say_why_and_do_not_take_the_others_with_them():
    found = cells(study("depth=20,21,deep", "shortcut=A,Q"))
    assert [bool(cell.reason) for cell in found] == [False, True, True, True, True, True]
    by_id = {cell.id: cell.reason for cell in found}
    assert "no depth 21. The nearest are 20 and 26" in by_id["depth=21,shortcut=A,seed=0"]
    assert "whole number" in by_id["depth=deep,shortcut=A,seed=0"]
    assert by_id["depth=20,shortcut=Q,seed=0"].startswith("shortcut cannot be 'Q'")
    assert all(cell.spec is None and cell.plan is None for cell in found if cell.reason)


def test_a_combination_that_is_another_one_is_not_trained_twice():
    found = cells(study("depth=20", "stage_depths=3,3,3;5,5,5"))
    assert [bool(cell.reason) for cell in found] == [False, True]
    assert "The same training as ResNet-20, stage depths 3,3,3, seed 0." in found[1].reason


def test_values_that_hold_commas_are_parted_by_semicolons():
    assert axis_from_text("stage_depths=3,3,3;5,5,5").values == ("3,3,3", "5,5,5")
    assert axis_from_text("stage_depths=3,3,3").values == ("3,3,3",)
    assert axis_from_text("depth= 20, 32,20").values == ("20", "32")


def test_a_plan_without_restarts_stands_beside_those_with():
    found = cells(study("restarts=none;3;3,6", plan=PLAN.edited(epochs=9)))
    assert [cell.plan.restarts for cell in found] == [(), (3,), (3, 6)]
    assert found[0].title.endswith("restarts none")


def test_nothing_is_frozen_where_networks_begin_from_first_values():
    plan = study("depth=20,32", plan=PLAN.edited(freeze_epochs=1, backbone_rate=0.1)).plan
    assert (plan.freeze_epochs, plan.backbone_rate) == (0, 1.0)


def test_an_axis_over_seeds_is_seeds():
    found = study("depth=20", "seed=1,2", seeds=(0,))
    assert (found.seeds, [axis.field for axis in found.axes]) == ((0, 1, 2), ["depth"])
    assert seeds_from_text("2,0,2") == (2, 0)
    assert study("depth=20", seeds=()).seeds == (0,)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: axis_from_text("depth"), "not field=values"),
        (lambda: axis_from_text("depht=20"), "has a field depht"),
        (lambda: axis_from_text("depth="), "no values"),
        (lambda: make_axis("", ["1"]), "has a field"),
        (lambda: seeds_from_text("0,x"), "not x"),
        (lambda: study("depth=20", "depth=32"), "there twice"),
        (lambda: study(f"weight_decay={','.join(map(str, range(MOST_CELLS + 1)))}"), "1001 trainings"),
    ],
)
def test_mistakes_are_refused_with_what_to_do(make, said):
    with pytest.raises(RunError) as caught:
        make()
    assert said in str(caught.value)


def test_a_study_is_the_same_after_it_was_written():
    first = study("depth=20,32", "stage_kernels=3,3,3;5,5,5", seeds=(1, 0), name="Ours", recipe="fast")
    again = study_from_json(first.to_json())
    assert again == first
    assert [cell.id for cell in cells(again)] == [cell.id for cell in cells(first)]


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"schema": 1}'])
def test_what_is_no_study_is_refused(text):
    with pytest.raises(RunError, match="no study"):
        study_from_json(text)


def test_a_later_study_and_a_wrong_network_are_refused():
    data = json.loads(study("depth=20").to_json())
    with pytest.raises(RunError, match="schema version 99"):
        study_from_json(json.dumps({**data, "schema": 99}))
    with pytest.raises(SpecError):
        study_from_json(json.dumps({**data, "spec": {"block": "none"}}))


def test_cells_of_one_seed_see_the_same_pictures_in_the_same_order():
    first, plain, other = (
        draw_epoch(64, cells(study("depth=20,56", "shortcut=A,none", seeds=(0, 1)))[place].plan, 3, CPU)
        for place in (0, 3, 4)
    )
    assert torch.equal(first.order, plain.order)
    assert not torch.equal(first.order, other.order)


# Estimates


def test_steps_are_those_of_the_training_and_multiply_adds_those_of_the_network():
    plan = small_plan(validation_share=0.25)
    training = ready(plan)
    data = small_dataset()
    size = DataSize(len(data.train_images), len(data.test_images), data.train_images[:1].nbytes)
    (cell,) = cells(make_study(training.spec, plan, "digits", [], (plan.seed,)))
    found = estimate(cell, size)
    assert found.steps == training.steps
    cost = cost_of(training.spec)
    assert (found.parameters, found.macs) == (cost.parameters, cost.macs)
    learned = training.steps * training.batch_size
    judged = plan.epochs * len(training.validation_pictures) + len(training.test_pictures)
    assert found.total_macs == cost.macs * (3 * learned + judged)
    assert found.seconds is None


def test_time_grows_with_the_network_and_meets_what_was_measured():
    size = DataSize(1000, 0, 64)
    found = cells(study("depth=20,56"))
    small, large = (cost_of(cell.spec).macs for cell in found)
    one = estimates(found, size, Pace(((small, 1000.0),)))
    assert one[1].seconds - BUILD_S == pytest.approx((one[0].seconds - BUILD_S) * large / small)
    two = estimates(found, size, Pace(((small, 1000.0), (large, 500.0))))
    assert two[1].seconds - BUILD_S == pytest.approx(2 * (two[0].seconds - BUILD_S))
    assert two[0].seconds - BUILD_S == pytest.approx(two[0].steps * 128 / 1000)
    assert total_seconds(two) == pytest.approx(two[0].seconds + two[1].seconds)
    assert total_seconds(estimates(found, size)) is None


def test_the_choice_of_a_precision_is_counted_once_for_each_network():
    size, pace = DataSize(1000, 0, 64), Pace(((41_000_000, 1000.0),))
    fixed, free = (
        estimates(cells(study("depth=20,56", seeds=(0, 1), plan=plan)), size, pace) for plan in (PLAN, Plan())
    )
    more = [one.seconds - other.seconds for one, other in zip(free, fixed, strict=True)]
    assert more[0] == pytest.approx(4 * 4 * 128 * pace.seconds_a_picture(fixed[0].macs))
    assert more[1] > more[0] > 0
    assert more[2:] == [0, 0], "it is remembered"


def test_memory_counts_the_optimiser_and_the_batch():
    size = DataSize(1000, 0, 64)

    def memory(**plan: object) -> int:
        (cell,) = cells(make_study(SPEC, Plan(**plan), "digits", []))
        return estimate(cell, size).memory_bytes

    parameters = 4 * cost_of(SPEC).parameters
    assert memory(optimiser="adamw") - memory() == parameters
    assert memory() - memory(momentum=0.0, nesterov=False) == parameters
    assert memory(ema=0.9) - memory() == parameters
    assert memory(batch_size=256) - memory() >= 128 * cost_of(SPEC).activation_bytes
