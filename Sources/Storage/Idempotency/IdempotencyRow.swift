import Domain
import GRDB

/// A row of `idempotency_claims`.
struct IdempotencyRow: Record {
    enum Column: Int32, RecordColumn {
        case principal, route, requestKey, bodyHash, status, subject, createdAt
    }

    static let table = RecordTable<Column>("idempotency_claims", keyCount: 3)

    let principal: String
    let route: String
    let requestKey: String
    let bodyHash: CredentialHash
    let status: Int
    let subject: String
    let createdAt: Timestamp

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .principal: principal
        case .route: route
        case .requestKey: requestKey
        case .bodyHash: bodyHash.bytes.data
        case .status: status
        case .subject: subject
        case .createdAt: createdAt.milliseconds
        }
    }
}

extension IdempotencyRow {
    init(from row: RecordRow<Column>) throws {
        principal = try row.value(.principal)
        route = try row.value(.route)
        requestKey = try row.value(.requestKey)
        bodyHash = try row.hash(.bodyHash)
        status = try row.value(.status)
        subject = try row.value(.subject)
        createdAt = try row.moment(.createdAt)
    }
}
