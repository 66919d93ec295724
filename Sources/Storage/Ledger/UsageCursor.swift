import Domain

/// Where the next page of a report begins: after the group of a period's start and names. As text, the hex
/// digits of `start␟name␟name…`.
struct UsageCursor {
    let start: Timestamp
    let names: [String]

    init(start: Timestamp, names: [String]) {
        self.start = start
        self.names = names
    }

    /// nil for what no page gave out.
    init?(_ text: String, dimensions: Int) {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16)
            else {
                return nil
            }
            bytes.append(byte)
        }
        let parts = String(decoding: bytes, as: UTF8.self).split(
            separator: "\u{1F}", maxSplits: dimensions, omittingEmptySubsequences: false)
        guard parts.count == dimensions + 1, let first = parts.first, let start = Int64(first) else {
            return nil
        }
        self.start = Timestamp(milliseconds: start)
        names = parts.dropFirst().map(String.init)
    }

    var text: String {
        let digits = Array("0123456789abcdef".utf8)
        let plain = ([String(start.milliseconds)] + names).joined(separator: "\u{1F}")
        return String(
            decoding: plain.utf8.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
