"""The files that commands make for the user: under their names whole or not at all, whenever the command is ended."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import threading

import pytest
from latchkey import until
from user import IS_ROOT, give

BACKUP = json.dumps({
    "name": "latchkey-2026-11-30T12-00-00.000Z.db", "bytes": 1000, "created_at": "2026-11-30T12:00:00.000Z",
    "audit_head": None}).encode()
COMMANDS = [["backup", "--output"], ["audit", "export", "--output"]]
PARTIAL = ".made.latchkey-partial"
"""The name under which the file `made` is written."""


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
        # Who waits in accept() goes on with the number of the descriptor, which is soon another's.
        self._listener.shutdown(socket.SHUT_RDWR)
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


FAULTS = """
#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef NO_LINKS
int linkat(int a, const char *b, int c, const char *d, int e) { errno = EPERM; return -1; }
#else
int fsync(int file)
{
    struct stat facts;
    if (fstat(file, &facts) != 0 || !S_ISDIR(facts.st_mode)) return (int)syscall(SYS_fsync, file);
    errno = EIO;
    return -1;
}
#endif
"""


def fault(folder, *options):
    """The setting by which a command meets a file system without links, or one whose folders cannot be synced."""
    compiler = shutil.which("cc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("there is no C compiler")
    library = folder / "fault.so"
    subprocess.run([compiler, "-shared", "-fPIC", *options, "-x", "c", "-", "-o", library],
                   input=FAULTS, text=True, check=True)
    library.chmod(0o755)
    return {"LD_PRELOAD": str(library)}


def command(server, *arguments, **environment):
    return subprocess.Popen(
        [*server.command, *arguments], env=server._environment | server._operator | environment, cwd=server.folder,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_command_that_is_killed_leaves_no_file_under_the_name(arguments, own, stalling):
    server = own()
    server.start()
    path = server.folder / "made"
    partial = server.folder / PARTIAL
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


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo, lambda path: os.symlink("precious", path)],
                         ids=["folder", "pipe", "link"])
def test_what_no_command_left_is_not_replaced(make, own):
    server = own()
    server.start()
    kept = [server.folder / "precious", server.folder / "made.partial"]
    for path in kept:
        path.write_text("precious")
    partial = server.folder / PARTIAL
    make(partial)

    process = command(server, *COMMANDS[1], "made")
    _, said = process.communicate(timeout=60)

    assert process.returncode == 2 and PARTIAL in said and "file exists" in said
    assert os.path.lexists(partial) and not (server.folder / "made").exists()
    assert [path.read_text() for path in kept] == ["precious", "precious"]


def test_a_file_of_another_user_is_not_replaced(own):
    if not IS_ROOT:
        pytest.skip("only root makes files of other users")
    server = own()
    server.start()
    partial = server.folder / PARTIAL
    partial.write_text("precious")

    process = command(server, *COMMANDS[1], "made")
    _, said = process.communicate(timeout=60)

    assert process.returncode == 2 and "file exists" in said
    assert partial.read_text() == "precious"


def test_a_file_that_merely_has_a_similar_name_is_kept(own):
    server = own()
    server.start()
    similar = server.folder / "made.partial"
    similar.write_text("precious")
    give(similar)

    process = command(server, *COMMANDS[1], "made")
    _, said = process.communicate(timeout=60)

    assert process.returncode == 0, said
    assert similar.read_text() == "precious"


def test_a_file_that_is_made_meanwhile_is_kept(own, stalling):
    server = own()
    server.start()
    path = server.folder / "made"
    partial = server.folder / PARTIAL
    process = command(server, *COMMANDS[1], "made", LATCHKEY_URL=stalling.url)
    until(lambda: partial.exists() and partial.read_bytes() == b"half", "half is written")

    path.write_text("precious")
    stalling.finish()
    _, said = process.communicate(timeout=60)

    assert process.returncode == 2 and "file exists" in said
    assert path.read_text() == "precious" and not partial.exists()


def test_two_commands_that_write_one_file_do_not_mix_what_they_write(own, stalling):
    server = own()
    server.start()
    path = server.folder / "made"
    partial = server.folder / PARTIAL
    first = command(server, *COMMANDS[1], "made", LATCHKEY_URL=stalling.url)
    until(lambda: partial.exists() and partial.read_bytes() == b"half", "half is written")

    second = command(server, *COMMANDS[1], "made")
    assert second.communicate(timeout=60) and second.returncode == 0
    whole = path.read_bytes()
    stalling.finish()
    _, said = first.communicate(timeout=60)

    assert first.returncode == 1 and "another command writes the same file" in said
    assert path.read_bytes() == whole and not partial.exists()


def test_a_file_system_without_links_takes_the_file_too(own, stalling):
    server = own()
    server.start()
    setting = fault(server.folder, "-DNO_LINKS")
    path = server.folder / "made"
    partial = server.folder / PARTIAL

    process = command(server, *COMMANDS[1], "made", **setting)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert path.stat().st_mode & 0o777 == 0o600 and path.stat().st_size > 100 and not partial.exists()

    path.unlink()
    process = command(server, *COMMANDS[1], "made", LATCHKEY_URL=stalling.url, **setting)
    until(lambda: partial.exists() and partial.read_bytes() == b"half", "half is written")
    path.write_text("precious")
    stalling.finish()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2 and "file exists" in said
    assert path.read_text() == "precious" and not partial.exists()


def test_a_folder_that_cannot_be_synced_is_reported_and_the_file_stays(own):
    server = own()
    server.start()
    path = server.folder / "made"

    process = command(server, *COMMANDS[1], "made", **fault(server.folder))
    _, said = process.communicate(timeout=60)

    assert process.returncode == 1 and "made is whole, but its folder cannot be synced: input/output error" in said
    assert path.stat().st_size > 100 and not (server.folder / PARTIAL).exists()
