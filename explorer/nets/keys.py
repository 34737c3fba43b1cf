"""The keys of state dicts: ours with their shapes, and what other programs call the same tensors.

Called by `nets/infer.py` and `nets/weights.py`. Pure Python; must not import torch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from explorer.arch.graph import Graph
from explorer.arch.op import Op
from explorer.arch.ops import Activation, ChannelConv, Conv2d, Linear, Norm
from explorer.errors import WeightsError

Shape = tuple[int, ...]

COUNTER = "num_batches_tracked"
"""Batch norm's counter: training writes it, nothing here reads it, old files lack it."""

FEATURE = re.compile(r"^features\.(\d+)\.(\w+)$")
"""AlexNet's and VGG's convolutions and norms, numbered in the order they run, as torchvision has them."""

_WRAPPERS = ("module", "_orig_mod", "model", "net", "network", "backbone", "resnet", "encoder")

_V2_BLOCK = re.compile(r"^stages\.(\d+)\.blocks\.(\d+)\.")
"""How timm's ResNets of version 2 begin the keys of a block."""

_RENAMES: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    # The CIFAR networks of many authors.
    (re.compile(r"^(layer\d+\.\d+\.)shortcut\.(\d+)\."), r"\1downsample.\2."),
    # timm, and what it grew from.
    (re.compile(r"\.se_module\."), ".se."),
    (re.compile(r"\.se\.conv\."), ".eca.conv."),
    (re.compile(r"\.se\.channel\.(fc[12])\."), r".cbam.\1."),
    (re.compile(r"\.se\.spatial\.conv\.(conv|bn)\."), r".cbam.\1."),
    # timm's ResNets of version 2.
    (re.compile(r"^stem\.conv\."), "conv1."),
    (re.compile(r"^stem\.conv1\."), "conv1.0."),
    (re.compile(r"^stem\.norm1\."), "conv1.1."),
    (re.compile(r"^stem\.conv2\."), "conv1.3."),
    (re.compile(r"^stem\.norm2\."), "conv1.4."),
    (re.compile(r"^stem\.conv3\."), "conv1.6."),
    (_V2_BLOCK, lambda found: f"layer{int(found[1]) + 1}.{found[2]}."),
    (re.compile(r"^(layer\d+\.\d+\.)norm(\d)\."), r"\1bn\2."),
)

_CLASSIFIER = re.compile(
    r"^(?P<name>fc|linear|last_linear|classifier|head|head\.fc|head\.linear)\.?(?P<number>\d*)"
    r"\.(?P<leaf>weight|bias)$"
)
_V2_PROJECTION = ".downsample.conv.weight"
_DOWNSAMPLE = re.compile(r"^(?P<block>layer\d+\.\d+\.downsample)\.(?P<number>\d+)\.(?P<leaf>\w+)$")


_SHOWN_PROBLEMS = 3


def mismatch(key: str, theirs: Shape, ours: Shape) -> str:
    """That a tensor has one shape in the file and another in the network."""
    return f"{key} is {shape_text(theirs)} in the file and {shape_text(ours)} in the network"


def absent_in_file(key: str) -> str:
    """That the file lacks a key of the network."""
    return f"{key} is not in the file"


def absent_in_network(key: str) -> str:
    """That the network lacks a key of the file."""
    return f"{key} is not in the network"


def misfit(problems: Sequence[str]) -> WeightsError:
    """The error of weights that do not fit: the first few reasons, and all of them in its detail."""
    rest = len(problems) - _SHOWN_PROBLEMS
    more = f"; and {rest} more" if rest > 0 else ""
    error = WeightsError(
        "The weights do not fit the network: {problems}.",
        "Choose the architecture that the weights were trained as.",
        problems="; ".join(problems[:_SHOWN_PROBLEMS]) + more,
    )
    error.detail = "\n".join(problems)
    return error


def shape_text(shape: Shape) -> str:
    """A shape for people: `64×3×7×7`."""
    return "×".join(map(str, shape)) or "a single number"


def fits(theirs: Shape, ours: Shape) -> bool:
    """Whether values of one shape are those of the other: some write a classifier as a 1×1 convolution."""
    return theirs == ours or (len(ours) == 2 and _as_layer(theirs) == ours)


def _as_layer(shape: Shape) -> Shape:
    """A 1×1 convolution's weights as those of a fully connected layer; others as they are."""
    return shape[:2] if shape[2:] == (1, 1) else shape


def state_shapes(graph: Graph) -> dict[str, Shape]:
    """The shape of every entry of a network's state dict, by key, in the order they run."""
    return {f"{node.key}.{name}": shape for node in graph.nodes for name, shape in _entries(node.op)}


