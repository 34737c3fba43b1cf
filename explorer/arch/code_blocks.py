"""The code of one block type as a class: its layers, its shortcut and how the two meet.

Called by `arch/code.py`. The convolutions and their order are those of `arch/blocks.py`, asked with names
instead of numbers; what else a block has is a row of a table here. Pure Python.
"""

from __future__ import annotations

from explorer.arch.blocks import BLOCKS, ORDERS, Conv, Site
from explorer.arch.code_page import INDENT, Page
from explorer.arch.code_parts import (
    ATTENTIONS,
    AVERAGE_BY_2,
    SMOOTHERS,
    activation,
    activation_name,
    conv,
    norm,
    open_class,
    open_forward,
    open_init,
)
from explorer.arch.code_traits import Traits
from explorer.arch.spec import ArchitectureSpec

_SOURCE, _INNER, _OUT, _KERNEL = -1, -2, -3, -4
"""What stands for a number that differs from stage to stage, where `expand`'s tables are asked."""

ABOUT: dict[str, str] = {
    "basic": "{convolutions} {large} convolutions",
    "bottleneck": "1×1, {large} and 1×1 convolutions",
    "single": "one {large} convolution",
    "narrow": "1×1 and {large} convolutions",
}
"""What a class's docstring says of each block type."""

COUNTS = {1: "one", 2: "two", 3: "three", 4: "four"}

PATHS: dict[str, str] = {
    "identity": "",
    "scale": "{scale} * {shortcut}",
    "gate": '(1 - self.shortcut["gate"](x)) * {shortcut}',
    "conv1x1": 'self.shortcut["conv"]({shortcut})',
    "dropout": "self.shortcut_dropout({shortcut})",
}
"""What each shortcut path makes of the shortcut; nothing for the identity."""

PATH_MARKS: dict[str, str] = {
    "scale": "shortcut.scale",
    "gate": "shortcut.carry",
    "dropout": "shortcut.dropout",
}

MERGES: dict[str, tuple[str, ...]] = {
    "add": ("y = y + {shortcut}",),
    "gate": ("gate = self.gate(x)", "y = gate * y + (1 - gate) * {shortcut}"),
    "concat": ("y = self.merge(torch.cat((y, {shortcut}), 1))",),
}
"""How F(x) and the shortcut meet."""

MERGE_MARKS: dict[str, tuple[str, ...]] = {
    "add": ("add",),
    "gate": ("transform", "carry", "add"),
    "concat": ("concat",),
}
"""What the last of these lines says."""


