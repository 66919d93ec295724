"""`latchkey doctor` looks and changes nothing: no file of the data folder is made, changed or removed by it."""

import hashlib
import json
import os
import sqlite3
import subprocess
import sys

import pytest
from conftest import UPSTREAM_KEY
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


def test_doctor_tells_of_an_earlier_version_and_does_not_migrate_it(used):
    fold_in(used)
    forget(used, "DELETE FROM grdb_migrations WHERE identifier LIKE '14 %'")
    forget(used, "DROP INDEX access_tokens_living")
    forget(used, "DROP INDEX access_tokens_honey")
    before = content(used.data)

    checks = doctor(used)

    assert content(used.data) == before
    check, = [check for check in checks if "earlier version" in check["name"]]
    assert check["ok"] and "migrated at the next start" in check["name"]
    assert named(checks, "master key")[0]["ok"]
    used.serve()


def test_doctor_tells_of_a_later_version(used):
    fold_in(used)
    forget(used, "INSERT INTO grdb_migrations VALUES ('99 later')")
    before = content(used.data)

    check, = named(doctor(used), "store")

    assert content(used.data) == before
    assert not check["ok"] and "later version" in check["message"]


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


def test_doctor_takes_any_spelling_of_the_folders_path(used):
    for slashes in ("/", "//", "///"):
        result = used._run(["doctor", "--json"], "", {"LATCHKEY_DATA_DIR": slashes + str(used.data).lstrip("/")})
        checks = json.loads(result.stdout)["checks"]
        assert [check["ok"] for check in named(checks, "store")] == [True], checks


def test_doctor_says_of_an_empty_database_what_a_start_says(used):
    fold_in(used)
    (used.data / "latchkey.db").write_bytes(b"")
    before = content(used.data)

    check, = named(doctor(used), "master key")
    assert content(used.data) == before

    said = used._run(["serve"], "", {}).stderr
    assert not check["ok"] and check["message"] in said and check["hint"] in said
