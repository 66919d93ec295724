package import Vault

/// Where the master key comes from.
package enum MasterKeySource: Sendable {
    /// A setting, which the operator holds.
    case setting
    case file(MasterKeyFile)
}
