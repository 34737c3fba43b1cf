"""The budget lock: the nearest integer, exactly, in time."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.arch.budget import fit_budget, total
from explorer.arch.cost import cost_of
from explorer.arch.expand import expand
from explorer.arch.presets import cifar_spec, imagenet_spec, presets

RESNET50 = imagenet_spec("bottleneck", (3, 4, 6, 3))


def test_resnexts_pairs_come_out(reference):
    pairs = reference["resnext2016"]["equal_cost_width_by_cardinality"]
    target = cost_of(RESNET50).parameters
    found = {}
    for cardinality in pairs:
        spec = RESNET50.edited(cardinality=int(cardinality))
        found[cardinality] = fit_budget(spec, hold="parameters", target=target, vary="base_width").base_width
    assert found == pairs


@pytest.mark.parametrize("hold", ["parameters", "macs"])
@pytest.mark.parametrize("name", ["resnet50", "resnext50_32x4d", "cifar-resnet20", "wide_resnet50_2"])
def test_the_base_width_is_the_nearest_of_all(name, hold):
    spec = presets()[name].spec
    target = total(spec, hold)
    deeper = spec.edited(stage_depths=tuple(depth + 1 for depth in spec.stage_depths))
    by_width = {
        width: abs(getattr(cost_of(deeper.edited(base_width=width)), hold) - target)
        for width in range(1, 140)
        if width >= 64 // min(spec.stage_widths)
    }
    fitted = fit_budget(deeper, hold=hold, target=target, vary="base_width")
    assert abs(getattr(cost_of(fitted), hold) - target) == min(by_width.values())


@pytest.mark.parametrize("vary", ["width_factor", "stage_widths", "cardinality"])
def test_other_fields_follow_too(vary):
    spec = RESNET50.edited(stage_depths=(3, 8, 36, 3), base_width=4, cardinality=16)
    target = cost_of(imagenet_spec("bottleneck", (3, 4, 6, 3))).parameters
    before = abs(cost_of(spec).parameters - target)
    fitted = fit_budget(spec, hold="parameters", target=target, vary=vary)
    assert abs(cost_of(fitted).parameters - target) < before / 4
    changed = {name for name in type(spec).model_fields if getattr(spec, name) != getattr(fitted, name)}
    assert changed == {vary}


def test_no_near_width_factor_is_better():
    spec = cifar_spec(56, shortcut="B")
    target = cost_of(cifar_spec(20)).parameters
    fitted = fit_budget(spec, hold="parameters", target=target, vary="width_factor")
    near = (spec.edited(width_factor=n / 1000) for n in range(300, 1000, 3))
    gap = abs(cost_of(fitted).parameters - target)
    assert gap <= min(abs(cost_of(other).parameters - target) for other in near)


def test_what_fits_already_stays():
    spec = cifar_spec(20, width_factor=1.0001)
    target = cost_of(spec).parameters
    assert fit_budget(spec, hold="parameters", target=target, vary="width_factor") is spec


def test_a_field_without_effect_leaves_the_spec():
    spec = cifar_spec(20, block="single")
    assert fit_budget(spec, hold="parameters", target=10**6, vary="base_width") == spec


def test_refused_values_are_passed_over():
    """Grouped basic blocks accept few cardinalities, and depthwise ones few widths."""
    spec = cifar_spec(20, stage_widths=(64, 128, 256), stem_width=64, cardinality=4)
    fitted = fit_budget(spec, hold="parameters", target=10**9, vary="cardinality")
    assert fitted.cardinality == 64
    depthwise = cifar_spec(20, depthwise=True, stage_widths=(16, 32, 64))
    fitted = fit_budget(depthwise, hold="parameters", target=10**5, vary="width_factor")
    gaps = [abs(cost_of(spec).parameters - 10**5) for spec in (fitted, depthwise)]
    assert gaps[0] < gaps[1]


@given(
    name=st.sampled_from([name for name in presets() if "1202" not in name]),
    depths=st.integers(1, 9),
    hold=st.sampled_from(["parameters", "macs"]),
)
def test_the_short_sum_is_the_cost(name, depths, hold):
    spec = presets()[name].spec
    spec = spec.edited(
        stage_depths=tuple(1 + (place * depths) % 7 for place in range(1, spec.n_stages + 1)), overrides=()
    )
    assert total(spec, hold) == getattr(cost_of(spec), hold)


@pytest.mark.parametrize("vary", ["width_factor", "stage_widths", "base_width", "cardinality"])
def test_in_time_for_an_edit(vary):
    """30 ms on a quiet machine; the best of several tries stands for that."""
    target = cost_of(RESNET50).parameters
    taken = []
    for extra in range(5):
        spec = imagenet_spec("bottleneck", (3, 8, 36 + extra, 3), base_width=16, cardinality=2)
        expand.cache_clear()
        start = time.thread_time()
        fit_budget(spec, hold="parameters", target=target + extra, vary=vary)
        taken.append(time.thread_time() - start)
    assert min(taken) < 0.03
