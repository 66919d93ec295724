"""SIGTERM and Ctrl-C let running streams end and take nothing new; a second signal cuts them off and writes them down.
SIGHUP opens the access log again.
"""

import contextlib
import json
import os
import re
import signal
import socket
import sqlite3
import threading
import time

import pytest
from conftest import UPSTREAM_KEY
from latchkey import PATIENCE, until
from ledger import Books
from terminal import Terminal
from upstream import SSE_END, SSE_HEAD, event
from user import give

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

    def streaming(count=STREAMS, before=None, **settings):
        server = own(**settings)
        server.run("init", LATCHKEY_ADMIN_KEY=server.admin_key)
        server.serve(before=before)
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


@pytest.fixture
def terminal():
    terminal = Terminal()
    yield terminal
    terminal.close()


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
def test_second_signal_cuts_off_and_writes_down(streaming, second):
    server, _, streams, credential = streaming(2)
    server.signal(signal.SIGTERM)
    until(lambda: is_refused(server, credential), "new requests are refused")

    server.signal(second)

    # Charged as if their clients had left: settled, and in the ledger.
    assert server.wait() == 1
    for stream in streams:
        assert_told(stream)
    assert server.output().count('"outcome":"failed","reason":"cancelled"') == 2
    books = Books(server)
    assert books.rollups[0] == 2
    assert [(row["outcome"], row["accuracy"]) for row in books.rows] == [("failed", "estimated")] * 2
    assert server.output().count("cut=2 [App] stopped") == 1
    server.serve()
    assert server.metric("latchkey_ledger_rows_total") == 0, "nothing is left for the next start"


@contextlib.contextmanager
def ledger_held(server):
    """No row can be written meanwhile."""
    database = sqlite3.connect(server.data / "latchkey.db", isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        database.execute("ROLLBACK")
        database.close()


@pytest.mark.parametrize("third", [False, True])
def test_server_that_cannot_write_down_ends_all_the_same_and_the_journal_knows(streaming, third):
    server, _, streams, credential = streaming(2)
    with ledger_held(server):
        server.signal(signal.SIGTERM)
        until(lambda: is_refused(server, credential), "new requests are refused")
        began = time.monotonic()
        server.signal(signal.SIGTERM)
        for stream in streams:
            assert_told(stream)
        if third:
            server.signal(signal.SIGTERM)
        assert server.wait() == 1
        took = time.monotonic() - began
        assert took < 4 if third else 4 < took < 9
    assert Books(server).rows == []

    server.serve()

    assert server.stop() == 0
    books = Books(server)
    assert books.rollups[0] == 2
    assert [(row["outcome"], row["accuracy"]) for row in books.rows] == [("failed", "estimated")] * 2


def test_log_tells_of_the_drain_and_of_its_end(streaming):
    server, gate, streams, _ = streaming(2)

    server.signal(signal.SIGTERM)
    until(lambda: "draining" in server.output(), "the drain is told")
    gate.set()

    assert server.wait() == 0
    lines = server.output().splitlines()
    assert lines[-1].endswith(" [App] stopped") and " notice " in lines[-1] and "cut=0" in lines[-1]
    drains = [line for line in lines if "draining" in line]
    assert len(drains) == 1 and drains[0].endswith(
        "signal=SIGTERM streams=2 within=600s [App] draining; a second signal ends it now")


def test_terminal_is_told_where_it_listens_what_it_waits_for_and_how_it_ended(streaming, terminal):
    server, gate, streams, _ = streaming(1, before=terminal.take)
    terminal.let_go()
    until(lambda: terminal.shown, "the start is told")
    assert terminal.shown == f"latchkey: listening on {server.origin}; press Ctrl-C to stop\n"

    terminal.interrupt()
    until(lambda: "draining" in terminal.shown, "the drain is told")
    gate.set()

    assert server.wait() == 0
    assert streams[0].read_to_the_end().endswith(b"0\r\n\r\n")
    lines = terminal.rest().splitlines()
    assert lines[1:3] == ["^C", "latchkey: draining, 1 stream; press Ctrl-C again to end now"]
    assert re.fullmatch(r"latchkey: stopped after \d+\.\d s", lines[3]) and len(lines) == 4


def test_second_ctrl_c_ends_it_now(streaming, terminal):
    server, _, streams, _ = streaming(1, before=terminal.take)
    terminal.let_go()
    terminal.interrupt()
    until(lambda: "draining" in terminal.shown, "the drain is told")

    terminal.interrupt()

    assert server.wait() == 1
    assert re.search(r"\nlatchkey: stopped after \d+\.\d s; 1 stream cut off\n$", terminal.rest())


def test_server_whose_terminal_is_closed_drains(streaming, terminal):
    server, gate, streams, credential = streaming(1, before=terminal.take)

    terminal.close()

    until(lambda: is_refused(server, credential), "new requests are refused")
    gate.set()
    assert streams[0].read_to_the_end().endswith(b"0\r\n\r\n")
    assert server.wait() == 0


def test_hangup_opens_the_access_log_again_and_cuts_nothing(streaming, tmp_path):
    log, old = tmp_path / "access.log", tmp_path / "access.log.1"
    server, gate, streams, credential = streaming(2, LATCHKEY_ACCESS_LOG=str(log))
    assert server.ask("GET", "/v1/models", key="none").status == 401
    until(lambda: log.read_text().count("\n") == 1, "the line is written")

    log.rename(old)
    server.signal(signal.SIGHUP)
    until(log.exists, "the log is opened again")
    assert server.ask("GET", "/ready").status == 200
    gate.set()

    for stream in streams:
        assert stream.read_until(b"0\r\n\r\n")
    until(lambda: log.read_text().count('"outcome":"completed"') == 2, "the lines are written")
    assert old.read_text().count("\n") == 1
    assert log.stat().st_mode & 0o777 == 0o640
    assert f"path={log} [App] the access log was opened again" in server.output()
    assert not server.has_ended()


def test_hangup_without_a_place_for_the_log_keeps_the_one_that_is_open(own, tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    give(folder)
    server = own(LATCHKEY_ACCESS_LOG=str(folder / "access.log"))
    server.start()
    moved = tmp_path / "moved"
    folder.rename(moved)

    server.signal(signal.SIGHUP)
    until(lambda: "the access log cannot be opened again" in server.output(), "the failure is told")

    assert "reason=no such file or directory" in server.output()
    assert server.ask("GET", "/v1/models", key="none").status == 401
    until(lambda: (moved / "access.log").read_text().count("\n") == 1, "the line is written")
    assert server.stop() == 0


def test_hangup_of_a_server_that_logs_to_its_output_does_nothing(own):
    server = own()
    server.start()
    server.signal(signal.SIGHUP)
    until(lambda: "SIGHUP: the access log is no file" in server.output(), "it is told")
    assert server.ask("GET", "/ready").status == 200
    assert server.stop() == 0


def test_streams_that_outlast_the_drain_are_cut(streaming, upstream):
    server, _, streams, _ = streaming(2, LATCHKEY_DRAIN_TIMEOUT="1s")

    server.signal(signal.SIGTERM)

    for stream in streams:
        assert_told(stream)
    assert server.wait() == 0
    assert "the time to drain is over" in server.output()
    assert server.output().count('"outcome":"failed","reason":"cancelled"') == 2
    assert server.output().splitlines()[-1].endswith("cut=2 [App] stopped")
    assert [row["outcome"] for row in Books(server).rows] == ["failed"] * 2


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
