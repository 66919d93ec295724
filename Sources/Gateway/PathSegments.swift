/// The parts of a path below `/v1`, as every decision on it reads them: letters in either case, an empty one
/// at the end left out.
///
/// ``PathPolicy`` has refused every escape that could hide a name (of letters, digits, `-`, `_` and of
/// characters that divide a path) and path parameters, so that no part needs to be decoded to be compared.
/// Does not allocate.
struct PathSegments {
    let count: Int
    /// No part of a known path but a model's id has an escape: a name with one may be another name to the
    /// upstream.
    let hasEscapes: Bool
    private let path: UnsafeRawBufferPointer
    private let first: Range<Int>

    /// `path` begins with `/` and has no empty part but at its end.
    init(_ path: UnsafeRawBufferPointer) {
        var end = path.count
        if end > 0, path[end - 1] == 0x2F { end -= 1 }
        var count = 0
        var firstEnd = end
        var hasEscapes = false
        for place in 0..<end {
            if path[place] == 0x2F {
                count += 1
                if count == 2 { firstEnd = place }
            } else if path[place] == 0x25 {
                hasEscapes = true
            }
        }
        self.hasEscapes = hasEscapes
        self.path = UnsafeRawBufferPointer(rebasing: path[..<end])
        self.count = count
        first = count == 0 ? 0..<0 : 1..<firstEnd
    }

    /// Whether the part at that index, from 0, is `name`: letters and underscores, in lower case.
    func matches(_ index: Int, _ name: StaticString) -> Bool {
        guard index < count else { return false }
        return UnsafeRawBufferPointer(rebasing: path[range(of: index)]).spellsInAnyCase(name)
    }

    func lastMatches(_ name: StaticString) -> Bool { matches(count - 1, name) }

    private func range(of index: Int) -> Range<Int> {
        guard index > 0 else { return first }
        var start = first.upperBound + 1
        var left = index
        while true {
            var end = start
            while end < path.count, path[end] != 0x2F { end += 1 }
            left -= 1
            guard left > 0 else { return start..<end }
            start = end + 1
        }
    }
}
