"""What the store lies on fails under a running server: changes are refused and told why, nothing is sent on that
could not be written down, and the repair alone mends it.
"""

import os
import pathlib
import shutil
import sqlite3
import subprocess

import pytest
from conftest import UPSTREAM_KEY
from latchkey import until
from ledger import ROWS
from upstream import Upstream, answer
from user import AS_USER, IS_ROOT, give

FULL = os.environ.get("VERIFY") == "1"
RECOVERS_WITHIN = 2.0


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MiB, as a folder."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not IS_ROOT:
        pytest.skip("mounting a file system takes root")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m,mode=0755", "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"mount is refused: {mounted.stderr.strip()}")
    give(folder)
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


class FailingDisk:
    """A file system of 64 MiB that can be made to fail as a broken disk is: it turns read-only under whoever has files
    open on it, and stays so until it is mounted anew."""

    def __init__(self, image, folder):
        self.image, self.folder = image, folder

    def mount(self):
        subprocess.run(
            ["mount", "-o", "loop,errors=remount-ro", self.image, self.folder], check=True, capture_output=True)
        give(self.folder)

    def fail(self):
        device = subprocess.run(
            ["findmnt", "--noheadings", "--output", "SOURCE", self.folder], capture_output=True, text=True, check=True)
        trigger = pathlib.Path("/sys/fs/ext4", pathlib.Path(device.stdout.strip()).name, "trigger_fs_error")
        if not os.access(trigger, os.W_OK):
            pytest.skip(f"{trigger} cannot be written")
        trigger.write_text("1")

    def unmount(self):
        subprocess.run(["umount", self.folder], check=True)


@pytest.fixture
def failing_disk(tmp_path):
    if not IS_ROOT or shutil.which("mkfs.ext4") is None:
        pytest.skip("making a file system takes root and mkfs.ext4")
    image, folder = tmp_path / "image", tmp_path / "disk"
    folder.mkdir()
    with open(image, "wb") as file:
        file.truncate(64 << 20)
    # Without a journal of its own it can be mounted again right away.
    subprocess.run(["mkfs.ext4", "-q", "-O", "^has_journal", image], check=True)
    disk = FailingDisk(image, folder)
    try:
        disk.mount()
    except subprocess.CalledProcessError as error:
        pytest.skip(f"mount is refused: {error.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", folder])


def on(disk):
    """Settings of a server whose data lies on the small disk: its journal has to fit."""
    return {
        "LATCHKEY_DATA_DIR": str(disk / "data"), "LATCHKEY_MAX_IN_FLIGHT": "64", "LATCHKEY_JOURNAL_SLOTS": "256"}


def limit_file_size(server, size):
    """The server's own user sets it: even root may do without the capability that another one needs."""
    subprocess.run([*AS_USER, "prlimit", "--pid", str(server.pid), f"--fsize={size}:"], check=True)


