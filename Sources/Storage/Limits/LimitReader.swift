import Domain

/// Reads the limits of many owners, as the start does, with each distinct identity parsed once.
struct LimitReader {
    /// In the order in which they were read; those of one owner come one after another.
    private(set) var found: [(subject: LimitSubject, records: [LimitRecord])] = []
    private var identities: [String: LimitID] = [:]

    /// - Parameter subject: the one that the owner names.
    mutating func add(_ row: RecordRow<LimitAccount.Column>, of subject: LimitSubject) throws {
        let text: String = try row.value(.identity)
        guard let id = identities[text] ?? (try? LimitID(parsing: text)) else { throw StoreError.corrupt }
        identities[text] = id
        if found.last?.subject != subject { found.append((subject, [])) }
        found[found.count - 1].records.append(try LimitAccount(from: row, of: id).record)
    }
}
