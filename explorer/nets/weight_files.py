"""Files of weights: read without executing anything, written whole or not at all.

Called by `nets/weights.py`, `engine` and `cli`. What a file holds is found by its content, not its name.
Our own files are safetensors whose metadata says what network they belong to:

    format      `pt`, as other programs expect
    spec        the architecture, as a spec file has it
    classes     a JSON list of class names by label, or `null`
    transform   how pictures are prepared, as `Transform.to_dict` gives it
    …           what the writer adds, such as `accuracy` (0 to 1)
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import pickle
import pickletools
import re
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as safetensors_bytes
from torch import Tensor, nn

from explorer.arch import spec as specs
from explorer.arch.spec import ArchitectureSpec
from explorer.errors import ExplorerError, WeightsError
from explorer.files import sha256_of, written_whole
from explorer.images.prepare import Transform
from explorer.nets.keys import Shape

# A pickle protocol that torch did not write is refused or read; a warning on stderr helps nobody.
warnings.filterwarnings("ignore", message="Detected pickle protocol", category=UserWarning)

Value = TypeVar("Value")

_WRAPPERS = ("state_dict", "model_state_dict", "model", "net")
_PREFIXES = ("module.", "_orig_mod.")
_HINT_FORMATS = "Give a .safetensors file, or a .pth file that holds a state dict only."
_HINT_AGAIN = "Copy or download the file again."
_SAFETENSORS_FAILURES = (SafetensorError, OSError, RuntimeError, ValueError, MemoryError)
_STATISTICS = ("running_mean", "running_var")


@dataclass(frozen=True, slots=True, eq=False)
class WeightsFile:
    """What a file of weights holds; compared by identity.

    Attributes:
        path: The file.
        tensors: By key, wrappers and the prefixes of `DataParallel` and `torch.compile` removed; on the CPU,
            of any type. They may be views of the file: copy them before it changes.
        metadata: Of a safetensors file; empty for others.
        sha256: Of the file, 64 hex digits.
    """

    path: Path
    tensors: dict[str, Tensor]
    metadata: dict[str, str]
    sha256: str


def read_weights(path: Path) -> WeightsFile:
    """Read safetensors or a pickled state dict, without executing anything.

    Args:
        path: The file.

    Raises:
        WeightsError: It cannot be read, is damaged, holds no tensors, or would execute code.
    """
    is_safetensors = _is_safetensors(path)
    try:
        digest = sha256_of(path)
    except OSError as error:
        raise _unreadable(path, error) from error
    tensors, metadata = _read_safetensors(path) if is_safetensors else (_read_any_pickle(path), {})
    return WeightsFile(path, _held(tensors, path), metadata, digest)


@dataclass(frozen=True, slots=True)
class WeightsHeader:
    """What a file of weights says without its numbers.

    Attributes:
        path: The file.
        shapes: By key, wrappers and prefixes removed as in `WeightsFile`.
        metadata: Of a safetensors file; empty for others.
    """

    path: Path
    shapes: dict[str, Shape]
    metadata: dict[str, str]


def read_header(path: Path) -> WeightsHeader:
    """The keys and shapes of a file, without reading its numbers where its format allows that.

    Args:
        path: The file.

    Raises:
        WeightsError: As `read_weights`, but that damage among the numbers is not noticed.
    """
    if not _is_safetensors(path):
        tensors = _held(_read_any_pickle(path), path)
        return WeightsHeader(path, {key: tuple(value.shape) for key, value in tensors.items()}, {})
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            names, metadata = list(file.keys()), file.metadata() or {}
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in names}
    except _SAFETENSORS_FAILURES as error:
        raise _damaged(path, error) from error
    return WeightsHeader(path, _held(shapes, path), metadata)


def _is_safetensors(path: Path) -> bool:
    """Whether a file is safetensors, else a pickle.

    Raises:
        WeightsError: It is neither, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            start = file.read(9)
    except OSError as error:
        raise _unreadable(path, error) from error
    if start[8:9] == b"{" and not start.startswith(b"PK"):
        return True
    if not start:
        raise _error("{path} is empty.", _HINT_AGAIN, path)
    if not start.startswith((b"PK\x03\x04", b"\x80")):
        raise _error("{path} is not a file of weights.", _HINT_FORMATS, path)
    return False


