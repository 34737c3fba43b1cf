"""Every error the program raises on purpose, as one tree.

    ExplorerError
    ├── SpecError           an architecture that cannot be
    ├── ImageError          a picture that cannot be read
    ├── DataError           a data set that cannot be used
    ├── WeightsError        weights that cannot be read or do not fit
    ├── InsideError         a part of a network that cannot be asked for this
    ├── FetchError          a download that failed
    │   ├── ConsentRequired     nobody has allowed it yet
    │   └── FetchCancelled      the user stopped it
    ├── DeviceError         a device that fails or is too small
    ├── RunError            a run or checkpoint that cannot be read or written
    ├── LessonError         a lesson that cannot be read or written
    └── SetupError          this machine lacks something the program needs

Raised everywhere, shown by `ui` (banners) and `cli` (one line). Imports nothing of the project.
"""

from __future__ import annotations


class ExplorerError(Exception):
    """An error that a person can do something about.

    The texts are templates with named arguments, so that `ui` and `cli` may translate them.

    Args:
        message: What went wrong, one sentence with `{name}` places.
        hint: What to do about it, one sentence with `{name}` places.
        **arguments: The values of the places, in both texts.

    Attributes:
        detail: More lines for whoever asks for them, set by whoever raises it.
    """

    detail: str = ""

    def __init__(self, message: str, hint: str = "", **arguments: object) -> None:
        super().__init__(message, hint, arguments)
        self.message = message
        self.hint = hint
        self.arguments = arguments

    @property
    def cause_text(self) -> str:
        """The message with its arguments filled in."""
        return self.message.format(**self.arguments)

    @property
    def hint_text(self) -> str:
        """The hint with its arguments filled in; empty where there is none."""
        return self.hint.format(**self.arguments)

    def __str__(self) -> str:
        return f"{self.cause_text} {self.hint_text}".rstrip()


class SpecError(ExplorerError):
    """An architecture that cannot be.

    Args:
        field: The spec's field that is wrong.
        message: As in `ExplorerError`.
        hint: As in `ExplorerError`.
        **arguments: As in `ExplorerError`; `field` is added.
    """

    def __init__(self, field: str, message: str, hint: str = "", **arguments: object) -> None:
        super().__init__(message, hint, field=field, **arguments)
        self.field = field


class ImageError(ExplorerError):
    """A picture that cannot be read."""


class DataError(ExplorerError):
    """A data set that cannot be used."""


class WeightsError(ExplorerError):
    """Weights that cannot be read or do not fit the network."""


class InsideError(ExplorerError):
    """A node or block of a network that cannot be looked at or changed in the way that was asked for."""


class FetchError(ExplorerError):
    """A download that failed."""


class ConsentRequired(FetchError):
    """A download that nobody has allowed yet."""


class FetchCancelled(FetchError):
    """A download that the user stopped."""


class DeviceError(ExplorerError):
    """A device that fails or is too small for what was asked."""


class RunError(ExplorerError):
    """A run or a checkpoint that cannot be read or written."""


class LessonError(ExplorerError):
    """A lesson that cannot be read or written."""


class SetupError(ExplorerError):
    """This machine lacks something the program needs."""
