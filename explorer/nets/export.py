"""Networks as files for other programs: ONNX.

Called by `resnet-explorer export`. Needs the extra `[onnx]`.
"""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import nn

from explorer.arch.spec import ArchitectureSpec
from explorer.errors import SetupError, WeightsError

NEEDED = ("onnx", "onnxscript")
OPSET = 18
"""Understood by onnxruntime since 1.14 (2023)."""
INPUT_NAME, OUTPUT_NAME = "image", "logits"

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""What the exporter colours its words with."""


def require_onnx() -> None:
    """Make sure that the extra is installed.

    Raises:
        SetupError: It is not.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise SetupError(
            "ONNX files need {missing}, which is not installed.",
            'Install the extra: pip install "resnet-explorer[onnx]".',
            missing=" and ".join(missing),
        )


def export_onnx(module: nn.Module, spec: ArchitectureSpec, path: str | Path) -> None:
    """Write a network as one ONNX file, in float32 and evaluation mode, for any batch size.

    Args:
        module: As `nets/assemble.py` makes it, on any device; it is left as it was.
        spec: What it was made of; kept in the file's metadata.
        path: The file to write. It is replaced only by a whole one.

    Raises:
        SetupError: The extra `[onnx]` is not installed.
        WeightsError: The network cannot be expressed in ONNX.
        OSError: The file cannot be written.
    """
    require_onnx()
    parameter = next(module.parameters(), None)
    device = parameter.device if parameter is not None else torch.device("cpu")
    # One picture would be taken for a constant batch.
    images = torch.zeros(2, spec.in_channels, spec.input_size, spec.input_size, device=device)
    was_training = module.training
    module.eval()
    try:
        with _in_slices(module):
            program = _traced(module, images)
    finally:
        module.train(was_training)
    program.model.metadata_props["resnet_explorer.spec"] = spec.to_json()
    target = Path(path)
    beside = target.with_name(f"{target.name}.part")
    try:
        program.save(str(beside), external_data=False)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


class _LargestInSlices(nn.Module):
    """An adaptive max pool as slices: ONNX has none for sizes that do not divide."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """(batch, channels, side, side): torch's windows go from ⌊i·n/side⌋ up to ⌈(i + 1)·n/side⌉."""
        for axis in (2, 3):
            size = maps.shape[axis]
            ends = [(i * size // self.side, -(-(i + 1) * size // self.side)) for i in range(self.side)]
            slices = [maps.narrow(axis, first, stop - first) for first, stop in ends]
            maps = torch.cat([one.amax(axis, keepdim=True) for one in slices], axis)
        return maps


@contextlib.contextmanager
def _in_slices(module: nn.Module) -> Iterator[None]:
    """Adaptive max pools written in slices; the module is as before at the end."""
    pools = {key: pool for key, pool in module.named_modules() if isinstance(pool, nn.AdaptiveMaxPool2d)}
    try:
        for key, pool in pools.items():
            sides = pool.output_size
            # As `nets/ops.py` makes them: square.
            assert isinstance(sides, tuple)
            assert sides[0] is not None
            module.set_submodule(key, _LargestInSlices(sides[0]))
        yield
    finally:
        for key, pool in pools.items():
            module.set_submodule(key, pool)


def _traced(module: nn.Module, images: torch.Tensor) -> torch.onnx.ONNXProgram:
    with warnings.catch_warnings(), torch.no_grad():
        # The exporter warns of its own plans; nothing of it concerns the user.
        warnings.simplefilter("ignore")
        try:
            program = torch.onnx.export(
                module,
                (images,),
                input_names=[INPUT_NAME],
                output_names=[OUTPUT_NAME],
                dynamic_shapes=({0: torch.export.Dim("batch")},),
                opset_version=OPSET,
                dynamo=True,
                verbose=False,
            )
        except torch.onnx.OnnxExporterError as error:
            raise WeightsError(
                "The network cannot be written as ONNX: {reason}.",
                "Export it as python or safetensors instead.",
                reason=_COLOUR.sub("", str(error)).partition("\n")[0].partition(". ")[0].rstrip("."),
            ) from error
    assert program is not None
    return program
