"""The files that Latchkey lives on: who may use them, whose they are, and what is told when they are gone.

A file that cannot be looked at is never taken for one that is not there; a secret in a file that other users can get at
is refused with something that the user can do; and a store whose files were deleted under a running server takes no
change that would be lost.
"""

import json
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest
from biller import Payer
from conftest import UPSTREAM_KEY, issue
from latchkey import until
from user import IS_ROOT, give

ROLES = ["--name", "recovered", "--role", "admin"]
SECRET = "a-secret-of-more-than-16-bytes"

as_root = pytest.mark.skipif(not IS_ROOT, reason="giving files to other users takes root")


def run(server, *arguments, **environment):
    return server._run(arguments, "", environment)


def doctor(server, **environment):
    """The report by the names of its lines."""
    result = run(server, "doctor", "--json", **environment)
    return {check["name"]: check for check in json.loads(result.stdout)["checks"]}


def assert_fails(result, *words, status=1):
    assert result.returncode == status, result.stdout + result.stderr
    assert result.stdout == ""
    first, second = result.stderr.splitlines()
    assert first.startswith("latchkey: ") and second.startswith("hint: ")
    for word in words:
        assert word in result.stderr


@pytest.fixture
def own(own):
    """Most of these servers never start: then there is nothing that they said."""

    def make(**settings):
        server = own(**settings)
        server.output_path.touch()
        return server

    return make


@pytest.fixture
def stopped(own):
    """A server on an initialised folder that does not run."""
    server = own()
    server.run("init", LATCHKEY_ADMIN_KEY=server.admin_key)
    return server


# MARK: What cannot be looked at


OPENERS = [["init"], ["serve"], ["serve", "--init"], ["key", "create", "--offline", *ROLES], ["restore", "backup.db"]]


@as_root
@pytest.mark.parametrize("arguments", OPENERS, ids=" ".join)
def test_data_folder_of_another_user_is_told_with_its_owner_and_mode(arguments, stopped):
    os.chown(stopped.data, 0, 0)
    (stopped.folder / "backup.db").write_text("")

    result = run(stopped, *arguments)

    assert_fails(result, "permission denied", "belongs to root (mode 700)", "runs as nobody", str(stopped.data))
    assert "initialised" not in result.stderr and "hint: run this as root" in result.stderr


@as_root
def test_folder_on_the_way_is_told_and_doctor_says_the_same(own):
    server = own()
    server.run("init", LATCHKEY_DATA_DIR=str(server.folder / "way" / "data"))
    way = server.folder / "way"
    os.chown(way, 0, 0)

    settings = {"LATCHKEY_DATA_DIR": str(way / "data")}
    assert_fails(run(server, "serve", **settings), f"{way} belongs to root (mode 700)")
    assert f"{way} belongs to root" in doctor(server, **settings)["data folder"]["message"]


def test_data_folder_that_its_owner_may_not_read_is_told(stopped):
    stopped.data.chmod(0)
    try:
        assert_fails(run(stopped, "serve"), "permission denied", "(mode 000)", f"hint: run: chmod u+rwX {stopped.data}")
    finally:
        stopped.data.chmod(0o700)


def test_file_in_the_place_of_the_data_folder_is_told(own):
    server = own()
    server.data.write_text("")

    for arguments in (["serve"], ["init"]):
        assert_fails(run(server, *arguments), "not a directory", "LATCHKEY_DATA_DIR")


@as_root
@pytest.mark.parametrize("name", ["latchkey.db", "lock", "master.key", "journal"])
def test_file_of_the_data_folder_that_is_another_users_is_told(name, stopped):
    stopped.serve()
    assert stopped.stop() == 0
    path = stopped.data / name
    os.chown(path, 0, 0)

    result = run(stopped, "serve")

    assert_fails(result, name, "permission denied", "belongs to root (mode 600)")


