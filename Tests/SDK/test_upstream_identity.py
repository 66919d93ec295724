"""Who is not proven to be the upstream that was meant gets nothing; to whom it must be proven, we prove who we are; and
neither is done over in the midst of a connection.
"""

import re
import socket
import subprocess
import threading

import pytest
import tls
from latchkey import until
from tls import authority, connection_of, issue_for, secured, serve, upstreams, versions, wait_for  # noqa: F401
from upstream import answer
from user import give


def dispatched(server):
    return server.metric("latchkey_dispatched_total")


def check_refused(server, url, reason="upstream_tls", times=2, is_dispatched=False):
    token = issue_for(server, url)
    before = dispatched(server)
    for _ in range(times):
        response = server.ask("POST", "/v1/chat/x", {}, key=token)
        assert (response.status, response.headers["x-latchkey-error"]) == (502, reason)
        assert response.json()["error"]["code"] == "upstream_unavailable"
    assert dispatched(server) - before == (times if is_dispatched else 0)
    assert server.metric('latchkey_upstream_connections{state="active"}') == 0


def check_silence(upstream):
    """There were two connections, and no byte of a request came in either. (A name is compared after the handshake.)"""
    assert len(upstream.peers) == 2
    for peer in upstream.peers:
        wait_for(peer.ended)
        assert peer.received == 0 and peer.requests == []


# The upstream's certificate


@versions
@pytest.mark.parametrize("host, names, days", [
    ("127.0.0.1", ["IP:127.0.0.1", "DNS:localhost"], -1),
    ("127.0.0.1", ["IP:127.0.0.2", "DNS:elsewhere.test"], 2),
    # A name is no address, and an address no name.
    ("127.0.0.1", ["DNS:localhost", "DNS:127.0.0.1"], 2),
    ("localhost", ["IP:127.0.0.1", "DNS:elsewhere.test"], 2),
], ids=["expired", "elsewhere", "name for an address", "address for a name"])
def test_a_certificate_that_does_not_fit_is_refused(host, names, days, version, secured, authority, upstreams):
    upstream = upstreams(serve, version, authority.certificate(*names, days=days))

    check_refused(secured, upstream.url(host))

    check_silence(upstream)


@versions
def test_a_certificate_that_nobody_vouches_for_is_refused(version, secured, authority, upstreams, own):
    upstream = upstreams(serve, version, authority.self_signed("IP:127.0.0.1"))
    check_refused(secured, upstream.url())
    stranger = upstreams(serve, version)
    trusting_others = own()
    trusting_others.start()
    check_refused(trusting_others, stranger.url())

    check_silence(upstream)
    check_silence(stranger)
    assert len(upstream.refusals) == len(stranger.refusals) == 2


def test_plain_http_on_the_port_of_tls_gets_nothing_of_the_request(secured):
    received = []

    def accept(listener):
        connection, _ = listener.accept()
        with connection:
            received.append(connection.recv(65536))
            connection.sendall(answer(400, {})[0])
            try:
                while data := connection.recv(65536):
                    received.append(data)
            except ConnectionResetError:
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, args=(listener,), daemon=True)
        thread.start()
        check_refused(secured, f"https://127.0.0.1:{listener.getsockname()[1]}/v1", times=1)
        thread.join(tls.PATIENCE)
    # A handshake record (RFC 8446 5.1), and perhaps an alert.
    assert received[0].startswith(b"\x16\x03")
    assert b"POST" not in b"".join(received) and b"authorization" not in b"".join(received).lower()


@versions
def test_the_name_that_is_asked_for_is_the_hosts_and_an_address_has_none(version, secured, authority, upstreams):
    upstream = upstreams(serve, version, authority.certificate("IP:127.0.0.1"))
    assert connection_of(secured, issue_for(secured, upstream.url("127.0.0.1"))) == 1
    assert upstream.names == [None]

    upstream = upstreams(serve, version, authority.certificate("DNS:localhost"))
    assert connection_of(secured, issue_for(secured, upstream.url("localhost"))) == 1
    assert upstream.names == ["localhost"]


# Our certificate


@pytest.fixture
def known(own, authority):
    """A server with a certificate that upstreams are shown."""
    certificate = authority.certificate("DNS:latchkey")
    give(certificate)
    server = own(
        LATCHKEY_THREADS="1", LATCHKEY_UPSTREAM_CA_FILE=str(authority.file),
        LATCHKEY_UPSTREAM_CLIENT_CERT_FILE=str(certificate))
    server.certificate = certificate
    return server


@versions
def test_an_upstream_that_demands_a_certificate_is_shown_ours(version, known, authority, upstreams):
    known.start()
    for clients_of in (authority.file, None):
        upstream = upstreams(serve, version, clients_of=clients_of)
        token = issue_for(known, upstream.url())
        assert [connection_of(known, token) for _ in range(3)] == [1, 1, 1]
        assert upstream.refusals == []


@pytest.mark.parametrize("version, reason, is_dispatched", [
    ("1.2", "upstream_tls", False),
    # The client is done first, and sends; the upstream reads none of it.
    ("1.3", "upstream_reset", True),
])
def test_an_upstream_that_demands_a_certificate_refuses_whoever_has_none(
        version, reason, is_dispatched, secured, authority, upstreams):
    upstream = upstreams(serve, version, clients_of=authority.file)

    check_refused(secured, upstream.url(), reason, is_dispatched=is_dispatched)

    check_silence(upstream)
    assert len(upstream.refusals) == 2


