import Domain
import Foundation
import GRDB

/// What a pending object was charged, and to whom: all that the row needs which corrects it.
struct PendingCharge {
    let project: ProjectID
    let accessToken: AccessTokenID
    let lineage: AccessTokenID
    let endpoint: String
    let client: ClientClass
    let modelAsked: LedgerText?
    let modelAnswered: LedgerText?
    let status: Int32
    let object: LedgerText
    let admittedAt: Timestamp
    let accounts: AccountPeriods
    /// Of the reservation.
    let charge: Charge
    let usage: Usage
    let terms: ModelPrice.Terms

    /// nil where the object is not pending.
    static func find(
        _ object: LedgerText, of project: ProjectID, in database: Database
    ) throws -> PendingCharge? {
        try Row.fetchOne(
            database,
            sql: """
                SELECT pending_objects.*, access_token, lineage, endpoint, client, model_asked, model_answered, status
                FROM pending_objects
                JOIN ledger_names ON ledger_names.id = pending_objects.names
                JOIN usage_keys ON usage_keys.id = ledger_names.usage_key
                WHERE pending_objects.project = ? AND object = ?
                """, arguments: [project.rawValue, object.rawValue]
        ).map { try PendingCharge($0) }
    }

    private init(_ row: Row) throws {
        let accounts =
            try row.optional("accounts", as: Data.self).map { AccountPeriods(bytes: Array($0)) } ?? []
        guard let accounts else { throw StoreError.corrupt }
        project = try row.parsed("project") { ProjectID($0) }
        accessToken = try row.parsed("access_token") { AccessTokenID($0) }
        lineage = try row.parsed("lineage") { AccessTokenID($0) }
        endpoint = try row.value("endpoint")
        client = try row.parsed("client") { ClientClass(rawValue: $0) }
        modelAsked = try row.optional("model_asked", as: String.self).map { LedgerText($0) }
        modelAnswered = try row.optional("model_answered", as: String.self).map { LedgerText($0) }
        status = try row.value("status")
        object = LedgerText(try row.value("object"))
        admittedAt = try row.moment("admitted_at")
        self.accounts = accounts
        charge = Charge(
            requests: 0, tokens: try row.value("tokens"), cost: Money(nanoUSD: try row.value("cost")))
        usage = Usage(prompt: try row.value("prompt"), completion: try row.value("completion"))
        terms = ModelPrice.Terms(
            tier: try row.parsed("tier") { ServiceTier(rawValue: $0) },
            keepsCacheLong: try row.value("keeps_cache_long", as: Int64.self) != 0)
    }

    /// The row that makes of the reservation what the end says: the difference, signed, and no request.
    func correction(to end: ObjectEnd, cost: Money?, priceVersion: Int64, id: LedgerID) -> LedgerRow {
        var row = LedgerRow(
            id: id, admittedAt: admittedAt, project: project, accessToken: accessToken, lineage: lineage,
            endpoint: endpoint, client: client, modelAsked: modelAsked,
            priceVersion: cost == nil ? 0 : priceVersion, accounts: accounts, outcome: Self.outcome,
            charge: Charge(
                requests: 0, tokens: end.total.tokens.subtractingSaturated(charge.tokens),
                cost: Money(nanoUSD: (cost ?? .zero).nanoUSD.subtractingSaturated(charge.cost.nanoUSD))),
            accuracy: end.accuracy)
        row.status = status
        // Where none was asked for, sums are kept by this one: the correction belongs where the reservation
        // is.
        row.modelAnswered = modelAsked == nil ? modelAnswered : end.modelAnswered ?? modelAnswered
        row.objectID = object
        row.usage = end.total
        row.usage.prompt = row.usage.prompt.subtractingSaturated(usage.prompt)
        row.usage.completion = row.usage.completion.subtractingSaturated(usage.completion)
        return row
    }

    /// Of a row that corrects another.
    private static let outcome = "corrected"
}
