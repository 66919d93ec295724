"""The audit: what it tells, what it counts, and that whoever changes it is found out."""

import json
import sqlite3
import subprocess

import pytest
from conftest import issue


def latchkey(server, *arguments, standard_input=""):
    """A command that asks the server and may fail: its exit status and both its streams."""
    environment = server._environment | {
        "LATCHKEY_URL": server.origin, "LATCHKEY_ADMIN_KEY": server.admin_key}
    result = subprocess.run(
        [*server.command, *arguments], env=environment, cwd=server.folder, input=standard_input,
        capture_output=True, text=True, timeout=60)
    return result.returncode, result.stdout, result.stderr


def tamper(server, *statements):
    """As somebody does who gets at the file while the server is down."""
    database = sqlite3.connect(server.data / "latchkey.db")
    with database:
        for statement in statements:
            database.execute(statement)
    database.close()


@pytest.fixture
def filled(own):
    server = own()
    server.start()
    server.create_project("acme", "dummy:")
    server.set_project_state("acme", "disabled")
    server.set_project_state("acme", "active")
    for _ in range(3):
        issue(server, "acme")
    return server


def test_every_change_tells_who_from_where_and_what_before_and_after(filled):
    items = filled.manage("audit", "list", "--action", "project")["items"]
    assert [item["action"] for item in items] == ["project.update", "project.update", "project.create"]
    assert items[1]["details"] == {"state_before": "active", "state": "disabled"}
    assert items[0]["address"] == "127.0.0.1"
    key = filled.manage("key", "list")["items"][0]["id"]
    assert {item["principal"] for item in items} == {f"management_key:{key}"}
    # What names the project or one of its access tokens, told apart by it.
    assert len(filled.manage("audit", "list", "--project", "acme")["items"]) == 6
    assert len(filled.manage("audit", "list", "--action", "token.issue", "--limit", "2")["items"]) == 2
    assert filled.manage("audit", "list", "--search", "NO SUCH %")["items"] == []


