import sys

import pytest

from explorer.arch.counting import parameters_of
from explorer.arch.lamp import MAX_DIFFERENCES, lamp_text, nearest, value_text
from explorer.arch.papers import published
from explorer.arch.presets import cifar_spec, preset, presets


def lamp(name, **changes):
    spec = preset(name).spec
    found = nearest(spec.edited(**changes) if changes else spec)
    assert found is not None
    return found


def test_a_published_net_is_itself():
    found = lamp("cifar-resnet56")
    assert (found.is_exact, found.differences, found.parameter_gap) == (True, (), 0)
    assert str(lamp_text(found)) == "= He 2015 ResNet-56, 853,018 parameters, paper error 6.97 %"
    assert str(lamp_text(lamp("resnet50"))).endswith("25,557,032 parameters, error 23.87 %")
    assert str(lamp_text(lamp("cifar-plain20"))) == "= He 2015 plain-20, 269,722 parameters"


def test_one_difference_is_the_cause():
    found = lamp("cifar-resnet20", shortcut="B")
    assert found.published.name == "He 2015 ResNet-20"
    [one] = found.differences
    assert (one.field, one.title, one.theirs, one.ours, one.parameters) == (
        "shortcut",
        "Shortcut",
        "A",
        "B",
        2_752,
    )
    assert found.parameter_gap == 2_752
    assert str(lamp_text(found)) == "2,752 above option A because shortcuts are B"


@pytest.mark.parametrize(
    ("name", "changes", "text"),
    [
        (
            "resnet50",
            {"num_classes": 2},
            "2,044,902 below torchvision resnet50 because it tells 2 classes apart",
        ),
        (
            "resnet50",
            {"activation": "silu"},
            "As many parameters as torchvision resnet50, but activation is SiLU, not ReLU",
        ),
        ("plain101", {}, "2,776,576 below option B because there are no shortcuts"),
        (
            "cifar-resnet20",
            {"shortcut": "C", "num_classes": 100},
            "20,090 above He 2015 ResNet-20: Shortcut +14,240, Classes +5,850",
        ),
        (
            "resnet50",
            {"activation": "silu", "input_size": 192},
            "As many parameters as torchvision resnet50, but different: Activation, Input size",
        ),
    ],
)
def test_texts_say_what_makes_the_difference(name, changes, text):
    assert str(lamp_text(lamp(name, **changes))) == text


@pytest.mark.parametrize("name", presets())
@pytest.mark.parametrize(
    "changes", [{}, {"num_classes": 7}, {"num_classes": 7, "shortcut": "C", "norm": "group"}]
)
def test_what_the_differences_add_is_the_gap(name, changes):
    spec = preset(name).spec.edited(**changes)
    found = nearest(spec)
    if found is None:
        return
    assert sum(one.parameters for one in found.differences) == found.parameter_gap
    assert found.published.parameters + found.parameter_gap == parameters_of(spec)
    assert len(found.differences) <= MAX_DIFFERENCES
    back = {one.field: one.theirs for one in found.differences}
    again = nearest(spec.edited(**back)) if back else found
    assert again is not None
    assert again.is_exact


def test_fields_that_need_one_another_are_changed_together():
    spec = preset("resnet50").spec.edited(cardinality=3, base_width=24, stage_widths=(72, 144, 288, 576))
    found = nearest(spec)
    assert found is not None
    assert sum(one.parameters for one in found.differences) == found.parameter_gap != 0


def test_the_depth_decides_between_equally_near_nets():
    found = nearest(cifar_spec(26))
    assert found is not None
    assert found.published.name == "He 2015 ResNet-32"
    assert str(lamp_text(found)).endswith("because stages have 4-4-4 blocks")


@pytest.mark.parametrize(
    "name", ["cifar-highway19", "tutorial-two-convolutions", "tutorial-keras-five-stages"]
)
def test_nothing_is_near_a_net_of_other_blocks_or_stages(name):
    assert nearest(preset(name).spec) is None


def test_an_edit_builds_no_big_graph():
    """Counted in calls, because a clock on a shared machine tells nothing."""
    nearest(preset("cifar-resnet20").spec.edited(num_classes=3))
    spec = preset("cifar-resnet1202").spec.edited(num_classes=3, shortcut="B", activation="silu")
    calls = 0

    def count(frame, event, arg):
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        assert nearest(spec) is not None
    finally:
        sys.setprofile(None)
    assert calls < 5_000


def test_values_are_written_as_papers_do():
    assert value_text("stage_depths", (3, 4, 6, 3)) == "3-4-6-3"
    assert value_text("num_classes", 1000) == "1,000"
    assert value_text("conv_bias", True) == "on"
    assert value_text("attention", "se") == "SE"
    assert value_text("stochastic_depth", 0.5) == "0.5"
    assert value_text("overrides", ()) == "the usual"


def test_every_sentence_can_be_filled():
    for row in published():
        text = nearest(row.spec.edited(num_classes=13))
        assert text is not None
        assert "{" not in str(lamp_text(text))
