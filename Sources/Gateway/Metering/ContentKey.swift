/// What the string behind a key inside `choices`, or inside another part of the output, is: told by the key
/// alone, for nearly all of them are text that the model wrote.
enum ContentKey: UInt8 {
    /// Written by the model.
    case text
    /// A name that the API gives: no output.
    case label
    /// Why a choice ended.
    case finishReason
    /// Of the whole answer, where it stands in a choice (Moonshot).
    case usage

    /// By a key as it stands, its escapes not decoded.
    @inline(__always)
    init(_ key: UnsafePointer<UInt8>, _ count: Int) {
        guard count < 64, Self.lengths &>> UInt64(count) & 1 == 1 else {
            self = .text
            return
        }
        self.init(named: UnsafeRawBufferPointer(start: key, count: count))
    }

    /// A bit for the length of each name below.
    private static let lengths: UInt64 = 1 << 2 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 11 | 1 << 13 | 1 << 20

    private init(named name: UnsafeRawBufferPointer) {
        switch name.count {
        case 2: self = name.spells("id") ? .label : .text
        case 4: self = name.spells("role") || name.spells("type") ? .label : .text
        case 5: self = name.spells("usage") ? .usage : .text
        case 6: self = name.spells("object") || name.spells("status") ? .label : .text
        case 11: self = name.spells("stop_reason") ? .label : .text
        case 13: self = name.spells("finish_reason") ? .finishReason : .text
        default: self = name.spells("native_finish_reason") ? .label : .text
        }
    }
}
