"""Appends nodes one after another: what `arch/expand.py` writes blocks with.

Knows how a spec wants its convolutions, norms and activations, and nothing of blocks. Pure Python.
"""

from __future__ import annotations

from math import gcd

from explorer.arch.graph import Block, Branch, Node
from explorer.arch.op import Op, Shape
from explorer.arch.ops import Activation, Conv2d, Norm, NormKind
from explorer.arch.pools import Blur, Pool
from explorer.arch.rules import pool_window
from explorer.arch.spec import ArchitectureSpec


class Builder:
    """The nodes so far, and where the next one stands.

    Args:
        spec: What is built.
    """

    def __init__(self, spec: ArchitectureSpec) -> None:
        self.spec = spec
        self.nodes: list[Node] = []
        self.shapes: dict[str, Shape] = {}
        self.blocks: list[Block] = []
        self.stage: int | None = None
        self.block: int | None = None

    def put(self, key: str, op: Op, *inputs: str, branch: Branch = "main") -> str:
        """Append a node and return its key."""
        shape = op.output_shape([self.shapes[name] for name in inputs])
        self.shapes[key] = shape
        self.nodes.append(Node(key, op, inputs, shape, self.stage, self.block, branch))
        return key

    def channels(self, key: str) -> int:
        """The channels, or features, of a node's output."""
        return self.shapes[key][0]

    def conv(
        self,
        key: str,
        source: str,
        width: int,
        kernel: int,
        stride: int = 1,
        groups: int = 1,
        *,
        bias: bool | None = None,
        branch: Branch = "main",
    ) -> str:
        """A convolution, padded so that only the stride changes the size."""
        before, after = self._padding(self.shapes[source][1], kernel, stride)
        bias = self.spec.conv_bias if bias is None else bias
        extra = None if after == before else after
        op = Conv2d(self.channels(source), width, kernel, stride, before, groups, bias, extra)
        return self.put(key, op, source, branch=branch)

    def _padding(self, size: int, kernel: int, stride: int) -> tuple[int, int]:
        """(before, after). `same` is TensorFlow's: as little as needed, the odd one after."""
        if self.spec.padding == "symmetric":
            return kernel // 2, kernel // 2
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        return total // 2, total - total // 2

    def norm(self, key: str, source: str, *, zero_init: bool = False, branch: Branch = "main") -> str:
        """The spec's norm, or nothing where it has none."""
        spec = self.spec
        if spec.norm == "none":
            return source
        channels = self.channels(source)
        groups = {"group": gcd(spec.norm_groups, channels), "instance": channels}.get(spec.norm, 1)
        kind: NormKind = spec.norm
        return self.put(
            key, Norm(channels, zero_init, kind, spec.norm_epsilon, groups), source, branch=branch
        )

    def act(self, key: str, source: str) -> str:
        """The spec's activation."""
        return self.put(key, Activation(self.spec.activation), source)

    def max_pool(self, key: str, source: str) -> str:
        """The spec's max pool, stride 2."""
        kernel, padding = pool_window(self.spec)
        return self.put(key, Pool("max", kernel, 2, padding), source)

    def smoothed(self, key: str, source: str, *, branch: Branch = "main") -> str:
        """Half the size without aliasing: by a blur or by an average."""
        if self.spec.downsampling == "blur":
            return self.put(key, Blur(2), source, branch=branch)
        return self.put(key, Pool("average", 2, 2, 0, ceil=True), source, branch=branch)
