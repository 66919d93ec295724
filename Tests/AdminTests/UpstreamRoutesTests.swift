import Domain
import Gateway
import HTTPTypes
import Synchronization
import Testing

@testable import Admin

/// Upstreams that answer what a test says.
final class UpstreamFixture: UpstreamInquiry {
    let verdict = Mutex<UpstreamVerdict?>(.dummy)
    let asked = Mutex<[ProjectID]>([])

    func askUpstream(of project: ProjectID) async -> UpstreamVerdict? {
        asked.withLock { $0.append(project) }
        return verdict.withLock { $0 }
    }
}

@Suite struct UpstreamRoutesTests {
    @Test(
        arguments: [
            (UpstreamVerdict.dummy, true, nil, nil),
            (.answered(status: 200), true, 200, nil),
            (.answered(status: 404), true, 404, nil),
            (.answered(status: 401), false, 401, "upstream_credential_rejected"),
            (.answered(status: 503), false, 503, "upstream_status"),
            (.failed(.tls), false, nil, "upstream_tls"),
        ] as [(UpstreamVerdict, Bool, Int?, String?)])
    func `a check tells whether requests would arrive`(
        _ verdict: UpstreamVerdict, _ ok: Bool, _ status: Int?, _ reason: String?
    ) async throws {
        let fixture = try await AdminFixture()
        let project = try await fixture.project("acme").id
        fixture.state.upstreams.verdict.withLock { $0 = verdict }
        let answer = try await fixture.send(.post, "/manage/projects/acme/upstream/check")
        #expect(answer.status == 200)
        #expect(
            try answer.decoded()
                == UpstreamCheckResource(project: project, ok: ok, status: status, reason: reason))
        #expect(fixture.state.upstreams.asked.withLock { $0.map(\.rawValue) } == [project])
    }

    @Test func `a project that is not there is not asked for`() async throws {
        let fixture = try await AdminFixture()
        #expect(try await fixture.send(.post, "/manage/projects/nobody/upstream/check").status == 404)
        #expect(fixture.state.upstreams.asked.withLock { $0.isEmpty })
    }
}
