"""The downloader against a real server on this machine that cuts, stalls, lies, refuses and redirects."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import pytest

from explorer import fetch as fetch_module
from explorer.errors import ConsentRequired, FetchCancelled, FetchError
from explorer.fetch import Resource, cached_path, fetch
from explorer.transfer import check_address

PAYLOAD = bytes(range(256)) * 8_000  # 2 MB: several chunks, and headway past one megabyte
ROOT = Path(__file__).resolve().parents[1]


class Server(ThreadingHTTPServer):
    """Answers each request with the next of `script`, then properly."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.payload = PAYLOAD
        self.etag = '"first"'
        self.script: deque[Callable[[Handler], None]] = deque()
        self.requests: list[dict[str, str]] = []
        self.n_connections = 0
        self.waiting = threading.Event()
        self.release = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/weights.pth"

    def get_request(self):
        self.n_connections += 1
        return super().get_request()

    def handle_error(self, request, client_address):
        """A client that hangs up is what half of these tests are about."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        self.server.requests.append(dict(self.headers))
        (self.server.script.popleft() if self.server.script else properly)(self)

    def log_message(self, format, *args):
        """Keep the test's output clean."""

    def begin(self, status: int, **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def begin_file(self) -> bytes:
        """Send the headers of what was asked for; return the body that should follow."""
        payload, etag = self.server.payload, self.server.etag
        asked = self.headers.get("Range")
        if not asked or self.headers.get("If-Range") != etag:
            self.begin(200, Content_Length=len(payload), ETag=etag)
            return payload
        first = int(asked.removeprefix("bytes=").removesuffix("-"))
        if first >= len(payload):
            self.begin(416, Content_Range=f"bytes */{len(payload)}")
            return b""
        self.begin(
            206,
            Content_Length=len(payload) - first,
            Content_Range=f"bytes {first}-{len(payload) - 1}/{len(payload)}",
            ETag=etag,
        )
        return payload[first:]


def properly(handler: Handler) -> None:
    handler.wfile.write(handler.begin_file())


def cut_after(n_bytes: int) -> Callable[[Handler], None]:
    return lambda handler: handler.wfile.write(handler.begin_file()[:n_bytes]) and None


def stall_after(n_bytes: int) -> Callable[[Handler], None]:
    def answer(handler: Handler) -> None:
        handler.wfile.write(handler.begin_file()[:n_bytes])
        handler.server.waiting.set()
        handler.server.release.wait(30)

    return answer


def stall_before_headers(handler: Handler) -> None:
    handler.server.waiting.set()
    handler.server.release.wait(30)


def ignore_range(handler: Handler) -> None:
    handler.begin(200, Content_Length=len(PAYLOAD), ETag='"first"')
    handler.wfile.write(PAYLOAD)


def status(code: int) -> Callable[[Handler], None]:
    return lambda handler: handler.begin(code, Content_Length=0)


def redirect_to(url: str) -> Callable[[Handler], None]:
    return lambda handler: handler.begin(302, Location=url, Content_Length=0)


def body(content: bytes, **headers: object) -> Callable[[Handler], None]:
    def answer(handler: Handler) -> None:
        handler.begin(200, **headers)
        handler.wfile.write(content)

    return answer


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.release.set()
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch_module, "_BACKOFF_S", 0.0)


def resource_of(server: Server, **changes: object) -> Resource:
    digest = hashlib.sha256(PAYLOAD).hexdigest()
    values = {"url": server.url, "sha256": digest, "size_bytes": len(PAYLOAD), "name": "weights.pth"}
    return Resource(**(values | changes))  # type: ignore[arg-type]


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# ------------------------------------------------------------------ the good cases


