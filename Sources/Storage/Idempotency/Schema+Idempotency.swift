/// A row is a request that is done once: who claimed which key for which route, with which body, and what
/// came of it.
///
/// It is written in the transaction of the change, and dropped by a later claim when its lifetime is over.
extension Schema {
    static let idempotencyClaims = [
        """
        CREATE TABLE idempotency_claims (
            principal TEXT NOT NULL CHECK (length(principal) > 0),
            route TEXT NOT NULL CHECK (length(route) > 0),
            request_key TEXT NOT NULL CHECK (length(request_key) BETWEEN 1 AND 255),
            body_hash BYTEA NOT NULL CHECK (length(body_hash) = 32),
            status INTEGER NOT NULL CHECK (status BETWEEN 200 AND 299),
            subject TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            PRIMARY KEY (principal, route, request_key)
        )
        """,
        "CREATE INDEX idempotency_claims_created ON idempotency_claims (created_at)",
    ]
}
