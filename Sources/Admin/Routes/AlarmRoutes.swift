import Domain
import Hummingbird
import Storage

/// `/manage/alarms`: what was raised, and what became of it.
struct AlarmRoutes {
    let control: ControlPlane
    /// There is a receiver.
    let sendsAlarms: Bool

    var routes: [Route] {
        [
            Route(.get, "/manage/alarms", .management(.read, list)),
            Route(.post, "/manage/alarms/test", .management(.admin, of: .instance, test)),
        ]
    }

    private func list(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let values = try call.query(PageQuery.names.union(["kind", "state", "project"]))
        let query = try PageQuery(values)
        var wanted = AlarmFilter(
            kind: try Self.word("kind", values), state: try Self.word("state", values),
            project: caller.project)
        if let project = values["project"] {
            do {
                wanted.project = try await control.project(project, for: caller).id
            } catch let problem as Problem where problem.status == 404 {
                throw Problem.invalidFields([.init(pointer: "?project", "there is no such project")])
            }
        }
        let page = try await control.store.listAlarms(
            wanted, after: query.cursor(AlarmID.init), limit: query.limit)
        return try Answer.json(
            PageResource(
                items: page.items.map { AlarmResource($0) },
                nextCursor: page.hasMore ? page.items.last?.id.rawValue : nil))
    }

    private static func word<Word: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ values: [String: String]
    ) throws(Problem) -> Word? {
        guard let text = values[name] else { return nil }
        guard let word = Word(rawValue: text) else {
            let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalidFields([.init(pointer: "?\(name)", "it has to be one of \(known)")])
        }
        return word
    }

    private func test(_ call: AdminCall, by caller: Operator) async throws -> Response {
        guard sendsAlarms else {
            throw Problem.conflict("Alarms are sent nowhere: LATCHKEY_ALARM_URL is not set")
        }
        let alarm = try await control.store.testAlarm(by: caller.principal, at: control.now())
        return try Answer.json(AlarmResource(alarm), status: .accepted)
    }
}
