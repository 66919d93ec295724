"""Fewer descriptors than it takes: a start says so; at run time nobody spins, those who are in are served, what fails
says what failed, and room is found again.
"""

import os
import resource
import socket
import subprocess
from pathlib import Path

import pytest
from conftest import UPSTREAM_KEY
from latchkey import PATIENCE, until
from upstream import answer

FULL = os.environ.get("VERIFY") == "1"
LIMIT = 64
NEED = 56
"""Of a server with two threads."""
COMMAND_NEED = 24
CLIENTS = 200
OBSERVED = 3.0
"""Seconds of watching the processor: long enough to tell a spin from a poll."""


def at_most(limit):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))


def processor_seconds(server):
    fields = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def issue(server, project):
    issued = server.ask("POST", "/manage/tokens", {"project": project, "name": "bob", "expires_in": None}).json()
    server.secrets.append(issued["token"])
    return issued["token"]


def ask(connection, credential):
    connection.sendall(
        b"GET /v1/models HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer %s\r\n\r\n" % credential.encode())


def head_of(connection):
    """The head of an answer that comes, None where the connection is held and nothing comes."""
    try:
        return connection.recv(65536)
    except TimeoutError:
        return None


def status_of(connection):
    head = head_of(connection)
    return head and int(head.split(b" ")[1])


def watch(server):
    """A connection that the descriptors are counted over, for in a shortage there is no other."""
    connection = server.connect()
    server.descriptors(connection)
    return connection


def fill(server, watching, limit):
    """Connections, until the server has so many descriptors open."""
    clients = []
    while server.descriptors(watching) < limit:
        client = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
        ask(client, "none")
        assert status_of(client) == 401
        clients.append(client)
    return clients


def attempt(server, limit, *arguments, **environment):
    result = subprocess.run(
        [*server.command, *arguments], env=server._environment | environment, cwd=server.folder, capture_output=True,
        text=True, timeout=30, preexec_fn=at_most(limit))
    with open(server.output_path, "a") as output:
        output.write(result.stdout + result.stderr)
    return result


# The start

@pytest.mark.parametrize("limit", [COMMAND_NEED, 32, 40, NEED - 1])
def test_server_that_may_not_open_enough_files_says_so(own, limit):
    server = own(LATCHKEY_THREADS="2")
    server.run("init", LATCHKEY_ADMIN_KEY=server.admin_key)
    before = sorted(path.name for path in server.data.iterdir())

    result = attempt(server, limit, "serve")

    assert (result.returncode, result.stdout) == (1, "")
    first, hint = result.stderr.splitlines()
    assert first == f"latchkey: the limit on open files is {limit}, and at least {NEED} are needed"
    assert hint.startswith("hint: ") and "ulimit -n" in hint and "LimitNOFILE=" in hint
    assert sorted(path.name for path in server.data.iterdir()) == before
    failed = [line for line in attempt(server, limit, "doctor").stdout.splitlines() if line.startswith("fail")]
    assert any(f"the limit on open files is {limit}" in line for line in failed), failed


@pytest.mark.parametrize("arguments", [
    ["init"], ["serve"], ["doctor"], ["restore", "none.db"], ["project", "list"], ["backup"], ["version"],
    ["token", "scan", "."]])
def test_command_that_may_not_open_enough_files_says_so(own, arguments):
    server = own()

    result = attempt(server, COMMAND_NEED - 8, *arguments)

    assert result.returncode == 1
    assert result.stderr.startswith(
        f"latchkey: the limit on open files is {COMMAND_NEED - 8}, and at least {COMMAND_NEED} are needed\nhint: ")
    assert not server.data.exists()


def test_what_is_called_enough_is_enough(own, upstream):
    server = own(LATCHKEY_THREADS="2")
    made = attempt(server, COMMAND_NEED, "init", LATCHKEY_ADMIN_KEY=server.admin_key)
    assert made.returncode == 0, made.stderr
    checked = attempt(server, COMMAND_NEED, "doctor")
    assert "ok    store: ledger adds up" in checked.stdout.splitlines(), checked.stdout

    server.serve(before=at_most(NEED))

    server.create_project("acme", upstream.url, UPSTREAM_KEY)
    credential = issue(server, "acme")
    upstream.script(answer(200, {"object": "list", "data": []}))
    assert server.ask("GET", "/v1/models", key=credential).status == 200
    listed = attempt(
        server, COMMAND_NEED, "project", "list", LATCHKEY_URL=server.origin, LATCHKEY_ADMIN_KEY=server.admin_key)
    assert listed.returncode == 0 and "acme" in listed.stdout
    assert server.manage("backup")["bytes"] > 0
    assert server.stop() == 0