def test_downloads_verifies_and_caches(server: Server, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    resource = resource_of(server)
    path = fetch(resource, allowed=True, folder=tmp_path, progress=lambda *step: seen.append(step))
    assert path.read_bytes() == PAYLOAD
    assert seen[0] == (0, len(PAYLOAD))
    assert seen[-1] == (len(PAYLOAD), len(PAYLOAD))
    assert seen == sorted(seen)
    assert names_in(tmp_path) == {"weights.pth", "weights.pth.json", "weights.pth.lock"}
    assert fetch(resource, allowed=False, folder=tmp_path) == path
    assert server.n_connections == 1


def test_without_consent_no_connection_is_opened(server: Server, tmp_path: Path) -> None:
    with pytest.raises(ConsentRequired) as caught:
        fetch(resource_of(server), allowed=False, folder=tmp_path)
    assert "--allow-download" in caught.value.hint_text
    assert "button" in caught.value.hint_text
    assert "2 MB" in caught.value.cause_text
    assert server.n_connections == 0
    assert not names_in(tmp_path)


def test_default_folder_follows_the_programs_home(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESNET_EXPLORER_HOME", str(tmp_path))
    path = fetch(resource_of(server), allowed=True)
    assert path == tmp_path / "cache" / "downloads" / "weights.pth"
    assert cached_path(resource_of(server)) == path


def test_cached_file_is_hashed_once_and_again_when_touched(server: Server, tmp_path: Path) -> None:
    resource = resource_of(server)
    path = tmp_path / resource.name
    path.write_bytes(PAYLOAD)  # put there by hand
    assert cached_path(resource, tmp_path) == path
    note = json.loads((tmp_path / "weights.pth.json").read_text())
    assert note["sha256"] == resource.sha256

    flipped = bytearray(PAYLOAD)
    flipped[1000] ^= 1
    before = path.stat()
    path.write_bytes(flipped)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert cached_path(resource, tmp_path) == path, "same length and time: not hashed again"
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert cached_path(resource, tmp_path) is None
    assert fetch(resource, allowed=True, folder=tmp_path).read_bytes() == PAYLOAD


def test_a_broken_note_is_no_obstacle(server: Server, tmp_path: Path) -> None:
    resource = resource_of(server)
    path = fetch(resource, allowed=True, folder=tmp_path)
    (tmp_path / "weights.pth.json").write_text("{")
    assert cached_path(resource, tmp_path) == path


def test_prefix_of_the_hash_is_completed_at_first_use_and_holds(server: Server, tmp_path: Path) -> None:
    full = hashlib.sha256(PAYLOAD).hexdigest()
    short = resource_of(server, sha256=full[:8])
    path = fetch(short, allowed=True, folder=tmp_path)
    note_path = tmp_path / "weights.pth.json"
    assert json.loads(note_path.read_text())["sha256"] == full

    # Another file with the same eight digits would have to be found; pretend that the noted one was it.
    note = json.loads(note_path.read_text())
    note["sha256"] = full[:8] + "0" * 56
    note_path.write_text(json.dumps(note | {"stamp": None}))
    assert cached_path(short, tmp_path) is None
    path.unlink()
    with pytest.raises(FetchError, match="another file"):
        fetch(short, allowed=True, folder=tmp_path)
    # The full hash, once its publisher gives it, overrules what was noted.
    assert fetch(resource_of(server), allowed=True, folder=tmp_path).read_bytes() == PAYLOAD


def test_rounded_size_is_a_bound(server: Server, tmp_path: Path) -> None:
    near = resource_of(server, size_bytes=len(PAYLOAD) + 400, size_tolerance_bytes=525)
    assert fetch(near, allowed=True, folder=tmp_path).read_bytes() == PAYLOAD
    far = resource_of(server, size_bytes=len(PAYLOAD) + 600, size_tolerance_bytes=525)
    assert cached_path(far, tmp_path) is None


@pytest.mark.parametrize(
    "changes",
    [{"sha256": "0676ba6"}, {"sha256": "Z" * 64}, {"name": "../weights.pth"}, {"name": ""}, {"name": "a/b"}],
)
def test_impossible_resources_are_refused(server: Server, changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not"):
        resource_of(server, **changes)


# ------------------------------------------------------------------ cuts and resumes


def test_cut_connection_is_resumed_with_range_and_validator(server: Server, tmp_path: Path) -> None:
    server.script.extend([cut_after(700_000), cut_after(500_000)])
    path = fetch(resource_of(server), allowed=True, folder=tmp_path)
    assert path.read_bytes() == PAYLOAD
    ranges = [(request.get("Range"), request.get("If-Range")) for request in server.requests]
    assert ranges == [(None, None), ("bytes=700000-", '"first"'), ("bytes=1200000-", '"first"')]


def test_next_call_resumes_what_a_failed_one_left(server: Server, tmp_path: Path) -> None:
    server.script.append(cut_after(700_000))
    with pytest.raises(FetchError) as caught:
        fetch(resource_of(server), allowed=True, folder=tmp_path, attempts=1)
    assert "ended after 700,000 bytes" in caught.value.cause_text
    assert "kept" in caught.value.hint_text
    assert (tmp_path / "weights.pth.part").stat().st_size == 700_000
    fetch(resource_of(server), allowed=True, folder=tmp_path)
    assert server.requests[-1]["Range"] == "bytes=700000-"


def test_headway_does_not_count_as_failure(server: Server, tmp_path: Path) -> None:
    server.script.extend([cut_after(0), cut_after(1 << 20), cut_after(0)])
    assert fetch(resource_of(server), allowed=True, folder=tmp_path, attempts=3).read_bytes() == PAYLOAD


def test_server_that_ignores_range_starts_over(server: Server, tmp_path: Path) -> None:
    server.script.extend([cut_after(700_000), ignore_range])
    assert fetch(resource_of(server), allowed=True, folder=tmp_path).read_bytes() == PAYLOAD
    assert server.requests[1]["Range"] == "bytes=700000-"


def test_changed_etag_starts_over(server: Server, tmp_path: Path) -> None:
    def cut_then_change(handler: Handler) -> None:
        handler.server.payload = bytes(len(PAYLOAD))
        cut_after(700_000)(handler)
        handler.server.payload, handler.server.etag = PAYLOAD, '"second"'

    server.script.append(cut_then_change)
    assert fetch(resource_of(server), allowed=True, folder=tmp_path).read_bytes() == PAYLOAD
    assert server.requests[1]["If-Range"] == '"first"'


def test_without_validator_a_cut_download_starts_over(server: Server, tmp_path: Path) -> None:
    server.script.append(body(PAYLOAD[:700_000], Content_Length=len(PAYLOAD)))
    assert fetch(resource_of(server), allowed=True, folder=tmp_path).read_bytes() == PAYLOAD
    assert "Range" not in server.requests[1]


def test_last_modified_serves_as_validator(server: Server, tmp_path: Path) -> None:
    date = "Wed, 21 Oct 2015 07:28:00 GMT"
    headers = {"Content_Length": len(PAYLOAD), "Last_Modified": date, "ETag": 'W/"weak"'}
    server.script.append(body(PAYLOAD[:700_000], **headers))
    assert fetch(resource_of(server), allowed=True, folder=tmp_path).read_bytes() == PAYLOAD
    assert server.requests[1]["If-Range"] == date


def leave_part(folder: Path, server: Server, content: bytes) -> None:
    (folder / "weights.pth.part").write_bytes(content)
    (folder / "weights.pth.part.json").write_text(json.dumps({"url": server.url, "validator": server.etag}))


def test_complete_part_needs_no_request(server: Server, tmp_path: Path) -> None:
    leave_part(tmp_path, server, PAYLOAD)
    assert fetch(resource_of(server), allowed=True, folder=tmp_path).read_bytes() == PAYLOAD
    assert server.n_connections == 0


def test_416_for_a_complete_part_is_the_end(server: Server, tmp_path: Path) -> None:
    leave_part(tmp_path, server, PAYLOAD)
    assert fetch(resource_of(server, size_bytes=None), allowed=True, folder=tmp_path).read_bytes() == PAYLOAD
    assert [request["Range"] for request in server.requests] == [f"bytes={len(PAYLOAD)}-"]


def test_416_for_a_stale_part_starts_over(server: Server, tmp_path: Path) -> None:
    leave_part(tmp_path, server, PAYLOAD + b"more")
    assert fetch(resource_of(server), allowed=True, folder=tmp_path).read_bytes() == PAYLOAD
    assert ["Range" in request for request in server.requests] == [True, False]


def test_wrong_partial_answer_starts_over(server: Server, tmp_path: Path) -> None:
    def other_part(handler: Handler) -> None:
        handler.begin(206, Content_Length=4, Content_Range=f"bytes 0-3/{len(PAYLOAD)}", ETag='"first"')
        handler.wfile.write(PAYLOAD[:4])

    server.script.extend([cut_after(700_000), other_part])
    assert fetch(resource_of(server), allowed=True, folder=tmp_path).read_bytes() == PAYLOAD
    assert "Range" not in server.requests[2]


# ------------------------------------------------------------------ cancel and stall


@pytest.mark.parametrize("stall", [stall_after(300_000), stall_before_headers], ids=["body", "headers"])
def test_cancel_answers_at_once_on_a_stalled_connection(
    server: Server, tmp_path: Path, stall: Callable[[Handler], None]
) -> None:
    def slowest_s(folder: Path) -> float:
        asked_s: list[float] = []
        came = {0}
        server.waiting.clear()

        def cancelled() -> bool:
            asked_s.append(time.monotonic())
            has_all = stall is stall_before_headers or 300_000 in came
            return server.waiting.is_set() and has_all and len(asked_s) > 8

        server.script.append(stall)
        with pytest.raises(FetchCancelled):
            fetch(
                resource_of(server),
                allowed=True,
                folder=folder,
                progress=lambda done, _: came.add(done),
                cancelled=cancelled,
            )
        return max(later - sooner for sooner, later in pairwise([*asked_s, time.monotonic()]))

    tries = [tmp_path / str(number) for number in range(6)]
    # The best of several tries stands for a machine that does nothing else just then.
    assert any(slowest_s(folder) <= 0.2 for folder in tries), "a cancel is answered within 200 ms"
    if stall is not stall_before_headers:
        assert (tries[0] / "weights.pth.part").stat().st_size == 300_000, "what had come is kept"
        fetch(resource_of(server), allowed=True, folder=tries[0])
        assert server.requests[-1]["Range"] == "bytes=300000-"


def test_cancel_before_the_start_opens_no_connection(server: Server, tmp_path: Path) -> None:
    with pytest.raises(FetchCancelled):
        fetch(resource_of(server), allowed=True, folder=tmp_path, cancelled=lambda: True)
    assert server.n_connections == 0


def test_silent_server_is_given_up_and_said(server: Server, tmp_path: Path) -> None:
    server.script.extend([stall_after(300_000), stall_before_headers])
    with pytest.raises(FetchError) as caught:
        fetch(resource_of(server), allowed=True, folder=tmp_path, timeout_s=0.15, attempts=2)
    assert "silent" in caught.value.cause_text
    assert (tmp_path / "weights.pth.part").stat().st_size == 300_000


def test_stalled_connection_is_taken_up_again(server: Server, tmp_path: Path) -> None:
    server.script.append(stall_after(300_000))
    path = fetch(resource_of(server), allowed=True, folder=tmp_path, timeout_s=0.15)
    assert path.read_bytes() == PAYLOAD
    assert server.requests[1]["Range"] == "bytes=300000-"


# ------------------------------------------------------------------ lies and refusals


def test_wrong_bytes_are_deleted_and_both_hashes_named(server: Server, tmp_path: Path) -> None:
    lie = bytes(len(PAYLOAD))
    server.script.append(body(lie, Content_Length=len(lie), ETag='"lie"'))
    resource = resource_of(server)
    with pytest.raises(FetchError) as caught:
        fetch(resource, allowed=True, folder=tmp_path)
    assert resource.sha256 in caught.value.cause_text
    assert hashlib.sha256(lie).hexdigest() in caught.value.cause_text
    assert names_in(tmp_path) == {"weights.pth.lock"}


def test_wrong_length_is_refused_before_the_body(server: Server, tmp_path: Path) -> None:
    server.script.append(body(b"<html>log in</html>", Content_Length=19))
    with pytest.raises(FetchError) as caught:
        fetch(resource_of(server), allowed=True, folder=tmp_path)
    assert "19 bytes" in caught.value.cause_text
    assert "2,048,000" in caught.value.cause_text
    assert names_in(tmp_path) == {"weights.pth.lock"}


def test_endless_body_is_stopped_at_the_promised_size(server: Server, tmp_path: Path) -> None:
    def endless(handler: Handler) -> None:
        handler.begin(200)
        while True:  # until the client hangs up
            handler.wfile.write(PAYLOAD)

    server.script.append(endless)
    largest = 0

    def progress(done: int, total: int | None) -> None:
        nonlocal largest
        largest = max(largest, done)

    with pytest.raises(FetchError, match="more than 2,048,000"):
        fetch(resource_of(server), allowed=True, folder=tmp_path, progress=progress)
    assert largest <= len(PAYLOAD)
    assert names_in(tmp_path) == {"weights.pth.lock"}


def test_unknown_size_is_capped(server: Server, tmp_path: Path) -> None:
    server.script.append(body(b"", Content_Length=5 << 30))
    with pytest.raises(FetchError, match="at most"):
        fetch(resource_of(server, size_bytes=None), allowed=True, folder=tmp_path)


@pytest.mark.parametrize(("code", "word"), [(403, "refuses"), (404, "no longer"), (418, "418")])
def test_refusal_is_final_and_explained(server: Server, tmp_path: Path, code: int, word: str) -> None:
    server.script.extend([status(code)] * 4)
    with pytest.raises(FetchError) as caught:
        fetch(resource_of(server), allowed=True, folder=tmp_path)
    assert word in caught.value.cause_text
    assert str(code) in caught.value.cause_text
    assert server.url in caught.value.hint_text, "the way by hand is named"
    assert str(tmp_path / "weights.pth") in caught.value.hint_text
    assert len(server.requests) == 1


def test_troubled_server_is_asked_again(server: Server, tmp_path: Path) -> None:
    server.script.extend([status(503), status(500)])
    assert fetch(resource_of(server), allowed=True, folder=tmp_path).read_bytes() == PAYLOAD
    server.script.extend([status(502)] * 9)
    with pytest.raises(FetchError, match=r"failed 4 times.*HTTP 502"):
        fetch(resource_of(server, name="other.pth"), allowed=True, folder=tmp_path)


def test_unreachable_server_says_so(server: Server, tmp_path: Path) -> None:
    resource = resource_of(server)
    server.server_close()
    with pytest.raises(FetchError, match="refused"):
        fetch(resource, allowed=True, folder=tmp_path, attempts=2)


# ------------------------------------------------------------------ addresses


def test_redirect_keeps_the_range(server: Server, tmp_path: Path) -> None:
    server.script.extend([cut_after(700_000), redirect_to(server.url)])
    assert fetch(resource_of(server), allowed=True, folder=tmp_path).read_bytes() == PAYLOAD
    assert server.requests[2]["Range"] == "bytes=700000-"


@pytest.mark.parametrize("target", ["http://example.invalid/x", "ftp://127.0.0.1/x"])
def test_redirect_to_an_unsafe_address_is_refused(server: Server, tmp_path: Path, target: str) -> None:
    server.script.append(redirect_to(target))
    with pytest.raises(FetchError, match="not a secure address") as caught:
        fetch(resource_of(server), allowed=True, folder=tmp_path)
    assert target in caught.value.cause_text


def test_redirect_to_a_file_is_refused(server: Server, tmp_path: Path) -> None:
    server.script.append(redirect_to(f"file://{__file__}"))
    with pytest.raises(FetchError, match="302"):
        fetch(resource_of(server), allowed=True, folder=tmp_path)


def test_never_down_from_https() -> None:
    check_address("https://example.org/x", came_from="http://127.0.0.1/x")
    check_address("http://localhost:1/x")
    check_address("http://[::1]:1/x", came_from="http://127.0.0.1/x")
    with pytest.raises(FetchError, match="not a secure address"):
        check_address("http://127.0.0.1/x", came_from="https://example.org/x")


@pytest.mark.parametrize(
    "url", ["http://example.org/x", "file:///etc/passwd", "ftp://example.org/x", "x.pth"]
)
def test_only_secure_addresses_are_opened(server: Server, tmp_path: Path, url: str) -> None:
    with pytest.raises(FetchError, match="not a secure address"):
        fetch(resource_of(server, url=url), allowed=True, folder=tmp_path)


def test_a_proxy_is_not_asked_for_this_machine(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    assert fetch(resource_of(server), allowed=True, folder=tmp_path).read_bytes() == PAYLOAD


# ------------------------------------------------------------------ the disk, and others on it


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which is Linux's")
def test_full_disk_is_said(server: Server, tmp_path: Path) -> None:
    (tmp_path / "weights.pth.part").symlink_to("/dev/full")
    with pytest.raises(FetchError, match="disk is full") as caught:
        fetch(resource_of(server), allowed=True, folder=tmp_path)
    assert "RESNET_EXPLORER_HOME" in caught.value.hint_text


def test_too_small_disk_is_said_before_the_body(server: Server, tmp_path: Path) -> None:
    huge = 1 << 60
    server.script.append(body(b"", Content_Length=huge))
    with pytest.raises(FetchError, match="disk is full"):
        fetch(resource_of(server, size_bytes=huge), allowed=True, folder=tmp_path)
    assert "weights.pth.part" not in names_in(tmp_path)


def test_unusable_folder_is_said(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FetchError, match="cannot be used for downloads"):
        fetch(resource_of(server), allowed=True, folder=tmp_path / "file" / "downloads")


CHILD = """
import sys
from pathlib import Path
from explorer.fetch import Resource, fetch
resource = Resource(sys.argv[1], sys.argv[2], int(sys.argv[3]), "weights.pth")
said = []
def progress(done, total):
    if not said:
        said.append(done)
        print("begun", flush=True)
print(fetch(resource, allowed=True, folder=Path(sys.argv[4]), progress=progress), flush=True)
"""


def test_two_processes_fetch_one_file_once(server: Server, tmp_path: Path) -> None:
    def hold(handler: Handler) -> None:
        content = handler.begin_file()
        handler.wfile.write(content[:300_000])
        handler.server.waiting.set()
        handler.server.release.wait(30)
        handler.wfile.write(content[300_000:])

    server.script.append(hold)
    resource = resource_of(server)
    arguments = [resource.url, resource.sha256, str(resource.size_bytes), str(tmp_path)]
    command = [sys.executable, "-c", CHILD, *arguments]
    with (
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as first,
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as second,
    ):
        # Both have begun: one downloads, the other shows the first one's progress while it waits.
        assert first.stdout
        assert second.stdout
        assert first.stdout.readline() == second.stdout.readline() == "begun\n"
        server.release.set()
        assert first.stdout.readline() == second.stdout.readline() == f"{tmp_path / 'weights.pth'}\n"
    assert len(server.requests) == 1
    assert (tmp_path / "weights.pth").read_bytes() == PAYLOAD


def test_a_killed_process_leaves_no_lock(server: Server, tmp_path: Path) -> None:
    server.script.append(stall_after(300_000))
    resource = resource_of(server)
    arguments = [resource.url, resource.sha256, str(resource.size_bytes), str(tmp_path)]
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, *arguments], cwd=ROOT, stdout=subprocess.PIPE
    ) as child:
        assert server.waiting.wait(30)
        child.kill()
    assert fetch(resource, allowed=True, folder=tmp_path).read_bytes() == PAYLOAD


def test_importing_loads_no_network_and_no_torch() -> None:
    code = "import sys, explorer.fetch; print({'urllib.request', 'torch', 'PySide6'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
