"""What one client sends and is done with does not stay in memory."""

import socket
from pathlib import Path

from latchkey import PATIENCE

SENT = 64 * 1024 * 1024
KEPT = 24 * 1024 * 1024


def resident(server):
    line = next(x for x in Path(f"/proc/{server.pid}/status").read_text().splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def test_reads_that_always_end_within_a_head_leave_nothing(own):
    server = own()
    server.start()
    head = b"GET /v1/models HTTP/1.1\r\nhost: x\r\nx-0: %s\r\nx-1: %s\r\n\r\n" % (b"a" * 15000, b"a" * 15000)
    first, second = head[:16000], head[16000:]
    client = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
    client.sendall(first)
    before = resident(server)

    for _ in range(SENT // len(head)):
        client.sendall(second + first)
        assert client.recv(65536).startswith(b"HTTP/1.1 401 ")

    assert resident(server) - before < KEPT
    client.close()
    assert server.stop() == 0
