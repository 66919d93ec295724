package import Domain

/// The entity tags of which a resource has to have one when it is changed (`If-Match`, RFC 9110, 13.1.1).
///
/// A change that a client can hold to it looks, in its own transaction, at what it is about to change: so of
/// several clients that saw the same, one changes it. How a resource is tagged is for those to say who show
/// it.
package struct IfMatch: Sendable {
    /// What is stored of a resource, before it is changed.
    package enum Resource: Sendable {
        case project(Project, active: UpstreamCredential?, limits: [LimitRecord])
        case accessToken(AccessToken, limits: [LimitRecord])
        case credential(UpstreamCredential)
        case price(model: String, PriceRecords)
    }

    /// nil is `*`: any.
    private let tags: Set<String>?
    private let tag: @Sendable (Resource) throws -> String?

    /// - Parameter tag: that of a resource; nil if there is no such resource.
    package init(_ tags: Set<String>?, tag: @escaping @Sendable (Resource) throws -> String?) {
        self.tags = tags
        self.tag = tag
    }

    /// Throws `changedMeanwhile` if the resource has none of the tags.
    func require(_ resource: Resource) throws {
        guard let found = try tag(resource), tags?.contains(found) ?? true else {
            throw StoreError.changedMeanwhile
        }
    }
}
