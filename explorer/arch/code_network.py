"""The code of the whole network: the table of stages, the stem, the loop over stages and the head.

Called by `arch/code.py`. Pure Python.
"""

from __future__ import annotations

from collections.abc import Sequence

from explorer.arch.blocks import ORDERS
from explorer.arch.code_page import Page
from explorer.arch.code_parts import activation, activation_name, conv, norm, open_forward, open_init
from explorer.arch.code_traits import Traits
from explorer.arch.rules import pool_window

_SIDES = {"average": ("avgpool",), "max": ("largest",), "both": ("avgpool", "largest")}
"""The poolings of each head."""


def _columns(traits: Traits) -> list[tuple[str, str]]:
    """(name, what the comment calls it) of what differs from stage to stage."""
    columns = [("width", "width"), ("depth", "number of blocks")]
    if len(traits.kinds) > 1:
        columns.insert(0, ("block", "block"))
    if traits.kernel is None:
        columns.append(("kernel", "kernel"))
    if traits.strides or traits.pools_between:
        columns.append(("stride", "stride"))
    return columns


def put_stages(page: Page, traits: Traits) -> None:
    """The table of stages, and that of single blocks' shortcuts where it is needed."""
    spec = traits.spec
    columns = _columns(traits)
    rows = []
    for stage in range(1, spec.n_stages + 1):
        values = {
            "block": traits.class_name(spec.block_of(stage)),
            "width": spec.width_of(stage),
            "depth": spec.stage_depths[stage - 1],
            "kernel": spec.kernel_of(stage),
            "stride": spec.stride_of(stage),
        }
        rows.append(f"({', '.join(str(values[name]) for name, _ in columns)})")
    page.gap(2)
    words = [word for _, word in columns]
    page.put(0, f"# Each stage: {', '.join(words[:-1])} and {words[-1]}.")
    page.put_literal("STAGES", "()", rows)
    if traits.is_told:
        page.put(0, "# Blocks with another shortcut than the rest, by stage from 1 and place from 0.")
        items = [f'({stage}, {block}): "{kind}"' for (stage, block), kind in spec.overridden.items()]
        page.put_literal("SHORTCUTS", "{}", items)


