"""The small parts of a network's code: expressions for layers, and the classes that blocks use.

Called by `arch/code.py` and `arch/code_blocks.py`. One row of a table for each activation, norm,
attention and way to halve. Pure Python: it writes torch's names but does not import torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from explorer.arch.attention import CBAM_KERNEL
from explorer.arch.code_page import INDENT, LINE_LENGTH, Page
from explorer.arch.code_traits import Traits
from explorer.arch.spec import ArchitectureSpec

AVERAGE_BY_2 = "nn.AvgPool2d(2, 2, ceil_mode=True)"

ACTIVATIONS: dict[str, str] = {
    "relu": "nn.ReLU()",
    "leaky_relu": "nn.LeakyReLU()",
    "elu": "nn.ELU()",
    "gelu": "nn.GELU()",
    "silu": "nn.SiLU()",
    "mish": "nn.Mish()",
    "sigmoid": "nn.Sigmoid()",
    "tanh": "nn.Tanh()",
    "hard_swish": "nn.Hardswish()",
    "prelu": "nn.PReLU()",
    "identity": "",
}
"""Each activation; nothing is written for the identity."""

SMOOTHERS: dict[str, str] = {"blur": "Blur()", "average": AVERAGE_BY_2}
"""What halves a map instead of a stride."""


def activation(spec: ArchitectureSpec) -> str:
    """The spec's activation; empty for the identity."""
    return ACTIVATIONS[spec.activation]


def activation_name(spec: ArchitectureSpec, name: str) -> str:
    """The attribute that holds an activation: one for all, unless each learns its own."""
    return name if spec.activation == "prelu" else "act"


def conv(
    spec: ArchitectureSpec,
    source: object,
    width: object,
    kernel: object,
    stride: object = 1,
    groups: object = 1,
) -> str:
    """A convolution as the spec has it, with numbers or names of variables."""
    same = spec.padding == "same" and str(stride) != "1" and str(kernel) != "1"
    words = [str(source), str(width), str(kernel)]
    if str(stride) != "1":
        words.append(str(stride))
    if str(kernel) != "1" and not same:
        words.append(f"padding={half(kernel)}")
    if str(groups) != "1":
        words.append(f"groups={groups}")
    if not spec.conv_bias:
        words.append("bias=False")
    return f"{'SameConv2d' if same else 'nn.Conv2d'}({', '.join(words)})"


