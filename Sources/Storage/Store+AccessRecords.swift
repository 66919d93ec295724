package import Domain
import GRDB

/// What the data path begins with, and what it looks up later on.
extension Store {
    /// How long the end of an access token is past before it is left out, in milliseconds: a clock that is
    /// put right by less than this finds all that it makes valid again in memory.
    package static let dormancy: Int64 = 86_400_000

    /// Of one moment. Access tokens that ended ``dormancy`` before `now` are left out.
    package func accessRecords(at now: Timestamp) async throws(StoreError) -> AccessRecords {
        let horizon = now.adding(milliseconds: -Self.dormancy)
        return try await database.read { database in
            var records = AccessRecords(horizon: horizon)
            records.projects = try Row.fetchAll(database, sql: "SELECT * FROM projects").map {
                try $0.project()
            }
            records.credentials = try Row.fetchAll(
                database, sql: "SELECT * FROM upstream_credentials WHERE retired_at IS NULL"
            ).map { try $0.upstreamCredential() }
            let living = Living(after: horizon)
            records.accessTokens = try living.accessTokens(in: database)
            records.limits = try living.limits(in: database)
            return records
        }
    }

    /// The access tokens, and the limits of their lineages, that ended behind `horizon` and not behind
    /// `before`: what the clock makes valid again that went back from the one to the other.
    package func dormantRecords(
        endingAfter horizon: Timestamp, upTo before: Timestamp
    ) async throws(StoreError) -> AccessRecords {
        try await database.read { database in
            var records = AccessRecords(horizon: horizon)
            let dormant = Living(after: horizon, upTo: before)
            records.accessTokens = try dormant.accessTokens(in: database)
            records.limits = try dormant.limits(in: database)
            return records
        }
    }

    /// The access tokens with these hashes, dead or alive.
    package func accessTokens(
        withHashes hashes: [CredentialHash]
    ) async throws(StoreError) -> [AccessToken] {
        try await database.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM access_tokens WHERE hash IN (\(databaseQuestionMarks(count: hashes.count)))
                    """,
                arguments: StatementArguments(hashes.map(\.bytes.data))
            ).map { try $0.accessToken() }
        }
    }
}

/// Access tokens whose end, as far as it is written down, is past none of two moments.
private struct Living {
    private let condition: String
    /// A honey token raises its alarm whatever its end.
    private let honey: String
    private let moments: [Int64]

    init(after horizon: Timestamp, upTo before: Timestamp? = nil) {
        let never = "9223372036854775807"
        let expiry = "coalesce(expires_at, \(never))"
        let idle = "coalesce(coalesce(last_used_at, created_at) + idle_seconds * 1000, \(never))"
        let alive = "revoked_at IS NULL AND expired_at IS NULL AND \(expiry) > ? AND \(idle) > ?"
        let horizon = horizon.milliseconds
        guard let before = before?.milliseconds else {
            condition = alive
            honey = "honey = 1 AND revoked_at IS NULL"
            moments = [horizon, horizon]
            return
        }
        condition = alive + " AND (\(expiry) <= ? OR \(idle) <= ?)"
        honey = "1 = 0"
        moments = [horizon, horizon, before, before]
    }

    /// A honey token may be there twice.
    func accessTokens(in database: Database) throws -> [AccessToken] {
        var reader = AccessTokenReader()
        let selection = "SELECT \(AccessTokenReader.columns) FROM access_tokens WHERE "
        let living = try statement(selection, in: database)
        defer { living.reset() }
        var accessTokens: [AccessToken] = []
        while try living.step() { accessTokens.append(try reader.accessToken(from: living)) }
        let baits = try RawStatement(selection + honey, in: database)
        defer { baits.reset() }
        while try baits.step() { accessTokens.append(try reader.accessToken(from: baits)) }
        return accessTokens
    }

    /// Of the projects too.
    func limits(in database: Database) throws -> [(subject: LimitSubject, records: [LimitRecord])] {
        var reader = LimitReader()
        let lineages = try statement(
            """
            SELECT owners.project, \(LimitReader.columns) FROM limit_accounts
            JOIN (SELECT DISTINCT lineage, project FROM access_tokens WHERE 
            """, in: database, ") AS owners ON owners.lineage = limit_accounts.owner ORDER BY owner, account")
        defer { lineages.reset() }
        while try lineages.step() {
            guard let project = ProjectID(lineages.text(0)), let lineage = AccessTokenID(lineages.text(1))
            else { throw StoreError.corrupt }
            try reader.add(lineages, of: .lineage(lineage, of: project), at: 1)
        }
        let projects = try RawStatement(
            """
            SELECT \(LimitReader.columns) FROM limit_accounts JOIN projects ON projects.id = limit_accounts.owner
            ORDER BY owner, account
            """, in: database)
        defer { projects.reset() }
        while try projects.step() {
            guard let project = ProjectID(projects.text(0)) else { throw StoreError.corrupt }
            try reader.add(projects, of: .project(project), at: 0)
        }
        return reader.found
    }

    private func statement(
        _ start: String, in database: Database, _ end: String = ""
    ) throws -> RawStatement {
        let statement = try RawStatement(start + condition + end, in: database)
        for (index, moment) in moments.enumerated() { statement.bind(moment, at: Int32(index + 1)) }
        return statement
    }
}