def test_a_certificate_file_that_others_may_read_stops_the_start(known):
    known.certificate.chmod(0o644)

    with pytest.raises(AssertionError, match="the server ended"):
        known.start()

    assert known.wait() != 0
    said = known.output()
    assert f"the client certificate file {known.certificate} is accessible to other users (mode 644)" in said
    assert f"hint: run: chmod 600 {known.certificate}" in said and "listening" not in said


# Handshakes in the midst of a connection


class CommandedServer:
    """`openssl s_server`: what it is told goes to the client, but for its commands, as a line of `r`: shake hands
    again. One connection at a time."""

    def __init__(self, folder, certificate, version):
        self.messages_file = folder / "messages"
        self.messages_file.touch()
        self.received = b""
        self._process = subprocess.Popen(
            ["openssl", "s_server", f"-tls{version.replace('.', '_')}", "-accept", "127.0.0.1:0", "-cert", certificate,
             "-key", certificate, "-msg", "-msgfile", self.messages_file],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)
        threading.Thread(target=self._read, daemon=True).start()
        ready, _ = until(lambda: re.search(rb"ACCEPT \S*:(\d+)\n", self.received), "s_server listens")
        self.port = int(ready[1])

    def _read(self):
        while data := self._process.stdout.read(65536):
            self.received += data

    def say(self, data):
        self._process.stdin.write(data)

    def messages(self, pattern):
        """How many of the TLS messages say so: `<<<` are the client's."""
        return len(re.findall(pattern, self.messages_file.read_text(errors="replace")))

    def close(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._process.stdin.close()


@pytest.fixture
def commanded(authority, tmp_path):
    servers = []

    def make(version):
        servers.append(CommandedServer(tmp_path, authority.certificate("IP:127.0.0.1"), version))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


class Asking(threading.Thread):
    def __init__(self, server, token):
        super().__init__(daemon=True)
        self.ask = lambda: server.ask("POST", "/v1/chat/x", {}, key=token)
        self.start()

    def run(self):
        self.answer = self.ask()

    def result(self):
        self.join(tls.PATIENCE)
        return self.answer


def requests_at(server):
    return server.received.count(b"POST /v1/chat/x HTTP/1.1")


HELLO_REQUEST = r">>> TLS 1.2, Handshake \[length 0004\], HelloRequest"
CLIENT_HELLO = r"<<< TLS 1.[0-3], Handshake \[length [0-9a-f]+\], ClientHello"
REFUSAL = r"<<< TLS 1.2, Alert \[length 0002\], warning no_renegotiation"


def test_an_upstream_that_asks_for_a_new_handshake_while_idle_gets_none(secured, commanded):
    upstream = commanded("1.2")
    token = issue_for(secured, f"https://127.0.0.1:{upstream.port}/v1")
    first = Asking(secured, token)
    until(lambda: requests_at(upstream) == 1, "the request has arrived")
    upstream.say(answer(200, {"n": 1})[0])
    assert first.result().json() == {"n": 1}

    upstream.say(b"r\n")

    until(lambda: upstream.messages(REFUSAL) == 1, "it is refused")
    assert (upstream.messages(HELLO_REQUEST), upstream.messages(CLIENT_HELLO)) == (1, 1)
    # OpenSSL takes that as the end; the next request has a new connection.
    second = Asking(secured, token)
    until(lambda: requests_at(upstream) == 2, "the request has arrived")
    upstream.say(answer(200, {"n": 2})[0])
    assert second.result().json() == {"n": 2}
    assert upstream.messages(CLIENT_HELLO) == 2


def test_an_upstream_that_asks_for_a_new_handshake_before_it_answers_gets_none(secured, commanded):
    upstream = commanded("1.2")
    asking = Asking(secured, issue_for(secured, f"https://127.0.0.1:{upstream.port}/v1"))
    until(lambda: requests_at(upstream) == 1, "the request has arrived")

    upstream.say(b"r\n")

    response = asking.result()
    assert (response.status, response.headers["x-latchkey-error"]) == (502, "upstream_reset")
    assert upstream.messages(REFUSAL) == 1 and upstream.messages(CLIENT_HELLO) == 1
    # Nor is the request sent again.
    assert requests_at(upstream) == 1


@pytest.mark.parametrize("command", ["k", "K"], ids=["its own", "both"])
def test_new_keys_are_no_fault(command, secured, commanded):
    """KeyUpdate of TLS 1.3 (RFC 8446 4.6.3), which OpenSSL answers by itself."""
    upstream = commanded("1.3")
    token = issue_for(secured, f"https://127.0.0.1:{upstream.port}/v1")
    for count in (1, 2, 3):
        asking = Asking(secured, token)
        until(lambda: requests_at(upstream) == count, "the request has arrived")
        upstream.say(command.encode() + b"\n")
        until(lambda: upstream.messages(">>> TLS 1.3, Handshake .*, KeyUpdate") == 2 * count - 1, "new keys are used")
        upstream.say(answer(200, {"n": count})[0])
        assert asking.result().json() == {"n": count}
        upstream.say(command.encode() + b"\n")
        until(lambda: upstream.messages(">>> TLS 1.3, Handshake .*, KeyUpdate") == 2 * count, "new keys are used")
    assert upstream.messages(CLIENT_HELLO) == 1
