import Foundation

extension [UInt8] {
    /// For binding as a blob.
    var data: Data { Data(self) }
}
