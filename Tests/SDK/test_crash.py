"""A server killed at any moment comes back with every change it acknowledged, and with a sound database."""

import http.client
import itertools
import os
import random
import shutil
import sqlite3
import threading
from dataclasses import dataclass, field

import pytest
from latchkey import until

FULL = os.environ.get("VERIFY") == "1"
CYCLES = 60 if FULL else 6
WRITERS = 4


@dataclass
class Told:
    """What the server has acknowledged. A change whose answer never came may be there or not: it is in doubt."""

    projects: dict = field(default_factory=dict)
    active: dict = field(default_factory=dict)
    revoked: dict = field(default_factory=dict)
    doubtful: dict = field(default_factory=dict)
    changes: int = 0
    flaws: list = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def write(server, told, names):
    """Makes projects and access tokens and revokes half of them, until the server goes."""
    connection = server.connect()
    try:
        while True:
            name = f"p{next(names)}"
            project = change(server, connection, "projects", {"name": name, "upstream_url": "dummy:"})
            with told.lock:
                told.projects[project["id"]] = name
                told.changes += 1
            for _ in range(4):
                issued = change(
                    server, connection, "tokens", {"project": name, "name": "bob", "expires_in": None})
                with told.lock:
                    server.secrets.append(issued["token"])
                    told.active[issued["id"]] = issued["token"]
                    told.changes += 1
                if random.random() < 0.5:
                    with told.lock:
                        told.doubtful[issued["id"]] = told.active.pop(issued["id"])
                    change(server, connection, f"tokens/{issued['id']}/revoke")
                    with told.lock:
                        told.revoked[issued["id"]] = told.doubtful.pop(issued["id"])
                        told.changes += 1
    except (OSError, http.client.HTTPException):
        pass
    except AssertionError as flaw:
        told.flaws.append(flaw)
    finally:
        connection.close()


def change(server, connection, path, body=None):
    answer = server.ask("POST", f"/manage/{path}", body, connection=connection)
    assert answer.status in (200, 201), answer.body
    return answer.json()


def statuses(server, credentials):
    connection = server.connect()
    try:
        return {
            identifier: server.ask("GET", "/v1/models", key=text, connection=connection).status
            for identifier, text in credentials.items()}
    finally:
        connection.close()


def assert_sound(server, copy):
    """Looks at a copy of what the crash left: a second opener would mend it, or spoil it."""
    copy.mkdir()
    for file in server.data.glob("latchkey.db*"):
        shutil.copy(file, copy)
    database = sqlite3.connect(copy / "latchkey.db")
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    changes, last = database.execute("SELECT count(*), max(seq) FROM audit_events").fetchone()
    assert changes == last
    database.close()
    shutil.rmtree(copy)


@pytest.mark.timeout(20 * CYCLES)
def test_what_was_acknowledged_survives_a_kill_at_any_moment(own, tmp_path):
    server, told, names = own(), Told(), itertools.count()
    server.start()
    for cycle in range(CYCLES):
        before = told.changes
        writers = [threading.Thread(target=write, args=(server, told, names)) for _ in range(WRITERS)]
        for writer in writers:
            writer.start()
        wanted = before + random.randint(10, 80)
        until(lambda: told.changes >= wanted or told.flaws, "the writers make changes")
        server.kill()
        for writer in writers:
            writer.join()
        assert told.flaws == []

        assert_sound(server, tmp_path / "copy")
        took = server.serve()

        if FULL:
            assert took <= 2, f"cycle {cycle}: {len(told.active)} access tokens, {took} s"
        assert set(statuses(server, told.active).values()) <= {200}
        assert set(statuses(server, told.revoked).values()) <= {401}
        # Where nobody was told, it is one or the other, and it stays so.
        for identifier, status in statuses(server, told.doubtful).items():
            assert status in (200, 401)
            {200: told.active, 401: told.revoked}[status][identifier] = told.doubtful.pop(identifier)
        for identifier, name in random.sample(sorted(told.projects.items()), min(50, len(told.projects))):
            assert server.ask("GET", f"/manage/projects/{identifier}").json()["name"] == name
    assert told.active and told.revoked
    assert server.stop() == 0
