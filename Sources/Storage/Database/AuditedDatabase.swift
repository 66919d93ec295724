import Domain
import GRDB
import Synchronization

/// The only door to the database: what is read changes nothing, what changes is audited, and what happened is
/// written to the ledger.
///
/// A change runs in one immediate transaction on the one writer. Its body returns the events that tell of it,
/// which are written in the same transaction; a body that returns no event is rolled back, so it cannot have
/// changed anything. A change that was begun is carried through even if the task that asked for it is
/// cancelled. One that a request makes under an ``IdempotencyClaim`` is made once; one that it makes under an
/// ``IfMatch`` looks at what it changes itself.
final class AuditedDatabase: Sendable {
    enum Change<Value: Sendable>: Sendable {
        /// In the order in which they are written; without one nothing is kept.
        case made(Value, [AuditEvent])
        case unchanged(Value)

        static func made(_ value: Value, _ event: AuditEvent) -> Change { .made(value, [event]) }
    }

    let writer: any DatabaseWriter
    /// nil where there is no other process yet that could get at the file.
    let watch: FileWatch?
    /// nil until the store is given the keyed hash: until then nothing is changed.
    let chain: Mutex<AuditChain?>
    /// A head that the audit is known to have had; nil where none is known.
    let sealedHead = Mutex<AuditHead?>(nil)
    /// Set on the writer only, which does one thing after another, so that no older news overtakes.
    private let lastCondition = Mutex(StoreCondition.unknown)

    init(_ writer: any DatabaseWriter, chain: AuditChain? = nil, watch: FileWatch? = nil) {
        self.writer = writer
        self.watch = watch
        self.chain = Mutex(chain)
    }

    /// A change was asked for before ``Store/beginAudit(_:sealedHead:)``.
    static let unchained = StoreError.other(code: ResultCode.SQLITE_MISUSE.rawValue)

    var condition: StoreCondition { lastCondition.withLock { $0 } }

    private func learn(_ condition: StoreCondition) { lastCondition.withLock { $0 = condition } }

    /// Throws `replaced` where the store's files are not those that were opened.
    func checkFiles() throws(StoreError) { try watch?.check() }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        // A connection that is opened now would be to what has taken the file's place, and stay so.
        try checkFiles()
        do {
            return try await writer.read(body)
        } catch {
            throw StoreError(error)
        }
    }

    func change<Value: Sendable>(
        by context: ChangeContext, _ body: @escaping @Sendable (Database) throws -> Change<Value>
    ) async throws(StoreError) -> Value {
        guard let chain = chain.withLock({ $0 }) else { throw Self.unchained }
        return try await write { database in
            try self.perform(context, in: database, chain, body)
        }
    }

    /// Writes down what happened, as the ledger does: it is a record itself, and needs no event. In one
    /// immediate transaction, and carried through like a change.
    func record<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        try await write { database in
            var result: Value?
            try database.inTransaction(.immediate) {
                result = try body(database)
                try self.checkFiles()
                return .commit
            }
            guard let result else { throw StoreError.corrupt }
            return (result, isKept: true)
        }
    }

    private func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> (Value, isKept: Bool)
    ) async throws(StoreError) -> Value {
        let writer = self.writer
        let task = Task {
            try await writer.writeWithoutTransaction { database in
                do {
                    let (value, isKept) = try body(database)
                    if isKept { self.learn(.writable) }
                    return value
                } catch {
                    let error = StoreError(error)
                    if error.isOutage { self.learn(.failing(error)) }
                    throw error
                }
            }
        }
        do {
            return try await task.value
        } catch {
            throw StoreError(error)
        }
    }

    private func perform<Value: Sendable>(
        _ context: ChangeContext, in database: Database, _ chain: AuditChain,
        _ body: (Database) throws -> Change<Value>
    ) throws -> (Value, isKept: Bool) {
        var result: (Value, isKept: Bool)?
        try database.inTransaction(.immediate) {
            if let record = try context.claim?.record(of: context.principal, at: context.now, in: database) {
                throw StoreError.replayed(record)
            }
            switch try body(database) {
            case .unchanged(let value):
                result = (value, isKept: false)
                return .rollback
            case .made(let value, let events):
                try chain.append(events, at: context.now, in: database)
                try context.claim?.keep(events, at: context.now, in: database)
                result = (value, isKept: !events.isEmpty)
                guard !events.isEmpty else { return .rollback }
                try checkFiles()
                return .commit
            }
        }
        guard let result else { throw StoreError.corrupt }
        return result
    }

    /// Looks at the files, takes the writer's lock and gives it back. While the store is failing that proves
    /// nothing, and it writes too.
    func probe() async throws(StoreError) {
        do {
            try await writer.writeWithoutTransaction { database in
                do {
                    try self.checkFiles()
                    try Self.probe(database)
                    if case .failing = self.condition { try RoomProof.take(in: database) }
                    self.learn(.writable)
                } catch {
                    let error = StoreError(error)
                    self.learn(.failing(error))
                    throw error
                }
            }
        } catch {
            throw StoreError(error)
        }
    }

    private static func probe(_ database: Database) throws {
        try database.inTransaction(.immediate) {
            _ = try Int.fetchOne(database, sql: "SELECT count(*) FROM vault_keys")
            return .rollback
        }
    }

    /// Drops what a process that ended while it proved room left behind. In an outage it stays, and the next
    /// proof drops it: the store can be read all the same.
    func dropRoomProof() throws(StoreError) {
        do {
            try writer.writeWithoutTransaction { database in
                do {
                    try RoomProof.drop(in: database)
                } catch {
                    let error = StoreError(error)
                    guard error.isOutage else { throw error }
                    learn(.failing(error))
                }
            }
        } catch {
            throw StoreError(error)
        }
    }

    /// Closes all connections once their work is done; SQLite folds the write-ahead log in.
    func close() throws(StoreError) {
        do {
            try writer.close()
        } catch {
            throw StoreError(error)
        }
    }
}
