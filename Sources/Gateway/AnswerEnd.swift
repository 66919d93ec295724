import NIOCore

/// Whether an answer whose end only the end of its connection tells was whole: judged by what it says itself.
///
/// A stream of events is whole behind `[DONE]` or an event whose name says that it is the last
/// (`response.completed`, `…done`, `error`); JSON is whole when its brackets are closed. Anything else is
/// taken as it comes. Which of them it is, the first byte that is no space says, whatever the label; a text
/// without a label is taken for one of them only where it cannot be prose. Memory does not grow with the
/// answer.
struct AnswerEnd {
    private enum Content {
        /// In front of the first byte that is no space.
        case unseen(UsageMeter.Form)
        case events(EventLines)
        case json(JSONDepth)
        case opaque
    }

    private var content: Content

    init(form: UsageMeter.Form) {
        content = form == .opaque ? .opaque : .unseen(form)
    }

    mutating func take(_ bytes: ByteBuffer) {
        switch content {
        case .unseen(let label):
            let bytes = bytes.readableBytesView
            guard let start = bytes.firstIndex(where: { !UsageMeter.Form.isPassed($0) }) else { return }
            content = Self.content(firstByte: bytes[start], label)
            take(ByteBuffer(bytes[start...]))
        case .events(var lines):
            for byte in bytes.readableBytesView { lines.take(byte) }
            content = .events(lines)
        case .json(var depth):
            for byte in bytes.readableBytesView { depth.take(byte) }
            content = .json(depth)
        case .opaque: break
        }
    }

    private static func content(firstByte byte: UInt8, _ label: UsageMeter.Form) -> Content {
        switch UsageMeter.Form(firstByte: byte, label: label) ?? label {
        case .events: .events(EventLines(isCertain: label == .events))
        // Prose may begin with a bracket, as a transcript with `[Music]`.
        case .json: label == .unknown && byte != 0x7B ? .opaque : .json(JSONDepth())
        case .opaque, .unknown: .opaque
        }
    }

    var isWhole: Bool {
        switch content {
        case .unseen(let label): label == .unknown
        case .events(let lines): lines.isWhole
        case .json(let depth): depth.isWhole
        case .opaque: true
        }
    }

    /// Server-sent events as far as their end is concerned: the beginning of each line.
    private struct EventLines {
        private static let kept = 64
        private static let lastWords = [
            "completed", "failed", "incomplete", "cancelled", "done", "error", "message_stop",
        ]
        private static let fields = [":", "data:", "event:", "id:", "retry:"]

        private var line: [UInt8] = []
        private var length = 0
        private var wasReturn = false
        private var name = ""
        private var isLast = false
        private var hasEnd = false
        /// A line was one of an event's.
        private var isCertain: Bool

        /// `isCertain` is false where the text may be none of events: then it is whole, unless it has a line
        /// of one.
        init(isCertain: Bool) { self.isCertain = isCertain }

        var isWhole: Bool { hasEnd || !isCertain }

        mutating func take(_ byte: UInt8) {
            defer { wasReturn = byte == 0x0D }
            switch byte {
            case 0x0A where wasReturn: break
            case 0x0A, 0x0D: endLine()
            default:
                length += 1
                hasEnd = false
                if line.count < Self.kept { line.append(byte) }
            }
        }

        private mutating func endLine() {
            defer {
                line.removeAll(keepingCapacity: true)
                length = 0
            }
            guard length > 0 else {
                if isLast { hasEnd = true }
                isLast = false
                name = ""
                return
            }
            let text = String(decoding: line, as: UTF8.self)
            isCertain = isCertain || Self.fields.contains { text.hasPrefix($0) }
            if let value = Self.value(of: "event", in: text) {
                name = value
            } else if let value = Self.value(of: "data", in: text) {
                isLast = value == "[DONE]" || Self.lastWords.contains { name.hasSuffix($0) }
            }
        }

        private static func value(of field: String, in line: String) -> String? {
            guard line.hasPrefix(field + ":") else { return nil }
            let value = line.dropFirst(field.count + 1)
            return String(value.first == " " ? value.dropFirst() : value)
        }
    }

    /// How deep in brackets a JSON text stands.
    private struct JSONDepth {
        private var depth = 0
        private var isInString = false
        private var isEscaped = false
        private var hasBegun = false

        var isWhole: Bool { hasBegun && depth == 0 && !isInString }

        mutating func take(_ byte: UInt8) {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == 0x5C {
                    isEscaped = true
                } else if byte == 0x22 {
                    isInString = false
                }
                return
            }
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D: return
            case 0x22: isInString = true
            case 0x7B, 0x5B: depth += 1
            case 0x7D, 0x5D: depth -= 1
            default: break
            }
            hasBegun = true
        }
    }
}