@as_root
@pytest.mark.parametrize("setting, arguments, status", [
    (".env", ["serve"], 2), ("LATCHKEY_MASTER_KEY_FILE", ["serve"], 1), ("LATCHKEY_MASTER_KEY_FILE", ["init"], 1),
    ("LATCHKEY_ALARM_SECRET_FILE", ["serve"], 1), ("LATCHKEY_GITHUB_WEBHOOK_SECRET_FILE", ["serve"], 1),
    ("LATCHKEY_UPSTREAM_CA_FILE", ["serve"], 1), ("LATCHKEY_ACCESS_LOG", ["serve"], 1),
    (None, ["restore", "closed", "--replace"], 2),
    (None, ["project", "create", "p", "--upstream-key-file", "closed"], 2),
    (None, ["audit", "verify", "--head", "closed"], 2), (None, ["price", "set", "m", "--file", "closed"], 2)])
def test_file_that_this_user_may_not_read_is_no_missing_file(setting, arguments, status, stopped):
    path = stopped.folder / (setting if setting == ".env" else "closed")
    path.write_text("LATCHKEY_THREADS=2\n")
    path.chmod(0o600)
    environment = {"LATCHKEY_ADMIN_KEY": stopped.admin_key}
    if setting not in (None, ".env"):
        environment[setting] = str(path)
    if arguments == ["init"]:
        environment["LATCHKEY_DATA_DIR"] = str(stopped.folder / "new")

    result = run(stopped, *arguments, **environment)

    assert_fails(result, "permission denied", "belongs to root (mode 600)", path.name, status=status)
    assert "no such" not in result.stderr and "there is no" not in result.stderr


@as_root
def test_backups_that_cannot_be_looked_at_are_not_none(own):
    server = own()
    server.start()
    server.manage("backup")
    os.chown(server.data / "backups", 0, 0)

    answer = server.ask("GET", "/manage/backups")

    assert answer.status == 503 and "does not let the server at its files" in answer.json()["detail"]
    give(server.data / "backups")
    assert len(server.ask("GET", "/manage/backups").json()["items"]) == 1


# MARK: Who may use a secret


REFUSED_OF_OURS = [0o640, 0o604, 0o660, 0o602, 0o644, 0o666]
SETTINGS = {
    "master key": "LATCHKEY_MASTER_KEY_FILE", "alarm secret file": "LATCHKEY_ALARM_SECRET_FILE",
    "GitHub webhook secret file": "LATCHKEY_GITHUB_WEBHOOK_SECRET_FILE"}


def secret_file(server, name):
    path = server.folder / "secret"
    if name == "master key":
        shutil.copy(server.data / "master.key", path)
    else:
        path.write_text(SECRET + "\n")
    path.chmod(0o600)
    give(path)
    return path


@pytest.mark.parametrize("name", SETTINGS)
def test_secret_of_ours_is_for_us_alone(name, stopped):
    path = secret_file(stopped, name)
    setting = {SETTINGS[name]: str(path)}
    for mode in (0o600, 0o400):
        path.chmod(mode)
        assert doctor(stopped, **setting)[name]["ok"], oct(mode)
    for mode in REFUSED_OF_OURS:
        path.chmod(mode)
        check = doctor(stopped, **setting)[name]
        assert not check["ok"] and f"(mode {mode:o})" in check["message"], check
        assert check["hint"] == f"run: chmod 600 {path}"
    assert_fails(run(stopped, "serve", **setting), "(mode 666)", f"hint: run: chmod 600 {path}")
    path.chmod(0o600)
    stopped._environment |= setting
    stopped.serve()


