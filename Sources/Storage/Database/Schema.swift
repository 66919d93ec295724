import GRDB

/// The tables of the store, and how a store of an earlier version gets today's.
///
/// Each migration is kept in `grdb_migrations` by its name. The first one makes all tables as they were
/// released first; each later change is a migration behind it, and one that was released never changes. Names
/// that are not known here are of a later version; a store that lacks the first name is of a format from
/// before the first release: until then that name changes with the tables.
///
/// Moments are milliseconds since 1970, money is nano-dollars. The SQL is of the subset that SQLite and
/// PostgreSQL both accept; a number that SQLite gives out itself has to be an INTEGER (a BIGINT elsewhere). A
/// table is described beside its record; the order is that of the references.
struct Schema: Sendable {
    static let current = Schema()

    private(set) var migrator = DatabaseMigrator()
    private let first = "1 tables of attempts"

    private init() {
        add(
            first,
            [
                Self.vaultKeys, Self.projects, Self.credentials, Self.accessTokens, Self.managementKeys,
                Self.invitations, Self.auditEvents, Self.idempotencyClaims, Self.alarms, Self.prices,
                Self.limitAccounts, Self.ledger, Self.objects, Self.usage,
            ].flatMap { $0 })
    }

    /// One more migration, behind those that there are.
    mutating func add(_ name: String, _ statements: [String]) {
        migrator.registerMigration(name) { database in
            for statement in statements { try database.execute(sql: statement) }
        }
    }

    /// Throws `newerSchema` and `olderSchema` for a store that this version cannot use, and `corrupt` for
    /// what is no store. Changes nothing.
    func requireKnown(in database: Database) throws {
        let applied = try migrator.appliedIdentifiers(database)
        guard !applied.isEmpty else { throw StoreError.corrupt }
        guard applied.contains(first) else { throw StoreError.olderSchema }
        guard try !migrator.hasBeenSuperseded(database) else { throw StoreError.newerSchema }
    }
}