class NetworkWriter:
    """Writes `Network` and `network()`.

    Args:
        page: Where to.
        traits: Of the network.
        arguments: What a block takes.
    """

    def __init__(self, page: Page, traits: Traits, arguments: Sequence[str]) -> None:
        self.page = page
        self.traits = traits
        self.spec = traits.spec
        self.arguments = arguments
        self.stem = self._stem_layers()

    def write(self) -> None:
        """Put both on the page."""
        page = self.page
        page.gap(2)
        page.put(0, "class Network(nn.Module):")
        page.put(1, '"""Stem, stages of blocks, and head."""')
        page.gap()
        open_init(page, "")
        self._put_stem()
        self._put_shared()
        self._put_loop()
        self._put_head()
        self._put_first_values()
        self._put_forward()
        page.gap(2)
        page.put(0, "def network() -> Network:")
        page.put(1, '"""The network with fresh weights."""')
        page.put(1, "return Network()")

    def _stem_layers(self) -> str:
        """The letters after the stem's convolution: n, a and p as they come."""
        spec = self.spec
        if spec.stem == "none":
            return ""
        is_pooled = spec.stem_pool == "max"
        left = "" if is_pooled and not spec.stem_pool_first else ORDERS[spec.order].each.partition("c")[0]
        has_norm = spec.stem_norm and spec.norm != "none" and "n" not in left
        return ("n" if has_norm else "") + ("" if "a" in left else "a") + ("p" if is_pooled else "")

    @property
    def _before_head(self) -> str:
        letters = ORDERS[self.spec.order].before_head
        return letters.replace("n", "") if self.spec.norm == "none" else letters

    def _put_stem(self) -> None:
        page, spec = self.page, self.spec
        if spec.stem == "conv":
            layer = conv(spec, spec.in_channels, spec.stem_width, spec.stem_kernel, spec.stem_stride)
            if spec.stem_padding >= 0:
                layer = self._padded_stem()
            page.put(2, f"self.conv1 = {layer}", "conv1")
        elif spec.stem != "none":
            self._put_deep_stem()
        if "n" in self.stem:
            page.put(2, f"self.bn1 = {norm(self.traits, spec.stem_width)}", "bn1")
        if "a" in self.stem and spec.activation == "prelu":
            page.put(2, f"self.act1 = {activation(spec)}", "act1")

    def _padded_stem(self) -> str:
        spec = self.spec
        words = f"{spec.in_channels}, {spec.stem_width}, {spec.stem_kernel}"
        words += f", {spec.stem_stride}" if spec.stem_stride > 1 else ""
        words += f", padding={spec.stem_padding}" if spec.stem_padding else ""
        return f"nn.Conv2d({words}{'' if spec.conv_bias else ', bias=False'})"

    def _put_deep_stem(self) -> None:
        spec = self.spec
        wide = max(1, spec.stem_width // 2)
        first = max(1, 3 * wide // 4) if spec.stem == "deep_tiered" else wide
        # Layers that do nothing keep the numbers of the others.
        layers = [conv(spec, spec.in_channels, first, 3, spec.stem_stride)]
        layers += [self._stem_norm(first), activation(spec) or "nn.Identity()", conv(spec, first, wide, 3)]
        layers += [self._stem_norm(wide), activation(spec) or "nn.Identity()"]
        layers.append(conv(spec, wide, spec.stem_width, 3))
        items = [(layer, (f"conv1.{number}",)) for number, layer in enumerate(layers)]
        self.page.put_list(2, "self.conv1 = nn.Sequential(", items, ")")

    def _stem_norm(self, channels: int) -> str:
        return (norm(self.traits, channels) if self.spec.stem_norm else "") or "nn.Identity()"

    def _put_shared(self) -> None:
        """Layers without weights that stem, stages and head share."""
        page, spec = self.page, self.spec
        is_used = "a" in self.stem or "a" in self._before_head
        if is_used and activation(spec) and spec.activation != "prelu":
            page.put(2, f"self.act = {activation(spec)}")
        if "p" in self.stem or self.traits.pools_between or spec.head_max_pool:
            kernel, padding = pool_window(spec)
            page.put(
                2, f"self.maxpool = nn.MaxPool2d({kernel}, 2{f', padding={padding}' if padding else ''})"
            )

    def _put_loop(self) -> None:
        page, traits, spec = self.page, self.traits, self.spec
        start = spec.in_channels if spec.stem == "none" else spec.stem_width
        rate = traits.merges and spec.stochastic_depth
        page.put(2, f"channels = {start}")
        if rate:
            page.put(2, "number = 0")
        first = len(page.lines) + 1
        names = [name for name, _ in _columns(traits)]
        shown = ["_" if name == "stride" and not traits.strides else name for name in names]
        page.put(2, f"for stage, ({', '.join(shown)}) in enumerate(STAGES, start=1):")
        page.put(3, "blocks = nn.Sequential()")
        page.put(3, f"for {'index' if traits.is_told else '_'} in range(depth):")
        if traits.is_told:
            self._put_told()
        if rate:
            page.put(4, "number += 1")
        words = list(self.arguments)
        if rate:
            words[-1] = f"{spec.stochastic_depth!r} * number / {sum(spec.stage_depths)}"
        block = "block" if len(traits.kinds) > 1 else "Block"
        page.put(4, f"blocks.append({block}({', '.join(words)}))")
        out = f"{spec.expansion} * width" if spec.expansion > 1 else "width"
        page.put(4, f"channels, stride = {out}, 1" if traits.strides else f"channels = {out}")
        page.put(3, 'self.add_module(f"layer{stage}", blocks)')
        page.mark("stages", first, len(page.lines))

    def _put_told(self) -> None:
        """What a block's shortcut is, where single blocks have their own."""
        spec = self.spec
        out = f"{spec.expansion} * width" if spec.expansion > 1 else "width"
        usual = {"A": '"identity"', "C": '"projection"'}.get(spec.shortcut, "usual")
        if usual == "usual":
            changes = f"stride != 1 or channels != {out}" if self.traits.strides else f"channels != {out}"
            self.page.put(4, f'usual = "projection" if {changes} else "identity"')
        self.page.put(4, f"shortcut = SHORTCUTS.get((stage, index), {usual})")

    def _put_head(self) -> None:
        page, spec = self.page, self.spec
        for letter in self._before_head:
            if letter == "n":
                page.put(2, f"self.norm = {norm(self.traits, 'channels')}", "norm")
            elif spec.activation == "prelu":
                page.put(2, f"self.act = {activation(spec)}", "act")
        sides = _SIDES[spec.head_pool]
        if "avgpool" in sides:
            page.put(2, f"self.avgpool = nn.AdaptiveAvgPool2d({spec.head_pool_size})", "avgpool")
        if "largest" in sides:
            page.put(2, f"self.largest = nn.AdaptiveMaxPool2d({spec.head_pool_size})", "head.largest")
        times = spec.head_pool_size**2 * len(sides)
        features = "channels" if times == 1 else f"{times} * channels"
        if spec.head_hidden:
            self._put_hidden(features)
            features = "features"
        elif spec.head_dropout:
            page.put(2, f"self.dropout = nn.Dropout({spec.head_dropout!r})", "head.dropout1")
        page.put(2, f"self.fc = nn.Linear({features}, {spec.num_classes})", "fc")

    def _put_hidden(self, features: str) -> None:
        page, spec = self.page, self.spec
        numbers = range(1, len(spec.head_hidden) + 1)
        page.put(2, "self.head = nn.Sequential()")
        page.put(2, f"features = {features}")
        widths = f"({', '.join(map(str, spec.head_hidden))}{',' if len(spec.head_hidden) == 1 else ''})"
        page.put(2, f"for number, width in enumerate({widths}, start=1):")
        if spec.head_dropout:
            drop = f"nn.Dropout({spec.head_dropout!r})"
            page.put(
                3,
                f'self.head.add_module(f"dropout{{number}}", {drop})',
                *(f"head.dropout{n}" for n in numbers),
            )
        page.put(
            3,
            'self.head.add_module(f"fc{number}", nn.Linear(features, width))',
            *(f"head.fc{n}" for n in numbers),
        )
        marks = [f"head.act{n}" for n in numbers]
        if activation(spec):
            page.put(3, f'self.head.add_module(f"act{{number}}", {activation(spec)})', *marks)
        page.put(3, "features = width", *([] if activation(spec) else marks))
        if spec.head_dropout:
            last = len(spec.head_hidden) + 1
            page.put(2, f'self.head.add_module("dropout{last}", {drop})', f"head.dropout{last}")

    def _put_first_values(self) -> None:
        """He 2015's normal start, closed gates."""
        page = self.page
        page.put(2, "for module in self.modules():")
        page.put(3, "if isinstance(module, nn.Conv2d):")
        page.put(4, 'nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")')
        if self.traits.has_biases:
            page.put(4, "if module.bias is not None:")
            page.put(5, "nn.init.zeros_(module.bias)")
        if self.traits.has_gates:
            page.put(2, "for module in self.modules():")
            page.put(3, "if isinstance(module, Gate):")
            page.put(4, f"nn.init.constant_(module.conv.bias, {self.spec.gate_bias!r})")

    def _put_forward(self) -> None:
        page, spec = self.page, self.spec
        open_forward(page)
        page.mark("input", len(page.lines))
        self._put_stem_forward()
        if self.traits.pools_between:
            names = ["stride" if name == "stride" else "_" for name, _ in _columns(self.traits)]
            page.put(2, f"for stage, ({', '.join(names)}) in enumerate(STAGES, start=1):")
            page.put(3, "if stride > 1:")
            page.put(4, "x = self.maxpool(x)", "stages.maxpool")
        else:
            page.put(2, "for stage in range(1, len(STAGES) + 1):")
        page.put(3, 'x = getattr(self, f"layer{stage}")(x)')
        self._put_before_head()
        if spec.head_max_pool:
            page.put(2, "x = self.maxpool(x)", "head.maxpool")
        pooled = [f"self.{name}(x)" for name in _SIDES[spec.head_pool]]
        if len(pooled) > 1:
            page.put(2, f"x = torch.cat(({', '.join(pooled)}), 1)", "head.concat")
        page.put(2, f"x = torch.flatten({pooled[0] if len(pooled) == 1 else 'x'}, 1)", "flatten")
        if spec.head_hidden:
            page.put(2, "return self.fc(self.head(x))", "output")
        else:
            page.put(2, f"return self.fc({'self.dropout(x)' if spec.head_dropout else 'x'})", "output")

    def _put_stem_forward(self) -> None:
        spec = self.spec
        if spec.stem == "none":
            return
        current = "self.conv1(x)"
        marks = []
        for letter in self.stem:
            if letter == "n":
                current = f"self.bn1({current})"
            elif letter == "p":
                current = f"self.maxpool({current})"
                marks.append("maxpool")
            else:
                current = self._activated(current, "act1", marks)
        self.page.put(2, f"x = {current}", *marks)

    def _put_before_head(self) -> None:
        current = "x"
        marks: list[str] = []
        for letter in self._before_head:
            current = f"self.norm({current})" if letter == "n" else self._activated(current, "act", marks)
        if current != "x":
            self.page.put(2, f"x = {current}", *marks)
        elif marks:
            self.page.mark(marks[0], len(self.page.lines))

    def _activated(self, current: str, name: str, marks: list[str]) -> str:
        spec = self.spec
        if spec.activation != "prelu":
            marks.append(name)
        if not activation(spec):
            return current
        return f"self.{activation_name(spec, name)}({current})"
