import Domain

/// Reads the limits of many owners, as the start does, with each distinct identity parsed once.
struct LimitReader {
    static let columns = """
        owner, account, identity, amount, start, used, credit, start_2, used_2, credit_2, start_3, used_3, credit_3
        """

    /// In the order in which they were read; those of one owner come one after another.
    private(set) var found: [(subject: LimitSubject, records: [LimitRecord])] = []
    private var identities: [String: LimitID] = [:]

    /// `subject` is the one that the owner names; `column` is the first of ``columns``.
    mutating func add(_ row: RawStatement, of subject: LimitSubject, at column: Int32) throws {
        let text = row.text(column + 2)
        guard let id = identities[text] ?? (try? LimitID(parsing: text)),
            let account = Int32(exactly: row.int(column + 1))
        else { throw StoreError.corrupt }
        identities[text] = id
        let record = LimitRecord(
            account: account, limit: Limit(id, amount: max(0, row.int(column + 3))),
            start: Timestamp(milliseconds: row.int(column + 4)), used: row.int(column + 5),
            credit: max(0, row.int(column + 6)), others: row.limitCounters(column + 7))
        if found.last?.subject != subject { found.append((subject, [])) }
        found[found.count - 1].records.append(record)
    }
}

extension RawStatement {
    /// What is kept beside the last one, from three columns for each.
    fileprivate func limitCounters(_ column: Int32) -> [LimitCounter] {
        // Most limits have none yet, and a start reads all of them.
        guard !isNull(column) else { return [] }
        return [column, column + 3].filter { !isNull($0) }.map {
            LimitCounter(start: moment($0), used: int($0 + 1), credit: int($0 + 2))
        }
    }
}
