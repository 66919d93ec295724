import Domain
import Foundation

/// How a ledger row keeps its counters: for each the account (4 bytes) and the period's start (8 bytes,
/// milliseconds), little-endian.
extension AccountPeriods {
    private static let length = 12

    var byteCount: Int { count * Self.length }

    /// `memory` has ``byteCount`` bytes.
    func write(to memory: UnsafeMutableRawBufferPointer) {
        for index in 0..<count {
            let period = self[index]
            let place = index * Self.length
            memory.storeBytes(of: period.account.littleEndian, toByteOffset: place, as: Int32.self)
            memory.storeBytes(
                of: period.start.milliseconds.littleEndian, toByteOffset: place + 4, as: Int64.self)
        }
    }

    /// nil if there are none.
    var data: Data? {
        guard !isEmpty else { return nil }
        var data = Data(count: byteCount)
        data.withUnsafeMutableBytes(write)
        return data
    }

    /// nil for what no version wrote.
    init?(bytes: [UInt8]) {
        guard bytes.count.isMultiple(of: Self.length) else { return nil }
        self.init()
        let isWhole = bytes.withUnsafeBytes { memory in
            stride(from: 0, to: memory.count, by: Self.length).allSatisfy { place in
                let account = memory.loadUnaligned(fromByteOffset: place, as: Int32.self)
                let start = memory.loadUnaligned(fromByteOffset: place + 4, as: Int64.self)
                return append(
                    AccountPeriod(
                        account: Int32(littleEndian: account),
                        start: Timestamp(milliseconds: Int64(littleEndian: start))))
            }
        }
        guard isWhole else { return nil }
    }
}
