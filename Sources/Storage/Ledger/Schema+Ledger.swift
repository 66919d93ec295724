/// The ledger and what is kept of it in sums.
///
/// A moment's *quarter* is its quarter of an hour since 1970: no time zone in use begins its hours elsewhere.
/// A rollup's `place` is `quarter << 32 | usage key`, so that the sums of a span of time lie side by side.
/// The ledger's id is SQLite's own row number, for which the column has to be an INTEGER (a BIGINT
/// elsewhere); rows are appended in about the order of their ids, and no other index has to be kept. Money is
/// in nano-dollars.
extension Schema {
    static let ledger = [
        """
        CREATE TABLE ledger (
            id INTEGER NOT NULL PRIMARY KEY CHECK (id >= 0),
            admitted_at BIGINT NOT NULL,
            project TEXT NOT NULL,
            access_token TEXT NOT NULL,
            lineage TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            client TEXT NOT NULL,
            model_asked TEXT,
            model_answered TEXT,
            status INTEGER NOT NULL,
            outcome TEXT NOT NULL,
            accuracy TEXT NOT NULL,
            prompt BIGINT NOT NULL,
            cached_prompt BIGINT NOT NULL,
            cache_write_prompt BIGINT NOT NULL,
            audio_prompt BIGINT NOT NULL,
            image_prompt BIGINT NOT NULL,
            completion BIGINT NOT NULL,
            reasoning BIGINT NOT NULL,
            audio_completion BIGINT NOT NULL,
            image_completion BIGINT NOT NULL,
            audio_ms BIGINT NOT NULL,
            requests BIGINT NOT NULL,
            tokens BIGINT NOT NULL,
            cost BIGINT NOT NULL,
            price_version BIGINT NOT NULL,
            duration_ns BIGINT NOT NULL,
            first_byte_ns BIGINT NOT NULL,
            upstream_request TEXT,
            object TEXT,
            accounts BYTEA
        )
        """,
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
