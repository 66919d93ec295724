"""`latchkey doctor` looks and changes nothing: no file of the data folder is made, changed or removed by it."""

import hashlib
import json
import os
import socket
import sqlite3
import subprocess
import sys

import pytest
from conftest import UPSTREAM_KEY
from latchkey import free_port
from tls import Authority
from user import give

CREDENTIALS = "/manage/projects/{}/credentials"


def doctor(server):
    """The lines of the report."""
    result = server._run(["doctor", "--json"], "", {})
    return json.loads(result.stdout)["checks"]


def named(checks, name):
    return [check for check in checks if check["name"] == name]


def content(folder):
    """Every file and folder with its mode, size, time of change and bytes."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        facts = path.stat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
        found[str(path)] = (facts.st_mode, facts.st_size, facts.st_mtime_ns, facts.st_ino, digest)
    return found


@pytest.fixture
def used(own):
    """A server that has a project, and whose log was not folded in; it does not run."""
    server = own()
    server.start()
    server.create_project("acme", "https://upstream.test", UPSTREAM_KEY)
    server.kill()
    return server


def fold_in(server):
    """As a start and an orderly end by another program leave it: without a log."""
    database = sqlite3.connect(server.data / "latchkey.db")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    assert not (server.data / "latchkey.db-wal").exists()
    give(*server.data.iterdir())


def stop_in_order(server):
    server.serve()
    assert server.stop() == 0


def lose_the_index(server):
    (server.data / "latchkey.db-shm").unlink()


def lose_the_log(server):
    lose_the_index(server)
    (server.data / "latchkey.db-wal").write_bytes(b"")


def leave_an_old_log(server):
    """One of which nothing counts."""
    fold_in(server)
    log = server.data / "latchkey.db-wal"
    log.write_bytes(b"\0" * 8192)
    log.chmod(0o600)
    give(log)


def leave_things_unfinished(server):
    for name in ["creating.db", "restoring.db", "restoring.db-wal", "master.key.next"]:
        path = server.data / name
        path.write_text("half")
        path.chmod(0o600)
        give(path)


def close_the_folder(server):
    server.data.chmod(0o500)


@pytest.mark.parametrize("state", [
    None, stop_in_order, fold_in, lose_the_index, lose_the_log, leave_an_old_log, leave_things_unfinished,
    close_the_folder])
def test_doctor_changes_no_file_of_a_stopped_server(state, used):
    if state:
        state(used)
    before = content(used.data)

    checks = doctor(used)

    assert content(used.data) == before
    if state is not lose_the_log:
        for name in ["store", "store: upstream keys open", "store: ledger adds up"]:
            assert [check["ok"] for check in named(checks, name)] == [True], name
    used.data.chmod(0o700)


@pytest.mark.parametrize("lose", [lambda server: None, lose_the_index])
def test_doctor_sees_what_only_the_log_has(lose, used):
    spoil_upstream_keys(used, "PRAGMA wal_autocheckpoint = 0")
    lose(used)

    check, = named(doctor(used), "store: upstream keys open")

    assert not check["ok"] and "project acme" in check["message"]


def spoil_upstream_keys(server, *before, retired=False):
    """Returns the ids of those that it spoilt. The process that does it ends without folding in its log."""
    script = f"""
import os, sqlite3, sys
database = sqlite3.connect({str(server.data / "latchkey.db")!r}, isolation_level=None)
for statement in {before!r}:
    database.execute(statement).fetchall()
rows = database.execute(
    "SELECT id, sealed FROM upstream_credentials WHERE (retired_at IS NOT NULL) = ?", [{int(retired)}]).fetchall()
for identifier, sealed in rows:
    flipped = sealed[:-1] + bytes([sealed[-1] ^ 1])
    database.execute("UPDATE upstream_credentials SET sealed = ? WHERE id = ?", [flipped, identifier])
    print(identifier, flush=True)
