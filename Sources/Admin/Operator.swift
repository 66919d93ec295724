package import Domain
package import Storage

/// Who calls the management API, and how far they reach: the holder of a management key.
///
/// A route's least role and its scope are checked before its handler runs. Which project a call is about only
/// the handler knows: whatever it reads or changes of a project goes through ``require(_:)`` or
/// ``reaches(_:)``. What is out of reach looks as if it were not there.
package struct Operator: Sendable {
    /// What their request changes is changed by.
    package var context: ChangeContext
    package let role: Role
    /// The only project that they reach; nil reaches all.
    package let project: ProjectID?

    /// Whoever calls with `key` from `address`.
    init(_ key: ManagementKey, from address: IPAddress?, at now: Timestamp) {
        context = ChangeContext(by: Principal(.managementKey(key.id), from: address), at: now)
        role = key.role
        project = key.project
    }

    package func reaches(_ other: ProjectID) -> Bool { project == nil || project == other }

    /// Throws a 404 ``Problem``, as for a project that is not there.
    package func require(_ project: ProjectID) throws(Problem) {
        guard reaches(project) else { throw .noSuch(.project) }
    }

    /// Throws a 403 ``Problem`` where the grants name an endpoint that only an operator for all projects may
    /// grant, but for those that were granted already.
    func require(toGrant grants: Grants, besides old: Grants = Grants()) throws(Problem) {
        guard role < .admin || project != nil else { return }
        var added = grants
        added.endpoints?.subtract(old.endpoints ?? [])
        if let endpoint = added.reservedEndpoint { throw .reservedEndpoint(endpoint) }
    }

    /// Throws a 403 ``Problem`` where the field of a project is not for an operator of that project alone.
    func requireInstance(toChange field: String) throws(Problem) {
        guard project == nil else { throw .beyondOneProject(field: field) }
    }

    /// Throws a 403 ``Problem`` that says what would do.
    func require(_ least: Role, of scope: Route.Scope) throws(Problem) {
        guard role >= least else { throw .roleNeeded(least, has: role) }
        switch scope {
        case .project: return
        case .instance: guard project == nil else { throw .beyondOneProject }
        }
    }
}
