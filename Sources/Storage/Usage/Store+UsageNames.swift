package import Domain
import GRDB

/// What the ids in a usage report are called.
extension Store {
    /// The names of those that are known, among them archived projects and revoked access tokens.
    package func usageNames(
        projects: Set<ProjectID>, accessTokens: Set<AccessTokenID>
    ) async throws(StoreError) -> UsageNames {
        guard !projects.isEmpty || !accessTokens.isEmpty else { return UsageNames() }
        return try await database.read { database in
            var names = UsageNames()
            let project = try database.makeStatement(sql: "SELECT name FROM projects WHERE id = ?")
            for id in projects {
                names.projects[id] = try String.fetchOne(project, arguments: [id.rawValue])
            }
            let accessToken = try database.makeStatement(sql: "SELECT name FROM access_tokens WHERE id = ?")
            for id in accessTokens {
                names.accessTokens[id] = try String.fetchOne(accessToken, arguments: [id.rawValue])
            }
            return names
        }
    }
}
