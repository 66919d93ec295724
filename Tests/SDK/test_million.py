"""A ledger of a million rows: a month's report is quick, the server starts as if there were none, and its memory does
not know how many there are.
"""

import os
import sqlite3
import time
from pathlib import Path

import large
import pytest

FULL = os.environ.get("VERIFY") == "1"
ROWS = 1_000_000 if FULL else 20_000
REPORTS_WITHIN = 0.3
STARTS_WITHIN = 2.0
GROWS_BY = 8 * 1024 * 1024
MONTH = 1_772_323_200_000
"""2026-03-01, in milliseconds."""
DAYS = 31
MODELS = 5


def resident(server):
    line = next(x for x in Path(f"/proc/{server.pid}/status").read_text().splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def fill(server):
    database = sqlite3.connect(server.data / "latchkey.db")
    names = [row[0] for row in database.execute("SELECT id FROM ledger_names ORDER BY id")]
    assert names == list(range(1, MODELS + 1))
    with database:
        database.execute(
            """
            WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
            INSERT INTO ledger_rows (
                id, admitted_at, names, requests, tokens, cost, prompt, cached_prompt, completion, reasoning,
                duration_ns, first_byte_ns, upstream_request)
            SELECT i, ? + i * ?, 1 + i % ?, 1, 120, 1500, 100, 10, 20, 5, 1000000, 500000, 'req_' || i FROM n
            """, [ROWS, MONTH, DAYS * 86_400_000 // ROWS, MODELS])
        large.write_sums(database)
    database.close()


def report(server):
    march = "from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z&time_zone=UTC"
    return server.ask("GET", f"/manage/usage?{march}&group_by=day,model&limit=500")


@pytest.mark.timeout(600)
def test_million_rows_cost_neither_time_nor_memory(own):
    server = own(LATCHKEY_LEDGER_RETENTION="0")
    server.start()
    project = server.create_project("acme", "dummy:")["name"]
    issued = server.issue_token(project)
    server.secrets.append(issued["token"])
    for number in range(MODELS):
        body = {"model": f"m{number}", "messages": [{"role": "user", "content": "hi"}]}
        assert server.ask("POST", "/v1/chat/completions", body, key=issued["token"]).status == 200
    assert report(server).json()["rows"] == []
    before = resident(server)
    assert server.stop() == 0
    fill(server)

    started = server.serve()
    first = report(server)
    reported = 60.0
    for _ in range(3):
        began = time.monotonic()
        assert report(server).body == first.body
        reported = min(reported, time.monotonic() - began)
    grown = resident(server) - before

    rows = first.json()["rows"]
    assert len(rows) == DAYS * MODELS
    assert sum(row["requests"] for row in rows) == ROWS
    assert sum(row["prompt_tokens"] for row in rows) == 100 * ROWS
    print(f"{ROWS} rows: start {started:.3f} s, report {reported:.3f} s, memory {grown / 1048576:+.1f} MiB")
    assert grown < GROWS_BY
    if FULL:
        assert started < STARTS_WITHIN
        assert reported < REPORTS_WITHIN
    assert server.stop() == 0
