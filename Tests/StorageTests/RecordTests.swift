import Domain
import GRDB
import Testing

@testable import Storage

/// The records' columns are those of the schema, and what is written is what is read.
@Suite struct RecordTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    @Test func `each record names the columns of its table, in their order`() throws {
        let sums = UsageSums.Column.columnNames
        let records: [String: [String]] = [
            SealedKey.table.name: SealedKey.table.columns, Project.table.name: Project.table.columns,
            UpstreamCredential.table.name: UpstreamCredential.table.columns,
            AccessToken.table.name: AccessToken.table.columns,
            ManagementKey.table.name: ManagementKey.table.columns,
            Invitation.table.name: Invitation.table.columns, AuditRow.table.name: AuditRow.table.columns,
            IdempotencyRow.table.name: IdempotencyRow.table.columns,
            AlarmRecord.table.name: AlarmRecord.table.columns,
            PriceOverride.table.name: PriceOverride.table.columns,
            LimitAccount.table.name: LimitAccount.table.columns,
            LedgerRow.table.name: LedgerRow.table.columns,
            LedgerNames.table.name: ["id"] + LedgerNames.table.columns,
            PendingRow.table.name: PendingRow.table.columns,
            UsageKey.table.name: ["id"] + UsageKey.table.columns,
            UsageGroupKey.table.name: ["id"] + UsageGroupKey.table.columns,
            "usage_rollups": ["place", "first_row", "last_row", "attempts"] + sums,
            "project_rollups": ["place", "attempts"] + sums,
            "instance_rollups": ["place", "attempts"] + sums,
        ]
        let withoutRecord: Set = ["access_token_labels", "price_state", "ledger_state", "seen_objects"]
        let queue = try DatabaseQueue()
        try Schema.current.migrator.migrate(queue)
        let tables = try queue.read { database in
            let names = try String.fetchAll(
                database, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
            return try Dictionary(
                uniqueKeysWithValues: names.map { ($0, try database.columns(in: $0).map(\.name)) })
        }
        for (table, columns) in records { #expect(tables[table] == columns) }
        #expect(
            Set(tables.keys) == withoutRecord.union(records.keys).union(["grdb_migrations"]),
            "a table is neither a record's nor known to have none")
    }

    /// Writes records into a store of their own, and reads them.
    private func read<Value: Sendable>(_ body: (Database) throws -> Value) throws -> Value {
        let queue = try DatabaseQueue()
        try Schema.current.migrator.migrate(queue)
        return try queue.write(body)
    }

    private func full(_ project: Project) throws -> AccessToken {
        let moment = { (seconds: Int64) in fixture.now.adding(seconds: seconds) }
        var accessToken = try fixture.accessToken(of: project, expiresAt: moment(1))
        accessToken.expiredAt = moment(2)
        accessToken.revokedAt = moment(3)
        accessToken.suspendedAt = moment(4)
        accessToken.rotatedFrom = accessToken.id
        accessToken.rotatedTo = accessToken.id
        accessToken.owner = Label("bob \"the\" builder")
        accessToken.labels = try LabelSet(["team": "search", "quote": "\"\\/"])
        accessToken.description = Description("Search \"team\"")
        accessToken.isHoney = true
        accessToken.lastUsedAt = moment(5)
        accessToken.grants.models = ["gpt-*", "o?-mini"].compactMap { ModelPattern($0) }
        accessToken.grants.endpoints = [.chatCompletions, .other]
        accessToken.grants.networks = ["10.0.0.0/8", "2001:db8::/32"]
        accessToken.grants.notBefore = moment(6)
        accessToken.grants.idleSeconds = 7
        accessToken.grants.outputCap = OutputCap("100")
        accessToken.grants.unboundedOutput = .refuse
        return accessToken
    }

    @Test func `what is written is read again, with all columns and with none that may be NULL`() throws {
        var project = try fixture.project()
        project.openAIOrganization = "org"
        project.openAIProject = "proj"
        project.description = Description("Search team")
        project.unpriced = try #require(UnpricedRule("allow"))
        let plain = try fixture.accessToken(of: project)
        let full = try full(project)
        #expect(AccessToken.Column.allCases.allSatisfy { full.value(of: $0) != nil })
        #expect(Grants.Column.allCases.allSatisfy { full.grants.value(of: $0) != nil })
        var order = AccessTokenOrder(project: project.id, name: full.name, lifetime: .seconds(60))
        order.owner = full.owner
        order.labels = full.labels
        order.grants = full.grants
        order.limits = try LimitSet([Limit(parsing: "requests=5/day"), Limit(parsing: "cost=1.50/month")])
        var invitation = Invitation(
            id: InvitationID(unchecked: "Invitation01"), hash: full.hash, order: order,
            createdAt: fixture.now,
            expiresAt: fixture.now)
        invitation.claim = Invitation.Claim(
            at: fixture.now, address: IPAddress("192.0.2.1"), accessToken: plain.id)
        let id = try LimitID(parsing: "tokens/day")
        let account = LimitAccount(
            owner: full.lineage.rawValue,
            record: LimitRecord(
                account: 7, limit: Limit(id, amount: 8), start: fixture.now, used: 9, credit: 10,
                others: [
                    LimitCounter(start: fixture.now.adding(seconds: -1), used: 11, credit: 12),
                    LimitCounter(start: fixture.now.adding(seconds: -2), used: 13, credit: 14),
                ]), bases: [15, 16, 17])
        try read { database in
            try project.insert(in: database)
            #expect(try Project.find([project.id.rawValue], in: database) == project)
            for accessToken in [plain, full] {
                try accessToken.insert(in: database)
                #expect(try AccessToken.find([accessToken.id.rawValue], in: database) == accessToken)
            }
            try invitation.insert(in: database)
            #expect(try Invitation.find([invitation.id.rawValue], in: database) == invitation)
            try account.insert(in: database)
            #expect(try LimitAccount.find([account.record.account], in: database) == account)
        }
    }

    @Test func `a change writes its columns and no other, an upsert all but the key`() throws {
        let project = try fixture.project()
        var changed = project
        changed.state = .disabled
        changed.timeZone = "Europe/Berlin"
        changed.openAIProject = "proj"
        let other = try fixture.project("other")
        try read { database in
            for project in [project, other] { try project.insert(in: database) }
            try changed.update(.state, .openaiProject, in: database)
            var expected = changed
            expected.timeZone = project.timeZone
            #expect(try Project.find([project.id.rawValue], in: database) == expected)
            try changed.updateAll(in: database)
            #expect(try Project.find([project.id.rawValue], in: database) == changed)
            try project.upsert(in: database)
            #expect(try Project.all("ORDER BY name", in: database) == [project, other])
            try project.delete(in: database)
            #expect(try Project.all(in: database) == [other])
        }
    }

    @Test(arguments: [
        "UPDATE projects SET created_at = 'soon'", "UPDATE projects SET updated_at = 1.5",
        "UPDATE projects SET time_zone = x'00'", "UPDATE projects SET openai_project = x'41'",
    ])
    func `a value of another kind than the column's is corrupt, not another value`(statement: String) throws {
        try read { database in
            try fixture.project().insert(in: database)
            try database.execute(sql: statement)
            #expect(throws: StoreError.corrupt) { try Project.all(in: database) }
        }
    }
}
