"""What an operation is: shapes in, shapes out, and its cost.

Base of the table in `arch/ops.py`. Pure Python: imports nothing of the project.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

Shape = tuple[int, ...]
"""A shape without the batch: (channels, height, width) or (features,)."""


@dataclass(frozen=True, slots=True)
class Window:
    """How far an operation looks: the sliding window along one side, in input positions.

    Attributes:
        kernel: Positions read for one output.
        stride: Positions between two neighbouring outputs.
        padding: Positions added before the first.
        padding_after: Positions added after the last, where they differ (TensorFlow's `same`).
        ceil: Whether a window that hangs over the end counts.
    """

    kernel: int = 1
    stride: int = 1
    padding: int = 0
    padding_after: int | None = None
    ceil: bool = False

    def output_size(self, size: int) -> int:
        """The number of outputs along a side of `size` positions, as torch rounds it."""
        after = self.padding if self.padding_after is None else self.padding_after
        room = size + self.padding + after - self.kernel
        return -(-room // self.stride) + 1 if self.ceil else room // self.stride + 1


POINT = Window()


@dataclass(frozen=True, slots=True)
class Op:
    """One operation. The defaults describe one that works point by point and learns nothing."""

    name: ClassVar[str]
    is_view: ClassVar[bool] = False
    """True where the output shares the input's memory, so that it adds no activation bytes."""

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """The shape that comes out when these go in."""
        return inputs[0]

    def parameters(self) -> int:
        """The number of trainable numbers."""
        return 0

    def macs(self, output: Shape) -> int:
        """Multiply-adds for one image; only convolutions and linear layers count, as in torchvision."""
        return 0

    def window(self, inputs: Sequence[Shape]) -> Window:
        """The sliding window, for receptive fields."""
        return POINT

    def describe(self) -> str:
        """A short label for people, such as `3×3 conv, 64`."""
        return self.name
