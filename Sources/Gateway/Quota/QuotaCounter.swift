import Domain

/// What a quota has counted in another period than the one that counts now, or before a reset: kept for what
/// is in flight of it, and for a clock that goes back.
struct QuotaCounter: Sendable {
    let bucket: UInt32
    let start: Timestamp
    var used: Int64
    var credit: Int64
    var reserved: Int64
}
