"""The files that commands make for the user: under their names whole or not at all, whenever the command is ended."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading

import pytest
from latchkey import until

BACKUP = json.dumps({
    "name": "latchkey-2026-11-30T12-00-00.000Z.db", "bytes": 1000, "created_at": "2026-11-30T12:00:00.000Z",
    "audit_head": None}).encode()
COMMANDS = [["backup", "--output"], ["audit", "export", "--output"]]


class Stalling:
    """A server that sends half of what is downloaded, and then nothing more."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._connections = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            threading.Thread(target=self._answer, args=[connection], daemon=True).start()

    @staticmethod
    def _answer(connection):
        arrived = b""
        while True:
            while b"\r\n\r\n" not in arrived:
                try:
                    more = connection.recv(65536)
                except OSError:
                    return
                if not more:
                    return
                arrived += more
            head, _, arrived = arrived.partition(b"\r\n\r\n")
            body, length = (BACKUP, len(BACKUP)) if head.startswith(b"POST") else (b"half", 1000)
            connection.sendall(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % length + body)

    def finish(self):
        """Sends the rest."""
        for connection in self._connections:
            connection.sendall(b"x" * (1000 - len(b"half")))

    def close(self):
        self._listener.close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()


@pytest.fixture
def stalling():
    server = Stalling()
    yield server
    server.close()


def command(server, *arguments, **environment):
    return subprocess.Popen(
        [*server.command, *arguments], env=server._environment | server._operator | environment, cwd=server.folder,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_command_that_is_killed_leaves_no_file_under_the_name(arguments, own, stalling):
    server = own()
    server.start()
    path = server.folder / "made"
    partial = server.folder / "made.partial"
    process = command(server, *arguments, str(path), LATCHKEY_URL=stalling.url)
    until(lambda: any(file.exists() and file.read_bytes() == b"half" for file in (path, partial)), "half is written")

    process.send_signal(signal.SIGKILL)
    process.communicate()

    assert not path.exists()
    assert partial.stat().st_mode & 0o777 == 0o600
    # The next one replaces what is left, whoever may read that.
    partial.chmod(0o666)
    process = command(server, *arguments, str(path))
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert not partial.exists()
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"half" not in path.read_bytes()[:4] and path.stat().st_size > 100


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_file_that_is_there_is_kept(arguments, own):
    server = own()
    server.start()
    path = server.folder / "made"
    path.write_text("precious")

    process = command(server, *arguments, "made")
    _, said = process.communicate(timeout=60)

    assert process.returncode == 2 and "file exists" in said
    assert path.read_text() == "precious"
    assert [name for name in os.listdir(server.folder) if "partial" in name] == []


def test_two_commands_that_write_one_file_do_not_mix_what_they_write(own, stalling):
    server = own()
    server.start()
    path = server.folder / "made"
    partial = server.folder / "made.partial"
    first = command(server, *COMMANDS[1], "made", LATCHKEY_URL=stalling.url)
    until(lambda: partial.exists() and partial.read_bytes() == b"half", "half is written")

    second = command(server, *COMMANDS[1], "made")
    assert second.communicate(timeout=60) and second.returncode == 0
    whole = path.read_bytes()
    stalling.finish()
    _, said = first.communicate(timeout=60)

    assert first.returncode == 1 and "another command writes the same file" in said
    assert path.read_bytes() == whole and not partial.exists()
