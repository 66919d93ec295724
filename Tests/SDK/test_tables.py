"""Tables for people: as wide as the terminal, whole in a pipe, and with the next step where there is nothing to show."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios

import pytest
from latchkey import Latchkey

TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}Z")
LISTS = [
    ["token", "list"], ["project", "list"], ["key", "list"], ["invitation", "list"], ["alarm", "list"],
    ["audit", "list"], ["price", "list"], ["credential", "list", "acme"], ["backup", "list"]]


@pytest.fixture(scope="module")
def settled(binary, folders):
    """A server with one of each thing that is listed, and names longer than a narrow terminal likes."""
    server = Latchkey(binary, folders("tables"))
    try:
        server.start()
        server.create_project("acme", "https://a-rather-long-host-name.of-the-upstream.example.com/v1", "sk-x")
        for number in range(3):
            server.manage(
                "token", "issue", "--project", "acme", "--name", f"build-server-number-{number}", "--owner",
                f"operations-{number}@example.com", "--label", "team=search", *(["--honey"] if number == 2 else []))
        server.manage("invitation", "create", "--project", "acme", "--name", "bob")
        server.manage("backup")
        leaked = server.issue_token("acme")["token"]
        server.manage("token", "revoke", "--leaked", standard_input=leaked)
        yield server
    finally:
        server.stop()


def environment(server):
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith("LATCHKEY_") and name != "COLUMNS"}
    return clean | {"LATCHKEY_URL": server.origin, "LATCHKEY_ADMIN_KEY": server.admin_key}


def piped(server, *arguments):
    done = subprocess.run(
        [*server.command, *arguments], env=environment(server), cwd=server.folder, capture_output=True, text=True,
        timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def on_terminal(server, *arguments, width=80, **settings):
    """Standard output on a terminal of this width, and standard error."""
    control, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    process = subprocess.Popen(
        [*server.command, *arguments], env=environment(server) | settings, cwd=server.folder, stdin=subprocess.DEVNULL,
        stdout=terminal, stderr=subprocess.PIPE)
    os.close(terminal)
    output = b""
    while True:
        try:
            piece = os.read(control, 65536)
        except OSError:  # What Linux says where the other side is closed.
            break
        if not piece:
            break
        output += piece
    os.close(control)
    errors = process.communicate(timeout=30)[1].decode()
    assert process.returncode == 0, errors
    return output.decode().replace("\r\n", "\n"), errors


@pytest.mark.parametrize("arguments", LISTS, ids=" ".join)
def test_a_list_fits_the_terminal_and_is_whole_in_a_pipe(arguments, settled):
    whole, errors = piped(settled, *arguments)
    assert "Not shown" not in errors
    for width in (80, 60):
        shown, errors = on_terminal(settled, *arguments, width=width)
        lines = shown.splitlines()
        assert len(lines) == len(whole.splitlines()) and max(map(len, lines)) <= width
        left_out = set(whole.splitlines()[0].lower().split()) - set(lines[0].lower().split())
        assert bool(left_out) == ("Not shown: " in errors)
        assert all(word in errors for word in left_out)
    assert on_terminal(settled, *arguments, "--wide", width=60)[0] == whole
    assert on_terminal(settled, *arguments, width=60, COLUMNS="500")[0] == whole
    assert not re.search(r"[0-9]{2}:[0-9]{2}:[0-9]{2}", whole), "a time is not told to the millisecond"


def test_access_tokens_are_told_with_their_project_and_their_last_use(settled):
    whole, _ = piped(settled, "token", "list", "--sort", "name", "--name", "build-*")

    titles, *rows = whole.splitlines()
    assert titles.split("  ")[0] == "ID"
    assert all(title in titles for title in ("PROJECT", "STATUS", "LAST USED", "EXPIRES", "OWNER", "LABELS"))
    assert [re.split(r" {2,}", row)[2:5] for row in rows] == [
        ["acme", "active", "never"], ["acme", "active", "never"], ["acme", "active, honey", "never"]]
    assert all(len(TIME.findall(row)) == 1 for row in rows)
    [token] = settled.manage("token", "list", "--search", "number-1")["items"]
    assert token["project"].startswith("proj_") and re.search(r":[0-9]{2}\.[0-9]{3}Z$", token["expires_at"])


@pytest.mark.parametrize("arguments", [["token", "list"], ["audit", "list"], ["price", "list"]], ids=" ".join)
def test_a_list_is_cut_and_says_so(arguments, settled):
    everything = settled.manage(*arguments, "--limit", "1000")
    assert len(everything["items"]) > 1
    cut = settled.manage(*arguments, "--limit", "1")
    assert cut["items"] == everything["items"][:1] and cut["next_cursor"] is not None
    shown, errors = piped(settled, *arguments, "--limit", "1")
    assert len(shown.splitlines()) == 2 and "--limit" in errors


def test_lists_are_sorted_either_way(settled):
    for arguments, key in [
            (["token", "list"], "name"), (["token", "list"], "expires_at"), (["project", "list"], "created_at"),
            (["audit", "list"], "seq"), (["price", "list"], "model"), (["backup", "list"], "bytes"),
            (["credential", "list", "acme"], "created_at"), (["invitation", "list"], "expires_at")]:
        rising = [item[key] for item in settled.manage(*arguments, "--sort", key)["items"]]
        falling = [item[key] for item in settled.manage(*arguments, "--sort", "-" + key)["items"]]
        assert rising == sorted(rising) and falling == sorted(falling, reverse=True), arguments


def test_an_empty_list_names_the_next_command(own):
    server = own()
    server.start()
    for arguments, words in [
            (["project", "list"], "latchkey project create"), (["token", "list"], "latchkey token issue --project"),
            (["invitation", "list"], "latchkey invitation create"), (["backup", "list"], "Next: latchkey backup"),
            (["alarm", "list"], "latchkey alarm test"), (["usage"], "Nothing was used")]:
        output, errors = piped(server, *arguments)
        assert words in errors, errors
        assert output == "" or arguments == ["usage"]
        assert json.loads(piped(server, *arguments, "--json")[0])
    server.create_project("acme", "dummy:")
    assert "latchkey credential set" in piped(server, "credential", "list", "acme")[1]
    output, errors = piped(server, "token", "list", "--project", "acme")
    assert output == "" and errors == "No access tokens fit these options.\n"


def test_usage_is_sorted_cut_and_fits(settled):
    arguments = ["usage", "--by", "project,token,day,model", "--sort", "-cost_usd", "--limit", "2"]
    shown, errors = on_terminal(settled, *arguments)

    assert max(map(len, shown.splitlines())) <= 80
    assert "Not shown: project, token" in errors and "--wide" in errors
