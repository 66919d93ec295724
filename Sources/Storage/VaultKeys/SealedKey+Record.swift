import Domain
import GRDB

/// A row of `vault_keys`.
extension SealedKey: Record {
    enum Column: Int32, RecordColumn {
        case id, version, sealed
    }

    static let table = RecordTable<Column>("vault_keys")

    init(from row: RecordRow<Column>) throws {
        self.init(id: try row.value(.id), version: try row.value(.version), sealed: row.bytes(.sealed))
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .id: id
        case .version: version
        case .sealed: sealed.data
        }
    }
}
