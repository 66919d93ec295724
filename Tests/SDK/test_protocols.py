"""Who offers another protocol is served in HTTP/1.1; who speaks one is refused in a way that its tools can show."""

import json
import shutil
import socket
import ssl
import subprocess
import time

import pytest
from latchkey import PATIENCE
from upstream import answer

curl = pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")


def run_curl(*arguments):
    """What curl printed: the status and version of the answer, and its body."""
    result = subprocess.run(
        ["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "20", "--write-out",
         "\n%{http_version} %{http_code}", *arguments], capture_output=True, text=True, timeout=PATIENCE)
    body, _, told = result.stdout.rpartition("\n")
    assert result.returncode == 0, result.stderr
    return told, body


@curl
def test_offer_of_http_2_is_ignored(server, project, upstream):
    upstream.script(answer(200, {"object": "list", "data": []}))
    upstream.script(answer(200, {"id": "x"}))
    credential = f"authorization: Bearer {project['token']}"

    told, body = run_curl("--http2", f"{server.origin}/live")
    assert told == "1.1 200" and json.loads(body)["status"] == "ok"
    told, body = run_curl("--http2", "--header", credential, f"{server.url}/models")
    assert told == "1.1 200" and json.loads(body) == {"object": "list", "data": []}
    told, body = run_curl(
        "--http2", "--header", credential, "--json", '{"model":"m","messages":[]}', f"{server.url}/chat/completions")
    assert told == "1.1 200" and json.loads(body) == {"id": "x"}

    assert upstream.requests[1].json() == {"model": "m", "messages": []}
    for request in upstream.requests:
        for name in ["upgrade", "http2-settings", "connection"]:
            assert request.all(name) == []


@curl
def test_http_2_without_asking_is_refused_readably(server):
    # Often, for curl may send the body of its request before it reads the response, or after.
    for arguments in [[], ["--data", "{}"]] * 25:
        told, body = run_curl("--http2-prior-knowledge", *arguments, f"{server.origin}/live")
        assert told == "2 400"
        error = json.loads(body)["error"]
        assert error["message"] == "This server speaks HTTP/1.1 only, not HTTP/2."


def test_tls_is_refused_at_once(server):
    context = ssl.create_default_context()
    for _ in range(5):
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as plain:
            with pytest.raises(ssl.SSLError, match="WRONG_VERSION_NUMBER|wrong version number"):
                context.wrap_socket(plain, server_hostname="localhost")
        # A ClientHello has the end of a line in it by chance alone; without one the head's ten seconds would pass.
        assert time.monotonic() - began < 5


@pytest.mark.parametrize("path", ["/v1/responses", "/v1/realtime?model=gpt-realtime", "/live"])
def test_websocket_is_told_to_go_back_to_http(server, upstream, path):
    connection = server.connect()
    connection.request("GET", path, headers={
        "connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="})
    refused = connection.getresponse()

    assert refused.status == 426
    assert json.loads(refused.read())["error"]["code"] == "upgrade_not_supported"
    assert refused.headers["upgrade"] == "HTTP/1.1"
    assert {option.strip() for option in refused.headers["connection"].split(",")} == {"upgrade", "close"}
    assert connection.sock is None or connection.sock.recv(1) == b""
    connection.close()
    assert upstream.requests == []