@as_root
@pytest.mark.parametrize("name", SETTINGS)
def test_secret_that_was_mounted_for_us_may_be_readable_but_not_writable(name, stopped):
    """Of another owner, whose mode we cannot change: as container platforms mount secrets."""
    path = secret_file(stopped, name)
    os.chown(path, 0, 65534)
    setting = {SETTINGS[name]: str(path)}
    for mode in (0o440, 0o444, 0o640, 0o644):
        path.chmod(mode)
        assert doctor(stopped, **setting)[name]["ok"], oct(mode)
    for mode in (0o460, 0o446, 0o666):
        path.chmod(mode)
        check = doctor(stopped, **setting)[name]
        assert not check["ok"] and "can be changed by other users" in check["message"], check
        assert check["hint"].endswith(f"chmod go-w {path}") and "600" not in check["hint"]


@as_root
@pytest.mark.parametrize("name", SETTINGS)
def test_secret_on_a_read_only_mount_may_be_readable(name, stopped):
    mount = stopped.folder / "mount"
    mount.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", mount], capture_output=True, text=True)
    if made.returncode != 0:
        pytest.skip(f"mount is refused: {made.stderr.strip()}")
    try:
        path = mount / "secret"
        shutil.move(secret_file(stopped, name), path)
        path.chmod(0o444)
        give(path)
        setting = {SETTINGS[name]: str(path)}
        assert doctor(stopped, **setting)[name]["hint"] == f"run: chmod 600 {path}"
        subprocess.run(["mount", "-o", "remount,ro", mount], check=True)
        assert doctor(stopped, **setting)[name]["ok"]
        subprocess.run(["mount", "-o", "remount,rw", mount], check=True)
        path.chmod(0o446)
        subprocess.run(["mount", "-o", "remount,ro", mount], check=True)
        assert "can be changed" in doctor(stopped, **setting)[name]["message"]
    finally:
        subprocess.run(["umount", "--lazy", mount], check=True)


@pytest.mark.parametrize("name", ["alarm secret file", "GitHub webhook secret file"])
@pytest.mark.parametrize("content, words", [
    ("", "shorter than 16 bytes"), ("x\n", "shorter than 16 bytes"), ("x" * 15 + "\r\n", "shorter than 16 bytes"),
    ("x" * 20 + "\n" + "y" * 20 + "\n", "more than one line"), ("x" * 4097, "longer than 4096 bytes")])
def test_secret_that_is_none_is_refused_by_doctor_and_the_server(name, content, words, stopped):
    path = secret_file(stopped, name)
    path.write_text(content)
    setting = {SETTINGS[name]: str(path)}

    check = doctor(stopped, **setting)[name]
    assert not check["ok"] and words in check["message"], check
    assert_fails(run(stopped, "serve", **setting), words)
    path.write_text("x" * 16 + "\n")
    assert doctor(stopped, **setting)[name]["ok"]


def test_upstream_key_file_is_for_us_alone(own, tmp_path):
    server = own()
    server.start()
    server.secrets.append("sk-of-a-file")
    path = tmp_path / "key"
    path.write_text("sk-of-a-file\n")
    give(path)
    create = ["project", "create", "p", "--upstream-url", "https://upstream.test", "--upstream-key-file"]
    for mode in REFUSED_OF_OURS:
        path.chmod(mode)
        refused = server.attempt(*create, str(path))
        assert_fails(refused, f"(mode {mode:o})", f"hint: run: chmod 600 {path}", status=2)
    assert server.manage("project", "list")["items"] == []
    path.chmod(0o600)
    assert server.attempt(*create, str(path)).returncode == 0


def test_upstream_key_may_come_from_a_pipe_of_the_shell(own):
    server = own()
    server.start()
    server.secrets.append("sk-of-a-pipe")
    script = f"{server.binary} project create p --upstream-key-file <(echo sk-of-a-pipe)"

    result = subprocess.run(
        [*server.command[:-1], "bash", "-c", script], env=server._environment | server._operator, cwd=server.folder,
        capture_output=True, text=True, timeout=30)

    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("setting", ["LATCHKEY_MASTER_KEY", "LATCHKEY_ADMIN_KEY"])
