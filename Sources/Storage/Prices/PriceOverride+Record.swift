import Domain
import GRDB

/// A row of `prices`.
extension PriceOverride: Record {
    enum Column: Int32, RecordColumn {
        case model, document, version, updatedAt
    }

    static let table = RecordTable<Column>("prices")

    init(from row: RecordRow<Column>) throws {
        model = try row.value(.model)
        document = try row.optional(.document)
        version = try row.value(.version)
        updatedAt = try row.moment(.updatedAt)
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .model: model
        case .document: document
        case .version: version
        case .updatedAt: updatedAt.milliseconds
        }
    }
}
