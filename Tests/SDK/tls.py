"""An upstream behind TLS whose every record is the test's: what it sends, when, and together with what.

OpenSSL, through Python's ssl, encrypts into memory; the socket is ours. So records can be held back, cut into bytes,
or sent in one segment, and a connection can end with or without the end that TLS has.
"""

import ctypes
import hashlib
import secrets
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
from conftest import UPSTREAM_KEY, assert_no_secret_was_written, assert_only_our_credential
from latchkey import PATIENCE, Latchkey
from upstream import answer, read_request

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
MAKES_TICKETS = sys.implementation.name == "cpython" and ssl.OPENSSL_VERSION_INFO >= (3, 0)
"""Python has no door to SSL_new_session_ticket: see Peer.send_ticket."""


class Authority:
    """Signs certificates into a folder, for tests alone."""

    def __init__(self, folder):
        self.folder = folder
        self.file = folder / "authority.pem"
        self._request("authority", "-x509", "-out", self.file)
        self._keys = 0
        self.loopback = self.certificate("IP:127.0.0.1", "DNS:localhost")

    def certificate(self, *names, days=2):
        """A PEM file of a certificate for these subjectAltNames ("IP:127.0.0.1"), and of its key."""
        self._keys += 1
        name = f"certificate-{self._keys}"
        self._request(name, "-out", self.folder / f"{name}.csr")
        extensions = self.folder / f"{name}.names"
        extensions.write_text(f"subjectAltName={','.join(names)}\n")
        certificate = self.folder / f"{name}.crt"
        openssl(
            "x509", "-req", "-in", self.folder / f"{name}.csr", "-CA", self.file, "-CAkey", self.key("authority"),
            "-CAcreateserial", "-days", str(days), "-extfile", extensions, "-out", certificate)
        return self._join(name, certificate)

    def self_signed(self, *names):
        self._keys += 1
        name = f"certificate-{self._keys}"
        certificate = self.folder / f"{name}.crt"
        self._request(name, "-x509", "-addext", f"subjectAltName={','.join(names)}", "-out", certificate)
        return self._join(name, certificate)

    def key(self, name):
        return self.folder / f"{name}.key"

    def _join(self, name, certificate):
        both = self.folder / f"{name}.pem"
        both.write_bytes(certificate.read_bytes() + self.key(name).read_bytes())
        both.chmod(0o600)
        return both

    def _request(self, name, *options):
        openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
            "-keyout", self.key(name), *options)


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, stdin=subprocess.DEVNULL, capture_output=True)


def context(certificate, version=None, clients_of=None):
    """`clients_of` is the authority file of the client certificates that it demands."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if version:
        context.minimum_version = context.maximum_version = VERSIONS[version]
    if clients_of:
        context.load_verify_locations(clients_of)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


class Peer:
    """One connection that the upstream has taken."""

    def __init__(self, connection, context, number):
        self.number = number
        """1 for the first."""
        self.requests = []
        self.refusal = None
        """Why there is no TLS."""
        self.sent = 0
        """Bytes that the kernel has taken."""
        self.received = 0
        """Bytes of what was encrypted."""
        self.ended = threading.Event()
        self._socket = connection
        self._input, self._output = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._input, self._output, server_side=True)
        self._clear = bytearray()
        self._is_gathering = False
        self._is_shut = False

    def handshake(self):
        self._run(self._tls.do_handshake)
        self._flush()

    def request(self):
        """The next one, whole; None at the end of the connection."""
        request = read_request(self, self)
        if request is not None:
            self.requests.append(request)
        return request

    def read_head(self):
        """Of the next request, whose body is still to be read."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.readline()
        return head

    def read(self, count):
        """Fewer bytes at the end alone, be it TLS's or the connection's."""
        while len(self._clear) < count and self._fill():
            pass
        return self._take(count)

    def readline(self, limit=65536):
        while b"\n" not in self._clear and len(self._clear) < limit and self._fill():
            pass
        end = self._clear.find(b"\n")
        return self._take(limit if end < 0 else min(end + 1, limit))

    def sendall(self, data, record=16384):
        """In records of so many bytes."""
        for start in range(0, len(data), record):
            self._tls.write(data[start:start + record])
            self._flush()

    @contextmanager
    def gathered(self):
        """What is sent within goes out at its end, in one piece."""
        self._is_gathering = True
        try:
            yield
        finally:
            self._is_gathering = False
        self._flush()

    def send_ticket(self):
        """One more session ticket (TLS 1.3).

        The SSL structure is the third field of CPython's object, behind its header and the reference to the socket.
        """
        library = ctypes.CDLL("libssl.so.3")
        place = id(self._tls._sslobj) + object.__basicsize__ + ctypes.sizeof(ctypes.c_void_p)
        pointer = ctypes.c_void_p.from_address(place)
        library.SSL_new_session_ticket.argtypes = [ctypes.c_void_p]
        assert library.SSL_new_session_ticket(pointer.value) == 1
        self._tls.do_handshake()
        assert self._output.pending, "there is no ticket"
        self._flush()

    def close_notify(self):
        """The end of TLS; the connection stays."""
        try:
            self._tls.unwrap()
        except ssl.SSLError:
            # It is sent; the answer to it is missing, or what comes first is something else.
            pass
        self._flush()

    def shut(self):
        """The end of what it sends, without that of TLS."""
        self._is_shut = True
        self._flush()

    def was_closed(self):
        """Waits until the other side has closed the connection, and throws away what it says before."""
        try:
            while self._socket.recv(65536):
                pass
        except ConnectionResetError:
            pass
        return True

    def _take(self, count):
        taken = bytes(self._clear[:count])
        del self._clear[:count]
        return taken

    def _fill(self):
        try:
            data = self._run(lambda: self._tls.read(65536))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError, ssl.SSLSyscallError):
            return False
        self._clear += data
        self.received += len(data)
        return bool(data)

    def _run(self, call):
        while True:
            try:
                return call()
            except ssl.SSLWantReadError:
                self._flush()
                data = self._socket.recv(65536)
                if data:
                    self._input.write(data)
                else:
                    self._input.write_eof()
            except ssl.SSLError:
                self._flush()
                raise

    def _flush(self):
        if self._is_gathering:
            return
        data = memoryview(self._output.read())
        while data:
            count = self._socket.send(data)
            self.sent += count
            data = data[count:]
        if self._is_shut:
            self._socket.shutdown(socket.SHUT_WR)