def _entries(op: Op) -> Iterator[tuple[str, Shape]]:
    match op:
        case Conv2d():
            yield "weight", (op.out_channels, op.in_channels // op.groups, op.kernel, op.kernel)
            if op.bias:
                yield "bias", (op.out_channels,)
        case Linear():
            yield "weight", (op.out_features, op.in_features)
            if op.bias:
                yield "bias", (op.out_features,)
        case Norm():
            yield from (("weight", (op.channels,)), ("bias", (op.channels,)))
            if op.kind == "batch":
                yield from (("running_mean", (op.channels,)), ("running_var", (op.channels,)), (COUNTER, ()))
        case ChannelConv():
            yield "weight", (1, 1, op.kernel)
        case Activation(kind="prelu"):
            yield "weight", (1,)


def canonical(shapes: Mapping[str, Shape]) -> dict[str, str]:
    """Each key under a name that is the same for all programs that are understood.

    Projections become `downsample.conv` and `downsample.norm` whatever stands before them, fully connected
    layers `classifier.0`, `classifier.1`, … in the order they run; other names are ours.
    """
    names = {key: _renamed(key[len(_wrapper(shapes)) :]) for key in shapes}
    by_name = {names[key]: shape for key, shape in shapes.items()}
    places = _classifier_places(by_name)
    return {key: _placed(name, by_name, places) for key, name in names.items()}


def pooled_projections(shapes: Mapping[str, Shape]) -> dict[str, bool]:
    """For each block with a projection, by its key: whether something without weights stands before it."""
    start = len(_wrapper(shapes))
    names = {_renamed(key[start:]): shape for key, shape in shapes.items()}
    found: dict[str, bool] = {}
    for name, shape in names.items():
        # Version 2 of timm's names no pool, but its nets with a deep stem have it.
        if name.endswith(_V2_PROJECTION):
            found[name.removesuffix(_V2_PROJECTION)] = "conv1.6.weight" in names
        match = _DOWNSAMPLE.match(name)
        if match and len(shape) == 4:
            found[match["block"].removesuffix(".downsample")] = int(match["number"]) > 0
    return found


def is_version_2(shapes: Mapping[str, Shape]) -> bool:
    """Whether the keys are those of timm's ResNets of version 2."""
    start = len(_wrapper(shapes))
    return any(_V2_BLOCK.match(key[start:]) for key in shapes)


def renames(shapes: Mapping[str, Shape], expected: Mapping[str, Shape]) -> dict[str, str]:
    """File key → our key, for every key of a file that has one in a network.

    Args:
        shapes: Of the file.
        expected: Of the network, from `state_shapes`.
    """
    ours = {name: key for key, name in canonical(expected).items()}
    names = canonical(shapes)
    places = _feature_places(names.values(), expected) if any(map(FEATURE.match, names.values())) else {}
    found = {key: places.get(name) or ours.get(name) for key, name in names.items()}
    return {key: our for key, our in found.items() if our is not None}


def _wrapper(shapes: Mapping[str, Shape]) -> str:
    """What every key begins with because the network was inside of something, such as `module.`."""
    prefix = ""
    while shapes:
        first = next(iter(shapes))[len(prefix) :].partition(".")[0]
        longer = f"{prefix}{first}."
        if first not in _WRAPPERS or not all(key.startswith(longer) for key in shapes):
            break
        prefix = longer
    return prefix


def _renamed(key: str) -> str:
    for pattern, ours in _RENAMES:
        key = pattern.sub(ours, key)
    return key


def _classifier_places(by_name: Mapping[str, Shape]) -> dict[tuple[str, str], int]:
    """(name, number) of each fully connected layer → its place; ours end in `fc` without a number."""
    found = set()
    for name, shape in by_name.items():
        match = _CLASSIFIER.match(name)
        if match and match["leaf"] == "weight" and len(_as_layer(shape)) == 2:
            found.add((match["name"], match["number"]))
    ordered = sorted(found, key=lambda place: (not place[1], int(place[1] or 0)))
    return {place: rank for rank, place in enumerate(ordered)}


def _placed(name: str, by_name: Mapping[str, Shape], places: Mapping[tuple[str, str], int]) -> str:
    match = _CLASSIFIER.match(name)
    if match and (match["name"], match["number"]) in places:
        return f"classifier.{places[match['name'], match['number']]}.{match['leaf']}"
    match = _DOWNSAMPLE.match(name)
    if match:
        weight = by_name.get(f"{match['block']}.{match['number']}.weight", ())
        return f"{match['block']}.{'conv' if len(weight) == 4 else 'norm'}.{match['leaf']}"
    return name


def _feature_places(names: Iterable[str], expected: Mapping[str, Shape]) -> dict[str, str]:
    """`features.N.…` → our key: convolutions and norms come in the same order."""
    numbered: dict[int, set[str]] = {}
    for name in names:
        if match := FEATURE.match(name):
            numbered.setdefault(int(match[1]), set()).add(match[2])
    modules = {key.rpartition(".")[0]: None for key in expected}
    convs = [key for key in modules if len(expected.get(f"{key}.weight", ())) == 4]
    norms = [key for key in modules if len(expected.get(f"{key}.weight", ())) == 1]
    found: dict[str, str] = {}
    next_conv, next_norm = iter(convs), iter(norms)
    for number, leaves in sorted(numbered.items()):
        module = next(next_norm if "running_mean" in leaves else next_conv, None)
        if module is not None:
            found |= {f"features.{number}.{leaf}": f"{module}.{leaf}" for leaf in leaves}
    return found
