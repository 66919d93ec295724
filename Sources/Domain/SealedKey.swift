/// A key of the vault as it is kept: a row of `vault_keys`, of use only together with the master key.
package struct SealedKey: Hashable, Sendable {
    package var id: String
    package var version: Int
    package var sealed: [UInt8]

    package init(id: String, version: Int, sealed: [UInt8]) {
        self.id = id
        self.version = version
        self.sealed = sealed
    }
}
