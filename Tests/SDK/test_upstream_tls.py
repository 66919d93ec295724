"""Requests and answers over TLS arrive whole, however the bytes come and however slowly they are taken."""

import http.client
import json
import socket
import struct
import threading
import time

import pytest
from latchkey import PATIENCE, until
from test_memory import resident
from tls import (  # noqa: F401
    authority, connection_of, digest, meet, secured, serve, told, upstreams, versions, wait_for)
from upstream import SSE_END, SSE_HEAD, answer, event, read_chunked

SIZE = 20 << 20
KEPT = 16 << 20
"""Of a body of that size, with what a process grows by otherwise."""
EVENTS = 2000


def settled(count):
    """The count, which ends at the size of a body, when it has not changed for 0.2 s."""
    last, since = count(), time.monotonic()
    while time.monotonic() - since < 0.2:
        time.sleep(0.01)
        if (value := count()) != last:
            last, since = value, time.monotonic()
    return last


@versions
def test_requests_of_all_kinds_share_one_connection(version, secured, meet):
    upstream, token = meet(serve, version)
    large = json.dumps({"x": "a" * 5_000_000})
    chunks = [b"a" * size for size in (1, 100_000, 7, 16_384, 16_385)]

    for method, body, headers in [
            ("GET", None, {}), ("POST", b"{}" + b" " * 1022, {"content-type": "application/json"}),
            ("DELETE", None, {}), ("POST", large.encode(), {"content-type": "application/json"}),
            ("POST", iter(chunks), {"content-type": "application/octet-stream", "transfer-encoding": "chunked"}),
            ("POST", b"", {"content-type": "application/json"}), ("GET", None, {})]:
        client = secured.connect()
        client.request(method, "/v1/chat/x", body, {"authorization": f"Bearer {token}"} | headers, encode_chunked=True)
        response = client.getresponse()
        sent = body if isinstance(body, bytes) else b"".join(chunks) if body else b""
        assert response.status == 200
        assert json.load(response) == {"connection": 1, "digest": digest(sent)}
        client.close()
    assert [len(peer.requests) for peer in upstream.peers] == [7]


