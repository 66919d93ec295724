"""Whoever reads what the server or a command prints may stop reading, or never have been there."""

import json
import os
import signal
import subprocess

from latchkey import until
from user import AS_USER, may_look_into

BATCH = 100


def ask_models(server, credential, times):
    connection = server.connect()
    for _ in range(times):
        assert server.ask("GET", "/v1/models", key=credential, connection=connection).status == 200
    connection.close()


def prepare(server):
    """A server that has an access token and was stopped again."""
    server.start()
    server.ask("POST", "/manage/projects", {"name": "acme", "upstream_url": "dummy:"})
    issued = server.ask("POST", "/manage/tokens", {"project": "acme", "name": "bob", "expires_in": None}).json()
    server.secrets.append(issued["token"])
    assert server.stop() == 0
    return issued["token"]


def test_full_pipe_blocks_no_request_and_not_the_end(own):
    server = own()
    credential = prepare(server)
    reader, writer = os.pipe()
    server.serve(stdout=writer)
    os.close(writer)

    # Far more than a pipe holds (64 KiB) at about 250 bytes a request.
    ask_models(server, credential, 10 * BATCH)

    assert server.ask("GET", "/ready").status == 200
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    with os.fdopen(reader, "rb") as rest:
        lines = rest.read().split(b"\n")
    for line in lines[:-1]:
        assert json.loads(line)["outcome"] == "completed"


def test_lines_for_a_reader_that_is_gone_are_counted(own):
    server = own()
    credential = prepare(server)
    reader, writer = os.pipe()
    server.serve(stdout=writer)
    os.close(writer)
    ask_models(server, credential, 1)
    assert json.loads(os.read(reader, 65536).split(b"\n")[0])["endpoint"] == "models"
    assert server.metric("latchkey_access_log_dropped_total") == 0
    os.close(reader)

    ask_models(server, credential, BATCH)

    until(lambda: server.metric("latchkey_access_log_dropped_total") == BATCH, "every lost line is counted")
    server.signal(signal.SIGTERM)
    assert server.wait() == 0


def test_closed_streams_write_into_no_file_of_ours(own):
    """Else the next file that is opened gets the number, and what is printed."""
    server = own()
    credential = prepare(server)

    server.serve(before=lambda: [os.close(stream) for stream in (0, 1, 2)])
    ask_models(server, credential, BATCH)

    until(lambda: server.metric("latchkey_access_log_dropped_total") == BATCH, "every lost line is counted")
    if may_look_into(server.pid):
        for stream in (0, 1, 2):
            assert os.readlink(f"/proc/{server.pid}/fd/{stream}") == "/dev/null"
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    for file in server.data.iterdir():
        assert b'"outcome"' not in file.read_bytes()
    server.serve()
    ask_models(server, credential, 1)


def test_command_whose_reader_is_gone_ends_quietly(binary):
    reader, writer = os.pipe()
    os.close(reader)

    result = subprocess.run([*AS_USER, binary, "--help"], stdout=writer, stderr=subprocess.PIPE, timeout=30)

    os.close(writer)
    assert (result.returncode, result.stderr) == (1, b"")


def test_result_that_cannot_be_written_is_told(binary):
    with open("/dev/full", "wb", buffering=0) as full:
        result = subprocess.run([*AS_USER, binary, "version"], stdout=full, stderr=subprocess.PIPE, timeout=30)

    assert result.returncode == 1
    assert result.stderr == b"latchkey: cannot write to standard output: no space left on device\n"
