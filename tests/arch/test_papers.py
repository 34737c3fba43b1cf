import pytest

from explorer.arch.papers import TORCHVISION_ACC1, recognise
from explorer.arch.presets import CIFAR_DEPTHS, cifar_spec, imagenet_spec, preset


@pytest.mark.shared
def test_errors_on_cifar_are_the_papers(reference):
    rows = reference["he2015_cifar10"]["nets"]
    for depth in CIFAR_DEPTHS:
        paper = recognise(cifar_spec(depth))
        assert paper is not None
        assert paper.error_percent == rows[str(depth)]["paper_test_error"]
        assert (paper.name, paper.error_kind) == (f"He 2015 ResNet-{depth}", "CIFAR-10 test")


@pytest.mark.shared
def test_errors_on_imagenet_are_the_papers(reference):
    deep = (3, 4, 6, 3)
    nets = {
        "plain18": imagenet_spec("basic", (2, 2, 2, 2), shortcut="none"),
        "plain34": imagenet_spec("basic", deep, shortcut="none"),
        "resnet18": imagenet_spec("basic", (2, 2, 2, 2), shortcut="A"),
        "resnet34-A": imagenet_spec("basic", deep, shortcut="A"),
        "resnet34-B": imagenet_spec("basic", deep, shortcut="B"),
        "resnet34-C": imagenet_spec("basic", deep, shortcut="C"),
        **{
            f"resnet{depth}": preset(f"resnet{depth}").spec.edited(stride_on="1x1")
            for depth in (50, 101, 152)
        },
    }
    papers = {name: recognise(spec) for name, spec in nets.items()}
    errors = {name: paper and paper.error_percent for name, paper in papers.items()}
    assert errors == reference["he2015_imagenet"]["top1_error_10crop"]
    assert all(paper and "1512.03385" in paper.source for paper in papers.values())


@pytest.mark.shared
def test_accuracies_of_torchvision(reference):
    models = reference["torchvision"]["models"]
    assert {name: row["acc1"] for name, row in models.items()} == TORCHVISION_ACC1


@pytest.mark.parametrize("name", TORCHVISION_ACC1)
def test_every_torchvision_preset_is_recognised(name):
    paper = recognise(preset(name).spec)
    assert paper is not None
    if name != "resnet34":  # ResNet-34 B is the paper's own net, and a paper's row comes first.
        assert paper.name == f"torchvision {name}"
        assert paper.error_percent == pytest.approx(100 - TORCHVISION_ACC1[name])


@pytest.mark.parametrize(
    "change",
    [
        {"num_classes": 100},
        {"in_channels": 1},
        {"input_size": 64},
        {"stage_widths": (16, 32, 65)},
        {"shortcut": "B"},
        {"stem_kernel": 5},
    ],
)
def test_another_net_is_not_recognised(change):
    assert recognise(cifar_spec(20).edited(**change)) is None


def test_how_a_net_starts_does_not_matter():
    spec = preset("resnet50").spec
    assert recognise(spec.edited(zero_init_residual=True)) == recognise(spec)
