import Domain
import Hummingbird

/// `/manage/tokens/revoke-leaked`: a text goes in, and whatever credential of ours it holds is revoked.
struct LeakRoutes {
    /// In bytes.
    static let maximumText = 64 << 20

    let desk: LeakDesk

    var routes: [Route] {
        [Route(.post, "/manage/tokens/revoke-leaked", .management(.issue, revokeLeaked))]
    }

    private func revokeLeaked(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let query = try call.query(["dry_run", "usage_since"])
        let isDryRun = try query.flag("dry_run") ?? false
        let since = try moment("usage_since", query)
        var search = desk.search()
        try await call.stream(["text/", "application/octet-stream"], upTo: Self.maximumText) {
            search.scan($0)
        }
        return try Answer.json(
            try await desk.report(on: search, since: since, isDryRun: isDryRun, for: caller))
    }

    private func moment(_ name: String, _ query: [String: String]) throws(Problem) -> Timestamp? {
        guard let text = query[name] else { return nil }
        guard let moment = Timestamp(rfc3339: text) else {
            throw .invalidFields([
                .init(pointer: "?\(name)", "it has to be an RFC 3339 time, as 2030-01-31T12:00:00Z")
            ])
        }
        guard moment <= desk.control.now() else {
            throw .invalidFields([.init(pointer: "?\(name)", "it has to lie in the past")])
        }
        return moment
    }
}