def test_env_file_with_a_secret_is_for_us_alone(setting, own):
    server = own()
    path = server.folder / ".env"
    path.write_text(f"{setting}={'0' * 64}\n")
    give(path)
    for mode in REFUSED_OF_OURS:
        path.chmod(mode)
        for arguments in (["serve", "--init"], ["init"], ["key", "list"]):
            result = run(server, *arguments)
            assert_fails(result, f".env holds {setting} and", f"(mode {mode:o})", "hint: run: chmod 600 .env", status=2)
        assert not doctor(server)["settings: .env and names"]["ok"]
    assert not server.data.exists()
    path.chmod(0o600)
    assert doctor(server)["settings: .env and names"]["ok"]


def test_env_file_without_a_secret_may_be_readable_but_not_writable(own):
    server = own()
    path = server.folder / ".env"
    path.write_text("LATCHKEY_THREADS=2\nLATCHKEY_ADMIN_KEY=\n")
    give(path)
    path.chmod(0o644)
    assert doctor(server)["settings: .env and names"]["ok"]
    for mode in (0o664, 0o646, 0o666):
        path.chmod(mode)
        assert_fails(
            run(server, "init"), f".env can be changed by other users (mode {mode:o})", "hint: run: chmod go-w .env",
            status=2)


def test_data_folder_and_its_files_are_for_us_alone(stopped):
    stopped.serve()
    stopped.manage("backup")
    assert stopped.stop() == 0
    paths = [stopped.data, *(stopped.data / name for name in ["latchkey.db", "journal", "lock", "backups"])]
    for path in paths:
        closed = path.stat().st_mode & 0o777
        assert closed == (0o700 if path.is_dir() else 0o600)
        for opened in (0o050, 0o005, 0o022, 0o066):
            path.chmod(closed | opened)
            hint = f"run: chmod {closed:o} {path}"
            assert_fails(run(stopped, "serve"), f"(mode {closed | opened:o})", f"hint: {hint}")
            assert doctor(stopped)["data folder: mode"]["hint"] == hint
        path.chmod(closed)
        assert doctor(stopped)["data folder: mode"]["ok"]
    stopped.serve()


def test_folder_of_ours_that_is_to_be_the_data_folder_is_closed_to_others(own):
    server = own()
    server.data.mkdir(mode=0o755)
    give(server.data)

    server.run("init", LATCHKEY_ADMIN_KEY=server.admin_key)

    assert server.data.stat().st_mode & 0o777 == 0o700
    server.serve()


@as_root
def test_folder_that_is_mounted_for_a_group_is_no_data_folder_but_may_hold_one(own):
    """As a cluster mounts a volume: root's, and the group's to write."""
    server = own()
    server.data.mkdir()
    os.chown(server.data, 0, 65534)
    server.data.chmod(0o2775)

    result = run(server, "init")

    assert_fails(result, "can be changed by other users (mode 775)", f"LATCHKEY_DATA_DIR to a folder inside {server.data}")
    assert list(server.data.iterdir()) == []
    assert run(server, "init", LATCHKEY_DATA_DIR=str(server.data / "latchkey")).returncode == 0


# MARK: Files that are gone


def spending(server, biller):
    """A project and an access token; gives the status of one more request, each time it is asked."""
    server.create_project("acme", biller.url, UPSTREAM_KEY)
    issued = server.issue_token("acme")
    server.secrets.append(issued["token"])

    async def once():
        payer = Payer(server.port, issued["token"])
        status, _ = await payer.pay(
            who="once", prompt=20, completion=5, max_tokens=10, padding=200, stream=False, act="wait:1")
        payer.drop()
        return status

    return lambda: biller.run(once())


