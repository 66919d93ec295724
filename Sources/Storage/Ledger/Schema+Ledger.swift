/// The ledger: a row for each attempt that was charged. The first of a request that was sent counts as the
/// request.
///
/// Rows are appended in about the order of their ids, and no other index has to be kept. A row is as short as
/// it can be, for one is written for each request: what it has in common with others is in `ledger_names` and
/// `usage_keys`, without a REFERENCES that each insertion would pay for, and what hardly any row has is NULL.
/// `accounts` is ``AccountPeriods`` as bytes, NULL without any.
///
/// `ledger_state` keeps numbers by name: `generation` counts the starts, rows admitted before `kept_from` may
/// be gone, and `account` is the number of the last limit.
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
        "CREATE TABLE ledger_state (name TEXT NOT NULL PRIMARY KEY, value BIGINT NOT NULL)",
        "INSERT INTO ledger_state (name, value) VALUES ('generation', 0), ('kept_from', 0), ('account', 0)",
    ]
}
