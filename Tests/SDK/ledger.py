"""The ledger of a server that was stopped, read from its database, and what has to be true of any."""

import shutil
import sqlite3
from collections import Counter, defaultdict
from pathlib import Path


ROWS = """
    FROM ledger_rows JOIN ledger_names ON ledger_names.id = ledger_rows.names
    JOIN usage_keys ON usage_keys.id = ledger_names.usage_key ORDER BY ledger_rows.id
"""


class Books:
    def __init__(self, server):
        # A copy: whoever opens a database may change it.
        copy = Path(server.folder) / "books"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for file in server.data.glob("latchkey.db*"):
            shutil.copy(file, copy)
        database = sqlite3.connect(copy / "latchkey.db")
        database.row_factory = sqlite3.Row
        assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        self.rows = database.execute("SELECT *" + ROWS).fetchall()
        self.limits = database.execute("SELECT * FROM limit_accounts").fetchall()
        self.rollups = database.execute(
            "SELECT coalesce(sum(attempts), 0), coalesce(sum(requests), 0), coalesce(sum(tokens), 0), "
            "coalesce(sum(cost), 0), coalesce(sum(prompt), 0), coalesce(sum(cached_prompt), 0), "
            "coalesce(sum(completion), 0) FROM usage_rollups").fetchone()
        database.close()
        shutil.rmtree(copy)

    def of(self, identifier):
        return [row for row in self.rows if row["access_token"] == identifier]

    def used(self, identifier):
        """What each limit of an access token has counted, by its metric."""
        return {limit["metric"]: limit["used"] for limit in self.limits if limit["owner"] == identifier}

    def total(self, column):
        return sum(row[column] for row in self.rows)

    def assert_consistent(self):
        """The sums over the rows are the counters and the rollups. For limits that were there from the start."""
        assert len({row["id"] for row in self.rows}) == len(self.rows)
        told = [row["upstream_request"] for row in self.rows if row["upstream_request"]]
        assert [name for name, count in Counter(told).items() if count > 1] == []
        sums = defaultdict(Counter)
        for row in self.rows:
            for metric in ("requests", "tokens", "cost"):
                sums[row["lineage"]][metric] += row[metric]
        for limit in self.limits:
            if limit["metric"] != "concurrency":
                assert limit["used"] == sums[limit["owner"]][limit["metric"]], dict(limit)
        columns = ("requests", "tokens", "cost", "prompt", "cached_prompt", "completion")
        assert tuple(self.rollups) == (len(self.rows), *(self.total(column) for column in columns))
