/// The place that sealed bytes belong to. They open nowhere else: not in another row, not as an older
/// version.
package struct SealedRow: Hashable, Sendable {
    package let table: String
    package let id: String
    package let version: Int

    package init(table: String, id: String, version: Int) {
        self.table = table
        self.id = id
        self.version = version
    }

    package static func upstreamCredential(_ id: String, version: Int) -> SealedRow {
        SealedRow(table: "upstream_credentials", id: id, version: version)
    }

    /// Unambiguous, for every text tells its length first:
    ///
    ///     ┌───────────────┬───────┬──────────────┬────┬──────────────────┐
    ///     │ length, u32be │ table │ length, u32be│ id │ version, i64be   │
    ///     └───────────────┴───────┴──────────────┴────┴──────────────────┘
    var associatedData: [UInt8] {
        var bytes: [UInt8] = []
        for text in [table, id] {
            Self.append(UInt64(text.utf8.count), width: 4, to: &bytes)
            bytes.append(contentsOf: text.utf8)
        }
        Self.append(UInt64(bitPattern: Int64(version)), width: 8, to: &bytes)
        return bytes
    }

    private static func append(_ value: UInt64, width: Int, to bytes: inout [UInt8]) {
        for index in (0..<width).reversed() {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index)))
        }
    }
}
