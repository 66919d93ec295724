"""SIGTERM lets running streams end and takes nothing new; a second signal ends at once."""

import json
import os
import signal
import socket
import threading

import pytest
from conftest import UPSTREAM_KEY
from latchkey import PATIENCE, until
from upstream import SSE_END, SSE_HEAD, event

FULL = os.environ.get("VERIFY") == "1"
STREAMS = 200 if FULL else 20
TICKS = 5
BODY = b'{"model":"m","stream":true}'


class Stream:
    """One streamed request over a socket of its own."""

    def __init__(self, server, credential):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
        self.socket.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            b"authorization: Bearer %s\r\ncontent-length: %d\r\n\r\n%s"
            % (credential.encode(), len(BODY), BODY))
        self.received = b""

    def read_until(self, end):
        while end not in self.received and (data := self.socket.recv(65536)):
            self.received += data
        return end in self.received

    def read_to_the_end(self):
        """All that comes until the server closes."""
        while data := self.socket.recv(65536):
            self.received += data
        return self.received


@pytest.fixture
def streaming(own, upstream):
    """A server with streams under way, the gate that lets them end, and the streams."""
    gate = threading.Event()

    def streaming(count=STREAMS, **settings):
        server = own(**settings)
        server.start()
        server.create_project("acme", upstream.url, UPSTREAM_KEY)
        issued = server.issue_token("acme")
        server.secrets.append(issued["token"])
        for _ in range(count):
            upstream.script(
                SSE_HEAD, event("first"), gate, [event(f"tick {n}") for n in range(TICKS)], event("[DONE]"), SSE_END)
        streams = [Stream(server, issued["token"]) for _ in range(count)]
        for stream in streams:
            assert stream.read_until(b"data: first\n\n")
        return server, gate, streams, issued["token"]

    yield streaming
    gate.set()


def assert_told(stream):
    """The stream was cut off, and its last event says why."""
    received = stream.read_to_the_end()
    assert not received.endswith(b"0\r\n\r\n")
    last = received.rstrip(b"\r\n").split(b"\r\n")[-1]
    assert json.loads(last.removeprefix(b"data: "))["error"]["code"] == "overloaded"


def is_refused(server, credential):
    """Whether neither readiness nor the data path takes a new request."""
    for path in ["/ready", "/v1/models"]:
        try:
            if server.ask("GET", path, key=credential).status != 503:
                return False
        except ConnectionError:
            pass
    return True


def test_idle_server_ends_with_0(own):
    server = own()
    server.start()
    held = server.connect()
    assert server.ask("GET", "/ready", connection=held).status == 200

    server.signal(signal.SIGTERM)

    assert server.wait() == 0
    held.close()


def test_interrupt_ends_it_as_well(own):
    server = own()
    server.start()

    server.signal(signal.SIGINT)

    assert server.wait() == 0


def test_running_streams_end_whole_and_nothing_new_is_taken(streaming, upstream):
    server, gate, streams, credential = streaming()

    server.signal(signal.SIGTERM)
    until(lambda: is_refused(server, credential), "new requests are refused")
    assert not server.has_ended()
    sent = len(upstream.requests)
    gate.set()

    for stream in streams:
        received = stream.read_to_the_end()
        assert received.startswith(b"HTTP/1.1 200 OK\r\n")
        for number in range(TICKS):
            assert b"data: tick %d\n\n" % number in received
        assert b"data: [DONE]\n\n" in received and received.endswith(b"0\r\n\r\n")
    assert server.wait() == 0
    assert len(upstream.requests) == sent == STREAMS
    assert server.output().count('"outcome":"completed"') == STREAMS
    assert "the time to drain is over" not in server.output()


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_second_signal_ends_it_at_once(streaming, second):
    server, _, streams, credential = streaming(2)
    server.signal(signal.SIGTERM)
    until(lambda: is_refused(server, credential), "new requests are refused")

    server.signal(second)

    assert server.wait() == 1
    for stream in streams:
        assert_told(stream)


def test_streams_that_outlast_the_drain_are_cut(streaming, upstream):
    server, _, streams, _ = streaming(2, LATCHKEY_DRAIN_TIMEOUT="1s")

    server.signal(signal.SIGTERM)

    for stream in streams:
        assert_told(stream)
    assert server.wait() == 0
    assert "the time to drain is over" in server.output()
    assert server.output().count('"outcome":') == 2


def test_readiness_tells_of_the_drain_while_streams_run(streaming):
    server, gate, streams, credential = streaming(2)

    server.signal(signal.SIGTERM)
    until(lambda: server.ask("GET", "/ready").status == 503, "readiness tells of the drain")

    refused = server.ask("GET", "/v1/models", key=credential)
    assert refused.status == 503
    assert "retry-after" in refused.headers
    gate.set()
    for stream in streams:
        assert stream.read_to_the_end().endswith(b"0\r\n\r\n")
    assert server.wait() == 0
