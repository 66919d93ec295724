"""A server with 100,000 access tokens of 2,000 projects and a ledger of 2,000,000 rows: it starts, reports and revokes in
times that do not grow with all that ever was, and nobody else notices.

Without VERIFY the counts are small and nothing is timed.
"""

import asyncio
import csv
import http.client
import io
import json
import os
import subprocess
import threading
import time

import pytest
from conftest import UPSTREAM_KEY, issue
from crowd import Client, Crowd, resident
from large import DAYS, Store
from latchkey import Latchkey, until
from test_credentials import with_checksum

FULL = os.environ.get("VERIFY") == "1"
PROJECTS, TOKENS, ROWS = (2000, 100_000, 2_000_000) if FULL else (20, 1500, 20_000)
MiB = 1024 * 1024
MARCH = "from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z"

pytestmark = pytest.mark.timeout(900 if FULL else 180)


@pytest.fixture
def filled(own):
    """A server on a store of this size, stopped, with one access token of its own for each name in `tokens`."""

    def filled(store, tokens=(), **settings):
        server = own(LATCHKEY_LEDGER_RETENTION="0", **({"LATCHKEY_ACCESS_LOG": "off"} | settings))
        server.start()
        server.create_project("acme", "dummy:")
        issued = {name: issue(server, "acme") for name in tokens}
        assert server.stop() == 0
        store.write(server.data)
        return server, issued

    return filled