class Witness:
    """A server with a project and an access token, and what must hold of it in an outage and after."""

    def __init__(self, server):
        self.server = server
        self.names = iter(f"p{number}" for number in range(10_000))
        self.project = self.create_project().json()
        self.issued = self.issue().json()
        server.secrets.append(self.issued["token"])
        self.revoked = self.issue().json()
        server.secrets.append(self.revoked["token"])
        assert self.revoke(self.revoked).status == 200

    def create_project(self):
        name = next(self.names)
        return self.server.ask("POST", "/manage/projects", {"name": name, "upstream_url": "dummy:"})

    def issue(self):
        return self.server.ask(
            "POST", "/manage/tokens", {"project": self.project["id"], "name": "bob", "expires_in": None})

    def revoke(self, issued):
        return self.server.ask("POST", f"/manage/tokens/{issued['id']}/revoke")

    def count_projects(self):
        return len(self.server.ask("GET", "/manage/projects?limit=500").json()["items"])

    def not_ready(self):
        answer = self.server.ask("GET", "/ready")
        return answer if answer.status == 503 else None

    def assert_data_path_works(self):
        assert self.server.ask("GET", "/v1/models", key=self.issued["token"]).status == 200
        assert self.server.ask("GET", "/v1/models", key=self.revoked["token"]).status == 401

    def assert_outage(self, store, words):
        """Every change is refused and told why, nothing is half made, and the server is not ready."""
        before = self.count_projects()
        for refused in [self.create_project(), self.issue(), self.revoke(self.issued)]:
            assert refused.status == 503, refused.body
            assert refused.headers["content-type"] == "application/problem+json"
            assert refused.headers["retry-after"] == "1"
            problem = refused.json()
            assert problem["type"] == "urn:latchkey:problem:unavailable"
            assert words in problem["detail"]
        # What readiness tells may be a second old.
        ready, _ = until(lambda: self.not_ready(), "not ready any more")
        assert ready.json()["checks"]["store"] == store
        assert self.server.ask("GET", "/live").status == 200
        assert self.count_projects() == before
        # Whoever is to be refused is refused; whether others are served, the ledger decides.
        assert self.server.ask("GET", "/v1/models", key=self.revoked["token"]).status == 401

    def assert_recovers(self):
        """Without a restart, and without anybody's change to show that it works again."""
        _, took = until(self.server.is_ready, "ready again")
        assert self.create_project().status == 201
        another = self.issue()
        assert another.status == 201
        self.server.secrets.append(another.json()["token"])
        until(lambda: self.server.ask("GET", "/v1/models", key=self.issued["token"]).status == 200, "served again")
        assert self.revoke(self.issued).status == 200
        assert self.server.ask("GET", "/v1/models", key=self.issued["token"]).status == 401
        if FULL:
            assert took <= RECOVERS_WITHIN
        assert self.server.stop() == 0


class Spender:
    """A server with a limited and an unlimited access token, an upstream that names each of its answers, and what must
    hold of the ledger in an outage and after.
    """

    LIMIT = 100_000

    def __init__(self, server):
        self.server = server
        self.upstream = Upstream()
        self.scripted = 0
        project = server.create_project("spender", self.upstream.url, UPSTREAM_KEY)["name"]
        limits = [f"requests={self.LIMIT}/lifetime", f"tokens={self.LIMIT}/lifetime"]
        self.issued = [self.issue(project, limits), self.issue(project, [])]

    def issue(self, project, limits):
        issued = self.server.ask(
            "POST", "/manage/tokens", {"project": project, "name": "bob", "expires_in": None, "limits": limits})
        assert issued.status == 201, issued.body
        self.server.secrets.append(issued.json()["token"])
        return issued.json()

    def spend(self, issued):
        number = len(self.upstream.requests)
        if number == self.scripted:
            usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
            self.upstream.script(
                answer(200, {"model": "m", "usage": usage}, headers=[("x-request-id", f"req_{number}")]))
            self.scripted += 1
        return self.server.ask(
            "POST", "/v1/chat/completions",
            {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]}, key=issued["token"])

    def assert_works(self):
        for issued in self.issued:
            assert self.spend(issued).status == 200

    def assert_outage(self, reason):
        """Both are refused and told when to come again, and nothing arrives at the upstream."""
        until(lambda: self.spend(self.issued[0]).status == 503, "the ledger takes no more")
        arrived = len(self.upstream.requests)
        for _ in range(10):
            for issued in self.issued:
                refused = self.spend(issued)
                assert refused.status == 503, refused.body
                assert refused.headers["retry-after"] == "1"
                assert refused.json()["error"]["code"] == "overloaded"
        assert len(self.upstream.requests) == arrived
        health = self.server.ask("GET", "/health")
        assert health.status == 503
        assert health.json()["checks"]["ledger"] == reason

    def assert_recovers(self):
        """By the repair alone. Then every arrival at the upstream is one row, and the counters say the same."""
        _, took = until(lambda: self.spend(self.issued[1]).status == 200, "the ledger takes rows again")
        if FULL:
            assert took <= RECOVERS_WITHIN
        self.assert_works()
        assert self.server.stop() == 0
        arrived = len(self.upstream.requests)
        self.upstream.close()
        database = sqlite3.connect(self.server.data / "latchkey.db")
        rows = database.execute("SELECT access_token, upstream_request, requests, tokens" + ROWS).fetchall()
        used = dict(database.execute("SELECT metric, used FROM limit_accounts"))
        rollups = database.execute("SELECT sum(attempts), sum(tokens) FROM usage_rollups").fetchone()
        database.close()
        assert sorted(row[1] for row in rows) == sorted(f"req_{number}" for number in range(arrived))
        assert all(row[2:] == (1, 10) for row in rows)
        limited = [row for row in rows if row[0] == self.issued[0]["id"]]
        assert used == {"requests": len(limited), "tokens": 10 * len(limited)}
        assert rollups == (arrived, 10 * arrived)


