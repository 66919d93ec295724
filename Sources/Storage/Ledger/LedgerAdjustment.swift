package import Domain

/// What an append has charged to durable counters beside what its rows' requests took from the limits in
/// memory, or charged less: to be applied there too.
package struct LedgerAdjustment: Hashable, Sendable {
    package let project: ProjectID
    package let lineage: AccessTokenID
    package let accounts: AccountPeriods
    /// Signed, without requests.
    package let charge: Charge
}