def wait_for(event):
    assert event.wait(PATIENCE), "the test has not come so far"


class TLSUpstream:
    """Runs `serve(peer)` for each connection whose handshake succeeds, on a thread of its own."""

    def __init__(self, context, serve, receive_buffer=None):
        self.peers = []
        self.names = []
        """The server names that clients asked for; None of one that asked for none."""
        self.faults = []
        self._context = context
        self._serve = serve
        context.sni_callback = lambda tls, name, context: self.names.append(name)
        self._listener = socket.socket()
        if receive_buffer:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, host="127.0.0.1"):
        return f"https://{host}:{self.port}/v1"

    @property
    def requests(self):
        return [request for peer in self.peers for request in peer.requests]

    @property
    def refusals(self):
        return [peer.refusal for peer in self.peers if peer.refusal]

    def close(self):
        # Who waits in accept() goes on with the number of the descriptor, which is soon another's.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(PATIENCE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer = Peer(connection, self._context, len(self.peers) + 1)
            self.peers.append(peer)
            threading.Thread(target=self._run, args=(peer, connection), daemon=True).start()

    def _run(self, peer, connection):
        try:
            with connection:
                peer.handshake()
                try:
                    self._serve(peer)
                except Exception as error:
                    self.faults.append(error)
        except OSError as error:
            peer.refusal = error
        finally:
            peer.ended.set()


@pytest.fixture(scope="session")
def authority(folders):
    folder = folders("authority")
    authority = Authority(folder)
    authority.file.chmod(0o644)
    return authority


@pytest.fixture(scope="module")
def secured(binary, folders, authority):
    """A server with one event loop that trusts the authority."""
    server = Latchkey(
        binary, folders("secured"), LATCHKEY_THREADS="1", LATCHKEY_LOG_LEVEL="info",
        LATCHKEY_UPSTREAM_CA_FILE=str(authority.file))
    server.secrets = [UPSTREAM_KEY, server.admin_key]
    try:
        server.start()
        yield server
    finally:
        status = server.stop()
    assert status == 0, f"the server ended with {status}:\n{server.output()[-4000:]}"
    assert_no_secret_was_written(server)


@pytest.fixture
def upstreams(authority):
    """Makes upstreams for loopback, ended with the test: what serves a connection of theirs must not have failed."""
    made = []

    def make(serve, version=None, certificate=None, receive_buffer=None, clients_of=None):
        made_of = context(certificate or authority.loopback, version, clients_of)
        upstream = TLSUpstream(made_of, serve, receive_buffer)
        made.append(upstream)
        return upstream

    yield make
    for upstream in made:
        upstream.close()
        assert upstream.faults == []
        assert_only_our_credential(upstream.requests)


def issue_for(server, url):
    """The access token of a new project on that upstream."""
    name = "tls-" + secrets.token_hex(4)
    project = {"name": name, "upstream_url": url, "upstream_key": UPSTREAM_KEY}
    assert server.ask("POST", "/manage/projects", project).status == 201
    issued = server.ask("POST", "/manage/tokens", {"project": name, "name": "bob", "expires_in": None}).json()
    server.secrets.append(issued["token"])
    return issued["token"]


versions = pytest.mark.parametrize("version", VERSIONS)


def digest(data):
    return hashlib.sha256(data).hexdigest()


def serve(peer):
    """Says which connection it is, and what it got."""
    while (request := peer.request()) is not None:
        peer.sendall(told(peer, request.body))


def told(peer, body=b""):
    return answer(200, {"connection": peer.number, "digest": digest(body)})[0]


def connection_of(server, token):
    """The number of the connection that the upstream got a request on."""
    response = server.ask("POST", "/v1/chat/x", {}, key=token)
    assert response.status == 200, response.body
    return response.json()["connection"]


@pytest.fixture
def meet(secured, upstreams):
    """An upstream that is served so, and an access token for it."""

    def meet(serve, *arguments, **options):
        upstream = upstreams(serve, *arguments, **options)
        return upstream, issue_for(secured, upstream.url())

    return meet
