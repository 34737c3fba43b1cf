"""Training ResNet-20 at batch 128: our loop against a plain float32 loop as torchvision's examples write it.

The plain loop has the same network, batch, optimiser and augmentation, and a DataLoader with two workers.
Each side is a process of its own, ours with our allocator settings and the plain one without, and they take
turns.

    python -m tests.benchmarks.training
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.benchmarks.report import say

BATCH = 128
STEPS = 30
TURNS = 5
DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "cifar10-jpeg.zip"


def dataset():
    """CIFAR-10 where it is at hand, else noise of its size."""
    import numpy as np

    from explorer.images.datasets import Dataset, open_dataset

    if DATA.exists():
        return open_dataset(str(DATA), 32)
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (20_000, 32, 32, 3), dtype=np.uint8)
    labels = random.integers(0, 10, 20_000)
    classes = tuple(str(n) for n in range(10))
    return Dataset("noise", classes, images, labels, images[:100], labels[:100], ())


def plain_network():
    """He 2015's ResNet-20 with option A, as people write it."""
    import torch
    from torch import nn
    from torch.nn import functional

    class Block(nn.Module):
        def __init__(self, inputs, outputs, stride):
            super().__init__()
            self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(outputs)
            self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(outputs)
            self.relu = nn.ReLU(inplace=True)
            self.stride, self.more = stride, (outputs - inputs) // 2

        def forward(self, x):
            out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
            if self.stride > 1:
                x = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.more, self.more))
            return self.relu(out + x)

    def stage(inputs, outputs, stride):
        return [Block(inputs, outputs, stride), Block(outputs, outputs, 1), Block(outputs, outputs, 1)]

    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, 1, 1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(inplace=True),
        *stage(16, 16, 1),
        *stage(16, 32, 2),
        *stage(32, 64, 2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, 10),
    )


def plain_steps():
    """Yields after each step of the plain loop."""
    import torch
    from PIL import Image
    from torch import nn
    from torch.utils.data import DataLoader
    from torchvision import transforms

    data = dataset()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    prepare = transforms.Compose(
        [
            transforms.RandomCrop(32, padding=4, padding_mode="reflect"),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize(*data.mean_std()),
        ]
    )

    class Pictures(torch.utils.data.Dataset):
        def __len__(self):
            return len(data.train_images)

        def __getitem__(self, index):
            return prepare(Image.fromarray(data.train_images[index])), int(data.train_labels[index])

    model = plain_network().to(device)
    assert sum(value.numel() for value in model.parameters()) == 269_722  # reference: ResNet-20, option A
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.05)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4, nesterov=True)
    loader = DataLoader(
        Pictures(), BATCH, shuffle=True, num_workers=2, drop_last=True, pin_memory=device.type == "cuda"
    )
    while True:
        for images, labels in loader:
            images, labels = images.to(device), labels.to(device)
            optimiser.zero_grad()
            loss = loss_of(model(images), labels)
            loss.backward()
            optimiser.step()
            loss.item()
            yield


def our_training():
    """Our training of the same, ready to start."""
    from explorer import boot

    boot.prepare_process()

    from explorer.arch.presets import preset
    from explorer.nets.device import choose
    from explorer.training.plan import Plan
    from explorer.training.prepare import prepare

    steps = prepare(
        preset("cifar-resnet20").spec, Plan(epochs=1000, batch_size=BATCH), dataset(), choose()[0]
    )
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            return finished.value


def our_steps(training):
    """Yields after each step of our loop, the way the command line drives it."""
    from explorer.training.events import TrainingStarted
    from explorer.training.loop import train

    for event in train(training):
        if not isinstance(event, TrainingStarted):
            yield


def bare_steps(training):
    """Yields after each step of the same network on one batch that never changes."""

    from explorer.training.batches import normalise
    from explorer.training.step import take_step

    layout = training.precision.channels_last
    images = normalise(training.train_pictures.images[:BATCH], training.normalisation, channels_last=layout)
    labels = training.train_pictures.labels[:BATCH]
    while True:
        take_step(training, images, labels)
        yield


def serve(side):
    """Take the steps of one side each time a line comes in, and say how many seconds they took."""
    from explorer.training.precision import synchronise

    if side == "plain":
        import torch

        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        sides = [plain_steps()]
        print("float32", flush=True)
    else:
        training = our_training()
        device = training.device
        sides = [our_steps(training), bare_steps(training)]
        print(training.precision.name, device.type, flush=True)
    for _ in sys.stdin:
        took = []
        for steps in sides:
            synchronise(device)
            started = time.perf_counter()
            for _ in range(STEPS):
                next(steps)
            synchronise(device)
            took.append(time.perf_counter() - started)
        print(*took, flush=True)


def main():
    processes = {
        side: subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.training", side],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for side in ("plain", "ours")
    }
    words = {side: process.stdout.readline().split() for side, process in processes.items()}

    def turn(side):
        processes[side].stdin.write("\n")
        processes[side].stdin.flush()
        return [STEPS * BATCH / float(word) for word in processes[side].stdout.readline().split()]

    turns = [(*turn("plain"), *turn("ours")) for _ in range(TURNS + 1)][1:]
    for process in processes.values():
        process.stdin.close()
        process.wait()
    *precision, device = words["ours"]
    plain, ours, bare = (statistics.median(rates) for rates in zip(*turns, strict=True))
    ratio = statistics.median(row[1] / row[0] for row in turns)
    share = statistics.median(row[1] / row[2] for row in turns)
    # bfloat16 is chosen where it measures faster, which on a CPU needs units for it.
    target = 5.0 if device != "cpu" else 2.0 if precision[0] == "bfloat16" else 1.1
    where = f"ResNet-20, batch {BATCH}, {device}"
    say(f"plain float32 loop, {where}", plain, "images/s")
    say(f"our loop in {' '.join(precision)}, {where}", ours, "images/s")
    say(f"our loop against the plain one, {where}", ratio, "ratio", at_least=target)
    say(f"its own step on resident data, {where}", bare, "images/s")
    say(f"our loop against its own step, {where}", share, "ratio", at_least=0.9)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        serve(sys.argv[1])
    else:
        main()
