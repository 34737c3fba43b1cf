"""The network of a state dict, held against torchvision, timm, checkpoints of other authors and ourselves."""

import pytest
import torch
from torch import nn
from torch.nn import functional
from torchvision import models

from explorer.arch.cost import cost_of
from explorer.arch.expand import expand
from explorer.arch.presets import cifar_spec, plain_twin, preset
from explorer.errors import WeightsError
from explorer.nets.assemble import assemble
from explorer.nets.infer import infer_spec, match
from explorer.nets.keys import renames, state_shapes
from explorer.nets.weight_files import read_header
from explorer.nets.weights import expected_shapes, fit, load_into
from tests.nets.test_oracles import as_if_trained

RESNETS = (
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext50_32x4d",
    "resnext101_32x8d",
    "resnext101_64x4d",
    "wide_resnet50_2",
    "wide_resnet101_2",
)
TIMM = {
    "resnet50": {},
    "resnet50d": {"stem": "deep", "projection_pool": True},
    "resnet26t": {"stem": "deep_tiered", "projection_pool": True, "stage_depths": (2, 2, 2, 2)},
    "resnet18d": {"stem": "deep", "projection_pool": True, "block": "basic", "expansion": 1},
    "seresnet50": {"attention": "se", "attention_reduction": 16, "attention_divisor": 1},
    "seresnet18": {"attention": "se", "attention_reduction": 16, "attention_divisor": 8},
    "resnetv2_34": {"order": "full_preactivation", "stem_pool_first": True, "block": "basic"},
    "resnetv2_101": {"projection_pool": False, "stride_on": "3x3", "head_hidden": ()},
    "resnetv2_50t": {"stem": "deep_tiered", "projection_pool": True, "projection_norm": False},
    "ecaresnet50d": {"attention": "eca", "stem": "deep", "projection_pool": True},
    "seresnext50_32x4d": {"attention": "se", "cardinality": 32, "base_width": 4},
    "resnet50_gn": {"norm": "group"},
}


def shapes_of(model):
    return {key: tuple(value.shape) for key, value in model.state_dict().items()}


def assert_same_logits(theirs, size, *, seed=0):
    """Their values moved into the network that their shapes say give their logits."""
    torch.manual_seed(seed)
    theirs = theirs.eval()
    found = infer_spec(shapes_of(theirs))
    assert found.is_complete, found.problems
    graph = expand(found.spec)
    ours = assemble(graph, seed=None).eval()
    load_into(ours, fit(theirs.state_dict(), graph, found.spec))
    image = torch.randn(2, found.spec.in_channels, size, size)
    with torch.inference_mode():
        torch.testing.assert_close(ours(image), theirs(image), rtol=1e-4, atol=1e-5)
    return found


def ours(shapes, found):
    """Our key of each key of the file."""
    return renames(shapes, state_shapes(expand(found.spec)))


@pytest.mark.parametrize("name", RESNETS)
def test_each_of_torchvisions_resnets_is_recognised(name):
    with torch.device("meta"):
        shapes = shapes_of(getattr(models, name)())
    found = infer_spec(shapes)
    assert found.spec == preset(name).spec
    assert found.is_complete
    assert ours(shapes, found) == {key: key for key in shapes}


@pytest.mark.parametrize("name", ["alexnet", "vgg11", "vgg16", "vgg16_bn", "vgg19"])
def test_numbered_features_are_read_by_their_gaps(name):
    with torch.device("meta"):
        shapes = shapes_of(getattr(models, name)())
    found = infer_spec(shapes)
    assert found.is_complete, found.problems
    assert found.spec.shortcut == "none"
    assert found.spec.head_hidden == (4096, 4096)
    assert sum(found.spec.stage_depths) + (found.spec.stem == "conv") == sum(
        len(shape) == 4 for shape in shapes.values()
    )
    if name in ("alexnet", "vgg16"):
        assert found.spec == preset(name).spec


@pytest.mark.parametrize("name", TIMM)
def test_timms_variants_are_understood(name):
    timm = pytest.importorskip("timm")
    with torch.device("meta"):
        shapes = shapes_of(timm.create_model(name))
    found = infer_spec(shapes)
    assert found.is_complete, found.problems
    for field, value in TIMM[name].items():
        assert getattr(found.spec, field) == value, field


@pytest.mark.parametrize(
    "name",
    [
        "resnet26d",
        "seresnet50",
        "seresnet18",
        "ecaresnet26t",
        "resnetv2_18",
        "resnetv2_50",
        "resnetv2_50d_gn",
    ],
)
def test_timms_weights_give_timms_logits(name):
    timm = pytest.importorskip("timm")
    torch.manual_seed(1)
    assert_same_logits(as_if_trained(timm.create_model(name, zero_init_last=False)), 64)


