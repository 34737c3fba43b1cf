"""What is found inside a network, as frozen values that cross from the compute thread to the window.

Made by `nets/attribute.py`, `occlude.py`, `lesion.py`, `meter.py` and `gradient_flow.py`. Must not import
torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Method = Literal["grad_cam", "grad_cam_plus_plus", "saliency", "integrated_gradients", "occlusion"]


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """What spoke for a class; compared by identity.

    Attributes:
        method: How it was found.
        key: The node that Grad-CAM looked at; the empty text for methods that look at the picture alone.
        label: The class, by index.
        score: Its logit for the picture.
        heat: float32 (height, width) of the picture, read-only. Not scaled. Grad-CAM and saliency are never
            negative; the others are where something speaks against the class.
    """

    method: Method
    key: str
    label: int
    score: float
    heat: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """How well a network knows a sample.

    Attributes:
        accuracy: 0 to 1.
        loss: The mean cross-entropy.
    """

    accuracy: float
    loss: float


@dataclass(frozen=True, slots=True)
class BlockLesion:
    """What is left without one block's residual branch.

    Attributes:
        key: The block's.
        knowledge: None where it cannot be bypassed.
        reason: Why not; else the empty text.
    """

    key: str
    knowledge: Knowledge | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Each block in turn.

    Attributes:
        intact: With all branches.
        blocks: In the network's order.
        images: How many pictures the sample has.
    """

    intact: Knowledge
    blocks: tuple[BlockLesion, ...]
    images: int


@dataclass(frozen=True, slots=True)
class BlockMeter:
    """How much one block adds to what it passes on; means over the pictures.

    Attributes:
        key: The block's.
        ratio: ‖F(x)‖ / ‖x‖, as the two are when they meet; None where no picture has it.
        cosine: Of the angle between F(x) and x; None where no picture has it.
        branch_norm: ‖F(x)‖; None without a shortcut.
        shortcut_norm: ‖x‖; None without a shortcut.
        reason: Why something is None; else the empty text.
    """

    key: str
    ratio: float | None
    cosine: float | None
    branch_norm: float | None
    shortcut_norm: float | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LayerResponse:
    """How strongly one convolution of the main path answers (He 2015, figure 7).

    Attributes:
        key: The convolution's.
        response_key: Of the node whose output was measured: the norm after it, or the convolution itself.
        kernel: The side of its window; the paper's figure shows those of 3.
        std: The standard deviation over pictures, channels and places, before the non-linearity.
    """

    key: str
    response_key: str
    kernel: int
    std: float


@dataclass(frozen=True, slots=True)
class ResidualMeter:
    """What blocks and layers do with some pictures.

    Attributes:
        blocks: In the network's order.
        layers: In the network's order.
        images: How many pictures there were.
    """

    blocks: tuple[BlockMeter, ...]
    layers: tuple[LayerResponse, ...]
    images: int


@dataclass(frozen=True, slots=True)
class LayerGradient:
    """What arrives at one weighted layer of the main path.

    Attributes:
        key: The node's.
        norm: The L2 norm of the gradient by its weights, without the bias; infinite or not a number where the
            network overflows.
        relative: The same over the norm of the weights; None where these are zero.
    """

    key: str
    norm: float
    relative: float | None


@dataclass(frozen=True, slots=True)
class GradientFlow:
    """Gradients by depth for one batch.

    Attributes:
        layers: From the picture to the classifier.
        loss: The mean cross-entropy of the batch.
    """

    layers: tuple[LayerGradient, ...]
    loss: float