def test_address_that_no_one_knows_is_told(own):
    server = own(LATCHKEY_LISTEN="nowhere.invalid:8080")
    server.run("init", LATCHKEY_ADMIN_KEY=server.admin_key)

    result = attempt(server, 1024, "serve")

    assert result.returncode == 1
    assert "latchkey: cannot listen on nowhere.invalid:8080: unknown host\nhint: set LATCHKEY_LISTEN" in result.stderr


# At run time

def test_more_clients_than_descriptors(own):
    server = own()
    server.start()
    server.ask("POST", "/manage/projects", {"name": "acme", "upstream_url": "dummy:"})
    credential = issue(server, "acme")
    assert server.stop() == 0
    server.serve(before=at_most(LIMIT))
    assert f"descriptors={LIMIT}" in server.output()
    watching = watch(server)
    baseline = server.descriptors(watching)

    clients = [socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) for _ in range(CLIENTS)]
    for client in clients:
        ask(client, credential)
    until(lambda: server.descriptors(watching) >= LIMIT, "every descriptor is used")
    before = processor_seconds(server)
    first, last = clients[0], clients[-1]
    assert status_of(first) == 200
    for _ in range(20):
        ask(first, credential)
        assert status_of(first) == 200
    # Nobody asks anything more, and no answer comes: what the server does now is its own doing.
    last.settimeout(OBSERVED)
    assert status_of(last) is None
    assert processor_seconds(server) - before < OBSERVED / 6
    assert server.descriptors(watching) >= LIMIT

    for client in clients[:-10]:
        client.close()
    for client in clients[-10:]:
        client.settimeout(PATIENCE)
        assert status_of(client) == 200
        client.close()
    _, took = until(server.is_ready, "new connections are taken")
    if FULL:
        assert took <= 2
    until(lambda: server.descriptors(watching) <= baseline, "descriptors are given back")
    assert server.output().count("cannot accept connections") == 1
    assert "reason=Too many open files" in server.output()
    watching.close()
    assert server.stop() == 0


@pytest.mark.parametrize("host, left", [
    # The connection's own descriptor, the resolver's, and that of the file of certificates.
    ("http://127.0.0.1:{port}/v1", 0), ("http://upstream.invalid:{port}/v1", 0), ("https://127.0.0.1:{port}/v1", 1)])
def test_shortage_is_called_one_and_not_laid_to_the_upstream(own, upstream, host, left):
    server = own()
    server.start()
    url = host.format(port=upstream.url.rpartition(":")[2].partition("/")[0])
    project = server.create_project("acme", url, UPSTREAM_KEY)
    server.create_project("other", upstream.url, UPSTREAM_KEY)
    credential, other = issue(server, "acme"), issue(server, "other")
    assert server.stop() == 0
    server.serve(before=at_most(LIMIT))
    watching = watch(server)
    baseline = server.descriptors(watching)

    clients = fill(server, watching, LIMIT - left)
    first = clients[0]
    before = processor_seconds(server)
    for _ in range(3):
        ask(first, credential)
        head = head_of(first)
        assert head.startswith(b"HTTP/1.1 503 "), head
        assert b"\r\nx-latchkey-error: out_of_descriptors\r\n" in head and b"\r\nretry-after: " in head
        assert b'"code":"overloaded"' in head and b"upstream" not in head.partition(b"\r\n\r\n")[2]
    checked = server.ask("POST", f"/manage/projects/{project['id']}/upstream/check", connection=watching).json()
    assert (checked["ok"], checked["reason"]) == (False, "out_of_descriptors")
    first.settimeout(OBSERVED)
    assert status_of(first) is None
    assert processor_seconds(server) - before < OBSERVED / 6
    assert upstream.requests == []
    assert server.metric('latchkey_upstream_failures_total{reason="out_of_descriptors"}', watching) == 3
    assert server.output().count('"outcome":"failed","reason":"out_of_descriptors"') == 3
    assert server.output().count("no file descriptor is left for a connection to an upstream") == 1

    for client in clients[1:]:
        client.close()
    until(lambda: server.descriptors(watching) <= baseline + 1, "descriptors are given back")
    upstream.script(answer(200, {"object": "list", "data": []}))
    first.settimeout(PATIENCE)
    ask(first, other)
    assert status_of(first) == 200
    first.close()
    watching.close()
    assert server.stop() == 0


def test_clients_that_come_and_go_leave_nothing(own):
    server = own()
    server.start()
    watching = watch(server)
    baseline = server.descriptors(watching)

    for _ in range(1000):
        socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE).close()

    until(lambda: server.descriptors(watching) <= baseline, "descriptors are given back", seconds=5)
    watching.close()
