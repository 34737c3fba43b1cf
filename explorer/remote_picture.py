"""A picture from somewhere on the network, into memory: no known hash, so a cap on its size instead.

Called by `engine` when the user has agreed to fetch a picture that was dragged from a browser. Imports the
standard library, `errors` and `transfer` only. Writes no file; who decodes the bytes treats them as hostile.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, urlsplit

from explorer.errors import ConsentRequired, FetchError
from explorer.transfer import Transfer, TransferBroken, check_address, stop_if

Progress = Callable[[int, int | None], None]
Cancelled = Callable[[], bool]

_PARTS_OF_ADDRESSES = "%/:=&?~#+!$,;'@()*[]"
_BY_HAND = "Save the picture with the browser and drop the file."


def fetch_bytes(
    address: str,
    *,
    allowed: bool,
    max_bytes: int,
    progress: Progress | None = None,
    cancelled: Cancelled = lambda: False,
    timeout_s: float = 15,
) -> bytes:
    """Return what an address holds, at most so many bytes of it.

    Args:
        address: https, or http on this machine only; redirects are held to the same and never step down.
        allowed: Whether the user has agreed; without it no connection is opened.
        max_bytes: The most that is ever held; a larger body ends the transfer.
        progress: Called with the bytes there so far and the total, or None where the server does not say it.
        cancelled: Asked every 50 ms.
        timeout_s: How long the server may be silent.

    Raises:
        ConsentRequired: `allowed` is False.
        FetchCancelled: `cancelled` said so.
        FetchError: The address is not safe, or what it holds cannot be had whole.
    """
    url = _as_sent(address)
    if not allowed:
        raise ConsentRequired(
            "The picture is at {host}, and nobody has allowed to fetch it.",
            "Allow it when the window asks. " + _BY_HAND,
            host=_host(url),
        )
    check_address(url)
    stop_if(cancelled)
    transfer = Transfer(url, {}, timeout_s)
    try:
        return _received(transfer, url, max_bytes, progress or (lambda done, total: None), cancelled)
    except TransferBroken as error:
        raise _error(
            url,
            "The picture from {host} did not come: {cause}.",
            "Check the network and try again. " + _BY_HAND,
            cause=str(error),
        ) from error
    finally:
        transfer.abandon()


def _received(
    transfer: Transfer, url: str, max_bytes: int, progress: Progress, cancelled: Cancelled
) -> bytes:
    status, headers = transfer.head(cancelled)
    if status != 200:
        raise _error(url, "{host} does not hand out the picture (HTTP {status}).", _BY_HAND, status=status)
    length = headers.get("Content-Length", "")
    total = int(length) if length.isdecimal() else None
    if total is not None and total > max_bytes:
        raise _too_large(url, max_bytes)
    content = bytearray()
    progress(0, total)
    while chunk := transfer.chunk(cancelled):
        # Asked before it is kept: a server may send more than it said, or say nothing.
        if len(content) + len(chunk) > max_bytes:
            raise _too_large(url, max_bytes)
        content += chunk
        progress(len(content), total)
    if total is not None and len(content) < total:
        raise TransferBroken(f"the connection ended after {len(content):,} of {total:,} bytes")
    return bytes(content)


def _as_sent(address: str) -> str:
    """The address with spaces and foreign letters percent-encoded, as browsers send it.

    Raises:
        FetchError: It is no address at all.
    """
    url = quote(address.strip(), safe=_PARTS_OF_ADDRESSES)
    try:
        parts = urlsplit(url)
        is_address = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # brackets or a port that make no sense
        is_address = False
    if not is_address:
        raise FetchError("{address} is not an address of a picture.", _BY_HAND, address=address)
    return url


def _too_large(url: str, max_bytes: int) -> FetchError:
    return _error(
        url,
        "What {host} offers is larger than {limit} MB, so it was not fetched.",
        "Use a smaller version of the picture, or save it with the browser and drop the file.",
        limit=f"{max_bytes / 1e6:g}",
    )


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _error(url: str, text: str, hint: str, **arguments: object) -> FetchError:
    return FetchError(text, hint, host=_host(url), url=url, **arguments)
