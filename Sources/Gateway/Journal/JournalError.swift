/// Why a journal cannot be opened.
package enum JournalError: Error, Hashable, Sendable {
    /// There is no room for the whole file.
    case full
    case readOnly
    /// Written by another version.
    case otherVersion(UInt32)
    /// The file is something else, or its header is damaged.
    case notAJournal
    /// The system refused: an `errno`.
    case failing(code: Int32)
}