def test_ledger_on_a_full_disk_sends_nothing_on_and_loses_no_row(own, small_disk):
    server = own(**on(small_disk))
    server.start()
    spender = Spender(server)
    spender.assert_works()
    fill(small_disk / "filler")

    spender.assert_outage("full")
    (small_disk / "filler").unlink()

    spender.assert_recovers()


def test_ledger_that_the_system_refuses_sends_nothing_on_and_loses_no_row(own):
    server = own()
    server.start()
    spender = Spender(server)
    spender.assert_works()
    limit_file_size(server, 0)

    spender.assert_outage("failing")
    limit_file_size(server, "unlimited")

    spender.assert_recovers()


def test_ledger_that_is_locked_sends_nothing_on_and_loses_no_row(own):
    server = own()
    server.start()
    spender = Spender(server)
    spender.assert_works()
    other = sqlite3.connect(server.data / "latchkey.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    spender.assert_outage("busy")
    other.execute("ROLLBACK")
    other.close()

    spender.assert_recovers()


def test_rows_of_an_outage_are_in_the_ledger_after_a_kill(own):
    server = own()
    server.start()
    spender = Spender(server)
    other = sqlite3.connect(server.data / "latchkey.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    spender.assert_outage("busy")
    server.kill()
    other.execute("ROLLBACK")
    other.close()

    server.serve()

    spender.assert_recovers()


def test_full_disk_is_told_and_recovered_from(own, small_disk):
    server = own(**on(small_disk))
    server.start()
    witness = Witness(server)
    filler = small_disk / "filler"
    fill(filler)
    # What is left of blocks that were begun takes a few changes more.
    until(lambda: witness.create_project().status == 503, "the disk is full")

    witness.assert_outage("full", "disk is full")
    filler.unlink()

    witness.assert_recovers()


def fill(path):
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass


def test_server_starts_on_a_full_disk_or_says_why(own, small_disk):
    server = own(**on(small_disk))
    server.start()
    witness = Witness(server)
    server.kill()
    fill(small_disk / "filler")

    try:
        server.serve()
    except AssertionError:
        assert "hint: " in server.output()
    else:
        witness.assert_data_path_works()
        server.kill()
    (small_disk / "filler").unlink()

    server.serve()
    witness.assert_data_path_works()
    witness.assert_recovers()


def test_server_does_not_start_on_a_read_only_disk_and_says_why(own, small_disk):
    server = own(**on(small_disk))
    server.start()
    witness = Witness(server)
    assert server.stop() == 0
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)

    with pytest.raises(AssertionError, match="the server ended"):
        server.serve()

    assert server.wait() == 1
    assert "cannot be written\nhint: " in server.output()
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    server.serve()
    witness.assert_recovers()


def test_disk_that_turns_read_only_is_told_and_a_mended_one_is_used_again(own, failing_disk):
    """What it had not written when it failed is lost, as with a loss of power; so rows are not counted here."""
    server = own(**on(failing_disk.folder))
    server.start()
    witness, spender = Witness(server), Spender(server)
    spender.assert_works()
    failing_disk.fail()

    witness.assert_outage("failing", "the system refuses")
    spender.assert_outage("failing")
    assert not server.has_ended()
    server.kill()
    failing_disk.unmount()
    failing_disk.mount()
    server.serve()

    spender.assert_works()
    spender.upstream.close()
    witness.assert_data_path_works()
    witness.assert_recovers()


def test_writes_that_the_system_refuses_are_told_and_recovered_from(own):
    """What a disk that was remounted read-only does, or one that breaks: each write fails, each read works."""
    server = own()
    server.start()
    witness = Witness(server)
    limit_file_size(server, 0)

    witness.assert_outage("failing", "the system refuses")
    assert not server.has_ended()
    limit_file_size(server, "unlimited")

    witness.assert_recovers()


def test_lock_of_another_program_is_told_and_recovered_from(own):
    server = own()
    server.start()
    witness = Witness(server)
    other = sqlite3.connect(server.data / "latchkey.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    witness.assert_outage("busy", "another program")
    other.execute("ROLLBACK")
    other.close()

    witness.assert_recovers()


def test_expiry_seen_in_an_outage_is_written_down_after_it(own):
    """Else a clock that goes back revives the access token with the next start."""
    server = own()
    server.start()
    witness = Witness(server)
    issued = server.ask(
        "POST", "/manage/tokens", {"project": witness.project["id"], "name": "bob", "expires_in": 1}).json()
    server.secrets.append(issued["token"])
    other = sqlite3.connect(server.data / "latchkey.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    until(lambda: server.ask("GET", "/v1/models", key=issued["token"]).status == 401, "it is expired")
    until(lambda: "cannot record an expiry" in server.output(), "the store is locked")
    other.execute("ROLLBACK")

    def is_written():
        query = "SELECT expired_at FROM access_tokens WHERE id = ?"
        return other.execute(query, [issued["id"]]).fetchone()[0] is not None

    until(is_written, "the expiry is written down")
    other.close()
    witness.assert_recovers()


def test_second_server_is_refused_and_the_first_goes_on(own):
    server = own()
    server.start()
    witness = Witness(server)
    second = own(LATCHKEY_DATA_DIR=str(server.data))

    with pytest.raises(AssertionError, match="the server ended"):
        second.serve()

    assert second.wait() == 1
    assert f"in use by process {server.pid}\nhint: " in second.output()
    witness.assert_data_path_works()
    witness.assert_recovers()


@pytest.mark.parametrize("change, undo, words", [
    ("INSERT INTO grdb_migrations (identifier) VALUES ('9 later')",
     "DELETE FROM grdb_migrations WHERE identifier = '9 later'", "by a later version\nhint: use the version"),
    ("UPDATE grdb_migrations SET identifier = '1 access'", "UPDATE grdb_migrations SET identifier = '1 tables of attempts'",
     "by a version from before the first release\nhint: its format is not supported: set LATCHKEY_DATA_DIR to an empty"),
])
def test_a_schema_of_another_time_is_refused_and_left_as_it_is(own, change, undo, words):
    server = own()
    server.start()
    witness = Witness(server)
    assert server.stop() == 0
    tamper(server, change)
    before = (server.data / "latchkey.db").read_bytes()

    with pytest.raises(AssertionError, match="the server ended"):
        server.serve()

    assert server.wait() == 1
    assert f"was written {words}" in server.output()
    assert (server.data / "latchkey.db").read_bytes() == before
    tamper(server, undo)
    server.serve()
    witness.assert_recovers()


def tamper(server, statement):
    database = sqlite3.connect(server.data / "latchkey.db")
    with database:
        database.execute(statement)
    database.close()
