"""What takes minutes: a name that moves is followed, and an encrypted connection stays while others are made.

Nobody waits: the server's clock is moved, see moved_clock.c.
"""

import http.server
import json
import os
import shutil
import struct
import subprocess
import threading

import pytest
from conftest import UPSTREAM_KEY
from encrypted import Authority, EncryptedUpstream
from latchkey import until
from upstream import SSE_END, SSE_HEAD, answer, event
from user import give

IDLE_LIMIT = 50
ADDRESSES_LAST = 60
AGE_LIMIT = 600
"""Seconds: a connection that serves no request, an address that libcurl has found, a connection that is used again."""


class Clock:
    """The server's, and the address of all names below moves.test."""

    def __init__(self, library, folder):
        self._clock = folder / "clock"
        self._names = folder / "names"
        self._clock.write_bytes(struct.pack("=q", 0))
        self._names.write_text("")
        give(self._clock, self._names)
        self._seconds = 0
        self.settings = {
            "LD_PRELOAD": str(library), "MOVED_CLOCK": str(self._clock), "MOVED_NAMES": str(self._names)}

    def move(self, seconds):
        self._seconds += seconds
        # In place, for the server has it mapped.
        with open(self._clock, "r+b") as file:
            file.write(struct.pack("=q", self._seconds))

    def name(self, address):
        self._names.write_text(address)

    def lookups(self):
        file = self._names.with_name("names.asked")
        return len(file.read_text().splitlines()) if file.exists() else 0


@pytest.fixture(scope="module")
def library(folders):
    compiler = shutil.which("cc")
    if not compiler:
        pytest.skip("there is no C compiler")
    library = folders("clock") / "moved_clock.so"
    source = os.path.join(os.path.dirname(__file__), "moved_clock.c")
    subprocess.run([compiler, "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


@pytest.fixture
def clock(library, tmp_path):
    return Clock(library, tmp_path)


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with the address that it was reached at."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = json.dumps({"address": self.server.server_address[0]}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


@pytest.fixture
def addresses():
    """The port of two upstreams, at 127.0.0.1 and 127.0.0.2."""
    first = Server(("127.0.0.1", 0), Handler)
    second = Server(("127.0.0.2", first.server_address[1]), Handler)
    for server in (first, second):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield first.server_address[1]
    for server in (first, second):
        server.shutdown()
        server.server_close()


@pytest.fixture
def serving(own, clock):
    """A server with one event loop and a project at this URL, and its access token."""

    def serving(url, **settings):
        server = own(LATCHKEY_THREADS="1", LATCHKEY_UPSTREAM_IDLE_TIMEOUT="1h", **clock.settings, **settings)
        server.start()
        server.create_project("acme", url, UPSTREAM_KEY)
        token = server.issue_token("acme")["token"]
        server.secrets.append(token)
        return server, token

    return serving


def connections(server, state):
    return server.metric('latchkey_upstream_connections{state="%s"}' % state)


def test_a_name_that_moves_is_followed_when_its_address_is_old(serving, clock, addresses):
    clock.name("127.0.0.1")
    server, token = serving(f"http://api.moves.test:{addresses}/v1")

    def address():
        return server.ask("GET", "/v1/models", key=token).json()["address"]

    assert address() == "127.0.0.1"
    clock.name("127.0.0.2")
    # The connection stands, and serves.
    assert address() == "127.0.0.1"
    assert clock.lookups() == 1

    clock.move(IDLE_LIMIT + 2)
    until(lambda: connections(server, "idle") == 0, "the idle connection is closed")
    # A new connection goes where the name was found lately.
    assert address() == "127.0.0.1"
    assert clock.lookups() == 1

    clock.move(max(IDLE_LIMIT, ADDRESSES_LAST) + 2)
    until(lambda: connections(server, "idle") == 0, "the idle connection is closed")
    assert address() == "127.0.0.2"
    assert clock.lookups() == 2


def test_a_connection_that_is_always_in_use_does_not_outlive_a_move(serving, clock, addresses):
    clock.name("127.0.0.1")
    server, token = serving(f"http://api.moves.test:{addresses}/v1")

    def address():
        return server.ask("GET", "/v1/models", key=token).json()["address"]

    assert address() == "127.0.0.1"
    clock.name("127.0.0.2")
    for _ in range(AGE_LIMIT // 40 - 1):
        clock.move(40)
        assert address() == "127.0.0.1"
    assert server.metric("latchkey_upstream_connections_made_total") == 1
    clock.move(40)
    assert address() == "127.0.0.2"
    assert server.metric("latchkey_upstream_connections_made_total") == 2


def test_a_name_that_has_no_address_is_told_and_is_served_once_it_has_one(serving, clock, addresses):
    server, token = serving(f"http://api.moves.test:{addresses}/v1")
    for _ in range(3):
        told = server.ask("GET", "/v1/models", key=token)
        assert (told.status, told.headers["x-latchkey-error"]) == (502, "upstream_resolve")
    assert server.metric("latchkey_upstream_connections_made_total") == 0

    clock.name("127.0.0.2")
    clock.move(ADDRESSES_LAST + 2)

    assert server.ask("GET", "/v1/models", key=token).json() == {"address": "127.0.0.2"}


def test_an_encrypted_stream_of_minutes_stays_while_other_connections_are_made(serving, clock, folders):
    authority = Authority(folders("authority"))
    upstream = EncryptedUpstream(authority.context("IP:127.0.0.1"))
    server, token = serving(upstream.url, LATCHKEY_UPSTREAM_CA_FILE=str(authority.file))
    gate = threading.Event()
    upstream.script(SSE_HEAD, event({"n": 1}), gate, event({"n": 2}), SSE_END)
    stream = server.connect()
    stream.request("GET", "/v1/responses/r?stream=true", headers={"authorization": f"Bearer {token}"})
    response = stream.getresponse()
    assert response.readline() == b'data: {"n": 1}\n'

    # libcurl looks for connections that it may close once a second at most.
    for number in range(3):
        clock.move(130)
        upstream.script(answer(200, {"number": number}))
        assert server.ask("GET", "/v1/models", key=token).json() == {"number": number}
    assert server.metric("latchkey_upstream_connections_made_total") == 4
    assert connections(server, "active") == 1

    gate.set()
    assert response.read() == b'\ndata: {"n": 2}\n\n'
    stream.close()
    upstream.close()
