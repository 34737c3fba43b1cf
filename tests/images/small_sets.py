"""The published data sets in small: files in their formats, offered by a server on this machine."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import tarfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from explorer.fetch import Resource
from explorer.images.published import SETS, PublishedSet

N_TRAIN, N_TEST = 40, 20
NAMES_10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def pictures(n: int, side: int, channels: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise, and labels that go round the ten classes."""
    images = np.random.default_rng(seed).integers(0, 256, (n, side, side, channels), dtype=np.uint8)
    return images, np.arange(n) % 10


def tar_gz(members: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def _records(images: np.ndarray, *labels: np.ndarray) -> bytes:
    planes = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    return np.concatenate([label[:, None].astype(np.uint8) for label in labels] + [planes], axis=1).tobytes()


def cifar10_file() -> bytes:
    images, labels = pictures(N_TRAIN, 32, 3, 1)
    members = {"cifar-10-batches-bin/batches.meta.txt": ("\n".join(NAMES_10) + "\n\n").encode()}
    each = N_TRAIN // 5
    for batch in range(5):
        some = slice(batch * each, (batch + 1) * each)
        members[f"cifar-10-batches-bin/data_batch_{batch + 1}.bin"] = _records(images[some], labels[some])
    members["cifar-10-batches-bin/readme.html"] = b"<html>"
    members["cifar-10-batches-bin/test_batch.bin"] = _records(*pictures(N_TEST, 32, 3, 2))
    return tar_gz(members)


def cifar100_file() -> bytes:
    names = "\n".join(f"fine_{number}" for number in range(100)).encode()
    train, train_labels = pictures(N_TRAIN, 32, 3, 1)
    test, test_labels = pictures(N_TEST, 32, 3, 2)
    return tar_gz(
        {
            "cifar-100-binary/fine_label_names.txt": names,
            "cifar-100-binary/train.bin": _records(train, train_labels * 0 + 7, train_labels),
            "cifar-100-binary/test.bin": _records(test, test_labels * 0 + 7, test_labels),
        }
    )


def idx_file(values: np.ndarray) -> bytes:
    head = bytes((0, 0, 8, values.ndim)) + struct.pack(f">{values.ndim}I", *values.shape)
    return gzip.compress(head + values.astype(np.uint8).tobytes())


def idx_files() -> tuple[bytes, ...]:
    train, train_labels = pictures(N_TRAIN, 28, 1, 1)
    test, test_labels = pictures(N_TEST, 28, 1, 2)
    return tuple(map(idx_file, (train[..., 0], train_labels, test[..., 0], test_labels)))


def mat_file(images: np.ndarray, labels: np.ndarray) -> bytes:
    from scipy.io import savemat

    packed = io.BytesIO()
    ten_for_zero = np.where(labels == 0, 10, labels).astype(np.uint8)
    savemat(packed, {"X": images.transpose(1, 2, 3, 0), "y": ten_for_zero[:, None]}, do_compression=True)
    return packed.getvalue()


def files_of(name: str) -> tuple[bytes, ...]:
    """The files of a small set, in the order of the real one."""
    if name == "cifar10":
        return (cifar10_file(),)
    if name == "cifar100":
        return (cifar100_file(),)
    if name == "svhn":
        return mat_file(*pictures(N_TRAIN, 32, 3, 1)), mat_file(*pictures(N_TEST, 32, 3, 2))
    return idx_files()


@contextmanager
def served(name: str, files: tuple[bytes, ...] | None = None) -> Iterator[tuple[PublishedSet, list[str]]]:
    """A small set that a server on this machine offers, and the paths it is asked for."""
    contents = files_of(name) if files is None else files
    real = SETS[name]
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            content = contents[int(self.path[1:])]
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    resources = tuple(
        Resource(
            f"http://127.0.0.1:{server.server_address[1]}/{place}",
            hashlib.sha256(content).hexdigest(),
            len(content),
            file.name,
        )
        for place, (content, file) in enumerate(zip(contents, real.files, strict=True))
    )
    try:
        yield replace(real, files=resources), asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
