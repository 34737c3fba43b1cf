"""A sample on its way through a network, a slice of pictures at a time.

Called by `nets/exciting.py` and `nets/pooled.py`. The pictures are uint8 as data sets have them; each slice
is prepared just before it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from explorer.arch.graph import Graph
from explorer.arch.lesions import IMAGE, route
from explorer.errors import DataError, InsideError
from explorer.images.prepare import Transform, normalised, seen
from explorer.nets.inference import in_use
from explorer.nets.predict import as_tensor
from explorer.nets.walk import Walk, slice_size


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Pictures and how the network wants them.

    Attributes:
        images: uint8 (n, height, width, channels), 1 or 3 channels.
        transform: The network's.
    """

    images: NDArray[np.uint8]
    transform: Transform

    def prepared(self, start: int, stop: int, in_channels: int) -> NDArray[np.float32]:
        """Some pictures as the network's input, (pictures, in_channels, height, width).

        Raises:
            ImageError: Pictures cannot fill that number of channels.
        """
        return np.stack(
            [normalised(self.seen(index), self.transform, in_channels) for index in range(start, stop)]
        )

    def seen(self, index: int) -> NDArray[np.uint8]:
        """What the network sees of a picture, (side, side, channels); may share the sample's memory."""
        image: NDArray[np.uint8] = self.images[index]
        size = self.transform.input_size
        if image.shape[:2] == (size, size):
            return image
        if image.shape[2] == 1:
            return seen(np.repeat(image, 3, axis=2), self.transform)[:, :, :1]
        return seen(image, self.transform)


def passing(
    model: nn.Module,
    graph: Graph,
    sample: Sample,
    looks: Mapping[str, Callable[[Tensor, int], None]],
    device: torch.device,
) -> Generator[float, None, None]:
    """Send a sample through a network once and look at some nodes.

    Between two yields no tensor is held and the network is as it was. What comes after the last of the nodes
    is not computed.

    Args:
        model: From `assemble`, on the device.
        graph: Its own.
        sample: What is sent.
        looks: By node; called in inference mode with the node's output for a slice and the place of the
            slice's first picture. The output may be overwritten as soon as the call returns.
        device: Where the model is.

    Yields:
        The share of pictures that is done, after each slice.

    Raises:
        DataError: There is no picture.
        ImageError: Pictures cannot fill the network's channels.
        InsideError: The network has no such node.
        RuntimeError: The device is out of memory.
    """
    n_images = len(sample.images)
    if not n_images:
        raise DataError("There are no pictures to look at.", "Drop a picture or choose a data set.")
    for key in looks:
        if key not in graph.by_key:
            raise InsideError(
                "The network has no node {key}.", "Try {last}.", key=key, last=graph.nodes[-1].key
            )
    walk = Walk(model, route(graph))
    places = sorted((walk.after(key), key) for key in looks)
    size = slice_size(graph, device)
    for start in range(0, n_images, size):
        stop = min(n_images, start + size)
        with in_use(model):
            pictures = sample.prepared(start, stop, graph.nodes[0].output_shape[0])
            values = {IMAGE: as_tensor(pictures).to(device)}
            done = 0
            for place, key in places:
                walk.run(values, done, place)
                looks[key](values[key], start)
                done = place
            values.clear()
        yield stop / n_images
