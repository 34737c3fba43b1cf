"""Edit → graph, cost and layout of ResNet-152, against torchvision's build and forward on the meta device.

python -m tests.benchmarks.edit
"""

from explorer.arch.cost import measure
from explorer.arch.expand import expand
from explorer.arch.presets import preset
from explorer.present.folds import default_unfolded, everything
from explorer.present.layout import lay_out
from tests.benchmarks.report import in_turn, say


def main():
    import torch
    from torchvision.models import resnet152

    spec = preset("resnet152").spec

    def edited(unfold):
        graph = expand.__wrapped__(spec)
        measure(graph)
        lay_out(graph, unfold(graph))

    def theirs():
        with torch.device("meta"):
            resnet152().eval()(torch.empty(1, 3, 224, 224))

    for name, unfold in (("as usual", default_unfolded), ("fully unfolded", everything)):
        ours_s, theirs_s, ratio = in_turn(lambda unfold=unfold: edited(unfold), theirs)
        say(f"edit → graph, cost and layout of ResNet-152, {name}", 1000 * ours_s, "ms", at_most=16)
        say(f"… against torchvision on meta ({1000 * theirs_s:.0f} ms), {name}", ratio, "ratio", at_most=0.2)


if __name__ == "__main__":
    main()
