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
        let values = try call.query(ListQuery.sortedNames.union(["kind", "state", "project"]))
        let query = try ListQuery(values, by: [.at], standard: ListOrder(.at, isDescending: true))
        var wanted = AlarmFilter(
            kind: try values.word("kind", of: AlarmKind.self),
            state: try values.word("state", of: AlarmState.self), project: caller.project)
        if let project = values["project"] {
            wanted.project = try await control.project(project, for: caller).id
        }
        let page = try await control.store.listAlarms(
            wanted, by: query.order, after: query.place(AlarmID.self), limit: query.page.limit)
        return try Answer.json(query.resource(of: page, page.items.map { AlarmResource($0) }))
    }

    private func test(_ call: AdminCall, by caller: Operator) async throws -> Response {
        guard sendsAlarms else {
            throw Problem.conflict("Alarms are sent nowhere: LATCHKEY_ALARM_URL is not set")
        }
        let alarm = try await control.store.testAlarm(by: caller.context)
        return try Answer.json(AlarmResource(alarm), status: .accepted)
    }
}
