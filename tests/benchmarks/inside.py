"""Looking inside: a lesion's answer, a sweep with and without kept maps, attribution against the forward.

python -m tests.benchmarks.inside
"""

from explorer import boot

boot.prepare_process()

import numpy as np
import torch

from explorer.arch.expand import expand
from explorer.arch.lesions import Lesions
from explorer.arch.presets import preset
from explorer.nets.assemble import assemble
from explorer.nets.attribute import grad_cam, integrating, saliency
from explorer.nets.gradient_flow import gradient_flow
from explorer.nets.lesion import SWEEP_MEMORY_BYTES, lesioned_predict, sweeping
from explorer.nets.meter import metering
from explorer.nets.occlude import occluding
from tests.benchmarks.report import in_turn, say, seconds

ANSWER_S = 0.1
"""Of a lesion, for one picture of CIFAR's size."""
SAMPLE = 200
SWEPT = ("cifar-resnet20", "cifar-resnet56")


def _finish(steps):
    for _ in steps:
        pass


def main():
    device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    for name in ("cifar-resnet20", "cifar-resnet56", "cifar-resnet110", "resnet50"):
        spec = preset(name).spec
        graph = expand(spec)
        model = assemble(graph, device=device).eval()
        shape = (3, spec.input_size, spec.input_size)
        images = np.random.default_rng(0).standard_normal((SAMPLE, *shape), dtype=np.float32)
        labels = np.arange(SAMPLE) % spec.num_classes

        def bare(model=model, image=images[:1]):
            with torch.inference_mode():
                model(torch.from_numpy(image).to(device)).cpu()

        lesions = Lesions(frozenset({graph.blocks[len(graph.blocks) // 2].key}))
        answer_s, _, ratio = in_turn(
            lambda model=model, graph=graph, one=images[:1], lesions=lesions: lesioned_predict(
                model, graph, one, lesions, device
            ),
            bare,
        )
        is_small = spec.input_size <= 32
        say(f"{name}: answer with a lesion", answer_s, "s", at_most=ANSWER_S if is_small else None)
        say(f"{name}: answer with a lesion / forward", ratio, "ratio")
        key = next(node.key for node in reversed(graph.nodes) if node.op.name == "activation")
        explained = {
            "Grad-CAM at the last block": lambda m=model, g=graph, i=images[0], k=key: grad_cam(
                m, g, i, k, device
            ),
            "Grad-CAM at the first convolution": lambda m=model, g=graph, i=images[0]: grad_cam(
                m, g, i, "conv1", device
            ),
            "saliency": lambda m=model, g=graph, i=images[0]: saliency(m, g, i, device),
            "residual meter": lambda m=model, g=graph, i=images[:1]: _finish(metering(m, g, i, device)),
        }
        for what, call in explained.items():
            took_s, _, ratio = in_turn(call, bare)
            say(f"{name}: {what} / forward", ratio, "ratio", seconds=round(took_s, 4))
        if name in SWEPT:
            _once(name, model, graph, images, labels, device)


def _once(name, model, graph, images, labels, device):
    """What takes seconds, once each."""
    say(
        f"{name}: integrated gradients",
        seconds(lambda: _finish(integrating(model, graph, images[0], device))),
        "s",
    )
    say(f"{name}: occlusion", seconds(lambda: _finish(occluding(model, graph, images[0], device))), "s")
    flow_s = seconds(lambda: gradient_flow(model, graph, images[:64], labels[:64], device))
    say(f"{name}: gradient flow of 64 pictures", flow_s, "s")
    kept_s, whole_s, ratio = in_turn(
        lambda: _finish(sweeping(model, graph, images, labels, device, SWEEP_MEMORY_BYTES)),
        lambda: _finish(sweeping(model, graph, images, labels, device, 0)),
        runs=3,
        warm=0,
    )
    say(
        f"{name}: sweep of {SAMPLE} pictures, maps kept / not", ratio, "ratio", kept_s=kept_s, whole_s=whole_s
    )


if __name__ == "__main__":
    main()
