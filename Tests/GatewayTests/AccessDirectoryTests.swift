import Domain
import Testing
import Vault

@testable import Gateway

/// Which key a project's requests are sent with.
@Suite struct AccessDirectoryTests {
    private func project(at upstream: String) throws -> Project {
        Project(
            id: ProjectID(unchecked: "proj_000000000001"), name: try #require(ProjectName("acme")),
            upstream: try UpstreamURL(parsing: upstream), state: .active, createdAt: Timestamp(seconds: 0),
            updatedAt: Timestamp(seconds: 0))
    }

    @Test(arguments: [
        ("https://one.example/other", true), ("https://two.example/v1", false),
        ("http://one.example/v1", false),
        ("https://one.example:444/v1", false), ("dummy:", false),
    ])
    func `a key is kept for its server alone`(upstream: String, isKept: Bool) throws {
        var directory = AccessDirectory(quotas: QuotaBook(defaultPeriods: QuotaFixture.utc))
        let first = try project(at: "https://one.example/v1")
        directory.put(
            first, key: UpstreamKey(CredentialID(unchecked: "cred_000000000001"), Secret(utf8: "sk-one")))
        #expect(directory.route(of: first.id)?.target.key != nil)
        directory.put(try project(at: upstream), key: nil)
        #expect((directory.route(of: first.id)?.target.key != nil) == isKept)
        // It does not come back with its server, either.
        directory.put(first, key: nil)
        #expect((directory.route(of: first.id)?.target.key != nil) == isKept)
    }
}
