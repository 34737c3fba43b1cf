"""The table against torchvision itself, which is the oracle of everything in it but the full hashes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from explorer.nets.torchvision_table import TORCHVISION_WEIGHTS, TorchvisionWeights


def ids(row: TorchvisionWeights) -> str:
    return f"{row.preset}-{row.name[-2:]}"


@pytest.mark.parametrize("row", TORCHVISION_WEIGHTS, ids=ids)
def test_row_agrees_with_torchvision(row: TorchvisionWeights) -> None:
    from torchvision.models import get_model_weights

    theirs = get_model_weights(row.preset)[row.name]
    assert theirs.url == row.resource.url
    assert theirs.meta["_metrics"]["ImageNet-1K"]["acc@1"] == row.acc1
    preset = theirs.transforms()
    assert preset.resize_size == [row.resize_size]
    # As `imagenet_transform` has it for every row.
    assert (preset.crop_size, preset.interpolation.value) == ([224], "bilinear")
    assert row.resource.size_bytes is not None
    # torchvision rounds to a thousandth of a MiB.
    assert row.resource.size_bytes / (1 << 20) == pytest.approx(theirs.meta["_file_size"], abs=0.0006)


@pytest.mark.parametrize("row", TORCHVISION_WEIGHTS, ids=ids)
def test_hash_begins_as_the_file_name_says(row: TorchvisionWeights) -> None:
    assert row.resource.name.endswith(f"-{row.resource.sha256[:8]}.pth")
    assert len(row.resource.sha256) in (8, 64)


def test_accuracies_are_the_references(shared: Path) -> None:
    reference = json.loads((shared / "reference" / "architectures.json").read_text(encoding="utf-8"))
    wanted = {name: row["acc1"] for name, row in reference["torchvision"]["models"].items()}
    first = [row for row in TORCHVISION_WEIGHTS if row.name == "IMAGENET1K_V1"]
    assert {row.preset: row.acc1 for row in first} == wanted


def test_every_file_of_torchvision_s_resnets_is_there_once() -> None:
    from torchvision import models

    theirs = [name for name in models.list_models(models) if "resnet" in name or "resnext" in name]
    files = [(name, version.name) for name in theirs for version in models.get_model_weights(name)]
    assert sorted((row.preset, row.name) for row in TORCHVISION_WEIGHTS) == sorted(files)


def test_importing_loads_no_torch() -> None:
    code = "import sys, explorer.nets.torchvision_table; print('torch' in sys.modules)"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
