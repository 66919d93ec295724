"""Behind nginx and behind HAProxy: whatever the two readers of a request make of it, they stay in step.

Each ambiguous request carries a whole second request where a body may or may not be. The front marks each request
that it has read; one that reaches the upstream without the mark was read by Latchkey alone, and that must not be. And
whoever comes next on the front's kept connections gets an answer of his own.
"""

import contextlib
import http.client
import http.server
import json
import os
import shutil
import socket
import subprocess
import threading

import pytest
from conftest import UPSTREAM_KEY
from latchkey import PATIENCE, free_port, until
from upstream import SSE_END, SSE_HEAD, event

PATH = os.environ.get("PATH", "") + ":/usr/sbin"
MARK = "x-front"

NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log; {user}
events {{ worker_connections 256; }}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    upstream latchkey {{ server 127.0.0.1:{server}; keepalive 1; }}
    server {{
        listen 127.0.0.1:{port}; ignore_invalid_headers off; underscores_in_headers on;
        location / {{
            proxy_pass http://latchkey; proxy_set_header x-front $request_id;
            {settings}
        }}
    }}
}}
"""

HAPROXY = """
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
    retries 3
    retry-on all-retryable-errors
    option http-keep-alive
    option accept-invalid-http-request
frontend front
    bind 127.0.0.1:{port}
    http-request set-header x-front %[uuid()]
    default_backend latchkey
backend latchkey
    http-reuse always
    server latchkey 127.0.0.1:{server}
"""


class Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.rfile.read(int(self.headers.get("content-length", "0")))
        self.server.seen.append((self.path, self.headers.get(MARK)))
        body = json.dumps({"target": self.path}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def echo():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.daemon_threads = True
    server.seen = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@contextlib.contextmanager
def running(name, server, tmp_path, settings=""):
    """The port of a front of that name before the server."""
    program = shutil.which(name, path=PATH)
    if not program:
        pytest.skip(f"{name} is not installed")
    port = free_port()
    folder = tmp_path / "front"
    folder.mkdir()
    file = folder / "conf"
    template, arguments = {
        "nginx": (NGINX, ["-e", str(folder / "error.log"), "-p", str(folder), "-c", str(file)]),
        "haproxy": (HAPROXY, ["-db", "-f", str(file)]),
    }[name]
    user = "user root;" if os.getuid() == 0 else ""
    file.write_text(template.format(
        folder=folder, port=port, server=server.port, user=user, settings=settings))
    process = subprocess.Popen([program, *arguments], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def is_up():
        assert process.poll() is None, f"{name} ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        except OSError:
            return False

    try:
        until(is_up, f"{name} listens")
        yield port
    finally:
        process.terminate()
        process.wait(timeout=10)


def start(server, upstream_url):
    """Starts the server with a project at the upstream; returns an access token."""
    server.start()
    server.create_project("acme", upstream_url, UPSTREAM_KEY)
    credential = server.issue_token("acme")["token"]
    server.secrets.append(credential)
    return credential


@pytest.fixture(params=["nginx", "haproxy"])
def front(request, own, echo, tmp_path):
    server = own()
    credential = start(server, f"http://127.0.0.1:{echo.server_port}/v1")
    settings = (
        'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_request_buffering off; proxy_buffering off;')
    with running(request.param, server, tmp_path, settings) as port:
        yield port, credential


def hidden(credential):
    return f"GET /v1/chat/hidden HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {credential}\r\n\r\n"


FRAMINGS = [
    "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n",
    "Content-Length: 0\r\nContent-Length: {length}\r\n",
    "Content-Length: {length}\r\nContent-Length: 0\r\n",
    "Content-Length: 0, {length}\r\n",
    "Content-Length: +0\r\n",
    "Content-Length: \x0b0\r\n",
    "Content-Length : {length}\r\n",
    "Content-Length:\r\n {length}\r\n",
    "Transfer-Encoding: xchunked\r\n",
    "Transfer-Encoding : chunked\r\n",
    "Transfer-Encoding: chunked, identity\r\n",
    "Transfer-Encoding: identity, chunked\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    "Transfer-Encoding:\tchunked\r\n",
    "Transfer-Encoding: \x0bchunked\r\n",
    "Transfer-Encoding:\n chunked\r\n",
    "Transfer-Encoding: \"chunked\"\r\n",
    "X: y\nTransfer-Encoding: chunked\r\n",
    "X: y\rTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding\r\n : chunked\r\n",
    "Connection: Content-Length\r\nContent-Length: {length}\r\n",
    "Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n",
    "Expect: 100-continue\r\nContent-Length: {length}\r\n",
    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
    "Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: {length}\r\n",
    "Connection: Upgrade\r\nUpgrade: websocket\r\n",
    "",
]
BODIES = ["0\r\n\r\n{hidden}", "{hidden}", "0\r\n{hidden}", "1;\n\rx\r\n0\r\n\r\n{hidden}"]
LINES = [
    "POST /v1/files HTTP/1.1", "GET /v1/models HTTP/1.1", "POST /v1/files HTTP/1.0", "HEAD /v1/models HTTP/1.1",
]


def exchange(port, data):
    """Sends, says that this was all, and reads what comes."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as client:
        try:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass
        except OSError:
            pass


def test_nothing_is_smuggled_past_the_front(front, echo):
    port, credential = front
    secret = hidden(credential)
    number = 0
    for line in LINES:
        for framing in FRAMINGS:
            for body in BODIES:
                body = body.format(hidden=secret)
                fields = framing.format(length=len(body))
                head = f"{line}\r\nHost: x\r\nAuthorization: Bearer {credential}\r\n{fields}\r\n"
                exchange(port, (head + body).encode("latin-1"))
            for _ in range(2):
                number += 1
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
                connection.request("GET", f"/v1/chat/honest/{number}", headers={"authorization": f"Bearer {credential}"})
                answer = connection.getresponse()
                assert answer.status == 200, (line, framing)
                assert json.loads(answer.read()) == {"target": f"/v1/chat/honest/{number}"}, (line, framing)
                connection.close()
    assert [target for target, mark in echo.seen if not mark] == []


@pytest.mark.parametrize("name", ["nginx", "haproxy"])
def test_stream_is_not_held_back_by_a_front_as_it_comes(name, own, upstream, tmp_path):
    """nginx holds answers back unless it is told not to; nothing in its configuration does here."""
    server = own()
    credential = start(server, upstream.url)
    words = ["first", "second", "third"]
    gates = {word: threading.Event() for word in words}
    upstream.script(SSE_HEAD, [step for word in words for step in (event(word), gates[word])], SSE_END)

    with running(name, server, tmp_path) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        connection.request("POST", "/v1/chat/completions", b'{"model":"m","stream":true}', {
            "authorization": f"Bearer {credential}", "content-type": "application/json"})
        answer = connection.getresponse()
        assert answer.status == 200
        # The first one may come along with the head; no one of them waits for the next.
        for word in words:
            assert answer.readline() == f"data: {word}\n".encode()
            assert answer.readline() == b"\n"
            gates[word].set()
        assert answer.read() == b""
        connection.close()
