package import Domain

/// Which management keys are listed: those that meet all that is given.
package struct ManagementKeyFilter: Hashable, Sendable {
    package var role: Role?
    package var isRevoked: Bool?
    /// A part of the name, in upper or lower case, or the id.
    package var text: String?

    package init(role: Role? = nil, isRevoked: Bool? = nil, text: String? = nil) {
        self.role = role
        self.isRevoked = isRevoked
        self.text = text
    }
}
