import Domain

/// Reads the limits of many owners, as the start does, with each distinct identity parsed once.
struct LimitReader {
    static let columns = "owner, account, identity, amount, start, used, credit"

    /// In the order in which they were read; those of one owner come one after another.
    private(set) var found: [(subject: LimitSubject, records: [LimitRecord])] = []
    private var identities: [String: LimitID] = [:]

    /// `subject` is the one that the owner names; `column` is the first of ``columns``.
    mutating func add(_ row: RawStatement, of subject: LimitSubject, at column: Int32) throws {
        let text = row.text(column + 2)
        guard let id = identities[text] ?? (try? LimitID(parsing: text)),
            let account = Int32(exactly: row.int(column + 1)), row.int(column + 3) >= 0
        else { throw StoreError.corrupt }
        identities[text] = id
        let record = LimitRecord(
            account: account, limit: Limit(id, amount: row.int(column + 3)),
            start: Timestamp(milliseconds: row.int(column + 4)), used: row.int(column + 5),
            credit: row.int(column + 6))
        if found.last?.subject != subject { found.append((subject, [])) }
        found[found.count - 1].records.append(record)
    }
}
