/// What is used again instead of being made anew, the latest first: it is what the processor still has near.
///
/// It holds no more than lately was needed. What nobody took between two calls of ``trim()`` goes, by half of
/// it each time, down to ``least``: a thousand parts of a storm that is over, kept for the next one, would
/// lie all over the heap and make every allocation between them slow.
struct SparePool<Part> {
    /// Kept in any case, for the first requests after a silence.
    static var least: Int { 16 }
    /// More are never kept: with the buffers of their heads some six MiB of a worker.
    static var most: Int { 512 }

    private var parts: [Part] = []
    /// How many there were at least since the last ``trim()``.
    private var unused = 0

    /// More than are kept in a silence.
    var hasExcess: Bool { parts.count > Self.least }

    mutating func take() -> Part? {
        guard let part = parts.popLast() else { return nil }
        unused = min(unused, parts.count)
        return part
    }

    mutating func put(_ part: Part) {
        if parts.count < Self.most { parts.append(part) }
    }

    mutating func trim() {
        parts.removeFirst(min((unused + 1) / 2, max(0, parts.count - Self.least)))
        unused = parts.count
    }
}
