"""The compute thread, the IO pool, and the one door to both.

`Engine` is made by `app` (for the window) and used through `send`. One thread owns every tensor: it takes
requests from the mailbox, runs their handlers slice by slice, and serves whatever is more urgent between two
slices; a training shares its time with long work, such as a sweep, slice by slice. Imports torch only inside
the compute thread. Must not import Qt.
"""

from __future__ import annotations

import contextlib
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from explorer import boot
from explorer.engine.context import Context
from explorer.engine.mailbox import Mailbox
from explorer.engine.messages import (
    Cancel,
    EngineReady,
    Event,
    Priority,
    Request,
    RequestFailed,
    RequestFinished,
    UseDevice,
)
from explorer.errors import ExplorerError, FetchCancelled, RunError

STACK_BYTES = 16 * 1024 * 1024
"""macOS gives threads 512 KB, too little for deep nets."""

IDLE_S = 3.0
"""After so long without a request, memory that torch has freed goes back to the system."""

N_IO_THREADS = 2
STOP_TIMEOUT_S = 10.0

Job = Generator[Event | None, None, None]
"""A handler at work: yields events, or None where it only lets others go first."""

Handler = Callable[[Any, Context], Job]
"""One a request type; the table says which."""


@dataclass(slots=True)
class _Task:
    """A request at work.

    Attributes:
        request: What was asked for.
        job: Its handler.
        slice_s: How long its last slice took.
    """

    request: Request
    job: Job
    slice_s: float = 0.0


