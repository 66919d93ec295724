package import Domain

/// All that decides who gets in, read in one transaction: what the first snapshot is made of.
///
/// Expired and revoked access tokens and those of archived projects are in it, so that a refusal can be told
/// apart from that of a token which never was.
package struct AccessRecords: Sendable {
    package let projects: [Project]
    package let credentials: [UpstreamCredential]
    package let accessTokens: [AccessToken]
}
