"""The modules that torch lacks: one class for each such row of `arch/ops.py`.

Made by `nets/ops.py` only, which pairs them with operations; `nets/inference.py` and `training` know some.
Maps are (batch, channels, height, width) everywhere here. Imports nothing of the project.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class Add(nn.Module):
    """The sum of the residual branch and the shortcut, both of one shape."""

    def __init__(self, *, inplace: bool) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        """F(x) + x; the memory of F(x) is used again where nobody else reads it."""
        return residual.add_(shortcut) if self.inplace else residual + shortcut


class Scale(nn.Module):
    """Maps times a constant."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, maps: Tensor) -> Tensor:
        """The same shape."""
        return maps * self.factor

    def extra_repr(self) -> str:
        """What `print` shows between the brackets."""
        return f"factor={self.factor:g}"


class Gate(nn.Module):
    """Maps times a gate in 0 to 1, or times what it leaves (highway networks' carry)."""

    def __init__(self, *, complement: bool) -> None:
        super().__init__()
        self.complement = complement

    def forward(self, maps: Tensor, gate: Tensor) -> Tensor:
        """The maps' shape; the gate is spread over channels or places that it lacks."""
        return maps * (1 - gate) if self.complement else maps * gate

    def extra_repr(self) -> str:
        """What `print` shows between the brackets."""
        return f"complement={self.complement}"


class Concat(nn.Module):
    """The channels of both inputs, one set after the other."""

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """(batch, channels of both, height, width)."""
        return torch.cat((first, second), 1)


class Subsample(nn.Module):
    """Every `stride`-th row and column."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, maps: Tensor) -> Tensor:
        """The kept positions, as a view."""
        return maps[:, :, :: self.stride, :: self.stride]

    def extra_repr(self) -> str:
        """What `print` shows between the brackets."""
        return f"stride={self.stride}"


class Pad(nn.Module):
    """Zero channels before and after."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.before = before
        self.after = after

    def forward(self, maps: Tensor) -> Tensor:
        """(batch, before + channels + after, height, width)."""
        return functional.pad(maps, (0, 0, 0, 0, self.before, self.after))

    def extra_repr(self) -> str:
        """What `print` shows between the brackets."""
        return f"before={self.before}, after={self.after}"


class PaddedConv2d(nn.Conv2d):
    """A convolution whose zeros before and after differ, as TensorFlow's `same` adds them.

    State-dict keys are `nn.Conv2d`'s. `surround` is (left, right, top, bottom); `padding` itself is zero.
    """

    surround: tuple[int, int, int, int] = (0, 0, 0, 0)

    def forward(self, input: Tensor) -> Tensor:
        """As `nn.Conv2d`, of the padded maps."""
        return super().forward(functional.pad(input, self.surround))

    def extra_repr(self) -> str:
        """What `print` shows between the brackets."""
        before = super().extra_repr()  # type: ignore[no-untyped-call]
        return f"{before}, surround={self.surround}"


class GroupNorm(nn.GroupNorm):
    """As torch's, but one picture whose groups are single numbers is normalised to zero, not refused."""

    def forward(self, input: Tensor) -> Tensor:
        """The same shape."""
        return torch.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)


class ChannelConv(nn.Conv1d):
    """A convolution along the channels of (batch, channels, 1, 1), without bias (ECA)."""

    def __init__(self, kernel: int) -> None:
        super().__init__(1, 1, kernel, padding=kernel // 2, bias=False, device="meta")

    def forward(self, input: Tensor) -> Tensor:
        """(batch, channels, 1, 1)."""
        row = super().forward(input.flatten(1)[:, None, :])
        return row.transpose(1, 2)[..., None]


class ChannelPool(nn.Module):
    """Mean and maximum over the channels (CBAM)."""

    def forward(self, maps: Tensor) -> Tensor:
        """(batch, 2, height, width): the mean, then the maximum."""
        return torch.cat((maps.mean(1, keepdim=True), maps.max(1, keepdim=True).values), 1)


class Blur(nn.Module):
    """A fixed 3×3 binomial filter, channel by channel, with a stride."""

    kernel: Tensor

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride
        line = torch.tensor((1.0, 2.0, 1.0)) / 4
        self.register_buffer("kernel", torch.outer(line, line)[None, None], persistent=False)

    def forward(self, maps: Tensor) -> Tensor:
        """(batch, channels, smaller height, smaller width)."""
        channels = maps.shape[1]
        kernel = self.kernel.expand(channels, 1, 3, 3)
        return functional.conv2d(maps, kernel, stride=self.stride, padding=1, groups=channels)

    def extra_repr(self) -> str:
        """What `print` shows between the brackets."""
        return f"stride={self.stride}"


class DropPath(nn.Module):
    """In training, zero for some pictures and scaled by 1 / (1 - rate) for the others.

    The expectation is the maps', so that nothing needs scaling in use (as dropout is done today; Huang et al.
    2016 scale in use instead).
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, maps: Tensor) -> Tensor:
        """The same shape; the maps themselves in evaluation."""
        if not self.training or self.rate == 0:
            return maps
        keep = 1 - self.rate
        # Drawn from the device's own generator, as dropout is: what makes a run repeatable makes both.
        kept = maps.new_empty((maps.shape[0], 1, 1, 1)).bernoulli_(keep)
        return maps * kept.div_(keep)

    def extra_repr(self) -> str:
        """What `print` shows between the brackets."""
        return f"rate={self.rate:g}"


class AverageAndMax(nn.Module):
    """Each map's average, and its maximum below it (CBAM)."""

    def __init__(self) -> None:
        super().__init__()
        # A module, so that `training/layout.py` finds it: its gradient forgets the order of its maps.
        self.average = nn.AdaptiveAvgPool2d(1)

    def forward(self, maps: Tensor) -> Tensor:
        """(batch, channels, 2, 1)."""
        return torch.cat((self.average(maps), functional.adaptive_max_pool2d(maps, 1)), 2)


class Sum(nn.Module):
    """The sum of each map."""

    def forward(self, maps: Tensor) -> Tensor:
        """(batch, channels, 1, 1)."""
        return maps.sum((2, 3), keepdim=True)
