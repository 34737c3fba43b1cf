import pytest

from explorer.arch.cost import cost_of
from explorer.arch.counting import parameters_of
from explorer.arch.presets import preset, presets


@pytest.mark.parametrize("name", presets())
def test_counting_a_few_blocks_gives_what_the_whole_graph_has(name):
    assert parameters_of(preset(name).spec) == cost_of(preset(name).spec).parameters


@pytest.mark.parametrize(
    "change",
    [
        {"overrides": ("1.3=projection", "3.8=none")},
        {"shortcut": "C", "attention": "cbam"},
        {"merge": "concat"},
        {"merge": "gate", "order": "full_preactivation"},
        {"order": "bn_after_addition", "activation": "prelu"},
        {"stage_depths": (1, 2, 7), "block_convolutions": 3},
        {"stage_blocks": ("single", "narrow", "bottleneck"), "norm": "group"},
        {"downsampling": "blur", "stochastic_depth": 0.4, "conv_bias": True},
    ],
)
def test_edits_are_counted_exactly(change):
    spec = preset("cifar-resnet56").spec.edited(**change)
    assert parameters_of(spec) == cost_of(spec).parameters
