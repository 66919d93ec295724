"""An upstream under the test's control: it speaks the bytes it is told to, and keeps every request it got.

A script is a list of steps for one request: bytes are sent; an Event is waited for; UNTIL_CLOSED waits for the
peer to close, and notes that it did; HANG_UP closes at once, with a reset. Scripts are used up in order. A request
without a script is recorded all the same and answered 599, so that a test which sends one too many fails.
"""

import json
import socket
import struct
import threading
from dataclasses import dataclass

UNTIL_CLOSED = object()
HANG_UP = object()

PATIENCE = 20.0
"""Seconds after which a wait of this module gives up: a bound for what hangs, not a measurement."""


@dataclass
class Request:
    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    raw_head: bytes

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name):
        values = self.all(name)
        return values[0] if len(values) == 1 else None

    def json(self):
        return json.loads(self.body)


def answer(status, body, content_type="application/json", headers=()):
    """One whole response: `body` is bytes as they are, anything else becomes JSON."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Scripted", f"content-type: {content_type}", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return [("\r\n".join(lines) + "\r\n\r\n").encode() + body]


SSE_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n"
    b"x-request-id: req_scripted\r\ntransfer-encoding: chunked\r\n\r\n"
)
SSE_END = b"0\r\n\r\n"


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def event(data, name=None):
    """One server-sent event in a chunk of its own; `data` is a string as it is, anything else becomes JSON."""
    text = data if isinstance(data, str) else json.dumps(data)
    prefix = f"event: {name}\n" if name else ""
    return chunk(f"{prefix}data: {text}\n\n".encode())


class Upstream:
    def __init__(self):
        self.requests = []
        self.closed_by_peer = threading.Event()
        self._scripts = []
        self._lock = threading.Lock()
        self._busy = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        threading.Thread(target=self._accept, daemon=True).start()

    def script(self, *steps):
        """Queues one request's answer; lists among the steps are flattened."""
        flat = [part for step in steps for part in (step if isinstance(step, list) else [step])]
        with self._lock:
            self._scripts.append(flat)

    def reset(self):
        """Forgets requests and scripts and ends those that still run, so that no test sees another's.

        Idle connections stay: a proxy that keeps them alive goes on with them.
        """
        with self._lock:
            self.requests = []
            self._scripts = []
            self.closed_by_peer = threading.Event()
            for connection in self._busy:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def close(self):
        # Who waits in accept() goes on with the number of the descriptor, which is soon another's.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.reset()

    def only_request(self):
        """The one request that arrived; fails when there were none or several."""
        assert len(self.requests) == 1, [f"{r.method} {r.target}" for r in self.requests]
        return self.requests[0]

    def steps(self, request):
        """What a request without a script is answered."""
        return answer(599, {"error": None})

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = connection.makefile("rb")
        try:
            while (request := read_request(reader, connection)) is not None:
                with self._lock:
                    self._busy.add(connection)
                    self.requests.append(request)
                    steps = self._scripts.pop(0) if self._scripts else None
                    closed_by_peer = self.closed_by_peer
                if not perform(steps or self.steps(request), connection, reader, closed_by_peer):
                    return
                with self._lock:
                    self._busy.discard(connection)
        except (OSError, ValueError):
            pass
        finally:
            with self._lock:
                self._busy.discard(connection)
            reader.close()
            connection.close()


def perform(steps, connection, reader, closed_by_peer):
    """Whether the connection may serve another request."""
    for step in steps:
        if step is HANG_UP:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if step is UNTIL_CLOSED:
            wait_for_close(connection, reader, closed_by_peer)
            return False
        if isinstance(step, threading.Event):
            if not step.wait(PATIENCE):
                return False
            continue
        connection.sendall(step)
    return True


def wait_for_close(connection, reader, closed_by_peer):
    connection.settimeout(PATIENCE)
    try:
        if reader.read(1) == b"":
            closed_by_peer.set()
    except ConnectionError:
        closed_by_peer.set()
    except OSError:
        pass


def read_request(reader, connection):
    """The next request of the connection, or None at its end."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = reader.readline(65536)
        if not line:
            return None
        head += line
    first, *fields = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    headers = [(name, value.strip()) for name, _, value in (field.partition(":") for field in fields)]
    told = {name.lower(): value for name, value in headers}
    if told.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    if told.get("transfer-encoding", "").lower() == "chunked":
        body = read_chunked(reader)
    else:
        body = reader.read(int(told.get("content-length", "0")))
    return Request(method, target, headers, body, head)


def read_chunked(reader):
    body = b""
    while size := int(reader.readline().split(b";")[0], 16):
        body += reader.read(size)
        reader.readline()
    while reader.readline() not in (b"\r\n", b""):
        pass
    return body
