import Admin
import Domain
import Storage
import Vault

/// What `serve --dev` has ready at every start: a project on the dummy provider, a fresh access token for it
/// and a fresh management key. Those of the last start are revoked.
struct Demo: Sendable {
    let project: Project
    let accessToken: Secret
    let managementKey: Secret

    /// `firstKey`: of a data folder that was just made; nobody has seen its text.
    static func prepare(_ control: ControlPlane, firstKey: Installation.FirstKey?) async throws -> Demo {
        guard let name = ProjectName("demo"), let label = Label("dev") else {
            preconditionFailure("the literals keep the rules")
        }
        let context = ChangeContext.console(at: .now())
        let project: Project
        if let found = try await control.findProject(named: name) {
            project = found
        } else {
            project = try await control.createProject(name, upstream: .dummy, key: nil, by: context)
        }
        try await control.revokeAccessTokens(of: project.id, named: label, by: context)
        let accessToken = try await control.issueAccessToken(
            AccessTokenOrder(project: project.id, name: label, lifetime: .endless), by: context)
        let managementKey = try await control.createManagementKey(
            name: label, role: .admin, by: context)
        try await control.revokeManagementKeys(named: label, except: managementKey.key.id, by: context)
        if let firstKey, firstKey.text != nil {
            _ = try await control.revokeManagementKey(firstKey.id, by: context)
        }
        return Demo(project: project, accessToken: accessToken.text, managementKey: managementKey.text)
    }
}
