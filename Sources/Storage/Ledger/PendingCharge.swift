import Domain
import GRDB

/// What a pending object was charged, and to whom: all that the row needs which corrects it.
struct PendingCharge {
    let row: PendingRow
    let names: LedgerNames

    private static let selection = """
        SELECT \(PendingRow.table.qualifiedList), \(LedgerNames.selection(PendingRow.table.name))
        """

    /// nil where the object is not pending.
    static func find(
        _ object: LedgerText, of project: ProjectID, in database: Database
    ) throws -> PendingCharge? {
        try all(
            "WHERE pending_objects.project = ? AND object = ?", [project.rawValue, object.rawValue],
            in: database
        ).first
    }

    static func all(
        _ clauses: String, _ arguments: StatementArguments, in database: Database
    ) throws -> [PendingCharge] {
        let statement = try RawStatement(selection + " " + clauses, arguments, in: database)
        defer { statement.reset() }
        var charges: [PendingCharge] = []
        while try statement.step() {
            let row = RecordRow<PendingRow.Column>(statement)
            charges.append(
                PendingCharge(row: try PendingRow(from: row), names: try LedgerNames(from: row.rest())))
        }
        return charges
    }

    /// The row that makes of the reservation what the end says: the difference, signed, and no request.
    func correction(to end: ObjectEnd, cost: Money?, priceVersion: Int64, id: LedgerID) -> LedgerRow {
        var correction = LedgerRow(
            id: id, admittedAt: row.admittedAt, project: row.project, accessToken: names.accessToken,
            lineage: names.lineage, endpoint: names.endpoint, client: names.client,
            modelAsked: names.modelAsked, priceVersion: cost == nil ? 0 : priceVersion,
            accounts: row.accounts, outcome: Self.outcome,
            charge: Charge(
                requests: 0, tokens: end.total.tokens.subtractingSaturated(row.charge.tokens),
                cost: Money(nanoUSD: (cost ?? .zero).nanoUSD.subtractingSaturated(row.charge.cost.nanoUSD))),
            accuracy: end.accuracy)
        correction.target = names.target
        correction.status = names.status
        // Where none was asked for, sums are kept by this one: the correction belongs where the reservation
        // is.
        correction.modelAnswered =
            names.modelAsked == nil ? names.modelAnswered : end.modelAnswered ?? names.modelAnswered
        correction.objectID = row.object
        correction.usage = end.total
        correction.usage.prompt = correction.usage.prompt.subtractingSaturated(row.usage.prompt)
        correction.usage.completion = correction.usage.completion.subtractingSaturated(row.usage.completion)
        return correction
    }

    /// Of a row that corrects another.
    private static let outcome = "corrected"
}
