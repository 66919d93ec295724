/// The ledger and what is kept of it in sums.
///
/// A moment's *quarter* is its quarter of an hour since 1970: no time zone in use begins its hours elsewhere.
/// A rollup's `place` is `quarter << 32 | usage key`, so that the sums of a span of time lie side by side.
/// The ledger's id is SQLite's own row number, for which the column has to be an INTEGER (a BIGINT
/// elsewhere); rows are appended in about the order of their ids, and no other index has to be kept. A row is
/// as short as it can be, for one is written for each request: what it has in common with others stands in
/// `ledger_names` and `usage_keys`, and what hardly any row has is NULL. Money is in nano-dollars.
extension Schema {
    static let ledger = [
        """
        CREATE TABLE ledger_rows (
            id INTEGER NOT NULL PRIMARY KEY CHECK (id >= 0),
            admitted_at BIGINT NOT NULL,
            names BIGINT NOT NULL,
            requests BIGINT NOT NULL,
            tokens BIGINT NOT NULL,
            cost BIGINT NOT NULL,
            prompt BIGINT NOT NULL,
            cached_prompt BIGINT NOT NULL,
            completion BIGINT NOT NULL,
            reasoning BIGINT NOT NULL,
            duration_ns BIGINT NOT NULL,
            first_byte_ns BIGINT NOT NULL,
            upstream_request TEXT,
            accounts BYTEA,
            object TEXT,
            cache_write_prompt BIGINT,
            audio_prompt BIGINT,
            image_prompt BIGINT,
            audio_completion BIGINT,
            image_completion BIGINT,
            audio_ms BIGINT
        )
        """,
        // What many rows have in common.
        """
        CREATE TABLE ledger_names (
            id INTEGER NOT NULL PRIMARY KEY,
            usage_key BIGINT NOT NULL,
            lineage TEXT NOT NULL,
            client TEXT NOT NULL,
            model_asked TEXT,
            model_answered TEXT,
            outcome TEXT NOT NULL,
            price_version BIGINT NOT NULL
        )
        """,
        "CREATE INDEX ledger_names_usage_key ON ledger_names (usage_key)",
        """
        CREATE TABLE usage_keys (
            id INTEGER NOT NULL PRIMARY KEY,
            project TEXT NOT NULL,
            access_token TEXT NOT NULL,
            model TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            status INTEGER NOT NULL,
            accuracy TEXT NOT NULL
        )
        """,
        """
        CREATE UNIQUE INDEX usage_keys_all
            ON usage_keys (project, access_token, model, endpoint, status, accuracy)
        """,
        // The rows as whoever reads them wants them.
        """
        CREATE VIEW ledger AS
        SELECT ledger_rows.id, admitted_at, project, access_token, lineage, endpoint, client, model_asked,
            model_answered, status, outcome, accuracy, prompt, cached_prompt,
            coalesce(cache_write_prompt, 0) AS cache_write_prompt, coalesce(audio_prompt, 0) AS audio_prompt,
            coalesce(image_prompt, 0) AS image_prompt, completion, reasoning,
            coalesce(audio_completion, 0) AS audio_completion,
            coalesce(image_completion, 0) AS image_completion, coalesce(audio_ms, 0) AS audio_ms, requests,
            tokens, cost, price_version, duration_ns, first_byte_ns, upstream_request, object, accounts
        FROM ledger_rows
        JOIN ledger_names ON ledger_names.id = ledger_rows.names
        JOIN usage_keys ON usage_keys.id = ledger_names.usage_key
        """,
        """
        CREATE TABLE usage_rollups (
            place INTEGER NOT NULL PRIMARY KEY,
            first_row BIGINT NOT NULL,
            last_row BIGINT NOT NULL,
            attempts BIGINT NOT NULL,
            requests BIGINT NOT NULL,
            tokens BIGINT NOT NULL,
            cost BIGINT NOT NULL,
            prompt BIGINT NOT NULL,
            cached_prompt BIGINT NOT NULL,
            cache_write_prompt BIGINT NOT NULL,
            audio_prompt BIGINT NOT NULL,
            image_prompt BIGINT NOT NULL,
            completion BIGINT NOT NULL,
            reasoning BIGINT NOT NULL,
            audio_completion BIGINT NOT NULL,
            image_completion BIGINT NOT NULL,
            audio_ms BIGINT NOT NULL
        )
        """,
        // `start` is the moment from which on it counts. `base` is what of `used` no row of the ledger tells,
        // for the rows are kept no longer. `credit` is what top-ups have added to the amount for this period.
        """
        CREATE TABLE limit_accounts (
            account INTEGER NOT NULL PRIMARY KEY CHECK (account > 0),
            owner TEXT NOT NULL CHECK (length(owner) > 0),
            identity TEXT NOT NULL CHECK (length(identity) > 0),
            metric TEXT NOT NULL CHECK (metric IN ('requests', 'tokens', 'cost', 'concurrency')),
            amount BIGINT NOT NULL CHECK (amount >= 0),
            start BIGINT NOT NULL,
            used BIGINT NOT NULL,
            base BIGINT NOT NULL,
            credit BIGINT NOT NULL CHECK (credit >= 0)
        )
        """,
        "CREATE UNIQUE INDEX limit_accounts_identity ON limit_accounts (owner, identity)",
        """
        CREATE TABLE seen_objects (
            project TEXT NOT NULL,
            object TEXT NOT NULL,
            ledger_row BIGINT NOT NULL,
            PRIMARY KEY (project, object)
        )
        """,
        "CREATE TABLE ledger_state (name TEXT NOT NULL PRIMARY KEY, value BIGINT NOT NULL)",
        "INSERT INTO ledger_state (name, value) VALUES ('generation', 0), ('kept_from', 0), ('account', 0)",
    ]
}
