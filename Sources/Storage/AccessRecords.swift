package import Domain

/// All that decides who gets in, read in one transaction: what the first snapshot is made of.
///
/// Access tokens that are dead for good are not in it: those that are revoked, or were seen expired. Nor are
/// those that are *dormant*: their end had come before ``horizon``, though nobody used them since. Were the
/// clock to go back behind it they would be alive. Those of archived projects are in it, for they are refused
/// in another way.
package struct AccessRecords: Sendable {
    package internal(set) var projects: [Project] = []
    /// The active ones.
    package internal(set) var credentials: [UpstreamCredential] = []
    package internal(set) var accessTokens: [AccessToken] = []
    /// Of the projects, and of the lineages of the access tokens; each subject's in the order in which they
    /// were set.
    package internal(set) var limits: [(subject: LimitSubject, records: [LimitRecord])] = []
    package let horizon: Timestamp
}
