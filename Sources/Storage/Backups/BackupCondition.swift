/// What the seal of a backup says of it.
package enum BackupCondition: String, Hashable, Sendable {
    /// It is as it was made.
    case sound
    /// It has none: an earlier version made it, or somebody took it away.
    case unsealed
    /// It was changed since it was made, or another store's keys sealed it.
    case changed
}
