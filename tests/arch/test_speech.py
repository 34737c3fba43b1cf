import json
import shlex

import pytest

from explorer.arch.presets import preset, presets
from explorer.arch.speech import as_command, from_text, with_edits
from explorer.errors import SpecError


@pytest.mark.parametrize("name", presets())
def test_a_preset_is_its_name(name):
    assert as_command(preset(name).spec) == f"resnet-explorer describe {name}"
    assert from_text(name) == preset(name).spec


@pytest.mark.parametrize(
    ("name", "changes", "edits"),
    [
        ("cifar-resnet20", {"shortcut": "B"}, ["shortcut=B"]),
        ("resnet50", {"num_classes": 2, "attention": "eca"}, ["num_classes=2", "attention=eca"]),
        ("cifar-resnet56", {"stage_depths": (1, 2, 3)}, ["stage_depths=1,2,3"]),
        ("vgg16", {"conv_bias": False}, ["conv_bias=false"]),
        ("resnet18", {"pool_window": "3x3"}, ["pool_window=3x3"]),
        ("alexnet", {"pool_window": "3x3 padded"}, ["pool_window=3x3 padded"]),
        (
            "wrn-28-10",
            {"width_factor": 2.5, "norm_epsilon": 1e-3},
            ["width_factor=2.5", "norm_epsilon=0.001"],
        ),
        ("cifar-resnet110", {"overrides": ("2.1=projection",)}, ["overrides=2.1=projection"]),
        (
            "tutorial-keras-five-stages",
            {"stage_strides": (), "stem_padding": 0},
            ["stage_strides=", "stem_padding=0"],
        ),
        (
            "cifar-resnet20",
            {"stage_blocks": ("single", "basic", "narrow")},
            ["stage_blocks=single,basic,narrow"],
        ),
    ],
)
def test_an_edit_of_a_preset_is_said_with_as_few_edits(name, changes, edits):
    spec = preset(name).spec.edited(**changes)
    command = as_command(spec)
    words = shlex.split(command)
    assert words[:2] == ["resnet-explorer", "describe"]
    assert len(words) <= 3 + 2 * len(edits)
    assert from_text(command) == spec
    assert with_edits(preset(name).spec, edits) == spec


def test_the_command_line_does_what_it_says(capsys):
    from explorer.cli.root import main

    spec = preset("cifar-resnet20").spec.edited(shortcut="C", attention="se", pool_window="2x2")
    assert main([*shlex.split(as_command(spec))[1:], "--json"]) == 0
    printed = capsys.readouterr().out
    assert from_text(printed) == spec
    assert json.loads(printed)["spec"] == json.loads(spec.to_json())


@pytest.mark.parametrize(
    "text",
    [
        "resnet-explorer train cifar-resnet20 --data digits --set shortcut=B",
        "$ resnet-explorer describe cifar-resnet20 --set=shortcut=B --json",
        "resnet-explorer describe cifar-resnet20 \\\n  --set shortcut=B\n",
        "resnet-explorer diff cifar-resnet20 --set shortcut=B resnet50 --set num_classes=3",
        "`cifar-resnet20 --set shortcut=B`",
        preset("cifar-resnet20").spec.edited(shortcut="B").to_json(),
    ],
)
def test_what_people_paste_is_understood(text):
    assert from_text(text) == preset("cifar-resnet20").spec.edited(shortcut="B")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "There is no architecture in “”"),
        ("a photo of a cat", "There is no architecture"),
        ("it's", "There is no architecture"),
        ("{", "cannot be read"),
        ('{"colour": 3}', "no field colour"),
        ("resnet5", "Did you mean resnet50"),
        ("resnet-explorer describe resnet5", "Did you mean resnet50"),
        ("resnet50 --set", "not field=value"),
        ("resnet50 --set shortcut=Z", "shortcut cannot be"),
    ],
)
def test_what_is_no_architecture_is_refused_with_a_remedy(text, part):
    with pytest.raises(SpecError) as caught:
        from_text(text)
    assert part in str(caught.value)
    assert caught.value.hint_text