def _read_any_pickle(path: Path) -> dict[str, Tensor]:
    with path.open("rb") as file:
        return _read_pickle(path, mmap=file.read(4) == b"PK\x03\x04")


def _held(values: dict[str, Value], path: Path) -> dict[str, Value]:
    """What is in a file, by keys without prefixes.

    Raises:
        WeightsError: Nothing is.
    """
    if not values:
        raise _error("{path} holds no weights.", _HINT_FORMATS, path)
    return _without_prefixes(values)


def source_spec(file: WeightsFile | WeightsHeader) -> ArchitectureSpec | None:
    """The network that one of our own files belongs to; None for a file that does not say it.

    Raises:
        WeightsError: It says it in a way that cannot be read.
    """
    text = file.metadata.get("spec")
    if text is None:
        return None
    try:
        return specs.from_json(text)
    except ExplorerError as error:
        raise _bad_metadata(file, "spec", error) from error


def source_classes(file: WeightsFile) -> tuple[str, ...] | None:
    """The class names in one of our own files; None where it has none.

    Raises:
        WeightsError: They cannot be read.
    """
    try:
        names = json.loads(file.metadata.get("classes", "null"))
    except ValueError as error:
        raise _bad_metadata(file, "classes", error) from error
    if names is None:
        return None
    if not isinstance(names, list):
        raise _bad_metadata(file, "classes", TypeError("not a list"))
    return tuple(map(str, names))


def source_transform(file: WeightsFile) -> Transform | None:
    """How one of our own files wants pictures prepared; None for a file that does not say it.

    Raises:
        WeightsError: It cannot be read.
    """
    text = file.metadata.get("transform")
    if text is None:
        return None
    try:
        return Transform.from_dict(json.loads(text))
    except (ValueError, ExplorerError) as error:
        raise _bad_metadata(file, "transform", error) from error


def save_weights(
    path: Path,
    model: nn.Module | Mapping[str, Tensor],
    spec: ArchitectureSpec,
    classes: tuple[str, ...] | None,
    transform: Transform,
    extra: Mapping[str, str] | None = None,
    *,
    half: bool = False,
) -> str:
    """Write a network's weights as safetensors that say what they belong to.

    Args:
        path: The file; an older one is replaced only when the new one is whole and on the disk.
        model: The network or its state dict, on any device, in any memory order.
        spec: Its architecture.
        classes: Class names by label, where they are known.
        transform: How its pictures are prepared.
        extra: More metadata, such as `accuracy`.
        half: Store weights as float16, half the size; statistics of batch norm stay float32.

    Returns:
        The file's SHA-256.

    Raises:
        WeightsError: It cannot be written.
    """
    metadata = {
        **(extra or {}),
        "format": "pt",
        "spec": spec.to_json(),
        "classes": json.dumps(classes),
        "transform": json.dumps(transform.to_dict()),
    }
    data = safetensors_bytes(_stored(model, half=half), metadata)
    digest = hashlib.sha256(data).hexdigest()

    def check(written: Path) -> None:
        if sha256_of(written) != digest:
            raise OSError("the disk gave back other bytes than were written")

    try:
        with written_whole(path, check) as file:
            file.write(data)
    except OSError as error:
        raise _error(
            "The weights cannot be written to {path}: {reason}.",
            "Make room on the disk, or choose another folder.",
            path,
            reason=error.strerror or str(error),
        ) from error
    return digest


