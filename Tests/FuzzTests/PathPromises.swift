import Domain

@testable import Gateway

/// A target that passes stays below `/v1/` for every reader: one that decodes it once, one that normalises it
/// then, and one that cuts path parameters off before. One without the `/v1` is the same as one with it.
enum PathPromises {
    static func check(_ input: [UInt8]) throws(BrokenPromise) {
        guard let given = endpoint(of: input) else { return }
        let isAlias = given.path.lowerBound == 0
        let input = isAlias ? Array("/v1".utf8) + input : input
        guard let endpoint = endpoint(of: input) else {
            throw BrokenPromise(sentence: "what passes without /v1 passes with it")
        }
        try BrokenPromise.unless(
            endpoint.kind == given.kind && endpoint.path.count == given.path.count,
            "what passes without /v1 is the same endpoint with it")

        let path = input.prefix { $0 != 0x3F }
        try BrokenPromise.unless(endpoint.path == 3..<path.count, "the endpoint's path is the target's")
        try BrokenPromise.unless(input.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a target is printable ASCII")
        let decoded = try decode(path)
        try BrokenPromise.unless(
            decoded.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != 0x5C },
            "a decoded path has no control character and no backslash")

        let parts = decoded.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false)
        let whole = parts.map { $0[...] }
        let cut = parts.map { $0.prefix { $0 != 0x3B } }
        for segments in [whole, cut] {
            try BrokenPromise.unless(
                segments.count >= 2 && segments[0].elementsEqual("v1".utf8), "a path is below /v1/")
            // The last one may be empty: a slash at the end.
            for (index, segment) in segments.enumerated() {
                let isEmpty = segment.isEmpty && (index < segments.count - 1 || parts[index].count > 0)
                let isDots = segment.elementsEqual(".".utf8) || segment.elementsEqual("..".utf8)
                try BrokenPromise.unless(!isEmpty && !isDots, "normalising changes nothing")
            }
        }
        let first = String(decoding: cut[1], as: UTF8.self).lowercased()
        let isAdministration = [
            "organization", "projects", "me", "usage", "dashboard", "billing", "credits", "key", "keys",
            "organizations", "safety", "vaults", "webhook_endpoints", "webhook_event_types",
        ].contains(first)
        try BrokenPromise.unless(
            isAdministration == endpoint.kind.isAdministration,
            "account administration is known for what it is")
        try BrokenPromise.unless(!decoded.contains(0x3B), "a path has no parameters")
        try BrokenPromise.unless(
            first == "models" || decoded.filter { $0 == 0x2F }.count == path.filter { $0 == 0x2F }.count,
            "decoding a path makes no more segments of it")
    }

    private static func endpoint(of target: [UInt8]) -> Endpoint? {
        target.withUnsafeBytes { target in
            try? Result { () throws(Rejection) in try PathPolicy.check(.get, target) }.get()
        }
    }

    private static func decode(_ path: ArraySlice<UInt8>) throws(BrokenPromise) -> [UInt8] {
        var decoded: [UInt8] = []
        var rest = path
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                decoded.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16), digits.first != "+" else {
                throw BrokenPromise(sentence: "every escape is one")
            }
            decoded.append(value)
            rest = rest.dropFirst(2)
        }
        return decoded
    }
}