os._exit(0)
"""
    spoilt = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    give(*server.data.iterdir())
    return spoilt.split()


def test_doctor_says_that_the_folder_cannot_be_written(used):
    fold_in(used)
    used.data.chmod(0o500)

    checks = doctor(used)

    check, = named(checks, "data folder")
    # Root may write there all the same.
    assert check["ok"] == (os.geteuid() == 0 and not used.command[:-1])
    assert named(checks, "store: upstream keys open")[0]["ok"]
    used.data.chmod(0o700)


def forget(server, sql):
    database = sqlite3.connect(server.data / "latchkey.db")
    with database:
        database.execute(sql)
    database.close()
    give(*server.data.iterdir())


@pytest.mark.parametrize("statement, words", [
    ("INSERT INTO grdb_migrations VALUES ('99 later')", "later version"),
    ("UPDATE grdb_migrations SET identifier = '1 access'", "from before the first release"),
])
def test_doctor_tells_of_a_version_that_this_one_cannot_use(used, statement, words):
    fold_in(used)
    forget(used, statement)
    before = content(used.data)

    check, = named(doctor(used), "store")

    assert content(used.data) == before
    assert not check["ok"] and words in check["message"]


def test_doctor_finishes_no_rotation_of_the_master_key(used):
    fold_in(used)
    os.rename(used.data / "master.key", used.data / "master.key.next")
    (used.data / "master.key").write_text("0" * 64 + "\n")
    (used.data / "master.key").chmod(0o600)
    give(used.data / "master.key")
    before = content(used.data)

    assert named(doctor(used), "master key")[0]["ok"]

    assert content(used.data) == before


def test_doctor_opens_the_upstream_keys_that_are_kept_too(own):
    server = own()
    server.start()
    for project in ("acme", "other"):
        server.create_project(project, "https://upstream.test", UPSTREAM_KEY)
        body = {"name": "second", "key": "sk-second-0123456789"}
        assert server.ask("POST", CREDENTIALS.format(project), body).status == 201
    assert server.stop() == 0
    assert all(check["ok"] for check in named(doctor(server), "store: upstream keys open"))
    spoilt = spoil_upstream_keys(server, retired=True)

    checks = named(doctor(server), "store: upstream keys open")

    assert [check["ok"] for check in checks] == [False, False]
    messages = " ".join(check["message"] for check in checks)
    assert all(identifier in messages for identifier in spoilt) and "acme" in messages and "other" in messages
    assert all("credential remove" in check["hint"] for check in checks)
    # It is not used: a server starts.
    server.serve()


PASSWORD = "hunter2-Zq7Kp3xY"


@pytest.fixture
def behind(own):
    """A stopped server whose upstreams are reached through a proxy on that port."""

    def behind(port, scheme="http"):
        server = own(LATCHKEY_UPSTREAM_PROXY=f"{scheme}://user:{PASSWORD}@localhost:{port}")
        server.start()
        server.secrets.append(PASSWORD)
        assert server.stop() == 0
        return server

    return behind


@pytest.mark.parametrize("scheme", ["http", "https", "socks5", "socks5h"])
def test_doctor_names_the_proxy_and_connects_to_it_without_a_word(scheme, behind):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        port = listener.getsockname()[1]
        server = behind(port, scheme)

        text = server._run(["doctor"], "", {})

        assert f"ok    upstream proxy: {scheme}://localhost:{port}\n" in text.stdout
        assert PASSWORD not in text.stdout + text.stderr and "user" not in text.stdout.split("proxy:")[1].split("\n")[0]
        connection, _ = listener.accept()
        with connection:
            assert connection.recv(1) == b""


def test_doctor_says_that_the_proxy_cannot_be_reached(behind):
    port = free_port()

    check, = named(doctor(behind(port)), f"upstream proxy: http://localhost:{port}")

    assert not check["ok"] and check["message"].startswith("cannot reach it: ")
    assert "LATCHKEY_UPSTREAM_PROXY" in check["hint"] and PASSWORD not in json.dumps(check)


def test_doctor_does_not_wait_for_a_proxy_that_says_nothing(behind):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        # One is all that it holds: the next one's connection is not made.
        with socket.create_connection(listener.getsockname()):
            check, = named(doctor(behind(port)), f"upstream proxy: http://localhost:{port}")

    assert not check["ok"] and "timeout" in check["message"]


def test_doctor_looks_at_the_client_certificate(own, tmp_path):
    file = Authority(tmp_path).certificate("DNS:latchkey")
    give(file)
    server = own(LATCHKEY_UPSTREAM_CLIENT_CERT_FILE=str(file))
    server.start()
    assert server.stop() == 0
    good = file.read_bytes()

    def check():
        check, = named(doctor(server), "upstream client certificate")
        return check

    assert check()["ok"]
    file.chmod(0o644)
    assert "is accessible to other users (mode 644)" in check()["message"] and "chmod 600" in check()["hint"]
    file.chmod(0o600)
    file.write_bytes(good[:good.index(b"-----BEGIN PRIVATE KEY")])
    assert check()["message"] == f"there is no private key in {file}"
    file.write_bytes(good.replace(b" PRIVATE", b" ENCRYPTED PRIVATE"))
    assert check()["message"] == f"the private key in {file} has a passphrase"
    file.unlink()
    assert not check()["ok"]


def test_doctor_is_silent_about_a_proxy_and_a_certificate_that_are_not_configured(used):
    names = [check["name"] for check in doctor(used)]
    assert not [name for name in names if "proxy" in name or "client certificate" in name]


def test_doctor_takes_any_spelling_of_the_folders_path(used):
    for slashes in ("/", "//", "///"):
        result = used._run(["doctor", "--json"], "", {"LATCHKEY_DATA_DIR": slashes + str(used.data).lstrip("/")})
        checks = json.loads(result.stdout)["checks"]
        assert [check["ok"] for check in named(checks, "store")] == [True], checks


def test_doctor_says_of_an_empty_database_what_a_start_says(used):
    fold_in(used)
    (used.data / "latchkey.db").write_bytes(b"")
    before = content(used.data)

    check, = named(doctor(used), "store")
    assert content(used.data) == before

    said = used._run(["serve"], "", {}).stderr
    assert not check["ok"] and check["message"] in said and check["hint"] in said
