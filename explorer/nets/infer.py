"""A network from the shapes of its weights: spec, key by key.

Called by `engine.handlers.weights`, `cli` and tests. Works on shapes alone; must not import torch.
Understood are torchvision's ResNets, AlexNet and VGGs, timm's ResNets (deep stems, SE, ECA, CBAM;
version 2), the CIFAR networks of many authors (`shortcut.0`, `linear`, option A) and our own keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from explorer.arch import spec as specs
from explorer.arch.expand import expand
from explorer.arch.presets import presets
from explorer.arch.spec import ArchitectureSpec
from explorer.errors import SpecError, WeightsError
from explorer.nets.assumptions import Assumption, untraced
from explorer.nets.infer_features import features_fields
from explorer.nets.infer_head import Unlike
from explorer.nets.infer_residual import ResidualReading
from explorer.nets.keys import (
    COUNTER,
    FEATURE,
    Shape,
    absent_in_file,
    absent_in_network,
    canonical,
    fits,
    is_version_2,
    mismatch,
    pooled_projections,
    renames,
    shape_text,
    state_shapes,
)

_LOOKED_FOR = (
    "Looked for were blocks (layer1.0.conv1.weight or features.0.weight) and a classifier "
    "(fc.weight, linear.weight or classifier.N.weight); the file begins with {first}."
)


@dataclass(frozen=True, slots=True)
class Inferred:
    """What a file's shapes say.

    Attributes:
        spec: The network.
        assumed: What the shapes leave open.
        unexplained: Keys of the file that the network lacks or has in another shape.
        missing: Our keys that the file lacks.
        problems: The last two in words, key by key.
    """

    spec: ArchitectureSpec
    assumed: tuple[Assumption, ...]
    unexplained: tuple[str, ...]
    missing: tuple[str, ...]
    problems: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether the file and the network agree key by key."""
        return not (self.unexplained or self.missing)


def infer_spec(shapes: Mapping[str, Shape]) -> Inferred:
    """The network whose state dict has these shapes.

    Args:
        shapes: By the file's own keys.

    Raises:
        WeightsError: It is no network that can be described here; the texts say what was looked for.
    """
    names = canonical(shapes)
    tensors = {names[key]: tuple(shape) for key, shape in shapes.items()}
    is_features = any(map(FEATURE.match, tensors))
    try:
        if is_features:
            values = features_fields(tensors)
        else:
            values = ResidualReading(tensors, pooled_projections(shapes)).spec()
        _refuse_standardised(shapes, values)
        spec = _as_published(specs.parse(values))
    except SpecError as error:
        raise _unlike(f"{error.cause_text[:1].lower()}{error.cause_text[1:].rstrip('.')}", shapes) from error
    except Unlike as error:
        raise _unlike(str(error), shapes) from None
    return match(shapes, spec)


def match(shapes: Mapping[str, Shape], spec: ArchitectureSpec) -> Inferred:
    """How a file's shapes agree with a given network."""
    expected = state_shapes(expand(spec))
    renamed = renames(shapes, expected)
    found = {key: ours for key, ours in renamed.items() if fits(shapes[key], expected[ours])}
    there = set(found.values())
    unexplained = tuple(key for key in shapes if key not in found and not key.endswith(COUNTER))
    missing = tuple(key for key in expected if key not in there and not key.endswith(COUNTER))
    wrong = {key: ours for key, ours in renamed.items() if key in unexplained}
    problems = [mismatch(key, shapes[key], expected[ours]) for key, ours in wrong.items()]
    problems += [absent_in_file(key) for key in missing if key not in wrong.values()]
    problems += [absent_in_network(key) for key in unexplained if key not in wrong]
    return Inferred(spec, untraced(spec), unexplained, missing, tuple(problems))


def _unlike(reason: str, shapes: Mapping[str, Shape]) -> WeightsError:
    error = WeightsError(
        "These are not the weights of a network that can be described here: {reason}.",
        _LOOKED_FOR,
        reason=reason,
        first=", ".join(list(shapes)[:3]) or "nothing",
    )
    error.detail = "\n".join(f"{key}: {shape_text(shape)}" for key, shape in shapes.items())
    return error


def _refuse_standardised(shapes: Mapping[str, Shape], values: Mapping[str, Any]) -> None:
    """Big Transfer's nets (Kolesnikov et al. 2019) standardise their weights, which shapes do not show.

    Under timm's names they are the only ones with group norm behind a stem of one convolution.

    Raises:
        Unlike: This is one of them.
    """
    if is_version_2(shapes) and values["norm"] == "group" and values.get("stem", "conv") == "conv":
        raise Unlike("its convolutions are standardised (BiT), which this program does not do")


def _as_published(spec: ArchitectureSpec) -> ArchitectureSpec:
    """The preset with the same shapes, where there is one: it knows what shapes leave open.

    Of several the one that differs in the fewest fields; classes and input channels are the file's.
    """
    wanted = state_shapes(expand(spec))
    best, fewest = spec, len(type(spec).model_fields)
    for known in presets().values():
        if known.spec.stage_depths != spec.stage_depths or known.spec.shortcut != spec.shortcut:
            continue
        candidate = known.spec.edited(num_classes=spec.num_classes, in_channels=spec.in_channels)
        n_different = sum(getattr(candidate, name) != getattr(spec, name) for name in type(spec).model_fields)
        if n_different < fewest and state_shapes(expand(candidate)) == wanted:
            best, fewest = candidate, n_different
    return best