def _stored(model: nn.Module | Mapping[str, Tensor], *, half: bool) -> dict[str, Tensor]:
    stored: dict[str, Tensor] = {}
    for key, value in (model.state_dict() if isinstance(model, nn.Module) else model).items():
        tensor = value.detach().cpu().contiguous()
        if half and tensor.is_floating_point() and not key.endswith(_STATISTICS):
            tensor = tensor.half()
        stored[key] = tensor
    return stored


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            return {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except _SAFETENSORS_FAILURES as error:
        raise _damaged(path, error) from error


def _read_pickle(path: Path, *, mmap: bool) -> dict[str, Tensor]:
    if mmap:
        _refuse_programs(path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=mmap)
    except pickle.UnpicklingError as error:
        if name := _forbidden(str(error)) or ("" if mmap else _first_call(path)):
            raise _error(
                "{path} is a pickle that would run code on this machine ({name}); nothing was run.",
                "If you trust where it comes from, load it there and save its state dict as safetensors.",
                path,
                name=name,
            ) from error
        raise _damaged(path, error) from error
    except Exception as error:  # the unpickler meets damaged bytes with errors of every kind
        raise _damaged(path, error) from error
    return _unwrapped(content)


def _refuse_programs(path: Path) -> None:
    """Refuse zips that are not state dicts, so that the reason is said in our words."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.rpartition("/")[2] for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError) as error:
        raise _damaged(path, error) from error
    if "constants.pkl" in names:
        raise _error("{path} is a TorchScript program, not a file of weights.", _HINT_FORMATS, path)
    if "data.pkl" not in names:
        raise _error("{path} is a zip file without weights in it.", _HINT_FORMATS, path)


def _forbidden(reason: str) -> str:
    """What a pickle wanted to run, in the words of torch's safe unpickler; empty where it is damaged."""
    found = re.search(r"GLOBAL (\S+) (?:was not an allowed|whose module)", reason)
    if found is None:
        found = re.search(r"(Trying to (?:instantiate|call|set)[^.\n]*)", reason)
    return found[1] if found else ""


def _first_call(path: Path) -> str:
    """What a bare pickle names to be run, where torch's safe unpickler does not read its protocol."""
    texts: list[str] = []
    with path.open("rb") as file, contextlib.suppress(ValueError, IndexError, EOFError):
        for opcode, argument, _ in pickletools.genops(file):
            if opcode.name in ("GLOBAL", "INST"):
                return str(argument).replace(" ", ".")
            if opcode.name == "STACK_GLOBAL":
                return ".".join(texts[-2:])
            if isinstance(argument, str):
                texts.append(argument)
    return ""


def _unwrapped(content: object) -> dict[str, Tensor]:
    """The tensors of a state dict, looked for below the usual wrappers; what else is in it is left out."""
    while isinstance(content, Mapping):
        inner = next((content[key] for key in _WRAPPERS if isinstance(content.get(key), Mapping)), None)
        if inner is None:
            return {
                key: value.detach()
                for key, value in content.items()
                if isinstance(key, str)
                and isinstance(value, Tensor)
                and value.layout == torch.strided
                and value.device.type == "cpu"
                and not value.is_quantized
            }
        content = inner
    return {}


def _without_prefixes(tensors: dict[str, Value]) -> dict[str, Value]:
    while any(all(key.startswith(prefix) for key in tensors) for prefix in _PREFIXES):
        tensors = {key.partition(".")[2]: value for key, value in tensors.items()}
    return tensors


def _error(message: str, hint: str, path: Path, **arguments: object) -> WeightsError:
    return WeightsError(message, hint, path=path, **arguments)


def _damaged(path: Path, error: Exception) -> WeightsError:
    lines = str(error).strip().splitlines()
    reason = lines[0].split(". ")[0].rstrip(".") if lines else type(error).__name__
    if isinstance(error, pickle.UnpicklingError):
        reason = "it is no state dict"  # torch's words are advice to load it unsafely
    return _error("{path} is damaged or cut off: {reason}.", _HINT_AGAIN, path, reason=reason)


def _unreadable(path: Path, error: OSError) -> WeightsError:
    if path.is_dir():
        return _error("{path} is a folder, not a file of weights.", _HINT_FORMATS, path)
    if isinstance(error, FileNotFoundError):
        return _error("There is no file {path}.", "Check the path.", path)
    return _error(
        "{path} cannot be read: {reason}.", "Check the file's permissions.", path, reason=error.strerror
    )


def _bad_metadata(file: WeightsFile | WeightsHeader, key: str, error: Exception) -> WeightsError:
    return _error(
        "What {path} says about itself cannot be read ({key}): {reason}.",
        "Export it again, with this version of the program or a newer one.",
        file.path,
        key=key,
        reason=str(error).rstrip("."),
    )