def test_a_classifier_written_as_a_convolution_is_a_fully_connected_layer():
    timm = pytest.importorskip("timm")
    with torch.device("meta"):
        theirs = timm.create_model("resnetv2_18", num_classes=7)
    shapes = shapes_of(theirs)
    assert shapes["head.fc.weight"] == (7, 512, 1, 1)
    found = infer_spec(shapes)
    assert found.is_complete, found.problems
    assert ours(shapes, found)["head.fc.weight"] == "fc.weight"
    assert ours(shapes, found)["stages.1.blocks.0.norm2.bias"] == "layer2.0.bn2.bias"
    assert found.spec.num_classes == 7


def test_standardised_weights_are_refused_for_they_leave_no_trace():
    timm = pytest.importorskip("timm")
    with torch.device("meta"):
        shapes = shapes_of(timm.create_model("resnetv2_50x1_bit"))
    for prefix in ("", "module."):
        with pytest.raises(WeightsError, match="BiT"):
            infer_spec({prefix + key: shape for key, shape in shapes.items()})


def test_a_fine_tuned_head_and_other_channels_are_the_files_own():
    model = models.resnet50(num_classes=2)
    model.conv1 = nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    found = infer_spec(shapes_of(model))
    assert found.spec == preset("resnet50").spec.edited(num_classes=2, in_channels=1)


def test_a_head_of_several_layers_is_named_by_its_numbers():
    model = models.resnet18()
    model.fc = nn.Sequential(nn.Linear(512, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 5))
    found = assert_same_logits(model, 64)
    assert found.spec.head_hidden == (64,)
    assert found.spec.num_classes == 5
    assert ours(shapes_of(model), found)["fc.0.weight"] == "head.fc1.weight"


