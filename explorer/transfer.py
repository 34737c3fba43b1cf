"""One HTTP answer, read on a thread of its own so that nobody waits for the network longer than they want.

Called by `fetch` and `remote_picture`. Imports the standard library and `errors`; urllib's network part only
when a transfer starts (it costs about 30 ms, which the window's first paint must not pay). Writes no file.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable
from email.message import Message
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from explorer.errors import FetchCancelled, FetchError

if TYPE_CHECKING:
    from urllib.request import OpenerDirector, Request

Cancelled = Callable[[], bool]
Head = tuple[int, Message]

CHUNK_BYTES = 1 << 18
POLL_S = 0.05  # how often a cancel is looked for: a quarter of the 200 ms promised
_AHEAD_CHUNKS = 8  # read ahead of a slow disk


class TransferBroken(Exception):
    """The connection failed in a way that a further try may not; its text is the cause, for people."""


def stop_if(cancelled: Cancelled) -> None:
    """Give way to the user's cancel.

    Raises:
        FetchCancelled: `cancelled` says so.
    """
    if cancelled():
        raise FetchCancelled("The download was cancelled.", "The next one continues where this one stopped.")


def check_address(url: str, came_from: str = "") -> None:
    """Allow https everywhere and http on this machine only, and never a step down from https.

    Args:
        url: The address to be opened.
        came_from: The address that redirected to it.

    Raises:
        FetchError: The address is not safe.
    """
    parts = urlsplit(url)
    local = parts.scheme == "http" and _is_loopback(parts.hostname) and not came_from.startswith("https:")
    if parts.scheme != "https" and not local:
        raise FetchError(
            "{url} is not a secure address, so nothing was downloaded from it."
            if not came_from
            else "{came_from} sends on to {url}, which is not a secure address, so nothing was downloaded.",
            "Use an https address; a network that sends on to a login page needs a log-in first.",
            url=url,
            came_from=came_from,
        )


class Transfer:
    """The answer to one GET request, chunk by chunk.

    A cancel or a silent server leaves the reading thread behind: it ends by itself at its socket's timeout,
    touches no file, and is a daemon, so that it holds up neither a new attempt nor the end of the program.

    Args:
        url: A checked address; redirects are checked here.
        headers: Request headers beside the usual.
        timeout_s: How long the server may be silent.
    """

    def __init__(self, url: str, headers: dict[str, str], timeout_s: float) -> None:
        self._items: queue.Queue[Head | bytes | Exception] = queue.Queue(_AHEAD_CHUNKS)
        self._abandoned = threading.Event()
        self._timeout_s = timeout_s
        threading.Thread(target=self._read, args=(url, headers), name="fetch", daemon=True).start()

    def head(self, cancelled: Cancelled) -> Head:
        """Return the status and the headers; to be called once, first.

        Raises:
            FetchCancelled: `cancelled` said so.
            FetchError: The server cannot be trusted.
            TransferBroken: There was no answer.
        """
        item = self._take(cancelled)
        assert isinstance(item, tuple)
        return item

    def chunk(self, cancelled: Cancelled) -> bytes:
        """Return the next bytes of the body; empty at its end, also where it ends early.

        Raises:
            FetchCancelled: `cancelled` said so.
            TransferBroken: The connection failed or fell silent.
        """
        item = self._take(cancelled)
        assert isinstance(item, bytes)
        return item

    def abandon(self) -> None:
        """Let the reading thread end; nothing may be taken any more."""
        self._abandoned.set()

    def _take(self, cancelled: Cancelled) -> Head | bytes:
        deadline = time.monotonic() + self._timeout_s
        while True:
            stop_if(cancelled)
            try:
                item = self._items.get(timeout=POLL_S)
            except queue.Empty:
                if time.monotonic() < deadline:
                    continue
                raise TransferBroken(f"the server was silent for {self._timeout_s:g} s") from None
            if isinstance(item, Exception):
                raise item
            return item

    def _read(self, url: str, headers: dict[str, str]) -> None:
        from urllib.error import HTTPError
        from urllib.request import Request

        # Without "identity" a server may compress, and lengths and ranges would mean something else.
        request = Request(
            url, headers={"User-Agent": "resnet-explorer", "Accept-Encoding": "identity", **headers}
        )
        try:
            with _opener(url).open(request, timeout=self._timeout_s) as response:
                self._put((response.status, response.headers))
                while not self._abandoned.is_set():
                    chunk = response.read1(CHUNK_BYTES)
                    self._put(chunk)
                    if not chunk:
                        return
        except HTTPError as error:
            self._put((error.code, error.headers))
            error.close()
        except Exception as error:  # whatever it is, the caller's thread must hear of it
            self._put(_explained(error, urlsplit(url).hostname or url))

    def _put(self, item: Head | bytes | Exception) -> None:
        while not self._abandoned.is_set():
            try:
                return self._items.put(item, timeout=POLL_S)
            except queue.Full:
                continue
        return None


def _opener(url: str) -> OpenerDirector:
    from urllib.request import BaseHandler, HTTPRedirectHandler, ProxyHandler, build_opener

    class CheckedRedirects(HTTPRedirectHandler):
        def redirect_request(
            self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
        ) -> Request | None:
            try:
                check_address(newurl, came_from=req.full_url)
            except FetchError:
                fp.close()
                raise
            return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]

    handlers: list[BaseHandler] = [CheckedRedirects()]
    if _is_loopback(urlsplit(url).hostname):
        handlers.append(ProxyHandler({}))  # a proxy's "this machine" would be another one
    return build_opener(*handlers)


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _explained(error: Exception, host: str) -> Exception:
    """What to tell of a failure: a `FetchError` where a further try is hopeless, else a `TransferBroken`."""
    reason = getattr(error, "reason", error)  # what urllib's URLError wraps
    if isinstance(error, FetchError):
        return error
    if isinstance(reason, ssl.SSLCertVerificationError):
        return FetchError(
            "The certificate of {host} cannot be trusted: {reason}.",
            "The system's certificates may be missing (on macOS run Install Certificates.command), its clock "
            "may be wrong, or a proxy may be on the way: ask who runs the network.",
            host=host,
            reason=reason.verify_message,
        )
    if isinstance(reason, socket.gaierror):
        return TransferBroken(f"the address of {host} could not be looked up")
    if isinstance(reason, ConnectionRefusedError):
        return TransferBroken("the connection was refused")
    if isinstance(reason, TimeoutError):
        return TransferBroken("the server was silent")
    return TransferBroken(f"the connection broke ({reason or type(reason).__name__})")
