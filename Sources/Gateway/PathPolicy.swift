package import Domain

/// Decides on a request's method and target before anything else is looked at: what may go to an upstream at
/// all.
///
/// The target is passed on as it stands, so a path is refused where two readers could take it for two
/// different ones: one pass over its bytes, in its raw and its once-decoded form, without allocation. What
/// passes cannot leave `/v1/`. A path without `/v1` (``APIPaths``) is decided on as if it stood in front.
///
///     /v1/models/org%2Fllama?after=x
///     └┬┘ └─┬──┘ └───┬─────┘ └──┬──┘
///      │    │        │          opaque but for bytes that may not stand in a target
///      │    │        segments behind the first: `%2f` may join parts that are neither empty nor dots
///      │    the first segment: names the kind; no `%2f`
///      as it stands
package enum PathPolicy {
    /// What a request under `/v1/` asks for.
    static func check(_ head: RequestHead) throws(Rejection) -> Endpoint {
        let decision = head.withTarget { target in
            Result { () throws(Rejection) in try check(head.method, target) }
        }
        return try decision.get()
    }

    /// The form alone, for a request that is not for the data path: no spelling of a path reaches the router
    /// that somebody could take for another's.
    static func checkForm(of head: RequestHead) throws(Rejection) {
        let decision = head.withTarget { target in
            Result { () throws(Rejection) in
                _ = try wellFormedPath(of: target, from: APIPaths.start(in: target))
            }
        }
        try decision.get()
    }

    package static func check(
        _ method: RequestMethod, _ target: UnsafeRawBufferPointer
    ) throws(Rejection) -> Endpoint {
        let start = APIPaths.start(in: target)
        let path = try wellFormedPath(of: target, from: start)
        guard let allowed = Endpoint.Method(method) else { throw .methodNotAllowed }
        guard let start else { throw .unknownURL(WrongPath(.elsewhere)) }
        guard path.count > start + 1 else { throw .unknownURL(WrongPath(.baseURLAlone)) }
        let first = segment(of: path, from: start + 1)
        if matches(path[first], "v1") { throw .unknownURL(WrongPath(.versionTwice)) }
        return Endpoint(method: allowed, kind: try kind(of: path, first: first), path: start..<path.count)
    }

    // MARK: - Form

    /// The target up to its query, where it is of origin form and every byte may stand where it does. `start` is where
    /// the path below `/v1` begins.
    private static func wellFormedPath(
        of target: UnsafeRawBufferPointer, from start: Int?
    ) throws(Rejection) -> UnsafeRawBufferPointer {
        let malformed = Rejection.malformedRequest(.target)
        guard target.first == 0x2F else { throw malformed }
        var end = target.count
        /// 0 is `v1`, 1 the first one below it.
        var segment = start == 0 ? 1 : 0
        var part = Part()
        var index = 1
        scan: while index < target.count {
            let byte = target[index]
            index += 1
            switch byte {
            case 0x2F:
                guard part.endsWell else {
                    throw part.length == 0 && !part.isJoined ? .malformedRequest(.emptySegment) : malformed
                }
                segment += 1
                part = Part()
            case 0x3F:
                end = index - 1
                break scan
            case 0x2E:
                part.take(dot: true)
            case 0x3B:
                try part.takeSemicolon()
            case 0x25:
                guard index + 2 <= target.count, let high = JSONText.hexDigit(target[index]),
                    let low = JSONText.hexDigit(target[index + 1])
                else { throw malformed }
                index += 2
                switch high << 4 | low {
                case 0x00..<0x20, 0x7F, 0x2E, 0x5C: throw malformed
                case 0x2F:
                    guard segment >= 2, part.endsWell else { throw malformed }
                    part = Part()
                    part.isJoined = true
                case 0x3B: try part.takeSemicolon()
                default: part.take(dot: false)
                }
            case 0x00...0x20, 0x23, 0x5C, 0x7F...: throw malformed
            default: part.take(dot: false)
            }
        }
        guard part.endsWell || (part.length == 0 && !part.isJoined) else { throw malformed }
        while index < target.count {
            switch target[index] {
            case 0x00...0x20, 0x23, 0x7F...: throw malformed
            default: index += 1
            }
        }
        return UnsafeRawBufferPointer(rebasing: target[..<end])
    }

    /// What lies between two slashes, raw or encoded, as far as it has been read.
    private struct Part {
        var length = 0
        var isDots = true
        /// An encoded slash stands before it, so it may not be empty at the path's end either.
        var isJoined = false

        /// False for the parts that path normalisation swallows: empty, `.` and `..`.
        var endsWell: Bool { length > 2 || !isDots }

        mutating func take(dot: Bool) {
            length += 1
            if !dot { isDots = false }
        }

        /// Some servers cut path parameters off before they normalise: `..;x` is `..` to them.
        mutating func takeSemicolon() throws(Rejection) {
            guard endsWell else { throw .malformedRequest(.target) }
            take(dot: false)
        }
    }

    // MARK: - Kind

    private static func kind(
        of path: UnsafeRawBufferPointer, first: Range<Int>
    ) throws(Rejection) -> Endpoint.Kind {
        if matches(path[first], "chat") {
            let second = segment(of: path, from: min(first.upperBound + 1, path.count))
            guard matches(path[second], "completions") else { return .other }
            try refuse("chat", behind: second, in: path)
            return .chatCompletions
        }
        for (name, kind) in APIPaths.families where matches(path[first], name) {
            // A model's id may begin so.
            if kind != .models { try refuse(name, behind: first, in: path) }
            return kind
        }
        return .other
    }

    /// An endpoint that is named twice is that of a base URL, and that of the client.
    private static func refuse(
        _ name: StaticString, behind segment: Range<Int>, in path: UnsafeRawBufferPointer
    ) throws(Rejection) {
        guard segment.upperBound < path.count else { return }
        let next = self.segment(of: path, from: segment.upperBound + 1)
        if matches(path[next], name) { throw .unknownURL(WrongPath(.endpointTwice)) }
    }

    private static func segment(of path: UnsafeRawBufferPointer, from start: Int) -> Range<Int> {
        var end = start
        while end < path.count, path[end] != 0x2F { end += 1 }
        return start..<end
    }

    /// True where the segment, its escapes decoded, its path parameters left out and without regard to case,
    /// is `name`: an upstream that reads as loosely has to meet the same answer.
    private static func matches(_ segment: Slice<UnsafeRawBufferPointer>, _ name: StaticString) -> Bool {
        name.withUTF8Buffer { name in
            var index = segment.startIndex
            var matched = 0
            while index < segment.endIndex {
                var byte = segment[index]
                index += 1
                if byte == 0x25, index + 2 <= segment.endIndex, let high = JSONText.hexDigit(segment[index]),
                    let low = JSONText.hexDigit(segment[index + 1])
                {
                    byte = high << 4 | low
                    index += 2
                }
                if byte == 0x3B { break }
                if (0x41...0x5A).contains(byte) { byte |= 0x20 }
                guard matched < name.count, name[matched] == byte else { return false }
                matched += 1
            }
            return matched == name.count
        }
    }
}
