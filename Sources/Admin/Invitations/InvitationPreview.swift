package import Domain

/// An open invitation as its recipient sees it before claiming it.
package struct InvitationPreview: Sendable {
    package let invitation: Invitation
    package let project: Project
    /// The name of the management key that made it; nil if it was made otherwise.
    package let inviter: Label?
}
