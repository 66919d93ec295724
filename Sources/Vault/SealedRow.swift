package import Domain

/// The place that sealed bytes belong to. They open nowhere else: not in another row, not as an older
/// version, and not for another purpose than they were sealed for.
package struct SealedRow: Hashable, Sendable {
    package let table: String
    package let id: String
    package let version: Int
    /// What else it is sealed for, in this order. Empty for what is sealed by format 1.
    package let binding: [String]

    package init(table: String, id: String, version: Int, binding: [String] = []) {
        self.table = table
        self.id = id
        self.version = version
        self.binding = binding
    }

    /// An upstream key is sealed for its project and for the server that it was given for.
    package static func upstreamCredential(_ credential: UpstreamCredential) -> SealedRow {
        let server = credential.upstream.origin?.description ?? credential.upstream.description
        return SealedRow(
            table: "upstream_credentials", id: credential.id.rawValue, version: credential.version,
            binding: [credential.project.rawValue, server])
    }

    /// Unambiguous, for every text tells its length first:
    ///
    ///     ┌───────────────┬───────┬──────────────┬────┬──────────────────┐
    ///     │ length, u32be │ table │ length, u32be│ id │ version, i64be   │
    ///     └───────────────┴───────┴──────────────┴────┴──────────────────┘
    ///
    /// Behind these, of format 2, the length and the bytes of each text of ``binding``.
    var associatedData: [UInt8] {
        var bytes: [UInt8] = []
        for text in [table, id] {
            Self.append(UInt64(text.utf8.count), width: 4, to: &bytes)
            bytes.append(contentsOf: text.utf8)
        }
        Self.append(UInt64(bitPattern: Int64(version)), width: 8, to: &bytes)
        for text in binding {
            Self.append(UInt64(text.utf8.count), width: 4, to: &bytes)
            bytes.append(contentsOf: text.utf8)
        }
        return bytes
    }

    private static func append(_ value: UInt64, width: Int, to bytes: inout [UInt8]) {
        for index in (0..<width).reversed() {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index)))
        }
    }
}