class Engine:
    """The door to the compute thread.

    Args:
        emit: Called with each event, on whichever thread it happened.
        device: The device to start with; `auto` chooses.
    """

    def __init__(self, emit: Callable[[Event], None], device: str = "auto") -> None:
        self._emit = emit
        self._device = device
        self._mailbox = Mailbox()
        self._context = Context(is_wanted=self._mailbox.is_wanted, emit=emit)
        self._io_pool = ThreadPoolExecutor(N_IO_THREADS, thread_name_prefix="io")
        self._lasting: dict[Future[None], Request] = {}
        self._thread: threading.Thread | None = None
        self._handlers: dict[type[Request], Handler] = {}
        self._loader_is_free = threading.Event()
        self._loader_is_free.set()

    def start(self) -> None:
        """Start the compute thread; torch is imported there."""
        self._loader_is_free.clear()
        before = threading.stack_size(STACK_BYTES)
        self._thread = threading.Thread(target=self._run, name="compute")
        self._thread.start()
        threading.stack_size(before)

    def send(self, request: Request) -> None:
        """Hand over a request and return at once. May be called before `start` and from any thread.

        Nothing is taken after `stop`: a window that closes may still hear of what ended with it.
        """
        if self._mailbox.is_closed:
            return
        if isinstance(request, Cancel):
            self._mailbox.cancel(request.cancelled)
        elif request.on_io_pool:
            self._mailbox.note(request)
            answer = self._io_pool.submit(self._answer_on_pool, request)
            if request.lasts:
                self._lasting[answer] = request
                answer.add_done_callback(self._note_done)
        else:
            self._mailbox.put(request)

    def stop(self) -> bool:
        """Drop all work but what lasts, and wait for the threads.

        Returns:
            Whether they ended in time. Where not, only `os._exit` ends the process without an abort in torch.
        """
        self._mailbox.close()
        self._io_pool.shutdown(wait=False, cancel_futures=True)
        self._do_what_lasts()
        if self._thread is not None:
            self._thread.join(STOP_TIMEOUT_S)
            if self._thread.is_alive():
                return False
        # A store that cannot be closed has lost nothing: each write was synced.
        with contextlib.suppress(RunError):
            self._context.close_store()
        return True

    def _note_done(self, answer: Future[None]) -> None:
        if not answer.cancelled():
            self._lasting.pop(answer, None)

    def _do_what_lasts(self) -> None:
        """Wait for what is at work and do here, in order, what had not begun."""
        lasting = list(self._lasting.items())
        self._lasting.clear()
        wait([answer for answer, _ in lasting if not answer.cancelled()], STOP_TIMEOUT_S)
        for answer, request in lasting:
            if answer.cancelled():
                self._answer_on_pool(request)

    def _run(self) -> None:
        try:
            self._prepare()
        except Exception as error:
            self._emit(_failure(UseDevice(ticket=0, name=self._device), error))
            return
        from explorer.nets.device import release

        is_trimmed = False
        while not self._mailbox.is_closed:
            request = self._mailbox.take(None if is_trimmed else IDLE_S)
            if request is not None:
                self._answer(request)
            else:
                # What forward passes freed is kept until now, which makes the next one fast (see boot).
                release(self._context.device or "cpu")
            is_trimmed = request is None
        # Tensors are let go on the thread that made them.
        self._context.drop_nets()

    def _prepare(self) -> None:
        try:
            boot.load_torch_libraries()
        finally:
            self._loader_is_free.set()
        import torch

        from explorer.engine.handlers.table import COMPUTE_HANDLERS
        from explorer.nets.device import configure_threads

        # Grad mode is a setting of a thread; this one only looks, training turns gradients on.
        torch.set_grad_enabled(False)
        configure_threads(behind_window=True)
        self._handlers = COMPUTE_HANDLERS
        self._emit(EngineReady(torch_version=torch.__version__))
        self._answer(UseDevice(ticket=0, name=self._device))

    def _answer(self, request: Request) -> None:
        """Run one request to its end, with more urgent ones between its slices."""
        task = self._begin(request)
        beside: deque[_Task] = deque()
        while self._advance(task):
            while (urgent := self._mailbox.take_before(request.priority)) is not None:
                if request.priority == Priority.TRAINING and urgent.priority == Priority.BATCH:
                    beside.append(self._begin(urgent))
                else:
                    self._answer(urgent)
            self._give_turn(beside, task.slice_s)
        while beside:
            self._give_turn(beside, 0.0)
            while (urgent := self._mailbox.take_before(Priority.BATCH)) is not None:
                self._answer(urgent)

    def _give_turn(self, beside: deque[_Task], seconds: float) -> None:
        """Go on with what a training shares the thread with: the first of it, for as long as a step took."""
        until = time.perf_counter() + seconds
        while beside:
            if not self._advance(beside[0]):
                beside.popleft()
            if time.perf_counter() >= until or self._mailbox.has_before(Priority.BATCH):
                return

    def _begin(self, request: Request) -> _Task:
        return _Task(request, self._handlers[type(request)](request, self._context))

    def _advance(self, task: _Task) -> bool:
        """Run one slice of a request; False after its last, which says how it ended."""
        request, started = task.request, time.perf_counter()
        try:
            if self._mailbox.is_wanted(request):
                event = next(task.job)
                task.slice_s = time.perf_counter() - started
                if event is not None:
                    self._emit(event)
                return True
            if self._mailbox.is_cancelled(request):
                self._emit(_cancelled(request))
        except StopIteration:
            pass
        except Exception as error:
            self._emit(_failure(request, error))
            if not isinstance(error, ExplorerError):
                self._leave_broken_device()
        task.job.close()
        self._emit(RequestFinished(ticket=request.ticket))
        return False

    def _leave_broken_device(self) -> None:
        """Move to the CPU where the device in use has stopped working."""
        from explorer.nets.device import failure_now

        device, info = self._context.device, self._context.device_info
        if device is None or info is None or device.type == "cpu":
            return
        why = failure_now(device)
        if why:
            reason = f"{info.title} failed ({why}); the CPU is used instead."
            self._answer(UseDevice(ticket=0, name="cpu", reason=reason))

    def _answer_on_pool(self, request: Request) -> None:
        # Handlers import compiled modules (`_ssl`, `_sqlite3`). The system's loader does one thing at a time,
        # and who waits for it holds Python's lock: the window would stand still until all of torch is mapped.
        self._loader_is_free.wait()
        from explorer.engine.handlers.io_table import IO_HANDLERS

        job = IO_HANDLERS[type(request)](request, self._context)
        try:
            for event in job:
                if not (request.lasts or self._mailbox.is_wanted(request)):
                    break
                if event is not None:
                    self._emit(event)
        except Exception as error:
            self._emit(_failure(request, error))
        finally:
            job.close()
            self._emit(RequestFinished(ticket=request.ticket))


def _cancelled(request: Request) -> RequestFailed:
    return RequestFailed(
        ticket=request.ticket, kind=type(request).__name__, message="Stopped.", hint="", is_cancelled=True
    )


def _failure(request: Request, error: Exception) -> RequestFailed:
    """The event of an error, foreseen or not."""
    kind = type(request).__name__
    if isinstance(error, ExplorerError):
        return RequestFailed(
            ticket=request.ticket,
            kind=kind,
            message=error.message,
            hint=error.hint,
            arguments=tuple(error.arguments.items()),
            is_cancelled=isinstance(error, FetchCancelled),
            detail=error.detail,
        )
    return RequestFailed(
        ticket=request.ticket,
        kind=kind,
        message="{kind} failed unexpectedly: {error}",
        hint="The program goes on; please report this with the details.",
        arguments=(("kind", kind), ("error", f"{type(error).__name__}: {error}")),
        detail="".join(traceback.format_exception(error)),
    )
