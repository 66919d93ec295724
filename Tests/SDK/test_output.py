"""Whoever reads what the server or a command prints may stop reading, or never have been there."""

import json
import os
import pty
import signal
import sqlite3
import subprocess

import pytest
from conftest import issue
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
    # As of `cat`; a shell says 141.
    assert (result.returncode, result.stderr) == (-signal.SIGPIPE, b"")


@pytest.mark.parametrize("arguments", [
    ["audit", "export"], ["audit", "list"], ["token", "list"], ["token", "list", "--json"], ["usage", "--csv"],
    ["doctor"], ["price", "list"], ["--generate-completion-script", "bash"]], ids=" ".join)
def test_result_whose_reader_is_gone_is_no_failure(arguments, own):
    server = own()
    server.start()
    server.create_project("acme", "dummy:")
    issue(server, "acme")
    reader, writer = os.pipe()
    os.close(reader)

    result = subprocess.run(
        [*server.command, *arguments], env=server._environment | server._operator, cwd=server.folder, stdout=writer,
        stderr=subprocess.PIPE, timeout=30)

    os.close(writer)
    assert (result.returncode, result.stderr) == (-signal.SIGPIPE, b"")


def test_download_that_cannot_be_written_does_not_blame_the_server(own):
    server = own()
    server.start()
    with open("/dev/full", "wb", buffering=0) as full:
        result = subprocess.run(
            [*server.command, "audit", "export"], env=server._environment | server._operator, cwd=server.folder,
            stdout=full, stderr=subprocess.PIPE, timeout=30)

    assert result.returncode == 1
    assert result.stderr == b"latchkey: cannot write to standard output: no space left on device\n"


HIDDEN = "a\u202eb\u200bc"


@pytest.fixture
def deceiving(own):
    """A server with an access token whose name is of an earlier version, which took any character."""
    server = own()
    server.start()
    server.create_project("acme", "dummy:")
    issue(server, "acme")
    server.stop()
    database = sqlite3.connect(server.data / "latchkey.db")
    with database:
        database.execute("UPDATE access_tokens SET name = ?", [HIDDEN])
        database.execute(
            "UPDATE audit_events SET details = replace(details, 'bob', ?) WHERE action = 'token.issue'", [HIDDEN])
    database.close()
    server.serve()
    return server


def test_characters_that_deceive_are_spelled_out(deceiving):
    escaped, in_json = "a\\u{202E}b\\u{200B}c", "a\\u202eb\\u200bc"
    [token] = deceiving.manage("token", "list")["items"]
    assert token["name"] == HIDDEN
    for arguments in (
        ["token", "list"], ["token", "show", token["id"]], ["audit", "list"], ["token", HIDDEN],
    ):
        result = deceiving.attempt(*arguments)
        assert escaped in result.stdout + result.stderr
        assert not set(HIDDEN) & set(result.stdout + result.stderr) - set("abc"), arguments
    for arguments in (["token", "list"], ["audit", "list"], ["usage", "--by", "token"]):
        assert not set(HIDDEN) & set(deceiving.attempt(*arguments, "--json").stdout) - set("abc")
    assert in_json in deceiving.attempt("token", "list", "--json").stdout
    # A file has what is there; a terminal does not.
    assert HIDDEN in deceiving.attempt("audit", "export").stdout
    terminal = on_terminal(deceiving, "audit", "export")
    assert in_json in terminal and HIDDEN not in terminal
    assert [json.loads(line) for line in terminal.splitlines()] == [
        json.loads(line) for line in deceiving.attempt("audit", "export").stdout.splitlines()]


def on_terminal(server, *arguments):
    """Standard output of a command where that is a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*server.command, *arguments], env=server._environment | server._operator, cwd=server.folder, stdout=theirs)
    os.close(theirs)
    text = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        text += part
    os.close(ours)
    assert process.wait(timeout=30) == 0
    return text.decode().replace("\r\n", "\n")


def test_names_that_deceive_are_refused_by_the_api(deceiving):
    new = {"project": "acme", "name": "bob", "expires_in": 60}
    for body, pointer in (
        (new | {"name": HIDDEN}, "/name"), (new | {"owner": HIDDEN}, "/owner"),
        (new | {"labels": {"team": HIDDEN}}, "/labels/team"),
    ):
        answer = deceiving.ask("POST", "/manage/tokens", body)
        assert (answer.status, answer.json()["errors"][0]["pointer"]) == (422, pointer)
        assert "invisible" in answer.json()["detail"]
    assert deceiving.ask("POST", "/manage/keys", {"name": HIDDEN, "role": "read"}).status == 422
    assert deceiving.ask("POST", "/manage/tokens", new | {"name": "👩‍💻 می‌خواهم"}).status == 201
    # What has such a name already can still be changed.
    [token] = [item for item in deceiving.manage("token", "list")["items"] if item["name"] == HIDDEN]
    assert deceiving.ask("PATCH", f"/manage/tokens/{token['id']}", {"owner": "bob"}).json()["name"] == HIDDEN


def test_result_that_cannot_be_written_is_told(binary):
    with open("/dev/full", "wb", buffering=0) as full:
        result = subprocess.run([*AS_USER, binary, "version"], stdout=full, stderr=subprocess.PIPE, timeout=30)

    assert result.returncode == 1
    assert result.stderr == b"latchkey: cannot write to standard output: no space left on device\n"