class BlockWriter:
    """Writes the class of one block type.

    Args:
        page: Where to.
        traits: Of the network.
        kind: The block type.
    """

    def __init__(self, page: Page, traits: Traits, kind: str) -> None:
        self.page = page
        self.traits = traits
        self.kind = kind
        self.spec: ArchitectureSpec = traits.spec
        self.order = ORDERS[self.spec.order]
        self.convs: list[Conv] = BLOCKS[kind](Site(self.spec, _KERNEL, _INNER, _OUT, _SOURCE))
        self.out = "out" if self.spec.expansion > 1 else "width"
        inner = self.spec.base_width != 64 or self.spec.cardinality != 1
        self.names = {
            _SOURCE: "channels",
            _INNER: "inner" if inner else "width",
            _OUT: self.out,
            _KERNEL: traits.kernel if traits.kernel is not None else "kernel",
        }
        self.stride = "stride" if traits.strides and not traits.smooths else "1"

    def write(self) -> None:
        """Put the class on the page."""
        page = self.page
        first = len(page.lines) + 3
        page.scope = self.kind
        open_class(page, self.traits.class_name(self.kind), "nn.Module", self._about())
        self._write_init()
        self._write_forward()
        page.mark("", first, len(page.lines))
        page.scope = ""

    def _about(self) -> str:
        kernel = self.traits.kernel or "k"
        about = ABOUT[self.kind].format(convolutions=COUNTS[len(self.convs)], large=f"{kernel}×{kernel}")
        if self.spec.depthwise:
            about += ", the larger ones depthwise"
        elif self.spec.cardinality > 1:
            about += f", the larger ones in {self.spec.cardinality} groups"
        return f"{about[0].upper()}{about[1:]}, {'beside a' if self.traits.merges else 'without a'} shortcut."

    def _write_init(self) -> None:
        page, traits, spec = self.page, self.traits, self.spec
        open_init(page, f", {', '.join(f'{name}: {kind}' for name, kind in block_arguments(traits))}")
        if self.names[_INNER] == "inner" and any(conv.width == _INNER for conv in self.convs):
            page.put(2, f"inner = {inner_width(spec)}")
        if self.out == "out":
            page.put(2, f"out = {spec.expansion} * width")
        self._put_convolutions()
        if activation(spec) and spec.activation != "prelu":
            page.put(2, f"self.act = {activation(spec)}")
        if self.traits.smooths and any(item.strides for item in self.convs):
            page.put(2, f"self.smooth = {SMOOTHERS[spec.downsampling]} if stride > 1 else nn.Identity()")
        attention = ATTENTIONS[spec.attention]
        if attention is not None:
            page.put(2, f"self.{spec.attention} = {attention.name}({self.out})")
        if traits.merges:
            self._put_shortcut()

    def _put_convolutions(self) -> None:
        """The layers of F(x) and those after the addition, in their order."""
        page, spec = self.page, self.spec
        current = "channels"
        for number, item in enumerate(self.convs, start=1):
            is_last = number == len(self.convs)
            if is_last and spec.block_dropout and len(self.convs) > 1:
                page.put(2, f"self.dropout = nn.Dropout({spec.block_dropout!r})")
            for letter in self.order.last if is_last else self.order.each:
                if letter == "c":
                    width = self.names[item.width]
                    kernel = self.names.get(item.kernel, item.kernel)
                    groups = self.names.get(item.groups, item.groups)
                    stride = self.stride if item.strides else "1"
                    layer = conv(spec, current, width, kernel, stride, groups)
                    page.put(2, f"self.conv{number} = {layer}", f"conv{number}")
                    current = str(width)
                else:
                    self._put_point(letter, number, current)
        for letter in self.order.after:
            self._put_point(letter, len(self.convs), current)
        if spec.zero_init_residual and spec.norm != "none":
            page.put(2, f"nn.init.zeros_(self.bn{len(self.convs)}.weight)")

    def _put_point(self, letter: str, number: int, channels: str) -> None:
        """A norm, or an activation that learns."""
        layer = norm(self.traits, channels) if letter == "n" else activation(self.spec)
        if letter == "n" and layer:
            self.page.put(2, f"self.bn{number} = {layer}", f"bn{number}")
        elif letter == "a" and self.spec.activation == "prelu":
            self.page.put(2, f"self.act{number} = {layer}", f"act{number}")

    def _put_shortcut(self) -> None:
        page, traits, spec = self.page, self.traits, self.spec
        if "A" in traits.shortcuts:
            if traits.pads:
                page.put(2, f"self.out = {self.out}")
            if traits.subsamples:
                page.put(2, "self.stride = stride")
        if traits.projects:
            self._put_projection()
        level = 2
        if traits.drops_shortcuts:
            page.put(2, 'self.has_shortcut = shortcut != "none"')
            if self._learns_at_merge():
                page.put(2, "if self.has_shortcut:")
                level = 3
        if spec.stochastic_depth:
            page.put(level, "self.drop_path = DropPath(drop_rate)")
        stride = "stride" if traits.strides else "1"
        gate = f"Gate(channels, {self.out}, {stride})"
        if spec.shortcut_path == "dropout":
            page.put(level, f"self.shortcut_dropout = nn.Dropout({spec.shortcut_dropout!r})")
        elif spec.shortcut_path == "conv1x1":
            layer = conv(spec, self.out, self.out, 1)
            page.put(level, f'self.shortcut = nn.ModuleDict({{"conv": {layer}}})', "shortcut.conv")
        elif spec.shortcut_path == "gate":
            page.put(level, f'self.shortcut = nn.ModuleDict({{"gate": {gate}}})')
        if spec.merge == "gate":
            page.put(level, f"self.gate = {gate}")
        elif spec.merge == "concat":
            page.put(level, f"self.merge = {conv(spec, f'2 * {self.out}', self.out, 1)}", "merge")

    def _learns_at_merge(self) -> bool:
        spec = self.spec
        paths = spec.shortcut_path in ("dropout", "conv1x1", "gate")
        return bool(spec.stochastic_depth) or paths or spec.merge in ("gate", "concat")

    def _put_projection(self) -> None:
        page, traits = self.page, self.traits
        level = 2
        if traits.chooses_projection:
            page.put(2, "self.downsample = None")
            page.put(2, f"if {self._projects_when()}:")
            level = 3
        items = self._projection_layers(level)
        if len(items) == 1 and "*" not in items[0][0]:
            page.put(level, f"self.downsample = nn.Sequential({items[0][0]})", *items[0][1])
        else:
            page.put_list(level, "self.downsample = nn.Sequential(", items, ")")

    def _projects_when(self) -> str:
        if self.traits.is_told:
            return 'shortcut == "projection"'
        return f"stride != 1 or channels != {self.out}" if self.traits.strides else f"channels != {self.out}"

    def _projection_layers(self, level: int) -> list[tuple[str, tuple[str, ...]]]:
        """Each layer with its marks; a pool first where only some blocks halve is put on the page."""
        traits, spec = self.traits, self.spec
        strides = traits.projection_strides
        layers: list[tuple[str, tuple[str, ...]]] = []
        stride = "stride" if strides != {1} else "1"
        pool = SMOOTHERS[spec.downsampling] if traits.smooths else ""
        pool = AVERAGE_BY_2 if spec.projection_pool else pool
        if pool and strides != {1}:
            stride = "1"
            if len(strides) > 1:
                self.page.put(level, f"pool = [{pool}] if stride > 1 else []")
                pool = "*pool"
            layers.append((pool, ("downsample.pool",)))
        layers.append((conv(spec, "channels", self.out, 1, stride), ("downsample.conv",)))
        if spec.projection_norm and spec.norm != "none":
            layers.append((norm(traits, self.out), ("downsample.norm",)))
        return layers

    def _write_forward(self) -> None:
        open_forward(self.page)
        is_early = self._put_branch()
        spec = self.spec
        if spec.attention != "none":
            self.page.put(2, f"y = self.{spec.attention}(y)")
        if self.traits.merges:
            level = 2
            if self.traits.drops_shortcuts:
                self.page.put(2, "if self.has_shortcut:")
                level = 3
            self._put_meeting(level, is_early=is_early)
        self._put_return()

    def _put_branch(self) -> bool:
        """F(x), line by line; whether the shortcut had to be written before its first convolution."""
        page, spec = self.page, self.spec
        current, is_early = "x", False
        for number, item in enumerate(self.convs, start=1):
            is_last = number == len(self.convs)
            marks: list[str] = []
            for letter in self.order.last if is_last else self.order.each:
                if letter != "c":
                    current = self._point(letter, number, current, marks)
                    continue
                if number == 1 and self.traits.projects and current != "x":
                    # Pre-activation nets project what the first activation leaves.
                    page.put(2, f"y = {current}", *marks)
                    current, is_early, marks = "y", True, []
                    self._put_shortcut_line(2, "y")
                if is_last and spec.block_dropout and len(self.convs) > 1:
                    current = f"self.dropout({current})"
                    marks.append("dropout")
                current = f"self.conv{number}({current})"
            page.put(2, f"y = {current}", *marks)
            current = "y"
            if item.strides and self.traits.smooths:
                page.put(2, "y = self.smooth(y)", "smooth")
        return is_early

    def _point(self, letter: str, number: int, current: str, marks: list[str]) -> str:
        """A norm or an activation around an expression; its mark is added where it has no line of its own."""
        if letter == "n":
            return f"self.bn{number}({current})" if self.spec.norm != "none" else current
        if self.spec.activation != "prelu":
            marks.append(f"act{number}")
        if not activation(self.spec):
            return current
        return f"self.{activation_name(self.spec, f'act{number}')}({current})"

    def _put_shortcut_line(self, level: int, source: str) -> None:
        """`shortcut = …`, from the input or from what pre-activation leaves of it."""
        traits = self.traits
        identity = "x"
        marks = []
        if "A" in traits.shortcuts:
            identity = f"widened(x, self.out{', self.stride' if traits.subsamples else ''})"
            if not traits.pads:
                identity = "x[:, :, :: self.stride, :: self.stride]"
                marks = ["shortcut.subsample"]
        if traits.chooses_projection:
            identity = f"{identity} if self.downsample is None else self.downsample({source})"
        elif traits.projects:
            identity = f"self.downsample({source})"
        self.page.put(level, f"shortcut = {identity}", *marks)

    def _put_meeting(self, level: int, *, is_early: bool) -> None:
        page, spec, traits = self.page, self.spec, self.traits
        shortcut = "shortcut"
        if not is_early:
            if traits.projects or "A" in traits.shortcuts:
                self._put_shortcut_line(level, "x")
            else:
                shortcut = "x"
        if spec.residual_scale != 1:
            page.put(level, f"y = {spec.residual_scale:g} * y", "scale")
        if spec.stochastic_depth:
            page.put(level, "y = self.drop_path(y)", "drop_path")
        path = PATHS[spec.shortcut_path].format(shortcut=shortcut, scale=f"{spec.shortcut_scale!r}")
        if path:
            marks = [PATH_MARKS[spec.shortcut_path]] if spec.shortcut_path in PATH_MARKS else []
            page.put(level, f"shortcut = {path}", *marks)
            shortcut = "shortcut"
        *before, last = MERGES[spec.merge]
        for line in before:
            page.put(level, line)
        page.put(level, last.format(shortcut=shortcut), *MERGE_MARKS[spec.merge])

    def _put_return(self) -> None:
        marks: list[str] = []
        start = f"{INDENT * 2}y = "
        current = "y"
        if self.page.lines[-1].startswith(start):
            # The line becomes the return's, and what is marked on it stays there.
            current = self.page.lines.pop().removeprefix(start)
        for letter in self.order.after:
            current = self._point(letter, len(self.convs), current, marks)
        self.page.put(2, f"return {current}", *marks)


def block_arguments(traits: Traits) -> list[tuple[str, str]]:
    """(name, type) of what a block's `__init__` takes."""
    arguments = [("channels", "int"), ("width", "int")]
    if traits.kernel is None:
        arguments.append(("kernel", "int"))
    if traits.strides:
        arguments.append(("stride", "int"))
    if traits.is_told:
        arguments.append(("shortcut", "str"))
    if traits.merges and traits.spec.stochastic_depth:
        arguments.append(("drop_rate", "float"))
    return arguments


def inner_width(spec: ArchitectureSpec) -> str:
    """The channels inside a block: torchvision's `int(width · base_width / 64) · cardinality`."""
    base = spec.base_width
    width = f"{base // 64} * width" if base % 64 == 0 else f"width * {base} // 64"
    width = "width" if base == 64 else width
    return width if spec.cardinality == 1 else f"{spec.cardinality} * ({width})".replace("(width)", "width")
