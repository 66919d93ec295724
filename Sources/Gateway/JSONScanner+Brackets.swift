import Domain

/// How deep a scanner is in a text, and in what.
extension JSONScanner {
    /// The brackets that are open, innermost last: a bit each, set for objects.
    struct Brackets {
        private(set) var depth = 0
        /// The innermost 64 of them, and what lies outside those, which is hardly ever used.
        private var inner: UInt64 = 0
        private var outer: [UInt64] = []

        var isObject: Bool { depth > 0 && inner & 1 == 1 }

        /// The top level is one level of the bound.
        mutating func push(isObject: Bool) throws(Rejection) {
            guard depth + 1 < BodyPeek.depthLimit else { throw .malformedBody }
            if depth > 0, depth % 64 == 0 { outer.append(inner) }
            inner = inner << 1 | (isObject ? 1 : 0)
            depth += 1
        }

        mutating func pop() {
            depth -= 1
            inner >>= 1
            if depth > 0, depth % 64 == 0 { inner = outer.popLast() ?? 0 }
        }
    }
}
