import Domain

/// What a request says of an access token to come: the same fields where one is issued and where an
/// invitation promises one.
protocol AccessTokenFields {
    /// A project's id or name.
    var project: String { get }
    var name: String { get }
    var holder: HolderFields { get }
    var grants: GrantFields { get }
    var limits: Given<[LimitField]> { get }
}

extension IssueAccessTokenRequest: AccessTokenFields {}
extension CreateInvitationRequest: AccessTokenFields {}

extension ControlPlane {
    /// Throws a 422 ``Problem`` that points at the field, also where `caller` does not reach the project; a
    /// 403 one where they may not grant an endpoint.
    func order(
        _ fields: some AccessTokenFields, lifetime: Lifetime, for caller: Operator
    ) async throws -> AccessTokenOrder {
        let name = try Label(wire: fields.name)
        let owner = try fields.holder.newOwner()
        let labels = try fields.holder.newLabels()
        let grants = try fields.grants.changes()
        let limits = try LimitSet(wire: fields.limits) ?? .none
        let project: Project
        do {
            project = try await self.project(fields.project, for: caller)
        } catch let problem as Problem where problem.status == 404 {
            throw problem.pointing(to: "/project")
        }
        var order = AccessTokenOrder(project: project.id, name: name, lifetime: lifetime)
        order.owner = owner
        order.labels = labels
        for grant in grants { order.grants.apply(grant) }
        try caller.require(toGrant: order.grants)
        order.limits = limits
        return order
    }
}