def half(kernel: object) -> str:
    """The padding that keeps the size."""
    return str(kernel // 2) if isinstance(kernel, int) else f"{kernel} // 2"


def _group_norm(traits: Traits, channels: object, epsilon: str) -> str:
    if traits.groups_differ:
        return f"group_norm({channels})"
    return f"nn.GroupNorm({traits.spec.norm_groups}, {channels}{epsilon})"


NORMS: dict[str, Callable[[Traits, object, str], str]] = {
    "batch": lambda traits, channels, epsilon: f"nn.BatchNorm2d({channels}{epsilon})",
    "group": _group_norm,
    "layer": lambda traits, channels, epsilon: f"nn.GroupNorm(1, {channels}{epsilon})",
    "instance": lambda traits, channels, epsilon: f"nn.InstanceNorm2d({channels}{epsilon}, affine=True)",
    "none": lambda traits, channels, epsilon: "",
}
"""(traits, channels, `, eps=…` where it is not torch's) → each norm; nothing is written for none."""


def norm(traits: Traits, channels: object) -> str:
    """The spec's norm; empty where it has none."""
    return NORMS[traits.spec.norm](traits, channels, _epsilon(traits.spec))


def _epsilon(spec: ArchitectureSpec) -> str:
    return "" if spec.norm_epsilon == 1e-5 else f", eps={spec.norm_epsilon!r}"


@dataclass(frozen=True, slots=True)
class Attention:
    """How an attention is written.

    Attributes:
        name: Of its class.
        write: Puts the class on a page; (page, how it says its inner channels).
    """

    name: str
    write: Callable[[Page, str], None]


def open_class(page: Page, name: str, base: str, about: str) -> None:
    """Begin a class after two empty lines."""
    page.gap(2)
    page.put(0, f"class {name}({base}):")
    page.put(1, f'"""{about}"""')
    page.gap()


def open_init(page: Page, arguments: str) -> None:
    """Begin `__init__`."""
    line = f"def __init__(self{arguments}) -> None:"
    if len(INDENT + line) <= LINE_LENGTH:
        page.put(1, line)
    else:
        page.put(1, "def __init__(")
        page.put(2, f"self{arguments}")
        page.put(1, ") -> None:")
    page.put(2, "super().__init__()")


def open_forward(page: Page) -> None:
    """Begin `forward` after an empty line."""
    page.gap()
    page.put(1, "def forward(self, x: Tensor) -> Tensor:")


def _squeezed(reduction: int, divisor: int) -> str:
    """`arch/attention.py`'s `squeezed`, as an expression."""
    if divisor == 1:
        return f"max(1, channels // {reduction})"
    step = reduction * divisor
    return f"max({divisor}, (channels + {step // 2}) // {step} * {divisor})"


def _squeeze_excite(page: Page, inner: str) -> None:
    open_class(page, "SqueezeExcite", "nn.Module", "Weighs channels by two small layers (Hu et al. 2017).")
    open_init(page, ", channels: int")
    page.put(2, f"inner = {inner}")
    page.put(2, "self.fc1 = nn.Conv2d(channels, inner, 1)", "se.fc1")
    page.put(2, "self.fc2 = nn.Conv2d(inner, channels, 1)", "se.fc2")
    open_forward(page)
    page.put(2, "y = x.mean((2, 3), keepdim=True)", "se.pool")
    page.put(2, "y = self.fc2(torch.relu(self.fc1(y)))", "se.act")
    page.put(2, "return x * torch.sigmoid(y)", "se.sigmoid", "se.gate")


def _efficient_channel(page: Page, inner: str) -> None:
    open_class(
        page, "EfficientChannel", "nn.Module", "Weighs channels by a short convolution (Wang et al. 2019)."
    )
    open_init(page, ", channels: int")
    page.put(
        2, "kernel = max(channels.bit_length() // 2 | 1, 3)  # equation 12: odd, about log2(channels) / 2"
    )
    page.put(2, "self.conv = nn.Conv1d(1, 1, kernel, padding=kernel // 2, bias=False)", "eca.conv")
    open_forward(page)
    page.put(2, "y = self.conv(x.mean((2, 3)).unsqueeze(1))", "eca.pool")
    page.put(2, "return x * torch.sigmoid(y).transpose(1, 2).unsqueeze(-1)", "eca.sigmoid", "eca.gate")


def _block_attention(page: Page, inner: str) -> None:
    open_class(page, "BlockAttention", "nn.Module", "Weighs channels, then places (Woo et al. 2018).")
    open_init(page, ", channels: int")
    page.put(2, f"inner = {inner}")
    page.put(2, "self.fc1 = nn.Conv2d(channels, inner, 1, bias=False)", "cbam.fc1")
    page.put(2, "self.fc2 = nn.Conv2d(inner, channels, 1, bias=False)", "cbam.fc2")
    page.put(
        2,
        f"self.conv = nn.Conv2d(2, 1, {CBAM_KERNEL}, padding={CBAM_KERNEL // 2}, bias=False)",
        "cbam.conv",
    )
    page.put(2, "self.bn = nn.BatchNorm2d(1)", "cbam.bn")
    open_forward(page)
    both = "x.mean((2, 3), keepdim=True), x.amax((2, 3), keepdim=True)"
    page.put(2, f"y = torch.cat(({both}), 2)", "cbam.pool")
    page.put(2, "y = self.fc2(torch.relu(self.fc1(y))).sum(2, keepdim=True)", "cbam.act", "cbam.sum")
    page.put(2, "x = x * torch.sigmoid(y)", "cbam.sigmoid", "cbam.channel_gate")
    page.put(2, "y = torch.cat((x.mean(1, keepdim=True), x.amax(1, keepdim=True)), 1)", "cbam.squeeze")
    page.put(2, "return x * torch.sigmoid(self.bn(self.conv(y)))", "cbam.spatial_sigmoid", "cbam.gate")


ATTENTIONS: dict[str, Attention | None] = {
    "none": None,
    "se": Attention("SqueezeExcite", _squeeze_excite),
    "eca": Attention("EfficientChannel", _efficient_channel),
    "cbam": Attention("BlockAttention", _block_attention),
}
"""Each attention; the key is also the attribute's name."""


def _same_conv(page: Page) -> None:
    open_class(page, "SameConv2d", "nn.Conv2d", "Padded as TensorFlow's `same`: the odd pixel at the end.")
    page.put(1, "def forward(self, x: Tensor) -> Tensor:")
    page.put(2, "kernel, stride = self.kernel_size[0], self.stride[0]")
    page.put(2, "height, width = (max((-(-n // stride) - 1) * stride + kernel - n, 0) for n in x.shape[2:])")
    page.put(2, "padding = (width // 2, width - width // 2, height // 2, height - height // 2)")
    page.put(2, "return super().forward(functional.pad(x, padding))")


def _blur(page: Page) -> None:
    open_class(page, "Blur", "nn.Module", "Halves a map behind a 3×3 binomial filter (Zhang 2019).")
    page.put(1, "def forward(self, x: Tensor) -> Tensor:")
    page.put(2, "row = torch.tensor([0.25, 0.5, 0.25], dtype=x.dtype, device=x.device)")
    page.put(2, "kernel = torch.outer(row, row).expand(x.shape[1], 1, 3, 3)")
    page.put(2, "return functional.conv2d(x, kernel, stride=2, padding=1, groups=x.shape[1])")


def _drop_path(page: Page) -> None:
    open_class(page, "DropPath", "nn.Module", "Stochastic depth: drops a branch of some images (Huang 2016).")
    open_init(page, ", rate: float")
    page.put(2, "self.rate = rate")
    open_forward(page)
    page.put(2, "if not self.training:")
    page.put(3, "return x")
    page.put(2, "keep = 1 - self.rate")
    page.put(2, "return x * x.new_empty((len(x), 1, 1, 1)).bernoulli_(keep) / keep")


def _gate(page: Page) -> None:
    open_class(page, "Gate", "nn.Module", "A learned gate in 0 to 1: σ(Wx + b).")
    open_init(page, ", channels: int, out: int, stride: int")
    page.put(2, "self.conv = nn.Conv2d(channels, out, 1, stride)", "gate.conv", "shortcut.gate.conv")
    open_forward(page)
    page.put(2, "return torch.sigmoid(self.conv(x))", "gate.sigmoid", "shortcut.gate.sigmoid")


def _widened(page: Page, traits: Traits) -> None:
    page.gap(2)
    strides = ", stride: int" if traits.subsamples else ""
    page.put(0, f"def widened(x: Tensor, out: int{strides}) -> Tensor:")
    page.put(1, '"""Option A: the identity with zero channels on both sides."""')
    if traits.subsamples:
        page.put(1, "x = x[:, :, ::stride, ::stride]", "shortcut.subsample")
    page.put(1, "extra = out - x.shape[1]")
    padded = "functional.pad(x, (0, 0, 0, 0, extra // 2, extra - extra // 2))"
    page.put(1, f"return {padded} if extra else x", "shortcut.pad")


def _group_norm_function(page: Page, spec: ArchitectureSpec) -> None:
    page.gap(2)
    page.put(0, "def group_norm(channels: int) -> nn.GroupNorm:")
    groups = spec.norm_groups
    page.put(1, f'"""In as many groups as divide both {groups} and the channels."""')
    page.put(1, f"groups = max(n for n in range(1, {groups} + 1) if {groups} % n == 0 and channels % n == 0)")
    page.put(1, f"return nn.GroupNorm(groups, channels{_epsilon(spec)})")


def write_parts(page: Page, traits: Traits, body: str) -> None:
    """Put every small class and function on the page that the network uses.

    Marks are left without a scope: their keys are the same in blocks of every type.

    Args:
        page: Where to.
        traits: Of the network.
        body: The text of its larger classes.
    """
    spec = traits.spec
    if traits.groups_differ:
        _group_norm_function(page, spec)
    if "SameConv2d(" in body:
        _same_conv(page)
    if traits.smooths and spec.downsampling == "blur":
        _blur(page)
    if traits.pads:
        _widened(page, traits)
    if traits.merges and spec.stochastic_depth:
        _drop_path(page)
    if traits.has_gates:
        _gate(page)
    attention = ATTENTIONS[spec.attention]
    if attention is not None:
        attention.write(page, _squeezed(spec.attention_reduction, spec.attention_divisor))
