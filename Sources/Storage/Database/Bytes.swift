import Foundation

/// Bytes as the database takes them.
extension [UInt8] {
    /// For binding as a blob.
    var data: Data { Data(self) }
}
