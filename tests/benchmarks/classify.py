"""Many dropped photographs through ResNet-50: ours against a plain float32 loop, and how often the two agree.

The plain loop decodes, transforms and answers batch by batch as torchvision's documentation shows it, in a
process of its own without our allocator settings; a second one has them, for comparison. The processes take
turns.

python -m tests.benchmarks.classify
"""

import subprocess
import sys
import tempfile
from pathlib import Path

BATCH = 16
PICTURES = 64
TURNS = 3
SHARED = Path(__file__).resolve().parents[3] / "shared"


def photographs(folder):
    """64 JPEG files: the real ones at hand over and over, else noise of a photograph's size."""
    import numpy as np
    from PIL import Image

    real = sorted((SHARED / "data" / "photos").glob("*.jpg"))
    if real:
        return [real[index % len(real)] for index in range(PICTURES)]
    random = np.random.default_rng(0)
    paths = []
    for index in range(PICTURES):
        coarse = random.integers(0, 256, (30, 40, 3), dtype=np.uint8)
        path = Path(folder) / f"{index}.jpg"
        Image.fromarray(coarse).resize((640, 480), Image.Resampling.BICUBIC).save(path, quality=90)
        paths.append(path)
    return paths


def plain_loop(paths):
    """What one writes after reading torchvision's documentation; returns a call that runs it."""
    import torch
    from PIL import Image
    from torchvision import models, transforms

    torch.manual_seed(0)
    model = models.resnet50().eval()
    prepare = transforms.Compose(
        [
            transforms.Resize(256),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ]
    )

    def run():
        with torch.inference_mode():
            for start in range(0, len(paths), BATCH):
                images = [prepare(Image.open(path).convert("RGB")) for path in paths[start : start + BATCH]]
                model(torch.stack(images)).softmax(1)

    return run


def our_loop(paths):
    """The program's own way, by the same call as the window and the command line make."""
    import torch

    from explorer.arch.expand import expand
    from explorer.arch.presets import preset
    from explorer.images.prepare import imagenet_transform
    from explorer.nets.assemble import assemble
    from explorer.nets.classify import classifying
    from explorer.nets.device import configure_threads

    configure_threads(behind_window=False)
    spec = preset("resnet50").spec
    model = assemble(expand(spec))
    device = torch.device("cpu")

    def run():
        answers = [
            answer
            for batch in classifying(model, spec, paths, imagenet_transform(), device)
            for answer in batch
        ]
        assert len(answers) == len(paths)
        assert not any(answer.error for answer in answers)

    return run


def serve(role):
    """Run a loop each time a line comes in, and say how long it took."""
    from explorer import boot

    if role != "plain":
        boot.prepare_process()
    with tempfile.TemporaryDirectory() as folder:
        paths = photographs(folder)
        run = (our_loop if role == "ours" else plain_loop)(paths)
        from tests.benchmarks.report import seconds

        for _ in sys.stdin:
            print(seconds(run), flush=True)


def rates():
    """Pictures a second by role: the best turn of each, because other work on the machine only slows."""
    roles = ("plain", "plain, our allocator settings", "ours")
    servers = {
        role: subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.classify", role],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for role in roles
    }
    taken = {role: [] for role in roles}
    for _ in range(TURNS + 1):
        for role, server in servers.items():
            server.stdin.write("go\n")
            server.stdin.flush()
            taken[role].append(float(server.stdout.readline()))
    for server in servers.values():
        server.stdin.close()
        server.wait()
    # The first turn warms up: ours measures precisions there.
    return {role: PICTURES / min(seconds[1:]) for role, seconds in taken.items()}


def agreement():
    """The share of CIFAR-10 test pictures with float32's first place, by the trained ResNet-56 at hand."""
    import numpy as np
    import torch

    from explorer.arch.expand import expand
    from explorer.arch.presets import cifar_spec
    from explorer.images.datasets import open_dataset
    from explorer.images.load import Picture
    from explorer.images.prepare import normalised
    from explorer.nets.assemble import assemble
    from explorer.nets.classify import classifying
    from explorer.nets.inference import known_precision
    from explorer.nets.predict import predict
    from explorer.nets.weights import load_for_spec

    spec, device = cifar_spec(56), torch.device("cpu")
    model = assemble(expand(spec), seed=None)
    loaded = load_for_spec(model, expand(spec), spec, SHARED / "data" / "weights" / "resnet56-4bfd9763.th")
    data = open_dataset(str(SHARED / "data" / "cifar10-jpeg.zip"), 32, parts=("test",))
    images = data.test_images[::5]
    pictures = [Picture("", image, None) for image in images]
    ours = [
        answer.probabilities.argmax()
        for batch in classifying(model, spec, pictures, loaded.transform, device)
        for answer in batch
    ]
    exact = predict(model, np.stack([normalised(image, loaded.transform) for image in images]), device)
    return float((np.array(ours) == exact.argmax(1)).mean()), known_precision(spec, device)


def has_bfloat16():
    """Whether the CPU has units for it; without them the target is lower."""
    cpuinfo = Path("/proc/cpuinfo")
    flags = cpuinfo.read_text() if cpuinfo.exists() else ""
    return "avx512_bf16" in flags or "amx_bf16" in flags


def main():
    from tests.benchmarks.report import say

    found = rates()
    for role, rate in found.items():
        say(f"classify {PICTURES} photographs with ResNet-50 on the CPU, {role}", rate, "pictures/s")
    target = 2.5 if has_bfloat16() else 1.5
    say(
        "classify many photographs against the plain loop",
        found["ours"] / found["plain"],
        "ratio",
        at_least=target,
    )
    if SHARED.is_dir():
        share, precision = agreement()
        say("first places equal to float32's", share, "share", at_least=0.995, precision=str(precision))


if __name__ == "__main__":
    serve(sys.argv[1]) if sys.argv[1:] else main()
