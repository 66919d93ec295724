import Domain

/// What a request says of an access token to come: the same fields where one is issued and where an invitation
/// promises one.
extension ControlPlane {
    /// Throws a 422 ``Problem`` that points at the field, also where `caller` does not reach the project.
    func order(
        _ name: String, in reference: String, lifetime: Lifetime, _ holder: HolderFields,
        _ grants: GrantFields, _ limits: Given<[LimitField]>, for caller: Operator
    ) async throws -> AccessTokenOrder {
        let name = try Label(wire: name)
        let owner = try holder.newOwner()
        let labels = try holder.newLabels()
        let grants = try grants.changes()
        let limits = try LimitSet(wire: limits) ?? .none
        let project: Project
        do {
            project = try await self.project(reference, for: caller)
        } catch let problem as Problem where problem.status == 404 {
            throw Problem.invalid("project", "there is no such project")
        }
        var order = AccessTokenOrder(project: project.id, name: name, lifetime: lifetime)
        order.owner = owner
        order.labels = labels
        for grant in grants { order.grants.apply(grant) }
        order.limits = limits
        return order
    }
}
