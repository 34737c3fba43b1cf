"""Weights into networks: keys matched, shapes compared, and what a file does not say stated.

Called by the engine's build handler, `training` and `cli`. Files themselves are `nets/weight_files.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from explorer.arch.families import essence
from explorer.arch.graph import Graph
from explorer.arch.spec import ArchitectureSpec
from explorer.errors import WeightsError
from explorer.images.labels import load_labels
from explorer.images.prepare import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    LARGEST_SQUARE_PX,
    Transform,
    transform_for,
)
from explorer.nets import catalogue
from explorer.nets.assumptions import untraced
from explorer.nets.catalogue import WeightsCard
from explorer.nets.facts import Origin
from explorer.nets.keys import (
    COUNTER,
    Shape,
    absent_in_file,
    absent_in_network,
    fits,
    misfit,
    mismatch,
    renames,
)
from explorer.nets.ops import MODULES
from explorer.nets.weight_files import (
    WeightsFile,
    read_weights,
    source_classes,
    source_spec,
    source_transform,
)


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """How a file's tensors fit a network; compared by identity.

    Attributes:
        values: What fits, by our keys, float32 (counters int64).
        missing: Keys of the network that the file lacks; counters are never missed.
        unexpected: Keys of the file that the network lacks.
        mismatched: Key, the shape in the file, the shape in the network.
        assumed: What the file does not say and the network takes for granted, a sentence each.
    """

    values: dict[str, Tensor]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    mismatched: tuple[tuple[str, Shape, Shape], ...]
    assumed: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every value of the network is in the file, and nothing else."""
        return not (self.missing or self.unexpected or self.mismatched)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What is known about a network once weights are in it.

    Attributes:
        origin: Where they come from.
        classes: Class names by label; None where nobody knows them.
        transform: How its pictures are prepared.
    """

    origin: Origin
    classes: tuple[str, ...] | None
    transform: Transform


def expected_shapes(graph: Graph) -> dict[str, Shape]:
    """The shape of every entry of the network's state dict, by key."""
    return {
        f"{node.key}.{name}": tuple(value.shape)
        for node in graph.nodes
        if node.op.parameters()
        for name, value in MODULES[type(node.op)](node.op, False).state_dict().items()
    }


def fit(tensors: Mapping[str, Tensor], graph: Graph, spec: ArchitectureSpec) -> Fit:
    """Match a file's tensors with a network's, by key and shape.

    Args:
        tensors: Of a file, by its own keys.
        graph: Of the network.
        spec: Of the network; says what is taken for granted.
    """
    expected = expected_shapes(graph)
    ours = renames({key: tuple(value.shape) for key, value in tensors.items()}, expected)
    renamed = {ours.get(key, key): value for key, value in tensors.items()}
    shared = [key for key in renamed if key in expected]
    wrong = {key for key in shared if not fits(tuple(renamed[key].shape), expected[key])}
    return Fit(
        values={key: _upcast(renamed[key]).reshape(expected[key]) for key in shared if key not in wrong},
        missing=tuple(key for key in expected if key not in renamed and not key.endswith(COUNTER)),
        unexpected=tuple(key for key in renamed if key not in expected),
        mismatched=tuple((key, tuple(renamed[key].shape), expected[key]) for key in shared if key in wrong),
        assumed=tuple(each.sentence for each in untraced(spec)),
    )


def load_into(model: nn.Module, found: Fit, *, strict: bool = True) -> None:
    """Copy what fits into a network, on whatever device it is.

    Args:
        model: The network.
        found: What `fit` found for it.
        strict: Refuse, and leave the network as it is, unless everything fits.

    Raises:
        WeightsError: Not everything fits, and `strict`.
    """
    if strict and not found.is_complete:
        raise _misfit(found)
    with torch.no_grad():
        for key, value in model.state_dict().items():
            if key in found.values:
                value.copy_(found.values[key])
            elif key.endswith(COUNTER):
                value.zero_()


def copy_what_fits(previous: Mapping[str, Tensor], model: nn.Module) -> tuple[int, int]:
    """Copy the tensors of equal key and shape from another network's state dict.

    Args:
        previous: A state dict, on any device.
        model: Where they go; its other values stay as they are.

    Returns:
        Tensors copied, and tensors of the network in all; batch norm's counters do not count.
    """
    copied = total = 0
    with torch.no_grad():
        for key, value in model.state_dict().items():
            counts = not key.endswith(COUNTER)
            total += counts
            if key in previous and previous[key].shape == value.shape:
                value.copy_(previous[key])
                copied += counts
    return copied, total


