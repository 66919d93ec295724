"""The configurations of docs/clients.md for proxies in front work as they are written."""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import threading
from pathlib import Path

import openai
import pytest
from conftest import UPSTREAM_KEY
from latchkey import PATIENCE, free_port, until
from upstream import SSE_END, SSE_HEAD, event

DOCUMENT = (Path(__file__).parents[2] / "docs" / "clients.md").read_text()
PATHS = f"{os.environ.get('PATH', '')}:/usr/sbin"


def block(language):
    return re.search(rf"^```{language}\n(.*?)^```$", DOCUMENT, re.M | re.S)[1]


def nginx(folder, port, server):
    """The block as it is, but for the certificate, which needs a name of its own, and the addresses."""
    text = block("nginx")
    assert "listen 443 ssl;" in text and "127.0.0.1:8080" in text
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};").replace("127.0.0.1:8080", f"127.0.0.1:{server}")
    text = re.sub(r"^\s*ssl_.*\n", "", text, flags=re.M)
    temporary = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in (
        "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.getuid() == 0 else ""
    (folder / "conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; {user}\nevents {{ }}\n"
        f"http {{ access_log off; {temporary}\n{text}\n}}\n")
    return ["-e", str(folder / "error.log"), "-p", str(folder), "-c", str(folder / "conf")]


def caddy(folder, port, server):
    text = block("caddy")
    assert "llm.example.com {" in text and "127.0.0.1:8080" in text
    text = text.replace("llm.example.com {", f"http://127.0.0.1:{port} {{").replace("127.0.0.1:8080", f"127.0.0.1:{server}")
    (folder / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https off\n}\n" + text)
    return ["run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


@pytest.fixture(params=[nginx, caddy], ids=lambda make: make.__name__)
def front(request, own, tmp_path):
    """A server behind a proxy of which it believes who its clients are: the server, and the proxy's port."""
    make = request.param
    program = shutil.which(make.__name__, path=PATHS)
    if not program:
        pytest.skip(f"{make.__name__} is not installed")
    server = own(LATCHKEY_TRUSTED_PROXIES="127.0.0.1")
    server.start()
    server.create_project("acme", "dummy:")
    port = free_port()
    process = subprocess.Popen(
        [program, *make(tmp_path, port, server.port)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, env={"HOME": str(tmp_path), "PATH": PATHS})

    def is_up():
        assert process.poll() is None, f"{make.__name__} ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        except OSError:
            return False

    try:
        until(is_up, "the proxy listens")
        yield server, port
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture
def client(front):
    server, port = front
    token = server.issue_token("acme")["token"]
    server.secrets.append(token)
    return openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key=token, max_retries=0)


def test_a_stream_passes_event_by_event(front, upstream):
    server, port = front
    server.create_project("streams", upstream.url, UPSTREAM_KEY)
    token = server.issue_token("streams")["token"]
    server.secrets.append(token)
    words = ["one", "two", "three"]
    gates = {word: threading.Event() for word in words}
    upstream.script(SSE_HEAD, [step for word in words for step in (event({"word": word}), gates[word])], SSE_END)
    stream = openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key=token, max_retries=0).post(
        "/responses", body={"model": "m", "stream": True}, cast_to=object, stream=True,
        stream_cls=openai.Stream[object])

    # The next event is sent only after the one before it has come.
    for word, came in zip(words, stream):
        assert came["word"] == word
        gates[word].set()


def test_a_large_upload_passes_and_the_limit_is_latchkeys(client):
    content = b"x" * (7 << 20)
    file = client.files.create(file=("a.bin", content), purpose="assistants")
    assert client.files.content(file.id).read() == content
    with pytest.raises(openai.APIStatusError) as error:
        client.files.create(file=("a.bin", b"x" * (20 << 20)), purpose="assistants")
    assert error.value.code == "request_too_large"


def test_a_path_passes_as_it_is(client):
    assert client.models.retrieve("org/llama").id == "org/llama"
    assert client.get("/models/org%2Fllama", cast_to=object)["id"] == "org/llama"


def test_the_client_is_told_by_the_proxy_and_not_by_itself(front):
    server, port = front
    made = server.manage("invitation", "create", "--project", "acme", "--name", "bob", "--expires-in", "1d")
    secret = made["url"].split("#")[1]
    server.secrets.append(secret)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("POST", "/claim", json.dumps({"secret": secret}), {
        "content-type": "application/json", "x-forwarded-for": "203.0.113.9"})
    answer = connection.getresponse()
    claimed = json.loads(answer.read())
    server.secrets.append(claimed["token"])
    connection.close()

    assert answer.status == 201
    assert server.manage("invitation", "show", made["id"])["claimed_from"] == "127.0.0.1"
