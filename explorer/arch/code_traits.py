"""What a network's code must be able to do, read off its graph, so that nothing more is written.

Called by `arch/code.py` and `arch/code_blocks.py`. Pure Python.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from explorer.arch.expand import expand
from explorer.arch.graph import Graph
from explorer.arch.ops import Conv2d, Norm, Pad
from explorer.arch.pools import Subsample
from explorer.arch.spec import ArchitectureSpec


@dataclass(frozen=True)
class Traits:
    """A spec and what its graph has.

    Attributes:
        spec: The network.
    """

    spec: ArchitectureSpec

    @cached_property
    def graph(self) -> Graph:
        """Its graph."""
        return expand(self.spec)

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The block types that occur, in order."""
        return tuple(dict.fromkeys(block.kind for block in self.graph.blocks))

    def class_name(self, kind: str) -> str:
        """What the class of a block type is called: `Block` where there is only one."""
        return "Block" if len(self.kinds) == 1 else f"{kind.capitalize()}Block"

    @cached_property
    def strides(self) -> bool:
        """Whether some block halves the map itself, not by a max pool before it."""
        return self.spec.downsampling != "max_pool" and any(block.stride > 1 for block in self.graph.blocks)

    @cached_property
    def smooths(self) -> bool:
        """Whether some block halves the map by a blur or an average."""
        return self.strides and self.spec.downsampling in ("blur", "average")

    @cached_property
    def pools_between(self) -> bool:
        """Whether some stage begins with a max pool."""
        halves = any(self.spec.stride_of(stage) > 1 for stage in range(1, self.spec.n_stages + 1))
        return halves and self.spec.downsampling == "max_pool"

    @cached_property
    def kernel(self) -> int | None:
        """The kernel of all stages; None where they differ."""
        kernels = {self.spec.kernel_of(stage) for stage in range(1, self.spec.n_stages + 1)}
        return kernels.pop() if len(kernels) == 1 else None

    @cached_property
    def shortcuts(self) -> frozenset[str]:
        """What the blocks' shortcuts are: `none`, `identity`, `A`, `projection`."""
        return frozenset(block.shortcut for block in self.graph.blocks)

    @property
    def merges(self) -> bool:
        """Whether any block has a shortcut."""
        return self.shortcuts != {"none"}

    @property
    def projects(self) -> bool:
        """Whether any block projects."""
        return "projection" in self.shortcuts

    @property
    def chooses_projection(self) -> bool:
        """Whether some blocks project and others do not."""
        return self.projects and len(self.shortcuts) > 1

    @property
    def drops_shortcuts(self) -> bool:
        """Whether some blocks have a shortcut and others none."""
        return self.merges and "none" in self.shortcuts

    @cached_property
    def is_told(self) -> bool:
        """Whether a block must be told its shortcut, because no rule of the whole net says it."""
        return bool(self.spec.overrides) and (self.chooses_projection or self.drops_shortcuts)

    @cached_property
    def projection_strides(self) -> frozenset[int]:
        """The strides of the blocks that project."""
        if not self.strides:
            return frozenset({1})
        return frozenset(block.stride for block in self.graph.blocks if block.shortcut == "projection")

    @cached_property
    def subsamples(self) -> bool:
        """Whether option A skips positions somewhere."""
        return any(isinstance(node.op, Subsample) for node in self.graph.nodes)

    @cached_property
    def pads(self) -> bool:
        """Whether option A adds zero channels somewhere."""
        return any(isinstance(node.op, Pad) for node in self.graph.nodes)

    @cached_property
    def has_biases(self) -> bool:
        """Whether some convolution has a bias."""
        return any(isinstance(node.op, Conv2d) and node.op.bias for node in self.graph.nodes)

    @cached_property
    def has_gates(self) -> bool:
        """Whether some gate is learned beside a block."""
        spec = self.spec
        return self.merges and (spec.merge == "gate" or spec.shortcut_path == "gate")

    @cached_property
    def groups_differ(self) -> bool:
        """Whether group norm has other numbers of groups where its number does not divide a width."""
        norms = (node.op for node in self.graph.nodes if isinstance(node.op, Norm))
        return any(op.kind == "group" and op.groups != self.spec.norm_groups for op in norms)
