"""Backups and the master key's rotation under load: nothing is lost, and no request notices."""

import asyncio
import os
import random
import shutil
import sqlite3
import threading
import time

import pytest
from biller import Payer
from conftest import UPSTREAM_KEY, issue
from latchkey import until
from test_audit import latchkey
from user import give

FULL = os.environ.get("VERIFY") == "1"
KILLS = 50 if FULL else 5

pytestmark = pytest.mark.timeout(3600 if FULL else 120)


class Load:
    """Requests through the proxy and changes of the control plane, until it is told to end; counts what failed."""

    def __init__(self, server, biller, payers=8):
        self.server, self.biller = server, biller
        self.tokens = [issue(server, "acme")["token"] for _ in range(payers)]
        self.statuses, self.flaws, self.changes, self.ended = [], [], 0, False

    def __enter__(self):
        self._paying = asyncio.run_coroutine_threadsafe(self._pay(), self.biller.loop)
        self._changing = threading.Thread(target=self._change)
        self._changing.start()
        until(lambda: len(self.statuses) > 20, "requests are made")
        return self

    def __exit__(self, *_):
        self.ended = True
        self._changing.join()
        self._paying.result(60)

    async def _pay(self):
        async def one(token):
            payer = Payer(self.server.port, token)
            while not self.ended:
                status, _ = await payer.pay(
                    who="load", prompt=20, completion=5, max_tokens=10, padding=200, stream=random.random() < 0.5,
                    act="wait:1")
                if status == 0:
                    break
                self.statuses.append(status)
            payer.drop()

        await asyncio.gather(*(one(token) for token in self.tokens))

    def _change(self):
        connection = self.server.connect()
        try:
            while not self.ended:
                answer = self.server.ask(
                    "POST", "/manage/tokens", {"project": "acme", "name": "load", "expires_in": 60},
                    connection=connection)
                if answer.status != 201:
                    self.flaws.append(answer.body)
                if self.changes % 20 == 0:  # The sweep at the end reads every file for each of them.
                    self.server.secrets.append(answer.json()["token"])
                self.changes += 1
        except Exception as flaw:  # A server that was killed.
            self.flaws.append(flaw)
        finally:
            connection.close()


def test_a_backup_under_load_restores_to_a_sound_database(billed, biller, own, tmp_path):
    backup = tmp_path / "backup.db"
    with Load(billed, biller) as load:
        for number in range(3):
            made = billed.manage("backup", "--output", str(tmp_path / f"backup-{number}.db"))
            changes = load.changes
            until(lambda: load.changes > changes, "changes go on")
        result = billed.manage("backup", "--output", str(backup))
    assert load.flaws == []
    assert set(load.statuses) == {200}
    head = result["audit_head"]
    assert backup.stat().st_mode & 0o777 == 0o600
    assert billed.manage("backup", "list")["items"] == []
    master_key = (billed.data / "master.key").read_text().strip()
    assert bytes.fromhex(master_key) not in backup.read_bytes()
    assert master_key.encode() not in backup.read_bytes()

    other = own()
    other.admin_key = billed.admin_key
    other.data.mkdir(mode=0o700)
    give(other.data, shutil.copy(billed.data / "master.key", other.data))
    restored = latchkey(other, "restore", str(backup), "--head", head)
    assert restored[0] == 0, restored
    database = sqlite3.connect(f"file:{other.data / 'latchkey.db'}?mode=ro", uri=True)
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    database.close()
    other.serve()
    assert latchkey(other, "audit", "verify", "--head", head)[0] == 0
    # The sealed upstream key opens: a request arrives with it.
    arrived = len(biller.arrivals)
    assert pay(other, biller, load.tokens[0]) == 200
    assert len(biller.arrivals) == arrived + 1
    events = other.manage("audit", "list", "--action", "store.restore")["items"]
    assert events[0]["details"]["head"] == head
    assert made["bytes"] > 0


def pay(server, biller, token):
    async def once():
        payer = Payer(server.port, token)
        status, _ = await payer.pay(
            who="once", prompt=20, completion=5, max_tokens=10, padding=200, stream=False, act="wait:1")
        payer.drop()
        return status

    return biller.run(once())


