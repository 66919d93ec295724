/// Where a stream of server-sent events stands between its bytes: the part of its machine that knows of lines
/// (WHATWG HTML, section 9.2.6), not of what is in them.
struct EventFrame: ~Copyable {
    enum Line: UInt8 {
        /// In front of the stream's first byte, where a byte order mark may stand.
        case mark
        /// In front of a line.
        case start
        /// Inside a field's name.
        case field
        /// Behind the colon, where one space is dropped.
        case nameSpace, dataSpace
        /// Inside the value of `event`, of `data`, of anything else.
        case name, data, other
    }

    var line = Line.mark
    var marked = 0
    /// The line before ended with a carriage return, which a line feed may follow.
    var isBehindReturn = false
    /// A field of the event has begun.
    var isOpen = false
    /// Where the event's first field begins in the bytes at hand; below zero where it began before them.
    var start = 0
    /// The event has a `data` line.
    var hasData = false
    /// The field's name as far as it has come: five bytes, the first one highest, and how many came.
    var field: UInt64 = 0
    var fieldLength = 0
    /// The event that ended last was the one that ``InjectedChunkFilter`` stops at.
    var isBehindUsageChunk = false
    var name = EventName.none
    var nameText = BoundedBytes<64>()

    /// In front of the first line of an event, or of a comment.
    var isBetweenEvents: Bool {
        switch line {
        case .start: !isOpen
        // Inside a byte order mark, which has three bytes, nothing can be said.
        case .mark: marked == 0 || marked == 3
        case .field, .nameSpace, .dataSpace, .name, .data, .other: false
        }
    }

    /// The bytes at hand are used up: what has begun, began before the next ones.
    mutating func leave() { start = -1 }

    /// One byte of a field's name.
    mutating func takeField(_ byte: UInt8) {
        fieldLength += 1
        if fieldLength <= 5 { field = field << 8 | UInt64(byte) }
    }

    var isDataField: Bool { fieldLength == 4 && field == 0x6461_7461 }
    var isNameField: Bool { fieldLength == 5 && field == 0x65_7665_6E74 }

    mutating func endEvent() {
        isOpen = false
        hasData = false
        name = .none
    }
}
