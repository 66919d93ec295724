/// The keys of the vault, each sealed under the master key. `version` rises with each rotation.
extension Schema {
    static let vaultKeys = [
        """
        CREATE TABLE vault_keys (
            id TEXT NOT NULL PRIMARY KEY,
            version INTEGER NOT NULL CHECK (version >= 1),
            sealed BYTEA NOT NULL CHECK (length(sealed) > 0)
        )
        """
    ]
}
