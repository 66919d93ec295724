import Domain
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Storage

/// `/manage/backups` and `/manage/master-key`: copies of the store, and another master key.
struct MaintenanceRoutes {
    /// Bytes of a copy that are read at once.
    private static let part = 256 * 1024

    let maintenance: Maintenance

    var routes: [Route] {
        [
            Route(
                .post, "/manage/backups", .management(.admin, of: .instance, backup),
                replay: .made(show, as: "name")),
            Route(.get, "/manage/backups", .management(.read, of: .instance, list)),
            Route(.get, "/manage/backups/{name}", .management(.admin, of: .instance, download)),
            Route(.delete, "/manage/backups/{name}", .management(.admin, of: .instance, delete)),
            Route(.post, "/manage/master-key/rotate", .management(.admin, of: .instance, rotate)),
        ]
    }

    private func backup(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let (file, head) = try await maintenance.makeBackup(by: caller.context)
        return try Answer.json(BackupResource(file, auditHead: head.description), status: .created)
    }

    /// What was made under an `Idempotency-Key`; the head of the audit is told but once.
    private func show(_ call: AdminCall, by _: Operator) async throws -> Response {
        let name = call.parameter("name")
        guard let file = try maintenance.store.listBackups().first(where: { $0.name == name }) else {
            throw Problem.noSuch(.backup)
        }
        return try Answer.json(BackupResource(file))
    }

    private func list(_ call: AdminCall, by _: Operator) async throws -> Response {
        _ = try call.query([])
        let items = try maintenance.store.listBackups().map { BackupResource($0) }
        return try Answer.json(PageResource(items: items, nextCursor: nil))
    }

    private func download(_ call: AdminCall, by _: Operator) async throws -> Response {
        guard let descriptor = try maintenance.store.openBackup(call.parameter("name")) else {
            throw Problem.noSuch(.backup)
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        let length = Int(try file.seekToEnd())
        try file.seek(toOffset: 0)
        return Answer.stream(type: "application/vnd.sqlite3", length: length) { writer in
            defer { try? file.close() }
            while let part = try file.read(upToCount: Self.part), !part.isEmpty {
                try await writer.write(ByteBuffer(bytes: part))
            }
            try await writer.finish(nil)
        }
    }

    private func delete(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let name = call.parameter("name")
        do {
            try await maintenance.deleteBackup(name, by: caller.context)
        } catch StoreError.notFound {
            throw Problem.noSuch(.backup)
        }
        return Answer.nothing
    }

    private func rotate(_ call: AdminCall, by caller: Operator) async throws -> Response {
        try await maintenance.rotateMasterKey(by: caller.context)
        return Answer.nothing
    }
}
