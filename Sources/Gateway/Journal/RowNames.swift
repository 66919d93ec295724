import Domain

/// Who a row is about and what it asked for, as the journal has it: kept from one row to the next, for rows
/// that follow each other are often alike, and making their texts is most of the work.
package struct RowNames {
    private var bytes: [UInt8] = []
    private(set) var project = ProjectID(unchecked: "")
    private(set) var accessToken = AccessTokenID(unchecked: "")
    private(set) var lineage = AccessTokenID(unchecked: "")
    private(set) var client = ClientClass.unknown
    private(set) var endpoint = ""
    private(set) var modelAsked: LedgerText?
    /// Without the attempt's number.
    private(set) var target = AttemptTarget()

    package init() {}

    /// Reads them, or leaves them where the same bytes stand there. False where they are damaged.
    mutating func read(_ reader: inout SlotReader) -> Bool {
        // The lengths are among the bytes, so what begins alike is alike as a whole.
        if !bytes.isEmpty, reader.skip(bytes) { return true }
        let start = reader
        guard let project = ProjectID(bytes: reader.bytes(JournalSlot.projectLength)),
            let accessToken = AccessTokenID(bytes: reader.bytes(JournalSlot.accessTokenLength)),
            let lineage = AccessTokenID(bytes: reader.bytes(JournalSlot.accessTokenLength)),
            let client = ClientClass(code: reader.number())
        else { return false }
        self.project = project
        self.accessToken = accessToken
        self.lineage = lineage
        self.client = client
        endpoint = reader.text() ?? ""
        modelAsked = reader.text().map { LedgerText($0) }
        target = AttemptTarget(
            upstream: reader.text() ?? "",
            credential: reader.text().map { CredentialID(unchecked: CredentialID.prefix + $0) })
        bytes = Array(start.bytes(until: reader))
        return true
    }
}
