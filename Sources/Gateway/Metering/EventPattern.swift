import Glibc

/// How the last event with output was written but for its text: the bytes up to the first text in `choices`,
/// and the bytes behind it. The events of a completion are mostly alike, and what is alike leaves the scanner
/// in the same state; it is compared instead of read.
///
/// Owns its memory, of a fixed size, which it takes with the first event it keeps.
struct EventPattern: ~Copyable {
    /// Nothing longer is kept, in front of the text and behind it.
    static let limit = 512

    private var bytes: UnsafeMutablePointer<UInt8>?
    private var headCount = 0
    /// The brackets that are open inside `choices` in front of the text.
    private(set) var depth = 0
    /// What the text is.
    private(set) var key = ContentKey.text
    /// Zero where the event said more behind its text than that it is over.
    private var tailCount = 0

    init() {}

    deinit { bytes?.deallocate() }

    /// An event whose first text is the string `text`, its quotes included, with its blank line. `tellsMore`:
    /// what stands behind the text has a meaning.
    mutating func keep(
        _ event: UnsafeBufferPointer<UInt8>, text: Range<Int>, depth: Int, key: ContentKey, tellsMore: Bool
    ) {
        guard let base = event.baseAddress, text.lowerBound <= Self.limit, text.lowerBound > 0,
            JSONBytes.lineEnd(base, 0, text.lowerBound) == text.lowerBound
        else { return }
        let room = bytes ?? .allocate(capacity: 2 * Self.limit)
        bytes = room
        room.update(from: base, count: text.lowerBound)
        headCount = text.lowerBound
        self.depth = depth
        self.key = key
        tailCount = 0
        let count = event.count - text.upperBound
        // A carriage return at the end may have a line feed behind it.
        guard !tellsMore, key == .text, text.count > 1, count > 0, count <= Self.limit,
            event[event.count - 1] == 0x0A
        else {
            return
        }
        (room + Self.limit).update(from: base + text.upperBound, count: count)
        tailCount = count
    }

    /// Where the first text of the event at `index` begins, with its quote; nil where the event begins with
    /// other bytes, or not enough are there.
    @inline(__always)
    func text(_ base: UnsafePointer<UInt8>, _ index: Int, _ end: Int) -> Int? {
        guard headCount > 0, headCount < end &- index, let bytes,
            base[index &+ headCount] == JSONBytes.quote, memcmp(bytes, base + index, headCount) == 0
        else { return nil }
        return index &+ headCount
    }

    /// How many bytes the text at `text` has, without its quotes, and where its event ends; nil where
    /// something else follows the text, or not enough is there.
    @inline(__always)
    func rest(
        _ base: UnsafePointer<UInt8>, _ text: Int, _ end: Int
    ) -> (count: Int, end: Int)? {
        guard tailCount > 0, let bytes else { return nil }
        let start = text &+ 1
        var close = JSONBytes.stringEnd(base, start, end)
        while close &+ 1 < end, base[close] == JSONBytes.backslash, base[close &+ 1] >= 0x20 {
            close = JSONBytes.stringEnd(base, close &+ 2, end)
        }
        guard close < end, base[close] == JSONBytes.quote, tailCount < end &- close,
            memcmp(bytes + Self.limit, base + (close &+ 1), tailCount) == 0
        else { return nil }
        return (close &- start, close &+ 1 &+ tailCount)
    }
}