class Upload(threading.Thread):
    """A client's, that counts what it could send."""

    def __init__(self, server, token, body, is_chunked):
        super().__init__(daemon=True)
        self.sent = 0
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
        framing = "transfer-encoding: chunked" if is_chunked else f"content-length: {len(body)}"
        self.socket.sendall((
            f"POST /v1/chat/x HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\nconnection: close\r\n"
            f"content-type: application/octet-stream\r\n{framing}\r\n\r\n").encode())
        self.body = b"".join([b"%x\r\n" % len(body), body, b"\r\n0\r\n\r\n"]) if is_chunked else body
        self.start()

    def run(self):
        left = memoryview(self.body)
        try:
            while left:
                count = self.socket.send(left[:65536])
                self.sent += count
                left = left[count:]
        except OSError:
            pass

    def leave(self):
        """With a reset: an orderly end would wait behind what it has sent."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.join(PATIENCE)
        self.socket.close()

    def answer(self):
        self.join(PATIENCE)
        assert self.sent == len(self.body)
        return self.first_answer()

    def first_answer(self):
        response = http.client.HTTPResponse(self.socket)
        response.begin()
        return response


@versions
@pytest.mark.parametrize("is_chunked", [False, True], ids=["length", "chunked"])
def test_an_upload_waits_for_a_slow_upstream_and_arrives_whole(is_chunked, version, secured, meet):
    resume = threading.Event()

    def serve_slowly(peer):
        head = peer.read_head()
        wait_for(resume)
        if b"transfer-encoding: chunked" in head.lower():
            body = read_chunked(peer)
        else:
            body = peer.read(SIZE)
        peer.sendall(told(peer, body))
        serve(peer)

    _, token = meet(serve_slowly, version, receive_buffer=32768)
    body = bytes(range(256)) * (SIZE // 256)
    before = resident(secured)
    upload = Upload(secured, token, body, is_chunked)

    sent = settled(lambda: upload.sent)

    assert 0 < sent < SIZE
    assert resident(secured) - before < KEPT
    resume.set()
    response = upload.answer()
    assert response.status == 200
    assert json.load(response) == {"connection": 1, "digest": digest(body)}
    # Nothing of it is left over for the next.
    assert connection_of(secured, token) == 1


@versions
def test_a_client_that_leaves_a_stalled_upload_ends_the_connection(version, secured, meet):
    resume, closed = threading.Event(), threading.Event()

    def serve_nothing(peer):
        if peer.number > 1:
            return serve(peer)
        peer.read_head()
        wait_for(resume)
        if peer.was_closed():
            closed.set()

    _, token = meet(serve_nothing, version, receive_buffer=32768)
    upload = Upload(secured, token, b"a" * SIZE, is_chunked=False)
    assert settled(lambda: upload.sent) < SIZE

    upload.leave()

    until(lambda: secured.metric('latchkey_upstream_connections{state="active"}') == 0, "the connection is given up")
    resume.set()
    wait_for(closed)
    assert connection_of(secured, token) == 2


@versions
@pytest.mark.parametrize("is_over", [True, False], ids=["close", "keep-alive"])
def test_an_answer_to_half_an_upload_is_relayed_and_its_connection_not_used_again(is_over, version, secured, meet):
    def refuse(peer):
        if peer.number > 1:
            return serve(peer)
        peer.read_head()
        fields = [("connection", "close")] if is_over else []
        with peer.gathered():
            peer.sendall(answer(413, {"error": None}, headers=fields)[0])
            if is_over:
                peer.close_notify()
        peer.was_closed()

    _, token = meet(refuse, version, receive_buffer=32768)
    upload = Upload(secured, token, b"a" * SIZE, is_chunked=False)

    response = upload.first_answer()

    assert response.status == 413 and json.load(response) == {"error": None}
    upload.leave()
    assert connection_of(secured, token) == 2


@versions
def test_events_arrive_one_by_one_and_all_of_them(version, secured, meet):
    seen = threading.Event()

    def serve_events(peer):
        peer.request()
        peer.sendall(SSE_HEAD + event("0"))
        wait_for(seen)
        for number in range(1, EVENTS):
            peer.sendall(event(str(number)))
        peer.sendall(SSE_END)
        serve(peer)

    _, token = meet(serve_events, version)
    client = secured.connect()
    client.request("POST", "/v1/chat/x", b"{}", {"authorization": f"Bearer {token}", "content-type": "application/json"})
    response = client.getresponse()

    first = response.readline() + response.readline()
    seen.set()

    assert first == b"data: 0\n\n"
    assert response.read() == b"".join(b"data: %d\n\n" % number for number in range(1, EVENTS))
    assert connection_of(secured, token) == 1


@versions
def test_an_answer_waits_for_a_slow_client_and_arrives_whole(version, secured, meet):
    body = bytes(range(256)) * (SIZE // 256)

    def serve_much(peer):
        peer.request()
        peer.sendall(answer(200, body, "application/octet-stream")[0])
        serve(peer)

    upstream, token = meet(serve_much, version)
    before = resident(secured)
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
    client.settimeout(PATIENCE)
    client.connect(("127.0.0.1", secured.port))
    client.sendall(f"GET /v1/chat/x HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n".encode())
    response = http.client.HTTPResponse(client)
    response.begin()

    received = b""
    for _ in range(3):
        # Each time it takes a little, and stops again.
        sent = settled(lambda: upstream.peers[0].sent)
        assert 0 < sent < SIZE
        assert resident(secured) - before < KEPT
        received += response.read(100_000)

    assert digest(received + response.read()) == digest(body)
    client.close()
    assert connection_of(secured, token) == 1


@versions
@pytest.mark.parametrize("record", [1, 100, 16384])
@pytest.mark.parametrize("is_chunked", [False, True], ids=["length", "chunked"])
def test_an_answer_of_records_of_any_size_arrives_whole(is_chunked, record, version, secured, meet):
    """In one segment: more records than one read takes, and a record that is as large as a read."""
    body = bytes(range(250)) * 10 if record == 1 else bytes(range(250)) * 400

    def serve_in_records(peer):
        while peer.request() is not None:
            if is_chunked:
                parts = [b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:77], body[77:])]
                text = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"".join(parts) + b"0\r\n\r\n"
            else:
                text = answer(200, body, "application/octet-stream")[0]
                if record == 16384:
                    # The last record is full too.
                    text = answer(200, body, "application/octet-stream", [("x", "y" * (-(len(text) + 5) % record))])[0]
                    assert len(text) % record == 0
            with peer.gathered():
                peer.sendall(text, record)

    upstream, token = meet(serve_in_records, version)

    for _ in range(3):
        response = secured.ask("GET", "/v1/chat/x", key=token)
        assert response.status == 200 and response.body == body
    assert [len(peer.requests) for peer in upstream.peers] == [3]