def revoke_all(server, dry_run=False):
    """Revokes what the store came with; however long that takes."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    body = {"filter": {"name": "large"}, "dry_run": dry_run}
    try:
        return server.ask("POST", "/manage/tokens/bulk-revoke", body, connection=connection)
    finally:
        connection.close()


def chat(server, credential):
    body = {"model": "dummy", "messages": [{"role": "user", "content": "hi"}]}
    return server.ask("POST", "/v1/chat/completions", body, key=credential)


# Start


def test_the_dead_cost_no_start_and_are_told_apart_all_the_same(filled):
    server, issued = filled(
        Store(PROJECTS, TOKENS, living=TOKENS // 100),
        ["living", "revoked", "expired", "suspended", "rotated"], LATCHKEY_ACCESS_LOG="-")
    server.serve()
    server.revoke_token(issued["revoked"]["id"])
    server.ask("POST", f"/manage/tokens/{issued['suspended']['id']}/suspend")
    server.secrets.append(
        server.ask("POST", f"/manage/tokens/{issued['rotated']['id']}/rotate", {"grace_seconds": 0}).json()["token"])
    server.ask("PATCH", f"/manage/tokens/{issued['expired']['id']}", {"expires_in": 1})
    # Seen once, it is written down.
    until(lambda: chat(server, issued["expired"]["token"]).status == 401, "it expires")
    assert server.stop() == 0

    took = server.serve()
    print(f"start with {TOKENS} access tokens, most of them dead: {took:.2f} s, {resident(server.pid) // MiB} MiB")
    # The id of one that was revoked, with another secret.
    unknown = "lk_" + with_checksum(issued["revoked"]["id"] + "_" + "k" * 43)
    bodies = set()
    for credential in [issued[name]["token"] for name in ("revoked", "expired", "rotated", "suspended")]:
        answer = chat(server, credential)
        assert answer.status == 401
        bodies.add(answer.body)
    assert chat(server, unknown).status == 401
    assert len(bodies) == 1
    assert chat(server, issued["living"]["token"]).status == 200
    # A dead one is shown as before, and comes back where that is wanted.
    dead = "L%011d" % (TOKENS - TOKENS % 5 - 4)
    shown = server.ask("GET", f"/manage/tokens/{dead}").json()
    assert shown["status"] == "expired" and len(shown["limits"]) == 3
    assert server.stop() == 0

    server.serve()
    events = server.manage("audit", "list", "--action", "access.denied", "--limit", "100")["items"]
    told = {event["subject"]: event["details"]["reason"] for event in events}
    assert told[issued["revoked"]["id"]] == "revoked_credential"
    assert told[issued["suspended"]["id"]] == "suspended_credential"
    assert told[issued["expired"]["id"]] == "expired_credential"
    assert told[issued["rotated"]["id"]] == "expired_credential"
    assert told["127.0.0.1"] == "unknown_credential"
    assert set(told) == {issued[name]["id"] for name in ("revoked", "suspended", "expired", "rotated")} | {"127.0.0.1"}
    log = server.output()
    assert log.count('"reason":"revoked_credential"') == log.count('"reason":"suspended_credential"') == 1
    if FULL:
        assert took < 2
    assert server.stop() == 0


def test_many_that_live_are_there_at_once(filled):
    server, issued = filled(Store(PROJECTS, TOKENS, living=TOKENS), ["mine"])
    took = server.serve()
    print(f"start with {TOKENS} living access tokens: {took:.2f} s, {resident(server.pid) // MiB} MiB")
    assert chat(server, issued["mine"]["token"]).status == 200
    limits = server.ask("GET", "/manage/tokens/L%011d" % (TOKENS - 1)).json()["limits"]
    assert [limit["limit"] for limit in limits] == ["requests/month", "cost/month", "requests/minute"]
    if FULL:
        assert took < 2
    assert server.stop() == 0


# Reports


@pytest.fixture(scope="module")
def ledger(binary, folders):
    server = Latchkey(
        binary, folders("ledger"), LATCHKEY_LOG_LEVEL="info", LATCHKEY_ACCESS_LOG="off", LATCHKEY_LEDGER_RETENTION="0")
    server.start()
    assert server.stop() == 0
    Store(PROJECTS, TOKENS, living=TOKENS, rows=ROWS).write(server.data)
    server.serve()
    yield server
    assert server.stop() == 0


@pytest.mark.parametrize("query, rows", [
    ("group_by=day,model&time_zone=UTC", DAYS * 5),
    ("group_by=day,model&time_zone=Asia/Kathmandu", (DAYS + 1) * 5),
    ("group_by=week", 6), ("group_by=model,status", 5), ("", 1),
    ("group_by=project&limit=10000", PROJECTS),
    ("group_by=day,model&project=large-7", None), ("group_by=token&project=large-7", None),
    ("group_by=day&token=L00000000007", None),
])
def test_a_report_is_quick_and_adds_up(ledger, query, rows):
    best, answer = 60.0, None
    for _ in range(3):
        began = time.monotonic()
        answer = ledger.ask("GET", f"/manage/usage?{MARCH}&{query}")
        best = min(best, time.monotonic() - began)
    report = answer.json()
    print(f"{query or 'all'}: {best:.3f} s")
    assert report["next_cursor"] is None
    total = report["total"]
    assert sum(row["requests"] for row in report["rows"]) == total["requests"]
    assert total["prompt_tokens"] == 100 * total["requests"]
    if rows is None:
        share = PROJECTS if "project" in query else TOKENS
        assert abs(total["requests"] - ROWS / share) <= 5
    else:
        assert total["requests"] == ROWS and len(report["rows"]) == rows
    if FULL:
        assert best < 0.5


def test_a_large_table_is_sent_as_it_is_made(ledger):
    before = resident(ledger.pid)
    began = time.monotonic()
    text = ledger.run(
        "usage", "--from", "2026-03-01", "--to", "2026-04-01", "--time-zone", "UTC", "--by", "token", "--csv",
        **ledger._operator)
    took = time.monotonic() - began
    grown = resident(ledger.pid) - before
    table = list(csv.DictReader(io.StringIO(text)))
    print(f"{len(table)} rows of CSV: {took:.2f} s, server {grown / MiB:+.0f} MiB")
    assert len(table) == TOKENS
    assert [row["token"] for row in table] == sorted(row["token"] for row in table)
    assert sum(int(row["requests"]) for row in table) == ROWS
    assert {row["token_name"] for row in table} == {"large"}
    if FULL:
        assert took < 5


def test_a_large_export_costs_the_same_memory_however_long(ledger):
    """By the hour and token: as many rows as there are in the ledger, and no more in memory than of an hour."""
    environment = ledger._environment | ledger._operator
    before = resident(ledger.pid)
    command = [
        *ledger.command, "usage", "--from", "2026-03-01", "--to", "2026-04-01", "--time-zone", "UTC",
        "--by", "hour,token", "--csv"]
    process = subprocess.Popen(command, env=environment, cwd=ledger.folder, stdout=subprocess.PIPE)
    rows, requests, last, most, client = 0, 0, b"", 0, 0
    for line in process.stdout:
        if rows % 5000 == 1:
            most = max(most, resident(ledger.pid) - before)
            client = max(client, resident(process.pid))
        cells = line.split(b",")
        if rows:
            requests += int(cells[3])
            assert last <= cells[0]
            last = cells[0]
        rows += 1
    assert process.wait() == 0
    print(f"{rows} rows: server {most / MiB:+.0f} MiB, client {client / MiB:.0f} MiB")
    assert requests == ROWS
    assert client < 64 * MiB
    assert most < (160 if FULL else 64) * MiB


# Revocation


@pytest.fixture
def crowd():
    crowd = Crowd()
    yield crowd
    crowd.close()


def test_a_bulk_revocation_under_load_harms_nobody_else(filled, crowd):
    server, _ = filled(Store(PROJECTS, TOKENS, living=TOKENS))
    server.serve()
    server.create_project("loaded", crowd.url, UPSTREAM_KEY)
    mine = issue(server, "loaded", "--limit", "requests=1000000000/month")["token"]
    # Some that can be used are among those that are revoked.
    leaving = [issue(server, "loaded") for _ in range(4)]
    for issued in leaving:
        assert server.ask("PATCH", f"/manage/tokens/{issued['id']}", {"name": "large"}).status == 200
    statuses, slowest, refused = {}, 0.0, 0
    stop = threading.Event()

    async def stay():
        nonlocal slowest
        client = Client(server.port, mine)
        while not stop.is_set():
            status, _, took = await client.ask("fast")
            statuses[status] = statuses.get(status, 0) + 1
            slowest = max(slowest, took)
        client.drop()

    async def leave(credential):
        nonlocal refused
        client = Client(server.port, credential)
        while (await client.ask("wait/20"))[0] == 200:
            pass
        refused += 1
        client.drop()

    async def load():
        await asyncio.gather(*(stay() for _ in range(64)), *(leave(issued["token"]) for issued in leaving))

    running = asyncio.run_coroutine_threadsafe(load(), crowd.loop)
    until(lambda: statuses.get(200, 0) > 500, "the load is under way")
    before, slowest_before, slowest = statuses[200], slowest, 0.0
    began = time.monotonic()
    answer = revoke_all(server)
    took = time.monotonic() - began
    revoked = answer.json()
    during = statuses[200] - before
    for issued in leaving:
        assert server.ask("GET", "/v1/chat/fast", key=issued["token"]).status == 401
    stop.set()
    running.result(60)
    print(
        f"{revoked['count']} revoked in {took:.1f} s beside {during} requests, the slowest took {slowest * 1000:.0f} ms "
        f"({slowest_before * 1000:.0f} ms before)")
    assert revoked["count"] == len(revoked["items"]) == TOKENS + 4
    assert set(statuses) == {200}, statuses
    assert during > 0 and refused == 4
    assert server.stop() == 0


def test_a_bulk_revocation_that_a_crash_cuts_off_is_finished_by_the_next(filled):
    server, issued = filled(Store(PROJECTS, TOKENS, living=TOKENS), ["other"])
    server.serve()
    head = lambda: server.ask("GET", "/manage/audit/head").json()["seq"]  # noqa: E731
    first = head()

    def revoke():
        try:
            revoke_all(server)
        except (OSError, http.client.HTTPException):
            pass

    revoking = threading.Thread(target=revoke)
    revoking.start()
    until(lambda: head() > first + 250, "some steps are done")
    server.kill()
    revoking.join()

    server.serve()
    done = head() - first
    assert 250 < done < TOKENS and done % 250 == 0
    assert revoke_all(server, dry_run=True).json()["count"] == TOKENS - done
    assert revoke_all(server).json()["count"] == TOKENS - done
    # Each once.
    events = server.run("audit", "export", "--action", "token.revoke", **server._operator).splitlines()
    subjects = [json.loads(line)["subject"] for line in events]
    assert len(subjects) == len(set(subjects)) == TOKENS
    assert server.run("audit", "verify", **server._operator).startswith("ok: ")
    assert chat(server, issued["other"]["token"]).status == 200
    assert revoke_all(server).json()["count"] == 0
    assert server.stop() == 0