def load_for_spec(
    model: nn.Module, graph: Graph, spec: ArchitectureSpec, source: WeightsCard | Path
) -> Loaded:
    """Load weights of the catalogue or of a file into a network, and say what is known about them.

    Args:
        model: Assembled from the graph, on any device; its values may be arbitrary.
        graph: Of the spec.
        spec: What the network is.
        source: A card whose file is on this machine, or a file.

    Raises:
        ConsentRequired: The card's file would have to be downloaded first.
        FetchError: The cache cannot be read.
        WeightsError: The file cannot be read or does not fit the network.
    """
    if isinstance(source, Path):
        return _load_file(model, graph, spec, read_weights(source))
    file = read_weights(catalogue.obtain(source, allowed=False))
    promised = source.sha256 or (source.resource.sha256 if source.resource else "")
    if not file.sha256.startswith(promised):
        raise WeightsError(
            "{path} is damaged: its SHA-256 is not the one that its card promises.",
            "Install resnet-explorer again."
            if source.kind == "bundled"
            else "Delete it and download it again.",
            path=file.path,
        )
    load_into(model, fit(file.tensors, graph, spec))
    origin = Origin(
        kind="bundled" if source.kind == "bundled" else "downloaded",
        name=source.name,
        accuracy_percent=source.accuracy_percent,
    )
    return Loaded(origin, source.classes, source.transform)


def _load_file(model: nn.Module, graph: Graph, spec: ArchitectureSpec, file: WeightsFile) -> Loaded:
    own = source_spec(file)
    if own is not None:
        _check_same_network(file, own, spec)
    found = fit(file.tensors, graph, spec)
    classes, transform = source_classes(file), source_transform(file)
    assumed = () if own is not None else found.assumed
    if own is None and classes is None:
        classes, sentence = _assumed_classes(spec)
        assumed += sentence
    if transform is None:
        transform = _assumed_transform(file, spec)
        assumed += (_said_of_transform(transform),)
    load_into(model, found)
    try:
        accuracy = 100 * float(file.metadata["accuracy"])
    except (KeyError, ValueError):
        accuracy = None
    origin = Origin("file", file.path.name, accuracy_percent=accuracy, assumed=assumed)
    return Loaded(origin, classes, transform)


def _check_same_network(file: WeightsFile, own: ArchitectureSpec, spec: ArchitectureSpec) -> None:
    """Refuse weights of another network: strides and option A leave no trace in shapes."""
    theirs, ours = essence(own).model_dump(), essence(spec).model_dump()
    # The input's size changes no weight; global pooling takes any.
    different = [name for name in ours if theirs[name] != ours[name] and name != "input_size"]
    if not different:
        return
    name = different[0]
    raise WeightsError(
        "{path} holds the weights of another network: its {field} is {theirs}, here it is {ours}.",
        "Set {fields} as in the file, or choose another file.",
        path=file.path,
        field=name,
        theirs=theirs[name],
        ours=ours[name],
        fields=", ".join(different),
    )


def _upcast(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def _assumed_classes(spec: ArchitectureSpec) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """Class names by the number of classes and the input's size, and the sentence that says so."""
    if spec.num_classes == 10 and spec.input_size <= LARGEST_SQUARE_PX:
        return load_labels("cifar10"), ("Its ten classes are taken to be CIFAR-10's, in the usual order.",)
    if spec.num_classes == 1000:
        return load_labels("imagenet1k"), (
            "Its thousand classes are taken to be ImageNet's, in the usual order.",
        )
    return None, ()


def _assumed_transform(file: WeightsFile, spec: ArchitectureSpec) -> Transform:
    """The usual transform; the CIFAR networks whose classifier is `linear` come with ImageNet's statistics.

    That is how the widespread reimplementation of He 2015's CIFAR networks trains them
    (github.com/akamaster/pytorch_resnet_cifar10, trainer.py).
    """
    size = spec.input_size
    if size <= LARGEST_SQUARE_PX and "linear.weight" in file.tensors:
        return Transform(size, IMAGENET_MEAN, IMAGENET_STD, "square", size, "bicubic")
    return transform_for(size)


def _said_of_transform(transform: Transform) -> str:
    numbers = ", ".join(f"{value:g}" for value in (*transform.mean, *transform.std))
    return f"Pictures are normalised with the mean and deviation {numbers}, which the file does not say."


def _misfit(found: Fit) -> WeightsError:
    problems = [mismatch(*each) for each in found.mismatched]
    problems += map(absent_in_file, found.missing)
    problems += map(absent_in_network, found.unexpected)
    return misfit(problems)
