import Domain
import Gateway
import Hummingbird

/// `/manage/projects/{id}/upstream/check`: whether requests would arrive, told before somebody sends one that
/// costs.
struct UpstreamRoutes {
    let control: ControlPlane
    let upstreams: any UpstreamInquiry

    var routes: [Route] {
        [Route(.post, "/manage/projects/{id}/upstream/check", .management(.issue, check))]
    }

    private func check(_ call: AdminCall, by caller: Operator) async throws -> Response {
        _ = try call.query([])
        let project = try await control.project(call.parameter("id"), for: caller)
        guard let verdict = await upstreams.askUpstream(of: project.id) else {
            throw Problem.noSuch(.project)
        }
        return try Answer.json(UpstreamCheckResource(verdict, project: project.id.rawValue))
    }
}

extension UpstreamCheckResource {
    init(_ verdict: UpstreamVerdict, project: String) {
        switch verdict {
        case .dummy:
            self.init(project: project, ok: true, status: nil, reason: nil)
        case .answered(let status):
            let reason: String? =
                switch status {
                case 401, 403: "upstream_credential_rejected"
                case 500...: "upstream_status"
                default: nil
                }
            self.init(project: project, ok: reason == nil, status: status, reason: reason)
        case .failed(let failure):
            self.init(project: project, ok: false, status: nil, reason: failure.reason)
        }
    }
}
