"""Receptive fields by arithmetic, held against gradients."""

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from torch import nn

from explorer.arch.expand import expand
from explorer.arch.presets import cifar_spec, preset
from explorer.arch.receptive import Rectangle, seen_by
from explorer.nets.assemble import assemble
from tests.nets.test_space import _settled, drawn

SMALL = preset("resnet18").spec.edited(
    input_size=48, stage_depths=(1, 1, 1, 1), stage_widths=(2, 2, 4, 4), stem_width=2, num_classes=2
)
SPECS = {
    "A": cifar_spec(14).edited(stem_width=2, stage_widths=(2, 4, 4)),
    "projections": cifar_spec(8, shortcut="C"),
    "plain": cifar_spec(8, shortcut="none"),
    "large stem": SMALL,
    "deep stem": SMALL.edited(stem="deep"),
    "same": SMALL.edited(padding="same", input_size=45),
    "average": SMALL.edited(downsampling="average", input_size=45),
    "blur": SMALL.edited(downsampling="blur", order="full_preactivation"),
    "averaged projections": SMALL.edited(projection_pool=True, stem="deep", input_size=41),
    "strides on 1x1": preset("resnet50").spec.edited(
        input_size=48, stage_depths=(1, 1, 1), stage_widths=(4, 4, 4), stride_on="1x1"
    ),
    "larger head": cifar_spec(8).edited(head_pool_size=3),
    "attention": cifar_spec(8).edited(attention="se"),
    "highway": cifar_spec(8).edited(merge="gate"),
    "group norm": cifar_spec(8).edited(norm="group"),
}


class _Averaged(nn.Module):
    """A max pool's window with a gradient at each of its places: beside the greatest, the mean."""

    def __init__(self, pool):
        super().__init__()
        sizes = pool.kernel_size, pool.stride, pool.padding, pool.ceil_mode
        self.mean = nn.AvgPool2d(*sizes, count_include_pad=False)

    def forward(self, maps):
        return self.mean(maps)


def _positive(graph):
    """A network in which everything that is seen has a gradient above zero."""
    model = assemble(graph).double().eval()
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.MaxPool2d):
                setattr(module, name, _Averaged(child))
            elif isinstance(child, nn.AdaptiveMaxPool2d):
                setattr(module, name, nn.AdaptiveAvgPool2d(child.output_size))
            elif isinstance(child, nn.ReLU):
                # Statistics of the whole map have negative gradients.
                setattr(module, name, nn.Softplus())
    for key, value in model.named_parameters():
        nn.init.constant_(value, 1 / value[0].numel() if key.endswith("weight") and value.ndim > 1 else 0.5)
    return model


def _by_gradient(model, graph, key, row, column):
    size, channels = graph.nodes[0].output_shape[1], graph.nodes[0].output_shape[0]
    generator = torch.Generator().manual_seed(0)
    image = torch.rand((1, channels, size, size), generator=generator, dtype=torch.float64)
    image.requires_grad_()
    seen = {}
    hook = model.get_submodule(key).register_forward_hook(
        lambda module, inputs, output: seen.setdefault(key, output.clone())
    )
    model(image)
    hook.remove()
    output = seen[key][0] if seen[key].ndim == 4 else seen[key][0][:, None, None]
    # Squares, because a norm's outputs have a fixed sum, whose gradient is zero.
    (gradient,) = torch.autograd.grad(output[:, row, column].square().sum(), image)
    rows, columns = (torch.nonzero(gradient[0].abs().amax((0, axis)))[:, 0] for axis in (2, 1))
    if not len(rows):
        return None
    left, top = int(columns[0]), int(rows[0])
    return Rectangle(left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1)


def _agrees(spec):
    graph = expand(spec)
    model = _positive(graph)
    nodes = [node for node in graph.nodes if node.op.name in ("conv2d", "add", "pool", "subsample", "linear")]
    for node in nodes[:: max(1, len(nodes) // 6)]:
        shape = node.output_shape
        height, width = shape[1:] if len(shape) == 3 else (1, 1)
        for row, column in {(0, width - 1), (height // 2, width // 3)}:
            found = seen_by(graph, node.key, row, column, through_all=True)
            assert found == _by_gradient(model, graph, node.key, row, column), (node.key, row, column)


@pytest.mark.parametrize("name", SPECS)
def test_what_is_seen_is_where_gradients_are(name):
    _agrees(SPECS[name])


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(drawn())
def test_anywhere_in_the_space(values):
    spec = _settled(values)
    assume(spec is not None)
    # Maxima over channels, saturated gates and norms of one value have gradients that vanish.
    plain = {"attention": "none", "norm": "batch", "activation": "relu", "merge": "add"}
    spec = spec.edited(**plain, shortcut_path="identity")
    assume(spec.residual_scale > 0)
    _agrees(spec)
