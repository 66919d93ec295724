import Domain

/// The record as a line of the access log: one JSON object, in the same order of keys every time.
///
/// Written without a JSON encoder, for it is written for every request: only the model is a client's text and
/// has to be escaped; everything else is of our own making, from letters, digits and a few signs.
extension ExchangeRecord {
    /// Appends the line, its line feed included.
    package func write(to line: inout [UInt8]) {
        line.append(literal: #"{"time":""#)
        line.append(contentsOf: startedAt.rfc3339.utf8)
        line.append(literal: #"","id":""#)
        line.append(contentsOf: id.description.utf8)
        line.append(literal: #"","project":"#)
        line.append(name: project?.rawValue)
        line.append(literal: #","token":"#)
        line.append(name: accessToken?.rawValue)
        line.append(literal: #","method":""#)
        line.append(literal: method)
        line.append(literal: #"","endpoint":"#)
        line.append(name: endpoint)
        line.append(literal: #","model":"#)
        line.append(text: model)
        line.append(literal: #","status":"#)
        line.append(number: status)
        line.append(literal: #","outcome":"#)
        line.append(name: outcome.name)
        line.append(literal: #","reason":"#)
        line.append(name: outcome.reason)
        line.append(literal: #","request_bytes":"#)
        line.append(number: requestBytes)
        line.append(literal: #","response_bytes":"#)
        line.append(number: responseBytes)
        line.append(literal: #","duration_us":"#)
        line.append(number: Int(durationNanoseconds / 1000))
        line.append(literal: #","first_byte_us":"#)
        line.append(number: firstByteNanoseconds.map { Int($0 / 1000) })
        line.append(literal: "}\n")
    }
}

extension [UInt8] {
    fileprivate mutating func append(literal: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    /// Text that needs no escaping.
    fileprivate mutating func append(name: String?) {
        guard let name else { return append(literal: "null") }
        append(0x22)
        append(contentsOf: name.utf8)
        append(0x22)
    }

    fileprivate mutating func append(text: String?) {
        var json = JSONWriter(reserving: 0)
        let isPlain = text?.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C && $0 != 0x7F } ?? true
        guard !isPlain else { return append(name: text) }
        json.element(text)
        append(contentsOf: json.bytes)
    }

    fileprivate mutating func append(number: Int?) {
        guard let number else { return append(literal: "null") }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var first = digits.count
            var rest = number.magnitude
            repeat {
                first -= 1
                digits[first] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            append(contentsOf: UnsafeBufferPointer(rebasing: digits[first...]))
        }
    }
}
