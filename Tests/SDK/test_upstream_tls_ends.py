"""What an upstream says over TLS without a request is no answer, and only the end of TLS is the end of one."""

import http.client
import threading

import pytest
from latchkey import PATIENCE, until
from tls import (  # noqa: F401
    MAKES_TICKETS, authority, connection_of, meet, secured, serve, told, upstreams, versions, wait_for)

POISON = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison"
CUT = (http.client.IncompleteRead, http.client.RemoteDisconnected, ConnectionResetError)


@pytest.mark.skipif(not MAKES_TICKETS, reason="this Python has no way to send a ticket")
@pytest.mark.parametrize("is_behind", [True, False], ids=["behind the answer", "while idle"])
def test_a_session_ticket_that_comes_late_is_no_fault(is_behind, secured, meet):
    idle, sent = threading.Event(), threading.Semaphore(0)

    def serve_tickets(peer):
        while (request := peer.request()) is not None:
            if is_behind:
                with peer.gathered():
                    peer.sendall(told(peer, request.body))
                    peer.send_ticket()
                    peer.send_ticket()
            else:
                peer.sendall(told(peer, request.body))
                wait_for(idle)
                idle.clear()
                peer.send_ticket()
                peer.send_ticket()
            sent.release()

    upstream, token = meet(serve_tickets, "1.3")

    for _ in range(5):
        assert connection_of(secured, token) == 1
        idle.set()
        assert sent.acquire(timeout=PATIENCE)
    assert len(upstream.peers) == 1


def send_bytes(peer):
    peer.sendall(POISON)


def send_one_byte(peer):
    peer.sendall(b"H")


def end_tls(peer):
    peer.close_notify()


def shut(peer):
    peer.shut()


@versions
@pytest.mark.parametrize("is_behind", [True, False], ids=["behind the answer", "while idle"])
@pytest.mark.parametrize("act", [send_bytes, send_one_byte, end_tls, shut])
def test_a_connection_that_says_something_unasked_is_closed_and_not_used_again(act, is_behind, version, secured, meet):
    idle, closed = threading.Event(), threading.Event()

    def serve_and_act(peer):
        if peer.number > 1:
            return serve(peer)
        request = peer.request()
        if is_behind:
            with peer.gathered():
                peer.sendall(told(peer, request.body))
                act(peer)
        else:
            peer.sendall(told(peer, request.body))
            wait_for(idle)
            act(peer)
        if peer.was_closed():
            closed.set()

    upstream, token = meet(serve_and_act, version)

    assert connection_of(secured, token) == 1
    idle.set()
    wait_for(closed)
    until(lambda: secured.metric('latchkey_upstream_connections{state="active"}') == 0, "no connection is in use")
    for _ in range(2):
        assert connection_of(secured, token) == 2
    assert [len(peer.requests) for peer in upstream.peers] == [1, 2]


@versions
@pytest.mark.parametrize("size", [10, 100_000])
@pytest.mark.parametrize("is_whole", [True, False], ids=["close_notify", "no close_notify"])
def test_an_answer_without_a_length_ends_with_tls_alone(is_whole, size, version, secured, meet):
    body = b"a" * size

    def serve_to_the_end(peer):
        peer.request()
        peer.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n" + body)
        if is_whole:
            peer.close_notify()

    upstream, token = meet(serve_to_the_end, version)
    before = failures(secured)

    for count in (1, 2):
        if is_whole:
            assert secured.ask("GET", "/v1/chat/x", key=token).body == body
        else:
            with pytest.raises(CUT):
                secured.ask("GET", "/v1/chat/x", key=token)
            until(lambda: failures(secured) == before + count, "the failure is counted")
    assert failures(secured) == before + (0 if is_whole else 2)
    assert [len(peer.requests) for peer in upstream.peers] == [1, 1]


@versions
@pytest.mark.parametrize("is_chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("is_orderly", [True, False], ids=["close_notify", "no close_notify"])
def test_an_answer_that_ends_before_its_end_is_cut(is_orderly, is_chunked, version, secured, meet):
    def serve_half(peer):
        peer.request()
        framing = b"transfer-encoding: chunked\r\n\r\n64\r\n" if is_chunked else b"content-length: 100\r\n\r\n"
        peer.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n" + framing + b"a" * 50)
        if is_orderly:
            peer.close_notify()

    upstream, token = meet(serve_half, version)
    before = failures(secured)

    with pytest.raises(CUT):
        secured.ask("GET", "/v1/chat/x", key=token)

    until(lambda: failures(secured) == before + 1, "the failure is counted")
    assert len(upstream.peers) == 1


def failures(server):
    return server.metric('latchkey_upstream_failures_total{reason="upstream_truncated"}')
