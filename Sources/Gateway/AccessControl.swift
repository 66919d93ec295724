package import Domain
package import Vault

/// What the control plane tells the data path of a change that is committed.
package protocol AccessPublishing: Sendable {
    /// Returns when no request that a closed project or token would refuse can be dispatched any more.
    func put(_ project: Project, key: Secret?) async
    func put(_ accessToken: AccessToken) async
}