@pytest.mark.parametrize("name", [".", "lock", "latchkey.db", "latchkey.db-wal", "journal"])
@pytest.mark.parametrize("fate", ["deleted", "replaced"])
def test_file_that_goes_under_a_running_server_stops_it_from_losing_changes(name, fate, own, biller):
    server = own()
    server.start()
    spend = spending(server, biller)
    assert spend() == 200
    path = server.data if name == "." else server.data / name
    aside = server.folder / "aside"

    path.rename(aside)
    if fate == "replaced":
        # The same bytes: only the file is another one.
        (shutil.copytree if aside.is_dir() else shutil.copy)(aside, path)
        give(path)

    # A change is refused at once, not when somebody has asked whether it would be.
    refused = server.ask("POST", "/manage/tokens", {"project": "acme", "name": "lost", "expires_in": None})
    assert refused.status == 503, refused.body
    assert refused.json()["type"] == "urn:latchkey:problem:unavailable"
    assert "deleted or replaced" in refused.json()["detail"]
    # What it tells of the store may be a second old; the ledger's failure may come first.
    until(lambda: server.ask("GET", "/ready").json()["checks"]["store"] == "replaced", "readiness tells")
    assert server.ask("GET", "/ready").status == 503
    # Without a request or a change: the ledger finds it out, and nothing is sent on any more.
    until(lambda: server.ask("GET", "/health").json()["checks"]["ledger"] == "replaced", "the ledger tells")
    arrived = len(biller.arrivals)
    assert [spend() for _ in range(5)] == [503] * 5
    assert len(biller.arrivals) == arrived
    assert server.ask("POST", "/manage/backups").status == 503
    assert server.ask("GET", "/manage/projects").status == 503
    assert f"file={name} reason=replaced" in server.output()

    if fate == "replaced":
        (shutil.rmtree if path.is_dir() else os.unlink)(path)
    aside.rename(path)

    until(server.is_ready, "ready again, by the repair alone")
    until(lambda: spend() == 200, "requests are sent on again")
    names = [item["name"] for item in server.manage("token", "list")["items"]]
    assert "lost" not in names and len(names) == 1
    assert server.stop() == 0
    assert doctor(server)["store: ledger adds up"]["ok"]


@pytest.mark.parametrize("left", ["latchkey.db-wal", "journal"])
def test_database_that_is_gone_beside_its_log_is_told_and_can_be_restored(left, own):
    server = own()
    server.start()
    server.create_project("acme", "dummy:")
    backup = server.folder / "backup.db"
    server.manage("backup", "--output", str(backup))
    server.kill()
    for name in ["latchkey.db", "latchkey.db-shm", *({"latchkey.db-wal", "journal"} - {left})]:
        (server.data / name).unlink()
    before = sorted(path.name for path in server.data.iterdir())

    for arguments in (["serve"], ["serve", "--init"], ["init"], ["key", "create", "--offline", *ROLES]):
        result = run(server, *arguments)
        assert_fails(result, "latchkey.db is missing", f"{left} is there", "latchkey restore")
    check = doctor(server)["data folder"]
    assert not check["ok"] and "latchkey.db is missing" in check["message"]
    assert sorted(path.name for path in server.data.iterdir()) == before

    assert run(server, "restore", str(backup)).returncode == 0
    aside = left.removesuffix("-wal") + ".replaced-"
    assert any(path.name.startswith(aside) for path in server.data.iterdir())
    server.serve()
    assert [item["name"] for item in server.manage("project", "list")["items"]] == ["acme"]


def test_upstream_key_that_does_not_open_is_told_by_the_server_and_by_doctor(own):
    server = own()
    server.start()
    server.create_project("acme", "https://upstream.test", UPSTREAM_KEY)
    token = issue(server, "acme")["token"]
    assert server.stop() == 0
    database = sqlite3.connect(server.data / "latchkey.db")
    with database:
        sealed, = database.execute("SELECT sealed FROM upstream_credentials").fetchone()
        flipped = sealed[:-1] + bytes([sealed[-1] ^ 1])
        database.execute("UPDATE upstream_credentials SET sealed = ?", [flipped])
    database.close()
    give(*server.data.iterdir())

    check = doctor(server)["store: upstream keys open"]
    assert not check["ok"] and "project acme" in check["message"]

    # The others go on.
    server.serve()
    assert "the upstream key of a project cannot be used" in server.output()
    answer = server.ask("POST", "/v1/chat/completions", {"model": "m", "messages": []}, key=token)
    assert (answer.status, answer.json()["error"]["code"]) == (503, "upstream_unavailable")
    assert server.ask("PUT", "/manage/projects/acme/credential", {"key": UPSTREAM_KEY}).status == 200


