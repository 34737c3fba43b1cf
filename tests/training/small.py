"""What the training tests share: a tiny network and a tiny data set that it can learn."""

from __future__ import annotations

import numpy as np

from explorer.arch.presets import cifar_spec
from explorer.arch.spec import ArchitectureSpec
from explorer.images.datasets import Dataset
from explorer.training.plan import Plan

SIDE = 8
CLASSES = ("dark", "light", "left", "right")


def small_spec(**changes: object) -> ArchitectureSpec:
    """ResNet-8, a quarter as wide, for four classes of 8×8 pictures."""
    return cifar_spec(
        8, input_size=SIDE, stage_widths=(4, 8, 16), stem_width=4, num_classes=len(CLASSES)
    ).edited(**changes)


def small_plan(**changes: object) -> Plan:
    """Two epochs of four steps in plain float32; mirrored, left would be right."""
    return Plan(
        epochs=2,
        batch_size=16,
        learning_rate=0.1,
        crop_padding=1,
        flip=False,
        precision="float32",
        channels_last="no",
    ).edited(**changes)


def small_dataset(n_train: int = 64, n_test: int = 32, channels: int = 3) -> Dataset:
    """Noise with a bright half, or none, or all bright; the class says which."""

    def draw(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        generator = np.random.default_rng(seed)
        images = generator.integers(0, 100, (n, SIDE, SIDE, channels), dtype=np.uint8)
        labels = np.arange(n, dtype=np.int64) % len(CLASSES)
        images[labels == 1] += 120
        images[labels == 2, :, : SIDE // 2] += 120
        images[labels == 3, :, SIDE // 2 :] += 120
        return images, labels

    return Dataset("small", CLASSES, *draw(n_train, 1), *draw(n_test, 2), ())