def test_a_backup_that_stays_is_closed_to_others_and_told(billed):
    made = billed.manage("backup")
    path = billed.data / "backups" / made["name"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [item["name"] for item in billed.manage("backup", "list")["items"]] == [made["name"]]
    assert billed.manage("audit", "list", "--action", "backup")["items"][0]["subject"] == made["name"]
    for name in ["..%2Fmaster.key", "%2e%2e", "latchkey.db", "latchkey-1.db"]:
        assert billed.ask("GET", f"/manage/backups/{name}").status in (400, 404), name
        assert billed.ask("DELETE", f"/manage/backups/{name}").status in (400, 404), name
    assert latchkey(billed, "backup", "delete", made["name"])[0] == 0
    assert not path.exists()
    assert (billed.data / "master.key").exists()


def test_a_restore_refuses_what_is_not_right_and_touches_nothing(billed, own, tmp_path):
    backup = tmp_path / "backup.db"
    billed.manage("backup", "--output", str(backup))
    # A server runs there.
    status, _, error = latchkey(billed, "restore", str(backup), "--replace")
    assert (status, "in use by process" in error) == (1, True)
    billed.stop()
    # There is a store.
    status, _, error = latchkey(billed, "restore", str(backup))
    assert (status, "holds a store already" in error) == (1, True)
    before = (billed.data / "latchkey.db").read_bytes()
    # Damaged, tampered with, no store at all, of a later version, from before the first release.
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(backup.read_bytes()[:-8192])
    changed = tmp_path / "changed.db"
    shutil.copy(backup, changed)
    later = tmp_path / "later.db"
    shutil.copy(backup, later)
    older = tmp_path / "older.db"
    shutil.copy(backup, older)
    for file, statement in [
        (changed, "UPDATE audit_events SET principal = 'console' WHERE seq = 3"),
        (later, "INSERT INTO grdb_migrations (identifier) VALUES ('999 later')"),
        (older, "UPDATE grdb_migrations SET identifier = '1 access'"),
    ]:
        database = sqlite3.connect(file)
        with database:
            database.execute(statement)
        database.close()
    nothing = tmp_path / "nothing.db"
    nothing.write_text("no database")
    give(damaged, changed, later, older, nothing)
    for file, expected, words in [
        (damaged, 1, "is damaged"), (changed, 1, "was changed since it was made"), (nothing, 1, "is damaged"),
        (later, 1, "by a later version"), (older, 1, "from before the first release"), (tmp_path / "none.db", 2, "there is no backup"),
    ]:
        status, _, error = latchkey(billed, "restore", str(file), "--replace")
        assert (status, words in error) == (expected, True), error
    # Another master key.
    other = own()
    other.start()
    other.stop()
    status, _, error = latchkey(other, "restore", str(backup), "--replace")
    assert (status, "the master key is not the one" in error) == (1, True), error
    assert (billed.data / "latchkey.db").read_bytes() == before
    billed.serve()
    assert latchkey(billed, "audit", "verify")[0] == 0


def test_a_restore_puts_the_old_store_and_its_journal_aside(billed, biller, tmp_path):
    backup = tmp_path / "backup.db"
    kept = issue(billed, "acme")
    billed.manage("backup", "--output", str(backup))
    lost = issue(billed, "acme")
    with Load(billed, biller):
        billed.kill()
    status, output, error = latchkey(billed, "restore", str(backup), "--replace")
    assert status == 0, error
    names = sorted(path.name for path in billed.data.iterdir())
    assert any(name.startswith("latchkey.db.replaced-") for name in names)
    assert any(name.startswith("journal.replaced-") for name in names)
    assert "latchkey.db-wal" not in names and "restoring.db" not in names
    billed.serve()
    assert pay(billed, biller, kept["token"]) == 200
    assert pay(billed, biller, lost["token"]) == 401
    assert latchkey(billed, "audit", "verify")[0] == 0
    # Nothing of the other life's requests was written into this one.
    assert billed.manage("usage")["total"]["requests"] == 1


def test_a_rotation_under_load_fails_no_request(billed, biller):
    keys = {(billed.data / "master.key").read_text()}
    with Load(billed, biller) as load:
        for _ in range(5):
            answer = billed.ask("POST", "/manage/master-key/rotate")
            assert answer.status == 204, answer.body
            keys.add((billed.data / "master.key").read_text())
            seen = len(load.statuses)
            until(lambda: len(load.statuses) > seen + 20, "requests go on")
    assert load.flaws == []
    assert set(load.statuses) == {200}
    assert len(keys) == 6
    assert (billed.data / "master.key").stat().st_mode & 0o777 == 0o600
    assert not (billed.data / "master.key.next").exists()
    billed.secrets += [key.strip() for key in keys - {(billed.data / "master.key").read_text()}]
    billed.stop()
    billed.serve()
    assert pay(billed, biller, load.tokens[0]) == 200
    events = billed.manage("audit", "list", "--action", "master_key.rotate")["items"]
    assert [event["details"]["version"] for event in events] == ["6", "5", "4", "3", "2"]
    assert latchkey(billed, "audit", "verify")[0] == 0


def test_a_rotation_that_is_killed_leaves_every_secret_readable(billed, biller):
    seed = time.time_ns()
    print(f"seed {seed}")
    draw = random.Random(seed)
    token = issue(billed, "acme")["token"]
    took = 0.02
    for number in range(KILLS):
        with Load(billed, biller, payers=2) as load:
            delay = draw.random() * took
            rotating = threading.Thread(target=rotate, args=(billed,))
            rotating.start()
            # The moment at which it is killed is what is drawn, not something that is waited for.
            time.sleep(delay)
            billed.kill()
            rotating.join()
        assert set(load.statuses) <= {200}
        billed.serve()
        assert not (billed.data / "master.key.next").exists()
        assert pay(billed, biller, token) == 200, f"after kill {number}, {delay} s"
        assert billed.ask("GET", "/manage/keys").status == 200
    assert latchkey(billed, "audit", "verify")[0] == 0


def rotate(server):
    try:
        while True:
            server.ask("POST", "/manage/master-key/rotate")
    except Exception:  # It was killed.
        pass


def test_a_master_key_that_the_operator_holds_is_not_rotated(own):
    server = own(LATCHKEY_MASTER_KEY="ab" * 32)
    server.start()
    answer = server.ask("POST", "/manage/master-key/rotate")
    assert answer.status == 409
    assert "LATCHKEY_MASTER_KEY_FILE" in answer.json()["detail"]
    assert server.manage("audit", "list", "--action", "master_key")["items"] == []
    assert not (server.data / "master.key").exists()