def assert_fails_last(result, *words):
    """The same of a server that has logged something before."""
    result.stderr = "\n".join(result.stderr.splitlines()[-2:])
    assert_fails(result, *words)


def test_what_was_cut_off_is_gone_after_the_next_start(stopped):
    stopped.serve()
    made = stopped.manage("backup")["name"]
    stopped.kill()
    backups = stopped.data / "backups"
    left = [
        backups / "latchkey-2026-11-21T15-04-05.678Z.db.partial",
        backups / "latchkey-2026-11-21T15-04-05.678Z.db.partial-journal",
        stopped.data / "creating.db", stopped.data / "restoring.db", stopped.data / "restoring.db-wal"]
    for path in left:
        path.write_text("half")
        path.chmod(0o600)
        give(path)

    stopped.serve()

    assert [path.name for path in backups.iterdir()] == [made]
    assert not any(path.exists() for path in left)
    assert [item["name"] for item in stopped.manage("backup", "list")["items"]] == [made]


# MARK: A disk that does not read


@pytest.fixture(scope="module")
def faulty_reads(folders):
    compiler = shutil.which("cc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("there is no C compiler")
    folder = folders("faulty")
    folder.chmod(0o755)
    library = folder / "faulty_reads.so"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-o", library, Path(__file__).with_name("faulty_reads.c"), "-ldl"], check=True)
    return str(library)


def test_read_that_the_disk_fails_is_no_damage(own, faulty_reads, tmp_path):
    flag = tmp_path / "flag"
    server = own(LD_PRELOAD=faulty_reads, FAULTY_READS=str(flag))
    server.start()
    server.create_project("acme", "dummy:")
    # Pages that a connection has read before are not read again; what was changed since is.
    server.manage("token", "list")
    server.secrets.append(server.issue_token("acme")["token"])
    flag.touch()

    for method, path in [("GET", "/manage/tokens"), ("GET", "/manage/audit"), ("POST", "/manage/backups")]:
        answer = server.ask(method, path)
        assert answer.status == 503, (path, answer.body, server.output())
        assert "refuses to read or write" in answer.json()["detail"]
    assert "reason=failing" in server.output() and "reason=corrupt" not in server.output()
    flag.unlink()
    assert server.ask("GET", "/manage/tokens").status == 200
    assert server.ask("POST", "/manage/backups").status == 201
    assert server.stop() == 0
    flag.touch()
    result = run(server, "serve")
    flag.unlink()
    assert_fails_last(result, "cannot be read or written (SQLite 266)", "sound local disk")
    assert "damaged" not in result.stderr
    server.serve()


def test_backup_that_the_disk_does_not_read_again_is_no_damage_and_not_kept(own, faulty_reads, tmp_path):
    flag = tmp_path / "flag"
    server = own(LD_PRELOAD=faulty_reads, FAULTY_READS=str(flag), FAULTY_NAME=".partial")
    server.start()
    flag.touch()

    answer = server.ask("POST", "/manage/backups")

    assert answer.status == 503 and "refuses to read or write" in answer.json()["detail"], answer.body
    assert list((server.data / "backups").iterdir()) == []
    assert server.is_ready()


def test_damage_is_still_told_as_damage(own):
    server = own()
    server.start()
    server.create_project("acme", "dummy:")
    assert server.stop() == 0
    path = server.data / "latchkey.db"
    size = path.stat().st_size
    with open(path, "r+b") as file:
        file.seek(100)
        file.write(bytes(size - 100))

    result = run(server, "serve")

    assert_fails_last(result, "is damaged", "latchkey restore")
