"""Pictures from the network against a real server on this machine that cuts, stalls, lies and redirects."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from explorer.errors import ConsentRequired, FetchCancelled, FetchError
from explorer.remote_picture import fetch_bytes

PAYLOAD = bytes(range(256)) * 3_000  # three chunks
LIMIT = 1_000_000


class Server(ThreadingHTTPServer):
    """Answers each request with the next of `script`, then properly."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: deque[Callable[[Handler], None]] = deque()
        self.paths: list[str] = []
        self.release = threading.Event()

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{self.root}/picture.png"

    def handle_error(self, request, client_address):
        """A client that hangs up is what some of these tests are about."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        self.server.paths.append(self.path)
        (self.server.script.popleft() if self.server.script else answer())(self)

    def log_message(self, format, *args):
        """Keep the test's output clean."""


def answer(content: bytes = PAYLOAD, status: int = 200, **headers: object) -> Callable[[Handler], None]:
    """Send exactly this; without a Content-Length unless it is given."""

    def send(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), str(value))
        handler.end_headers()
        handler.wfile.write(content)

    return send


def stall(handler: Handler) -> None:
    answer(PAYLOAD[:300_000], Content_Length=len(PAYLOAD))(handler)
    handler.server.release.wait(30)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.release.set()
        running.shutdown()
        thread.join()


@pytest.mark.parametrize("total", [len(PAYLOAD), None], ids=["length said", "length not said"])
def test_whole_body_and_progress(server: Server, total: int | None) -> None:
    server.script.append(answer(Content_Length=total) if total else answer())
    seen: list[tuple[int, int | None]] = []
    content = fetch_bytes(server.url, allowed=True, max_bytes=LIMIT, progress=lambda *args: seen.append(args))
    assert content == PAYLOAD
    assert seen[0] == (0, total)
    assert seen[-1] == (len(PAYLOAD), total)


def test_without_consent_no_connection_is_opened(server: Server) -> None:
    with pytest.raises(ConsentRequired, match=r"127\.0\.0\.1"):
        fetch_bytes(server.url, allowed=False, max_bytes=LIMIT)
    assert not server.paths


def test_body_of_exactly_the_limit_is_taken(server: Server) -> None:
    assert fetch_bytes(server.url, allowed=True, max_bytes=len(PAYLOAD)) == PAYLOAD
    with pytest.raises(FetchError, match="larger than"):
        fetch_bytes(server.url, allowed=True, max_bytes=len(PAYLOAD) - 1)


def test_announced_size_is_refused_before_the_body(server: Server) -> None:
    server.script.append(answer(b"", Content_Length=LIMIT + 1))
    seen: list[int] = []
    with pytest.raises(FetchError, match="larger than 1 MB"):
        fetch_bytes(server.url, allowed=True, max_bytes=LIMIT, progress=lambda done, _: seen.append(done))
    assert not seen


def test_endless_body_is_stopped_at_the_limit(server: Server) -> None:
    def endless(handler: Handler) -> None:
        answer(b"")(handler)
        while True:  # until the client hangs up
            handler.wfile.write(PAYLOAD)

    server.script.append(endless)
    seen: list[int] = []
    with pytest.raises(FetchError, match="larger than"):
        fetch_bytes(server.url, allowed=True, max_bytes=LIMIT, progress=lambda done, _: seen.append(done))
    assert max(seen) <= LIMIT


def test_cut_body_is_an_error(server: Server) -> None:
    server.script.append(answer(PAYLOAD[:300_000], Content_Length=len(PAYLOAD)))
    with pytest.raises(FetchError, match=r"ended after 300,000 of 768,000 bytes|connection broke"):
        fetch_bytes(server.url, allowed=True, max_bytes=LIMIT)


def test_silent_server_is_given_up(server: Server) -> None:
    server.script.append(stall)
    with pytest.raises(FetchError, match="silent"):
        fetch_bytes(server.url, allowed=True, max_bytes=LIMIT, timeout_s=0.15)


def test_cancel_on_a_stalled_connection(server: Server) -> None:
    server.script.append(stall)
    received = threading.Event()
    with pytest.raises(FetchCancelled):
        fetch_bytes(
            server.url,
            allowed=True,
            max_bytes=LIMIT,
            progress=lambda done, _: received.set() if done else None,
            cancelled=received.is_set,
        )


@pytest.mark.parametrize("code", [403, 404, 500])
def test_refusal_names_host_and_status(server: Server, code: int) -> None:
    server.script.append(answer(b"", code, Content_Length=0))
    with pytest.raises(FetchError, match=rf"127\.0\.0\.1 .*HTTP {code}"):
        fetch_bytes(server.url, allowed=True, max_bytes=LIMIT)


def test_redirect_on_this_machine_is_followed(server: Server) -> None:
    server.script.append(answer(b"", 302, Location=f"{server.root}/elsewhere", Content_Length=0))
    assert fetch_bytes(server.url, allowed=True, max_bytes=LIMIT) == PAYLOAD
    assert server.paths == ["/picture.png", "/elsewhere"]


@pytest.mark.parametrize("target", ["http://example.invalid/x", "ftp://127.0.0.1/x"])
def test_redirect_to_an_unsafe_address_is_refused(server: Server, target: str) -> None:
    server.script.append(answer(b"", 302, Location=target, Content_Length=0))
    with pytest.raises(FetchError, match="not a secure address") as caught:
        fetch_bytes(server.url, allowed=True, max_bytes=LIMIT)
    assert target in caught.value.cause_text


@pytest.mark.parametrize("address", ["http://example.org/x.png", "ftp://example.org/x.png"])
def test_unsafe_addresses_are_not_opened(address: str) -> None:
    with pytest.raises(FetchError, match="not a secure address"):
        fetch_bytes(address, allowed=True, max_bytes=LIMIT)


@pytest.mark.parametrize(
    "address", ["x.png", "https://", "https://[::1/x", "https://h:port/x", "", "file:///etc/x"]
)
def test_what_is_no_address_is_said(address: str) -> None:
    with pytest.raises(FetchError, match="not an address"):
        fetch_bytes(address, allowed=True, max_bytes=LIMIT)


def test_spaces_and_foreign_letters_are_encoded_once(server: Server) -> None:
    fetch_bytes(f"{server.root}/größe 1%202.png?a=b&c=d ", allowed=True, max_bytes=LIMIT)
    assert server.paths == ["/gr%C3%B6%C3%9Fe%201%202.png?a=b&c=d"]


def test_unreachable_server_says_so() -> None:
    with socket.socket() as bound:  # and not listening
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(FetchError, match="refused"):
            fetch_bytes(f"http://127.0.0.1:{bound.getsockname()[1]}/x", allowed=True, max_bytes=LIMIT)
