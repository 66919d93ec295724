package import Domain

/// Decides on a request's method and target before anything else is looked at: what may go to an upstream at
/// all, what kind of endpoint it is, and what it uses.
///
/// The target is passed on as it stands, so a path is refused where two readers could take it for two
/// different ones: one pass over its bytes, in its raw and its once-decoded form, without allocation. What
/// passes cannot leave `/v1/`. A path without `/v1` (``APIPaths``) is decided on as if it stood in front.
///
///     /v1/models/org%2Fllama?after=x
///     └┬┘ └─┬──┘ └───┬─────┘ └──┬──┘
///      │    │        │          opaque but for bytes that may not stand in a target
///      │    │        below `models`: `%2f` may join parts that are neither empty nor dots
///      │    the first segment: names the family; no escapes
///      as it stands
///
/// Below `/v1` no segment has a spelling that hides its name: refused are path parameters (`;`) and the
/// escapes of letters, digits, `-._~%;`, and but for the ids of models of `/?#`, spaces and what is not
/// ASCII. Letters count in either case. So one list of segments (``PathSegments``) decides on kind and use
/// alike, and no spelling of a path is cheaper than another.
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
        return try endpoint(allowed, start..<path.count, in: path)
    }

    // MARK: - Form

    /// The target up to its query, where it is of origin form and every byte may stand where it does. `start`
    /// is where the path below `/v1` begins; nil for a path that is not the API's.
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
                guard start == nil else { throw malformed }
                try part.takeSemicolon()
            case 0x25:
                guard index + 2 <= target.count, let high = JSONText.hexDigit(target[index]),
                    let low = JSONText.hexDigit(target[index + 1])
                else { throw malformed }
                index += 2
                let escaped = high << 4 | low
                if let start, hides(escaped, segment, isModel: isModel(target, from: start)) {
                    throw malformed
                }
                switch escaped {
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

    /// Whether this escape below `/v1` could make a name of something that does not look like it.
    private static func hides(_ escaped: UInt8, _ segment: Int, isModel: @autoclosure () -> Bool) -> Bool {
        guard segment >= 2 else { return true }
        switch escaped {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: return true
        // What is decoded twice.
        case 0x25, 0x3B: return true
        // Dividers, and what a reader that trims or folds could take for a part of a name or for nothing.
        case 0x2F, 0x3F, 0x23, 0x20, 0x80...: return !isModel()
        default: return false
        }
    }

    /// Whether the path below `/v1` goes on below `models`.
    private static func isModel(_ target: UnsafeRawBufferPointer, from start: Int) -> Bool {
        let name: StaticString = "models/"
        let end = start + 1 + name.utf8CodeUnitCount
        return target.count >= end
            && UnsafeRawBufferPointer(rebasing: target[(start + 1)..<end]).equals(name)
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

    // MARK: - Kind and use

    private static func endpoint(
        _ method: Endpoint.Method, _ range: Range<Int>, in path: UnsafeRawBufferPointer
    ) throws(Rejection) -> Endpoint {
        let segments = PathSegments(UnsafeRawBufferPointer(rebasing: path[range]))
        func decided(
            _ kind: EndpointKind, isKnown: Bool = true, _ use: (PathSegments) -> EndpointUse
        ) -> Endpoint {
            Endpoint(
                method: method, kind: kind, path: range, isKnown: isKnown,
                use: method != .post ? .free : segments.hasEscapes ? .unbounded : use(segments))
        }
        if segments.matches(0, "chat"), segments.matches(1, "completions") {
            if segments.matches(2, "chat") { throw .unknownURL(WrongPath(.endpointTwice)) }
            return decided(.chatCompletions, EndpointUse.chat)
        }
        if segments.matches(0, "v1") { throw .unknownURL(WrongPath(.versionTwice)) }
        for family in EndpointFamily.all where segments.matches(0, family.name) {
            // A model's id may begin so.
            if family.kind == .models {
                return decided(method == .delete ? .modelDeletion : .models, family.use)
            }
            // An endpoint that is named twice is that of a base URL, and that of the client.
            if segments.matches(1, family.name) { throw .unknownURL(WrongPath(.endpointTwice)) }
            return decided(family.kind, family.use)
        }
        return decided(.other, isKnown: false) { _ in .other }
    }
}
