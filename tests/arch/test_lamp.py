import sys

import pytest

from explorer.arch.counting import parameters_of
from explorer.arch.lamp import lamp_text, nearest, value_text
from explorer.arch.papers import published
from explorer.arch.presets import cifar_spec, preset, presets


def lamp(name, **changes):
    spec = preset(name).spec
    return nearest(spec.edited(**changes) if changes else spec)


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
            {"in_channels": 1},
            "288 below He 2015 ResNet-20 because pictures have one channel",
        ),
        (
            "cifar-resnet20",
            {"shortcut_path": "dropout"},
            "As many parameters as He 2015 ResNet-20, but shortcuts go through dropout",
        ),
        (
            "cifar-resnet20",
            {"stem_padding": 0},
            "As many parameters as He 2015 ResNet-20, but stem padding is 0, not half the kernel",
        ),
        (
            "vgg16",
            {"head_hidden": ()},
            "98,553,856 below torchvision vgg16 because the head has no hidden layers",
        ),
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
    assert sum(one.parameters for one in found.differences) == found.parameter_gap
    assert found.published.parameters + found.parameter_gap == parameters_of(spec)
    back = {one.field: one.theirs for one in found.differences}
    again = nearest(spec.edited(**back)) if back else found
    assert again.is_exact


def test_fields_that_need_one_another_are_changed_together():
    spec = preset("resnet50").spec.edited(cardinality=3, base_width=24, stage_widths=(72, 144, 288, 576))
    found = nearest(spec)
    assert sum(one.parameters for one in found.differences) == found.parameter_gap != 0


def test_the_depth_decides_between_equally_near_nets():
    found = nearest(cifar_spec(26))
    assert found.published.name == "He 2015 ResNet-32"
    assert str(lamp_text(found)).endswith("because stages have 4-4-4 blocks")


@pytest.mark.parametrize(
    ("name", "theirs", "n_differences"),
    [
        ("cifar-highway19", "He 2016 ResNet-110, ReLU before addition", 6),
        ("tutorial-two-convolutions", "He 2015 ResNet-20", 6),
        ("tutorial-keras-five-stages", "He 2015 ResNet-34 C", 10),
    ],
)
def test_a_net_without_relatives_is_held_against_all(name, theirs, n_differences):
    found = nearest(preset(name).spec)
    assert (found.published.name, len(found.differences)) == (theirs, n_differences)
    assert sum(one.parameters for one in found.differences) == found.parameter_gap


def test_a_long_list_of_differences_names_the_costliest():
    text = str(lamp_text(nearest(preset("tutorial-keras-five-stages").spec)))
    assert text.startswith(
        "3,108,446 below He 2015 ResNet-34 C: Stride of each stage −2,604,288, Classes −507,870, "
    )
    assert text.endswith(", and 7 more")


def test_of_equally_near_nets_the_one_with_differences_that_cost_nothing_is_named():
    """A file of timm's SE-ResNet-50 with other classes strides on the 3×3; ECA-Net-50 is nearer in size."""
    found = nearest(preset("se_resnet50").spec.edited(num_classes=7))
    assert found.published.name == "Hu 2017 SE-ResNet-50"
    assert {one.field for one in found.differences} == {"stride_on", "num_classes"}


def test_what_a_source_says_without_a_number_is_said():
    assert str(lamp_text(lamp("cifar-plain110"))) == (
        "= He 2015 plain-110, 1,727,962 parameters, paper error above 60 %"
    )
    dropped = lamp("cifar-resnet110", shortcut_path="dropout")
    assert dropped.is_exact
    assert str(lamp_text(dropped)).endswith("paper error above 20 %")


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
        nearest(spec)
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
        assert "{" not in str(lamp_text(nearest(row.spec.edited(num_classes=13))))
