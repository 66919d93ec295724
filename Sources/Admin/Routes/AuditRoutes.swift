import Domain
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Storage

/// `/manage/audit`: who did what and who was not let in, and whether that is still what was written.
struct AuditRoutes {
    /// Events that are read for an export at once.
    private static let part = 500

    let control: ControlPlane
    /// One look through the chain at a time: each reads all there is.
    private let verifying: ChangeQueue

    init(control: ControlPlane) {
        self.control = control
        verifying = ChangeQueue(now: control.now)
    }

    var routes: [Route] {
        [
            Route(.get, "/manage/audit", .management(.read, of: .instance, list)),
            Route(.get, "/manage/audit/export", .management(.read, of: .instance, export)),
            Route(.get, "/manage/audit/head", .management(.read, of: .instance, head)),
            Route(.post, "/manage/audit/verify", .management(.read, of: .instance, verify)),
        ]
    }

    private func list(_ call: AdminCall, by _: Operator) async throws -> Response {
        let parameters = try call.query(AuditRequest.names.union(ListQuery.sortedNames))
        let page = try PageQuery(parameters)
        var cursor: Int64?
        if let text = page.cursor {
            guard let number = Int64(text), number > 0 else {
                throw Problem.invalidFields([
                    .init(pointer: "?cursor", "it has to be a next_cursor of this list")
                ])
            }
            cursor = number
        }
        let isOldestFirst = try Self.isOldestFirst(parameters["sort"])
        let request = try await AuditRequest(parameters, project: control.project)
        let found = try await control.store.listAudit(
            request.query, oldestFirst: isOldestFirst, from: cursor, limit: page.limit)
        return try Answer.json(
            PageResource(
                items: found.items.map { AuditEventResource($0) },
                nextCursor: found.hasMore ? found.items.last.map { String($0.sequence) } : nil))
    }

    private static func isOldestFirst(_ sort: String?) throws(Problem) -> Bool {
        switch sort {
        case nil, "-seq": return false
        case "seq": return true
        default: throw .invalidParameter("sort", "it has to be seq or -seq")
        }
    }

    /// As JSON lines, oldest first, up to the last event of now. A failure on the way cuts the answer off.
    private func export(_ call: AdminCall, by _: Operator) async throws -> Response {
        let request = try await AuditRequest(call.query(AuditRequest.names), project: control.project)
        let store = control.store
        let end = try await store.auditHead().sequence
        return Answer.stream(type: "application/x-ndjson") { writer in
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            var last: Int64 = 0
            while last < end {
                let rows = try await store.auditRows(request.query, after: last, limit: Self.part)
                var buffer = ByteBuffer()
                for row in rows where row.sequence <= end {
                    buffer.writeBytes(try encoder.encode(AuditEventResource(row)))
                    buffer.writeInteger(UInt8(ascii: "\n"))
                }
                if buffer.readableBytes > 0 { try await writer.write(buffer) }
                guard rows.count == Self.part, let row = rows.last else { break }
                last = row.sequence
            }
            try await writer.finish(nil)
        }
    }

    private func head(_ call: AdminCall, by _: Operator) async throws -> Response {
        _ = try call.query([])
        return try Answer.json(AuditHeadResource(try await control.store.auditHead()))
    }

    private func verify(_ call: AdminCall, by _: Operator) async throws -> Response {
        let known = try await call.body(VerifyAuditRequest.self).head()
        let store = control.store
        let verdict = try await verifying.run { try await store.verifyAudit(against: known) }
        return try Answer.json(AuditVerdictResource(verdict))
    }
}
