import pytest

from explorer.arch.cost import cost_of
from explorer.arch.papers import TORCHVISION_ACC1, as_first_strode, published, recognise
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


@pytest.mark.parametrize("row", published(), ids=lambda row: row.name)
def test_every_row_has_the_parameters_that_its_graph_has(row):
    assert row.parameters == cost_of(row.spec).parameters
    assert row.source
    assert row.error_percent is None or 2 < row.error_percent < 50


def test_names_are_told_apart_and_most_rows_are_recognised_as_themselves():
    assert len({row.name for row in published()}) == len(published())
    others = [row.name for row in published() if recognise(row.spec) != row]
    # A paper's own row comes before torchvision's for the same net.
    assert others == [
        "He 2016 ResNet-110, original order",
        "Xie 2016 ResNet-50",
        "torchvision resnet34",
        "torchvision resnext50_32x4d",
        "torchvision resnext101_64x4d",
    ]


@pytest.mark.shared
def test_accuracies_of_torchvision(reference):
    models = reference["torchvision"]["models"]
    assert {name: row["acc1"] for name, row in models.items()} == {
        name: TORCHVISION_ACC1[name] for name in models
    }


@pytest.mark.shared
def test_errors_of_2016_are_the_papers(reference):
    rows = reference["preact2016"]
    bottleneck = {"block": "bottleneck", "expansion": 4, "shortcut": "B"}
    for order in ("bn_after_addition", "relu_before_addition", "relu_only_preactivation"):
        assert _error(cifar_spec(110, order=order)) == rows["cifar10_error_110"][order]
        assert _error(cifar_spec(110, order=order, **bottleneck)) == rows["cifar10_error_164"][order]
    assert _error(cifar_spec(110, **bottleneck)) == rows["cifar10_error_164"]["original"]
    assert _error(preset("cifar-preact110").spec) == rows["cifar10_error_110"]["full_preactivation"]
    assert _error(preset("cifar-preact164").spec) == rows["cifar10_error_164"]["full_preactivation"]
    tried = {
        "scaling_0.5_0.5": {"shortcut_path": "scale", "shortcut_scale": 0.5, "residual_scale": 0.5},
        "exclusive_gate_b-6": {"merge": "gate", "gate_bias": -6},
        "shortcut_only_gate_b-6": {"shortcut_path": "gate", "gate_bias": -6},
        "conv1x1": {"shortcut_path": "conv1x1"},
    }
    found = {name: _error(cifar_spec(110, **changes)) for name, changes in tried.items()}
    found["identity"] = _row("He 2016 ResNet-110, original order").error_percent
    assert found == rows["shortcut_error_110"]
    assert found["identity"] == rows["cifar10_error_110"]["original"]


@pytest.mark.shared
def test_errors_of_wide_nets_and_resnext_are_the_papers(reference):
    for name, row in reference["wideresnet2016"]["nets"].items():
        assert _error(preset(f"wrn-{name}").spec) == row["error"]
    resnext = reference["resnext2016"]
    assert _error(preset("cifar-resnext29-8x64d").spec) == resnext["cifar10_error"]["29_8x64d"]
    with_and_without = resnext["without_shortcuts_top1_error"]
    assert _error(preset("resnext50_32x4d").spec) == with_and_without["resnext50"][0]
    assert _error(preset("plain-resnext50_32x4d").spec) == with_and_without["resnext50"][1]
    assert _error(preset("plain50").spec) == with_and_without["resnet50"][1]
    again = _row("Xie 2016 ResNet-50")
    assert (again.error_percent, again.spec) == (with_and_without["resnet50"][0], preset("resnet50").spec)


def test_errors_of_squeeze_and_excitation_are_the_papers():
    # Table 2, confirmed by its authors in issue 65 of their repository, hujie-frank/SENet.
    errors = {depth: _error(preset(f"se_resnet{depth}").spec.edited(stride_on="1x1")) for depth in (50, 101)}
    assert errors == {50: 23.29, 101: 22.38}


def test_the_error_of_resnet_d_is_the_papers():
    # Table 5: 77.16 % top-1 of ResNet-50-D with the efficient baseline's training.
    assert _error(preset("resnet50d").spec) == 22.84


@pytest.mark.shared
def test_what_failed_is_said_with_its_bound(reference):
    assert "plain-110 stays above 60 percent" in reference["he2015_cifar10"]["figure6"]
    plain = recognise(preset("cifar-plain110").spec)
    assert plain is not None
    assert (plain.error_percent, plain.error_text) == (None, "above 60 %")
    for changes in ({"shortcut_path": "scale"}, {"shortcut_path": "dropout"}):
        paper = recognise(cifar_spec(110, **changes))
        assert paper is not None
        assert (paper.error_text, paper.source[-7:]) == ("above 20 %", "table 1")


def test_nets_that_moved_their_strides_lead_to_what_their_papers_measured():
    found = {name: as_first_strode(preset(name).spec) for name in ("resnet50", "se_resnet101", "resnet34")}
    assert {name: row and (row.name, row.error_text) for name, row in found.items()} == {
        "resnet50": ("He 2015 ResNet-50", "22.85 %"),
        "se_resnet101": ("Hu 2017 SE-ResNet-101", "22.38 %"),
        "resnet34": None,
    }
    assert as_first_strode(preset("resnet50").spec.edited(stride_on="1x1")) is None


def _row(name):
    return next(row for row in published() if row.name == name)


def _error(spec):
    paper = recognise(spec)
    assert paper is not None
    return paper.error_percent


def test_stochastic_depth_is_another_net_than_resnet_110():
    spec = preset("cifar-stochastic-depth110").spec
    assert _error(spec) == 5.23
    assert _error(spec.edited(stochastic_depth=0.0)) == 6.43


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


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("wrn-28-10", {"width_factor": 1, "stage_widths": (160, 320, 640)}),
        ("cifar-resnet20", {"stage_strides": (1, 2, 2), "stage_kernels": (3, 3, 3)}),
        ("cifar-resnet20", {"stage_blocks": ("basic",) * 3, "block": "bottleneck"}),
        ("cifar-resnet20", {"stem_padding": 1, "norm_groups": 8, "stride_on": "1x1"}),
        ("plain50", {"projection_norm": False, "shortcut_scale": 0.1}),
    ],
)
def test_the_same_net_written_otherwise_is_recognised(name, change):
    spec = preset(name).spec
    assert spec.edited(**change) != spec
    assert recognise(spec.edited(**change)) == recognise(spec) is not None
