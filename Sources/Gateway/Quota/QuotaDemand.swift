import Domain

/// What a request needs of its limits to be let through.
struct QuotaDemand: Sendable {
    /// The most that it can come to: what quotas hold.
    let bound: Charge
    /// What it will about come to: what rates take before it is known. Its `requests` are those of ``bound``.
    let advance: Charge
    /// Of an attempt before this one, which is charged in the same step.
    var settling: Settling?
}
