import Storage

/// A copy of the store in the data folder's `backups`.
package struct BackupResource: Codable, Equatable, Sendable {
    package var name: String
    package var bytes: Int64
    /// The audit's last event in it, as SEQ:HASH; told when it is made.
    package var auditHead: String?

    private enum CodingKeys: String, CodingKey {
        case name, bytes
        case auditHead = "audit_head"
    }
}

extension BackupResource {
    init(_ file: BackupFile, auditHead: String? = nil) {
        self.init(name: file.name, bytes: file.bytes, auditHead: auditHead)
    }
}
