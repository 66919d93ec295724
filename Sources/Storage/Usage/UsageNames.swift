package import Domain

/// Names of projects and access tokens, by their ids.
package struct UsageNames: Hashable, Sendable {
    package internal(set) var projects: [ProjectID: String] = [:]
    package internal(set) var accessTokens: [AccessTokenID: String] = [:]
}