class CifarBlock(nn.Module):
    """A block as the widespread CIFAR networks write it: `shortcut.0`, `shortcut.1`."""

    def __init__(self, source, width, stride, expansion):
        super().__init__()
        out = width * expansion
        if expansion == 1:
            plan = [(source, width, 3, stride), (width, width, 3, 1)]
        else:
            plan = [(source, width, 1, 1), (width, width, 3, stride), (width, out, 1, 1)]
        self.count = len(plan)
        for number, (before, after, kernel, step) in enumerate(plan, 1):
            self.add_module(f"conv{number}", nn.Conv2d(before, after, kernel, step, kernel // 2, bias=False))
            self.add_module(f"bn{number}", nn.BatchNorm2d(after))
        self.shortcut = nn.Sequential()
        if stride != 1 or source != out:
            self.shortcut = nn.Sequential(nn.Conv2d(source, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        y = x
        for number in range(1, self.count + 1):
            y = getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(y))
            y = functional.relu(y) if number < self.count else y
        return functional.relu(y + self.shortcut(x))


class CifarNet(nn.Module):
    """3×3 stem of 64, four stages, a classifier called `linear`."""

    def __init__(self, depths, expansion):
        super().__init__()
        self.conv1, self.bn1, source = nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), 64
        for stage, depth in enumerate(depths):
            blocks = []
            for index in range(depth):
                stride = 2 if stage and not index else 1
                blocks.append(CifarBlock(source, 64 << stage, stride, expansion))
                source = (64 << stage) * expansion
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
        self.linear = nn.Linear(source, 10)

    def forward(self, x):
        x = functional.relu(self.bn1(self.conv1(x)))
        for stage in range(1, 5):
            x = getattr(self, f"layer{stage}")(x)
        return self.linear(functional.adaptive_avg_pool2d(x, 1).flatten(1))


def test_the_cifar_resnet18_of_tutorials():
    theirs = CifarNet((2, 2, 2, 2), 1)
    found = assert_same_logits(theirs, 32)
    assert cost_of(found.spec).parameters == 11_173_962
    assert (found.spec.input_size, found.spec.stem_kernel, found.spec.stem_pool) == (32, 3, "none")
    assert found.spec.shortcut == "B"
    names = ours(shapes_of(theirs), found)
    assert names["layer2.0.shortcut.0.weight"] == "layer2.0.downsample.0.weight"
    assert names["linear.bias"] == "fc.bias"


def test_its_bottleneck_sister_inside_data_parallel():
    theirs = CifarNet((1, 2, 1, 1), 4)
    shapes = {f"module.{key}": shape for key, shape in shapes_of(theirs).items()}
    found = infer_spec(shapes)
    assert found.is_complete, found.problems
    assert (found.spec.block, found.spec.expansion, found.spec.base_width) == ("bottleneck", 4, 64)
    assert found.spec.stage_depths == (1, 2, 1, 1)


@pytest.mark.parametrize(("depth", "name"), [(20, "resnet20-12fca82f"), (56, "resnet56-4bfd9763")])
def test_real_checkpoints_of_option_a_nets(shared, depth, name):
    header = read_header(shared / "data" / "weights" / f"{name}.th")
    found = infer_spec(header.shapes)
    assert found.spec == cifar_spec(depth)
    assert found.is_complete
    shortcut = next(each for each in found.assumed if each.field == "shortcut")
    assert shortcut.other == "none"


@pytest.mark.parametrize(
    "spec",
    [
        cifar_spec(14),
        cifar_spec(8, shortcut="B"),
        cifar_spec(8, shortcut="C", projection_norm=False),
        cifar_spec(8, order="full_preactivation", shortcut="B", projection_norm=False),
        cifar_spec(8, conv_bias=True, norm="none", head_hidden=(32, 16)),
        cifar_spec(8, activation="prelu", attention="se", attention_reduction=4),
        cifar_spec(8, attention="cbam", attention_reduction=8),
        cifar_spec(8, attention="se", attention_reduction=3, attention_divisor=4),
        preset("tutorial-preact-three-stages").spec.edited(stem_pool_first=True, stem="deep"),
        cifar_spec(8, block="bottleneck", expansion=4, cardinality=4, base_width=16, shortcut="B"),
        cifar_spec(8, block="bottleneck", expansion=4, depthwise=True, shortcut="B"),
        cifar_spec(8, block="narrow", in_channels=1, num_classes=7),
        cifar_spec(8, block="single", stage_kernels=(5, 3, 7)),
        cifar_spec(8, merge="gate"),
        cifar_spec(14, stage_blocks=("basic", "single", "basic")),
        cifar_spec(14, overrides=("2.1=projection",), shortcut="A"),
        cifar_spec(8, block_convolutions=3),
        cifar_spec(8, stem="none"),
        preset("resnet50").spec.edited(stem="deep", projection_pool=True),
    ],
    ids=str,
)
def test_our_own_state_dicts_come_back_shape_for_shape(spec):
    shapes = state_shapes(expand(spec))
    found = infer_spec(shapes)
    assert found.is_complete, found.problems
    assert state_shapes(expand(found.spec)) == shapes
    same = ("block", "stage_depths", "stage_widths", "expansion", "num_classes", "attention", "in_channels",
            "conv_bias", "order", "depthwise", "cardinality", "merge", "overrides")  # fmt: skip
    assert {name: getattr(found.spec, name) for name in same} == {name: getattr(spec, name) for name in same}


@pytest.mark.parametrize("name", ["cifar-resnet20", "resnet50", "alexnet"])
def test_shapes_are_those_of_the_modules(name):
    graph = expand(preset(name).spec)
    assert state_shapes(graph) == expected_shapes(graph)


def test_a_plain_net_leaves_no_trace_and_the_answer_says_so():
    shapes = state_shapes(expand(plain_twin(cifar_spec(20))))
    found = infer_spec(shapes)
    assert found.spec == cifar_spec(20)
    assert found.assumed[0].sentence == (
        "The file does not say that its shortcuts are option A, padded with zeros."
    )
    assert match(shapes, plain_twin(cifar_spec(20))).is_complete


def test_what_is_no_residual_net_says_what_was_looked_for():
    with torch.device("meta"):
        shapes = shapes_of(models.densenet121())
    with pytest.raises(WeightsError, match="no residual blocks") as caught:
        infer_spec(shapes)
    assert "layer1.0.conv1.weight" in caught.value.hint_text
    assert len(caught.value.detail.splitlines()) == len(shapes)
    with pytest.raises(WeightsError, match="no classifier"):
        infer_spec({"layer1.0.conv1.weight": (8, 8, 3, 3), "conv1.weight": (8, 3, 3, 3)})


def test_what_does_not_fit_is_listed_key_by_key():
    shapes = dict(state_shapes(expand(cifar_spec(8))))
    shapes["layer1.0.extra.weight"] = (3,)
    shapes["bn1.bias"] = (17,)
    del shapes["layer2.0.bn2.weight"]
    found = infer_spec(shapes)
    assert set(found.unexplained) == {"layer1.0.extra.weight", "bn1.bias"}
    assert found.problems == (
        "bn1.bias is 17 in the file and 16 in the network",
        "layer2.0.bn2.weight is not in the file",
        "layer1.0.extra.weight is not in the network",
    )


@pytest.mark.parametrize("name", ["resnet18", "resnet34"])
def test_one_block_that_does_not_fit_is_told_instead_of_all_others(name):
    shapes = dict(state_shapes(expand(preset(name).spec)))
    shapes["layer2.0.conv1.weight"] = (128, 64, 5, 5)
    found = infer_spec(shapes)
    assert found.spec == preset(name).spec
    assert found.problems == (
        "layer2.0.conv1.weight is 128×64×5×5 in the file and 128×64×3×3 in the network",
    )


def test_a_spec_that_cannot_be_is_an_error_of_the_weights():
    shapes = dict(state_shapes(expand(cifar_spec(8))))
    shapes["fc.weight"] = (10, 65)
    with pytest.raises(WeightsError, match="reads 65 features"):
        infer_spec(shapes)
