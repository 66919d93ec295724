package import Domain
import GRDB

/// Prices that operators set. Each change makes a new version, and its audit event holds what was set, so
/// that the price of an old ledger row can be told by its version.
extension Store {
    /// At the start, with the version of the list that is built into the program: where it is another one
    /// than the last time, the table has a new version too.
    package func priceRecords(
        shipped: Int64, at now: Timestamp
    ) async throws(StoreError) -> PriceRecords {
        try await database.change(by: .system(at: now)) { database in
            let old = try Self.priceState("shipped", in: database)
            guard old != shipped else {
                return .unchanged(try Self.priceRecords(in: database))
            }
            let version = try Self.nextPriceVersion(in: database)
            try database.execute(sql: "UPDATE price_state SET shipped = ?", arguments: [shipped])
            let event = AuditEvent(
                principal: .system, action: .pricesShipped, subject: "prices",
                details: [
                    AuditEvent.Detail("version", String(version)),
                    .before("shipped", old.map(String.init) ?? "none"),
                    AuditEvent.Detail("shipped", String(shipped)),
                ])
            return .made(try Self.priceRecords(in: database), event)
        }
    }

    /// Sets the price of `model`; nil is none. What is set already makes no new version.
    package func setPrice(
        _ document: String?, of model: String, by context: ChangeContext
    ) async throws(StoreError) -> PriceRecords {
        try await database.change(by: context) { database in
            try Self.require(context.ifMatch, of: model, in: database)
            let old = try PriceOverride.find([model], in: database)
            if let old, old.document == document {
                return .unchanged(try Self.priceRecords(in: database))
            }
            let version = try Self.nextPriceVersion(in: database)
            try PriceOverride(model: model, document: document, version: version, updatedAt: context.now)
                .upsert(in: database)
            var details = [AuditEvent.Detail("version", String(version))]
            if let old { details.append(.before("price", old.document ?? "none")) }
            if let document { details.append(AuditEvent.Detail("price", document)) }
            let event = AuditEvent(
                principal: context.principal, action: document == nil ? .priceRemoved : .priceSet,
                subject: model,
                details: details)
            return .made(try Self.priceRecords(in: database), event)
        }
    }

    /// Takes back what was set for `model`, so that it costs what is shipped. Where nothing was set there is
    /// no new version.
    package func resetPrice(
        of model: String, by context: ChangeContext
    ) async throws(StoreError) -> PriceRecords {
        try await database.change(by: context) { database in
            try Self.require(context.ifMatch, of: model, in: database)
            guard let old = try PriceOverride.find([model], in: database) else {
                return .unchanged(try Self.priceRecords(in: database))
            }
            try old.delete(in: database)
            let version = try Self.nextPriceVersion(in: database)
            let event = AuditEvent(
                principal: context.principal, action: .priceReset, subject: model,
                details: [
                    AuditEvent.Detail("version", String(version)),
                    .before("price", old.document ?? "none"),
                ])
            return .made(try Self.priceRecords(in: database), event)
        }
    }

    private static func require(_ ifMatch: IfMatch?, of model: String, in database: Database) throws {
        guard let ifMatch else { return }
        try ifMatch.require(.price(model: model, try priceRecords(in: database)))
    }

    static func priceRecords(in database: Database) throws -> PriceRecords {
        guard let version = try priceState("version", in: database) else { throw StoreError.corrupt }
        return PriceRecords(
            version: version, overrides: try PriceOverride.all("ORDER BY model", in: database))
    }

    /// `column` is of `price_state`.
    private static func priceState(_ column: String, in database: Database) throws -> Int64? {
        try Int64.fetchOne(database, sql: "SELECT \(column) FROM price_state")
    }

    private static func nextPriceVersion(in database: Database) throws -> Int64 {
        try database.execute(sql: "UPDATE price_state SET version = version + 1")
        guard let version = try priceState("version", in: database) else { throw StoreError.corrupt }
        return version
    }
}
