/// A row is a limit of a project or of a lineage of access tokens, with its last three counters: a clock that
/// goes back finds them again.
///
/// `start` is the moment from which on a counter counts. `base` is what of `used` no row of the ledger tells,
/// for the rows are kept no longer. `credit` is what top-ups have added to the amount for this period. The
/// counter that was begun last has no number; `_2` is the one before it, `_3` the one before that, and NULL
/// is none.
extension Schema {
    static let limitAccounts = [
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
            credit BIGINT NOT NULL CHECK (credit >= 0),
            start_2 BIGINT,
            used_2 BIGINT,
            base_2 BIGINT,
            credit_2 BIGINT,
            start_3 BIGINT,
            used_3 BIGINT,
            base_3 BIGINT,
            credit_3 BIGINT
        )
        """,
        "CREATE UNIQUE INDEX limit_accounts_identity ON limit_accounts (owner, identity)",
    ]
}
