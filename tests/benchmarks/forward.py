"""The assembled module's forward against torchvision's, same weights, one photograph's size.

python -m tests.benchmarks.forward
"""

from explorer import boot

boot.prepare_process()

import torch
from torchvision import models

from explorer.arch.expand import expand
from explorer.arch.presets import preset
from explorer.nets.assemble import assemble
from tests.benchmarks.report import in_turn, say


def main():
    for name in ("resnet18", "resnet50", "resnext50_32x4d"):
        theirs = getattr(models, name)().eval()
        ours = assemble(expand(preset(name).spec), seed=None).eval()
        ours.load_state_dict(theirs.state_dict())
        image = torch.randn(1, 3, 224, 224)
        with torch.inference_mode():
            ours_s, theirs_s, ratio = in_turn(lambda: ours(image), lambda: theirs(image), runs=21, warm=3)
        figures = f"{1000 * ours_s:.1f} ms : {1000 * theirs_s:.1f} ms"
        say(f"forward of {name} against torchvision's ({figures})", ratio, "ratio", at_most=1.05)


if __name__ == "__main__":
    main()
