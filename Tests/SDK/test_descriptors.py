"""More clients than the process may have descriptors: nobody spins, those who are in are served, and room is found
again.
"""

import os
import resource
import socket
from pathlib import Path

import pytest
from conftest import UPSTREAM_KEY
from latchkey import PATIENCE, until
from upstream import answer

FULL = os.environ.get("VERIFY") == "1"
LIMIT = 64
CLIENTS = 200
OBSERVED = 3.0
"""Seconds of watching the processor: long enough to tell a spin from a poll."""


def few():
    resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, LIMIT))


def processor_seconds(server):
    fields = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def descriptors(server):
    return len(os.listdir(f"/proc/{server.pid}/fd"))


def issue(server, project):
    issued = server.ask("POST", "/manage/tokens", {"project": project, "name": "bob", "expires_in": None}).json()
    server.secrets.append(issued["token"])
    return issued["token"]


def ask(connection, credential):
    connection.sendall(
        b"GET /v1/models HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer %s\r\n\r\n" % credential.encode())


def status_of(connection):
    """The status of an answer that comes, None where the connection is held and nothing comes."""
    try:
        head = connection.recv(65536)
    except TimeoutError:
        return None
    return int(head.split(b" ")[1]) if head else 0


def test_more_clients_than_descriptors(own):
    server = own()
    server.start()
    server.ask("POST", "/manage/projects", {"name": "acme", "upstream_url": "dummy:"})
    credential = issue(server, "acme")
    assert server.stop() == 0
    server.serve(before=few)
    assert f"descriptors={LIMIT}" in server.output()
    baseline = descriptors(server)

    clients = [socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) for _ in range(CLIENTS)]
    for client in clients:
        ask(client, credential)
    until(lambda: descriptors(server) >= LIMIT, "every descriptor is used")
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
    assert descriptors(server) >= LIMIT

    for client in clients[:-10]:
        client.close()
    for client in clients[-10:]:
        client.settimeout(PATIENCE)
        assert status_of(client) == 200
        client.close()
    _, took = until(server.is_ready, "new connections are taken")
    if FULL:
        assert took <= 2
    until(lambda: descriptors(server) <= baseline, "descriptors are given back")
    assert server.output().count("cannot accept connections") == 1
    assert server.stop() == 0


def test_upstream_that_gets_no_descriptor_is_a_failure_like_any_other(own, upstream):
    server = own()
    server.start()
    server.create_project("acme", upstream.url, UPSTREAM_KEY)
    credential = issue(server, "acme")
    assert server.stop() == 0
    server.serve(before=few)
    baseline = descriptors(server)

    clients = []
    while descriptors(server) < LIMIT:
        client = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
        ask(client, "none")
        assert status_of(client) == 401
        clients.append(client)
    first = clients[0]
    before = processor_seconds(server)
    for _ in range(3):
        ask(first, credential)
        assert status_of(first) == 502
    first.settimeout(OBSERVED)
    assert status_of(first) is None
    assert processor_seconds(server) - before < OBSERVED / 6
    assert upstream.requests == []

    for client in clients[1:]:
        client.close()
    until(lambda: descriptors(server) <= baseline + 1, "descriptors are given back")
    upstream.script(answer(200, {"object": "list", "data": []}))
    first.settimeout(PATIENCE)
    ask(first, credential)
    assert status_of(first) == 200
    first.close()
    assert server.stop() == 0


def test_clients_that_come_and_go_leave_nothing(own):
    server = own()
    server.start()
    baseline = descriptors(server)

    for _ in range(1000):
        socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE).close()

    until(lambda: descriptors(server) <= baseline, "descriptors are given back", seconds=5)
