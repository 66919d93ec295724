import Domain

/// Writes exchanges as lines of the access log: one JSON object each, in the same order of keys every time.
///
/// It runs for every request, so it makes no strings and no JSON tree: bytes go to a buffer on the stack, and
/// from there to the line in one piece. It owns the text of the current second, which all lines of that
/// second share. Only the model is a client's text and has to be escaped; everything else is of our own
/// making, from letters, digits and a few signs.
package struct LineWriter {
    private var second = Int64.min
    /// `2026-11-21T03:00:00.`
    private var secondText: [UInt8] = []

    package init() {}

    /// Appends the record's line to `line`, its line feed included.
    package mutating func append(_ record: borrowing ExchangeRecord, to line: inout [UInt8]) {
        takeSecond(of: record.startedAt)
        let model = record.model.map(Model.init)
        let capacity = Self.capacity(for: record) + (model?.count ?? 0)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) { buffer in
            var pen = Pen(buffer)
            write(record, model, with: &pen)
            line.append(contentsOf: pen.written)
        }
    }

    private func write(_ record: borrowing ExchangeRecord, _ model: Model?, with pen: inout Pen) {
        pen.put(#"{"time":""#)
        pen.put(secondText)
        pen.put(thousandths: record.startedAt.milliseconds - second * 1000)
        pen.put(#"Z","id":""#)
        pen.put(record.id)
        pen.put(#"","client":"#)
        pen.put(name: record.client)
        pen.put(#","project":"#)
        pen.put(name: record.project?.rawValue)
        pen.put(#","token":"#)
        pen.put(name: record.accessToken?.rawValue)
        pen.put(#","method":""#)
        pen.put(record.method)
        pen.put(#"","endpoint":"#)
        pen.put(name: record.endpoint)
        pen.put(#","model":"#)
        switch model {
        case .none: pen.put("null")
        case .plain(let text): pen.put(name: text)
        case .escaped(let bytes): pen.put(bytes)
        }
        pen.put(#","status":"#)
        pen.put(number: record.status)
        pen.put(#","outcome":"#)
        pen.put(name: record.outcome.name)
        pen.put(#","reason":"#)
        pen.put(name: record.outcome.reason)
        pen.put(#","request_bytes":"#)
        pen.put(number: record.requestBytes)
        pen.put(#","response_bytes":"#)
        pen.put(number: record.responseBytes)
        pen.put(#","duration_us":"#)
        pen.put(number: Int(record.durationNanoseconds / 1000))
        pen.put(#","first_byte_us":"#)
        pen.put(number: record.firstByteNanoseconds.map { Int($0 / 1000) })
        pen.put(#","prompt_tokens":"#)
        pen.put(number: record.settled.map { Int($0.usage.prompt) })
        pen.put(#","completion_tokens":"#)
        pen.put(number: record.settled.map { Int($0.usage.completion) })
        pen.put(#","cost_usd":"#)
        pen.put(billionths: record.settled?.cost.nanoUSD)
        pen.put(#","accuracy":"#)
        pen.put(name: record.settled?.accuracy.rawValue)
        pen.put(#","attempts":"#)
        pen.put(number: record.target.map { Int($0.number) })
        pen.put(#","upstream":"#)
        pen.put(name: record.target?.upstream)
        if var digits = record.target?.credentialDigits {
            pen.put(#","credential":"cred_"#)
            digits.withUTF8 { pen.put(UnsafeRawBufferPointer($0)) }
            pen.put("\"}\n")
        } else {
            pen.put(",\"credential\":null}\n")
        }
    }

    /// The keys take 280 bytes, the time 24, the ids 33, the client 41, the upstream 66, and each of nine
    /// numbers 21 at most; the method, the outcome, its reason and the accuracy are short words. What can be
    /// long is counted.
    private static func capacity(for record: borrowing ExchangeRecord) -> Int {
        896 + record.endpoint.utf8.count + (record.project?.rawValue.utf8.count ?? 0)
            + (record.accessToken?.rawValue.utf8.count ?? 0)
    }

    private mutating func takeSecond(of moment: Timestamp) {
        let now = moment.milliseconds >= 0 ? moment.milliseconds / 1000 : (moment.milliseconds - 999) / 1000
        guard now != second else { return }
        second = now
        secondText = Array(Timestamp(seconds: now).rfc3339.utf8.prefix(20))
    }

    /// The model as it goes into the line.
    private enum Model {
        case plain(String)
        /// With its quotes.
        case escaped([UInt8])

        init(_ text: String) {
            var text = text
            let isPlain = text.withUTF8 { bytes in
                bytes.allSatisfy { $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C && $0 != 0x7F }
            }
            guard !isPlain else {
                self = .plain(text)
                return
            }
            var json = JSONWriter()
            json.element(text)
            self = .escaped(json.bytes)
        }

        var count: Int {
            switch self {
            case .plain(let text): text.utf8.count
            case .escaped(let bytes): bytes.count
            }
        }
    }
}
