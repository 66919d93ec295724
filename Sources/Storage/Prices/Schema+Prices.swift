/// What operators set of prices.
///
/// An override is a model's price as `PriceDocument` writes it, or NULL where the model shall have none.
/// `price_state` holds one row: the version of the list that is built into the program, as it was at the last
/// start, and the version of the table that both make together.
extension Schema {
    static let prices = [
        """
        CREATE TABLE prices (
            model TEXT NOT NULL PRIMARY KEY CHECK (length(model) > 0),
            document TEXT CHECK (length(document) > 0),
            version BIGINT NOT NULL CHECK (version > 0),
            updated_at BIGINT NOT NULL
        )
        """,
        "CREATE TABLE price_state (shipped BIGINT NOT NULL, version BIGINT NOT NULL)",
        "INSERT INTO price_state (shipped, version) VALUES (0, 0)",
    ]
}
