"""Writes a store of any size into a data folder whose server is stopped: projects, access tokens dead and alive with
their limits, and a ledger with its sums. What is written is the same in every run, and adds up.
"""

import sqlite3
from dataclasses import dataclass

MONTH = 1_772_323_200_000
"""2026-03-01, in milliseconds."""
DAYS = 31
DAY = 86_400_000
SUMS = (
    "requests", "tokens", "cost", "prompt", "cached_prompt", "cache_write_prompt", "audio_prompt", "image_prompt",
    "completion", "reasoning", "audio_completion", "image_completion", "audio_ms")


@dataclass
class Store:
    projects: int
    tokens: int
    """In turn of the projects; the first of them are alive, the others dead or dormant in one of four ways."""
    living: int
    rows: int = 0
    """Spread evenly over March 2026, over the access tokens and over the models."""
    models: int = 5

    def write(self, folder):
        """Ends with an error where it is there already."""
        database = sqlite3.connect(folder / "latchkey.db", isolation_level=None)
        # What is cut off is not used.
        database.execute("PRAGMA synchronous = OFF")
        database.execute("BEGIN")
        self._write_projects(database)
        self._write_tokens(database)
        self._write_limits(database)
        if self.rows:
            self._write_ledger(database)
        database.execute("COMMIT")
        database.close()

    def _write_projects(self, database):
        database.execute(
            f"""
            {numbers()}
            INSERT INTO projects (
                id, name, upstream, state, created_at, updated_at, time_zone, stream_usage, unpriced,
                unbounded_output, unknown_endpoints)
            SELECT printf('proj_L%011d', i), 'large-' || i, 'dummy:', 'active', ?, ?, 'UTC', 'inject', 'refuse',
                'fit', 'refuse' FROM n
            """, [self.projects, MONTH, MONTH])

    def _write_tokens(self, database):
        """A fifth of the dead is revoked, was seen expired, is dormant, was rotated out, and was idle for too long."""
        end = MONTH + DAY
        database.execute(
            f"""
            {numbers()}
            INSERT INTO access_tokens (
                id, project, name, hash, created_at, expires_at, expired_at, revoked_at, lineage, owner, honey,
                idle_seconds)
            SELECT printf('L%011d', i), printf('proj_L%011d', i % :projects), 'large', randomblob(32), :month,
                CASE WHEN i < :living THEN NULL WHEN i % 5 IN (1, 2, 3) THEN :end END,
                CASE WHEN i >= :living AND i % 5 = 1 THEN :end + 5 END,
                CASE WHEN i >= :living AND i % 5 = 0 THEN :end END,
                printf('L%011d', i), 'owner-' || (i % 1000), 0,
                CASE WHEN i >= :living AND i % 5 = 4 THEN 3600 END
            FROM n
            """.replace("?", ":tokens"),
            {"tokens": self.tokens, "projects": self.projects, "living": self.living, "month": MONTH, "end": end})
        database.execute(
            """
            UPDATE access_tokens SET rotated_to = printf('L%011d', 0)
            WHERE id LIKE 'L%' AND substr(id, 2) % 5 = 3 AND substr(id, 2) + 0 >= ?
            """, [self.living])

    def _write_limits(self, database):
        """Two quotas and a rate for each access token."""
        first = database.execute("SELECT value FROM ledger_state WHERE name = 'account'").fetchone()[0] + 1
        kinds = [("requests/month", "requests", 1_000_000_000), ("cost/month", "cost", 1_000_000_000_000_000),
                 ("requests/minute", "requests", 1_000_000_000)]
        for place, (identity, metric, amount) in enumerate(kinds):
            database.execute(
                f"""
                {numbers()}
                INSERT INTO limit_accounts (account, owner, identity, metric, amount, start, used, base, credit)
                SELECT ? + i * ?, printf('L%011d', i), ?, ?, ?, ? + i, 0, 0, 0 FROM n
                """, [self.tokens, first + place, len(kinds), identity, metric, amount, MONTH])
        database.execute(
            "UPDATE ledger_state SET value = ? WHERE name = 'account'", [first + len(kinds) * self.tokens])

    def _write_ledger(self, database):
        first = database.execute("SELECT coalesce(max(id), 0) FROM ledger_names").fetchone()[0] + 1
        first = max(first, database.execute("SELECT coalesce(max(id), 0) FROM usage_keys").fetchone()[0] + 1)
        keys = self.tokens * self.models
        database.execute(
            f"""
            {numbers()}
            INSERT INTO usage_keys (
                id, project, access_token, model, endpoint, status, accuracy, attempt, upstream, credential)
            SELECT ? + i, printf('proj_L%011d', i / ? % ?), printf('L%011d', i / ?), 'model-' || (i % ?),
                'chat_completions', 200, 'exact', 1, 'api.openai.com', printf('cred_L%011d', i / ? % ?) FROM n
            """, [keys, first, self.models, self.projects, self.models, self.models, self.models, self.projects])
        database.execute(
            """
            INSERT INTO ledger_names (
                id, usage_key, lineage, client, model_asked, model_answered, outcome, price_version)
            SELECT id, id, access_token, 'public', model, model, 'completed', 1 FROM usage_keys WHERE id >= ?
            """, [first])
        # A prime and the number of the keys have no divisor in common: every key has its turn.
        database.execute(
            f"""
            {numbers()}
            INSERT INTO ledger_rows (
                id, admitted_at, names, requests, tokens, cost, prompt, cached_prompt, completion, reasoning,
                duration_ns, first_byte_ns, upstream_request)
            SELECT i, ? + i * ?, ? + i * 7919 % ?, 1, 120, 1500, 100, 10, 20, 5, 1000000, 500000, 'req_' || i FROM n
            """, [self.rows, MONTH, DAYS * DAY // self.rows, first, keys])
        write_sums(database)


def numbers():
    """SQL that begins a statement: `n (i)` has the numbers from 0 up to the first parameter."""
    return "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)"


def write_sums(database):
    """Makes the sums of all rows that there are."""
    sums = ", ".join(SUMS)
    coalesced = ", ".join(f"sum(coalesce({name}, 0))" for name in SUMS)
    added = ", ".join(f"sum({name})" for name in SUMS)
    for table in ("usage_rollups", "project_rollups", "instance_rollups", "usage_groups"):
        database.execute(f"DELETE FROM {table}")
    database.execute(
        f"""
        INSERT INTO usage_rollups (place, first_row, last_row, attempts, {sums}, unpriced)
        SELECT (admitted_at / 900000) << 32 | usage_key, min(ledger_rows.id), max(ledger_rows.id), count(*), {coalesced},
            0
        FROM ledger_rows JOIN ledger_names ON ledger_names.id = names GROUP BY 1
        """)
    for project, credential in (("project", "credential"), ("''", "''")):
        database.execute(
            f"""
            INSERT INTO usage_groups (project, credential, model, endpoint, status, accuracy, attempt, upstream)
            SELECT DISTINCT {project}, {credential}, model, endpoint, status, accuracy, attempt, upstream FROM usage_keys
            """)
    for table, bucket, project, credential in (
            ("project_rollups", "(place >> 32) / 96", "usage_keys.project", "usage_keys.credential"),
            ("instance_rollups", "place >> 32", "''", "''")):
        database.execute(
            f"""
            INSERT INTO {table} (place, attempts, {sums}, unpriced)
            SELECT ({bucket}) << 32 | usage_groups.id, sum(attempts), {added}, 0 FROM usage_rollups
            JOIN usage_keys ON usage_keys.id = place & 4294967295
            JOIN usage_groups ON usage_groups.project = {project} AND usage_groups.model = usage_keys.model
                AND usage_groups.endpoint = usage_keys.endpoint AND usage_groups.status = usage_keys.status
                AND usage_groups.accuracy = usage_keys.accuracy AND usage_groups.attempt = usage_keys.attempt
                AND usage_groups.upstream = usage_keys.upstream AND usage_groups.credential = {credential}
            GROUP BY 1
            """)
