"""The feature maps of a node against the bare forward pass.

python -m tests.benchmarks.probe
"""

from explorer import boot

boot.prepare_process()

import numpy as np
import torch

from explorer.arch.expand import expand
from explorer.arch.presets import preset
from explorer.nets.assemble import assemble
from explorer.nets.probe import probe
from tests.benchmarks.report import in_turn, say


def main():
    device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    for name in ("cifar-resnet20", "resnet18", "resnet50"):
        spec = preset(name).spec
        graph = expand(spec)
        model = assemble(graph, device=device).eval()
        random = np.random.default_rng(0)
        image = random.standard_normal((3, spec.input_size, spec.input_size), dtype=np.float32)

        def bare(model=model, image=image):
            with torch.inference_mode():
                model(torch.from_numpy(image)[None].to(device)).cpu()

        # The last addition is as late as maps can be, the first convolution's are the largest.
        last = next(node.key for node in reversed(graph.nodes) if node.op.name == "add")
        for what, keys in (("conv1", ["conv1"]), ("the last addition", [last]), ("both", ["conv1", last])):
            probed_s, bare_s, ratio = in_turn(
                lambda model=model, image=image, keys=keys: probe(model, image, keys, device),
                bare,
                runs=15,
                warm=3,
            )
            figures = f"{1000 * probed_s:.1f} ms : {1000 * bare_s:.1f} ms"
            say(f"maps of {what} of {name} against its forward ({figures})", ratio, "ratio", at_most=1.3)


if __name__ == "__main__":
    main()
