"""No number in the database ends the process: whatever was stored, the server starts, reports and counts."""

import sqlite3

import pytest
from conftest import issue
from test_audit import latchkey
from user import give

LARGEST, SMALLEST = 2**63 - 1, -(2**63)
GROUPS = ["day", "model", "project", "token", "owner", "endpoint", "status", "day,model", "project,token,model",
          "upstream,attempt", "credential"]


@pytest.fixture
def used(own):
    """A stopped server with spend alarms, a week old, with some usage."""
    server = own(LATCHKEY_ALARM_SPEND_FACTOR="10")
    server.start()
    server.create_project("acme", "dummy:", None, "--unpriced-models", "0.50/2.00", "--limit", "cost=500/month")
    server.holder = issue(server, "acme", "--limit", "tokens=100000000/day")
    body = {"model": "dummy", "messages": [{"role": "user", "content": "Hello"}]}
    for _ in range(3):
        assert server.ask("POST", "/v1/chat/completions", body, key=server.holder["token"]).status == 200
    assert server.stop() == 0
    return server


def set_numbers(server, value):
    database = sqlite3.connect(server.data / "latchkey.db")
    with database:
        for table in ["usage_rollups", "project_rollups", "instance_rollups", "ledger_rows"]:
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            sums = [column for column in columns if column not in (
                "place", "id", "names", "admitted_at", "upstream_request", "accounts", "object", "first_row",
                "last_row")]
            database.execute(f"UPDATE {table} SET " + ", ".join(f"{column} = {value}" for column in sums))
            # And more of them: what 9,300 answers of 10^15 tokens come to, and twice.
            if table != "ledger_rows":
                more = ", ".join("place + 4294967296" if column == "place" else column for column in columns)
                database.execute(f"INSERT OR IGNORE INTO {table} SELECT {more} FROM {table}")
        database.execute(f"UPDATE limit_accounts SET used = {value}, base = {value}")
        database.execute(f"UPDATE projects SET created_at = {min(value, 0)}")
        database.execute(f"UPDATE access_tokens SET created_at = {value}, last_used_at = {value}")
        database.execute(f"UPDATE ledger_state SET value = {value} WHERE name IN ('generation', 'kept_from')")
    database.close()
    give(*server.data.iterdir())


@pytest.mark.parametrize("value", [LARGEST, SMALLEST, 10**18, -(10**18)])
def test_whatever_is_stored_the_server_starts_and_answers(used, value):
    set_numbers(used, value)
    latchkey(used, "doctor")
    used.serve()
    for groups in GROUPS:
        total = used.ask("GET", f"/manage/usage?group_by={groups}&from=2020-01-01T00:00:00Z")
        assert total.status == 200, (groups, total.body)
        status, output, error = latchkey(used, "usage", "--by", groups, "--from", "2020-01-01")
        assert status == 0 and output, error
        assert latchkey(used, "usage", "--by", groups, "--csv")[0] == 0
    total = used.ask("GET", "/manage/usage?from=2020-01-01T00:00:00Z").json()["total"]
    assert total["prompt_tokens"] == max(min(2 * value, LARGEST), SMALLEST)
    for arguments in [("token", "list"), ("project", "show", "acme"), ("token", "show", used.holder["id"])]:
        status, _, error = latchkey(used, *arguments)
        assert status == 0, error
    assert used.ask("GET", "/metrics").status == 200
    assert used.ask("GET", "/me", key=used.holder["token"]).status in (200, 401)
    body = {"model": "dummy", "messages": [{"role": "user", "content": "Hello"}]}
    assert used.ask("POST", "/v1/chat/completions", body, key=used.holder["token"]).status in (200, 401, 429)
    fresh = issue(used, "acme")
    assert used.ask("POST", "/v1/chat/completions", body, key=fresh["token"]).status in (200, 429)
    assert used.manage("backup")["bytes"] > 0
    # The watch over what is spent looks at the start and every minute.
    assert used.ask("GET", "/ready").status == 200
    assert used.stop() == 0
    used.serve()
    assert used.ask("GET", "/ready").status == 200