def test_an_untouched_audit_is_whole_also_after_a_restart(filled):
    status, head, _ = latchkey(filled, "audit", "head")
    assert status == 0
    filled.stop()
    filled.serve()
    issue(filled, "acme")
    status, output, _ = latchkey(filled, "audit", "verify", "--head", head.strip())
    assert (status, output.split()[0]) == (0, "ok:")
    lines = [json.loads(line) for line in latchkey(filled, "audit", "export")[1].splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert f'{lines[-2]["seq"]}:{lines[-2]["hash"]}' == head.strip()
    # Any line of an export can be what the chain is held to.
    some = lines[3]
    assert latchkey(filled, "audit", "verify", "--head", f'{some["seq"]}:{some["hash"]}')[0] == 0
    assert latchkey(filled, "audit", "verify", "--head", f'{some["seq"]}:{"0" * 64}')[0] == 1


@pytest.mark.parametrize("statements, place", [
    (["UPDATE audit_events SET details = replace(details, '\"', '\"x') WHERE seq = 4"], 4),
    (["UPDATE audit_events SET address = '192.0.2.1' WHERE seq = 5"], 5),
    (["DELETE FROM audit_events WHERE seq = 5"], 5),
    (["UPDATE audit_events SET seq = 99 WHERE seq = 4", "UPDATE audit_events SET seq = 4 WHERE seq = 5",
      "UPDATE audit_events SET seq = 5 WHERE seq = 99"], 4),
], ids=["changed", "address", "removed", "reordered"])
def test_whoever_changes_the_audit_is_found_out(filled, statements, place):
    filled.stop()
    tamper(filled, *statements)
    filled.serve()
    status, _, error = latchkey(filled, "audit", "verify")
    assert status == 1
    assert f"broken at event {place}:" in error
    answer = filled.ask("POST", "/manage/audit/verify").json()
    assert (answer["ok"], answer["first_bad"]["seq"], answer["checked"]) == (False, place, place - 1)


def test_a_removed_tail_is_found_against_a_head_that_was_kept(filled, tmp_path):
    head = tmp_path / "head.txt"
    head.write_text(latchkey(filled, "audit", "head")[1])
    last = int(head.read_text().split(":")[0])
    filled.stop()
    tamper(filled, f"DELETE FROM audit_events WHERE seq > {last - 2}")
    filled.serve()
    assert latchkey(filled, "audit", "verify")[0] == 0
    status, _, error = latchkey(filled, "audit", "verify", "--head", str(head))
    assert (status, f"event {last - 1}:" in error) == (1, True)
    # What comes in their place does not hide it.
    for _ in range(4):
        issue(filled, "acme")
    status, _, error = latchkey(filled, "audit", "verify", "--head", str(head))
    assert (status, f"event {last}:" in error) == (1, True)


def test_where_the_audit_cannot_be_written_no_change_is_made(filled):
    token = filled.manage("token", "list")["items"][0]["id"]
    filled.manage("project", "update", "acme", "--limit", "requests=5/day")
    key = filled.manage("key", "create", "--name", "bob", "--role", "read")
    filled.secrets.append(key["key"])
    backup = filled.manage("backup")["name"]
    filled.stop()
    tamper(filled, """
        CREATE TRIGGER no_audit BEFORE INSERT ON audit_events BEGIN SELECT RAISE(ABORT, 'no audit'); END""")
    filled.serve()
    changes = [
        ("POST", "/manage/projects", {"name": "other", "upstream_url": "dummy:"}),
        ("PATCH", "/manage/projects/acme", {"state": "disabled"}),
        ("PUT", "/manage/projects/acme/credential", {"key": "sk-other"}),
        ("POST", "/manage/tokens", {"project": "acme", "name": "eve", "expires_in": None}),
        ("PATCH", f"/manage/tokens/{token}", {"name": "eve"}),
        ("POST", f"/manage/tokens/{token}/revoke", None),
        ("POST", "/manage/keys", {"name": "eve", "role": "admin"}),
        ("PUT", "/manage/prices/gpt-4.1", {"prompt": "1", "cached_prompt": "1", "completion": "1"}),
        ("POST", "/manage/projects/acme/limits/top-up", {"limit": "requests/day", "amount": 1}),
        ("POST", "/manage/projects/acme/limits/reset", {"limit": "requests/day"}),
        ("POST", f"/manage/keys/{key['id']}/revoke", None),
        ("POST", "/manage/backups", None),
        ("DELETE", f"/manage/backups/{backup}", None),
        ("POST", "/manage/master-key/rotate", None),
    ]
    shown = ["/manage/projects", "/manage/tokens", "/manage/keys", "/manage/backups", "/manage/prices/gpt-4.1"]

    def state():
        return [filled.ask("GET", path).json() for path in shown]

    before = state()
    master_key = (filled.data / "master.key").read_bytes()
    for method, path, body in changes:
        assert filled.ask(method, path, body).status >= 400, path
    assert state() == before
    assert (filled.data / "master.key").read_bytes() == master_key
    filled.stop()
    tamper(filled, "DROP TRIGGER no_audit")
    filled.serve()
    assert state() == before
    assert latchkey(filled, "audit", "verify")[0] == 0


def test_denials_are_told_rolled_up_and_cost_few_rows(filled):
    issued = issue(filled, "acme")
    filled.revoke_token(issued["id"])
    connection = filled.connect()
    for _ in range(50):
        assert filled.ask("GET", "/v1/models", key=issued["token"], connection=connection).status == 401
    for _ in range(20):
        assert filled.ask("GET", "/v1/models", key="lk_nonsense", connection=connection).status == 401
    for _ in range(3):
        assert filled.ask("GET", "/manage/keys", key="lkm_nonsense", connection=connection).status == 401
    connection.close()
    # They are written at the end of the server too.
    filled.stop()
    filled.serve()
    items = filled.manage("audit", "list", "--action", "access.denied")["items"]
    counts = {}
    for item in items:
        reason = (item["details"]["reason"], item["subject"])
        counts[reason] = counts.get(reason, 0) + int(item["details"]["count"])
        assert item["address"] == "127.0.0.1"
        assert item["details"]["first"] <= item["details"]["last"]
    assert counts[("revoked_credential", issued["id"])] == 50
    assert counts[("malformed_credential", "127.0.0.1")] == 20
    assert counts[("management_key", "127.0.0.1")] >= 1
    # One row of each kind and minute; a run may lie across the end of one.
    assert len(items) <= 6
    assert len(filled.manage("audit", "list", "--project", "acme", "--action", "access")["items"]) >= 1
