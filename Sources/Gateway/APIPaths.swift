import Domain

/// Which paths are the API's: all below `/v1`, and those of OpenAI's endpoint families without it, as a
/// client calls them whose base URL lacks the `/v1`.
///
///     /v1/chat/completions    /chat/completions
///        └ below `/v1`        └ the same endpoint
///
/// Such an alias is spelt exactly: of a path that begins in another way (escapes, capitals, parameters) the
/// router decides. OpenAI's `/live` has no alias, for it is the router's.
package enum APIPaths {
    /// Where the path below `/v1` begins in a target: 3 behind a leading `/v1`, 0 where the whole path is an
    /// alias; nil where it is not the API's.
    static func start(in target: UnsafeRawBufferPointer) -> Int? {
        if target.count >= 3, target[0] == 0x2F, target[1] == 0x76, target[2] == 0x31 {
            return target.count == 3 || target[3] == 0x2F || target[3] == 0x3F ? 3 : nil
        }
        guard target.first == 0x2F else { return nil }
        let rest = target[1...]
        let first = rest.prefix { $0 != 0x2F && $0 != 0x3F }
        return isFamily(first) ? 0 : nil
    }

    /// Also where the letter of `/v1` is a capital: that is an error which is told in the API's way.
    static func areMeant(by target: UnsafeRawBufferPointer) -> Bool {
        start(in: target) != nil
            || (UnsafeRawBufferPointer(rebasing: target.prefix(3)).equals("/v1")
                && (target.count == 3 || target[3] == 0x2F || target[3] == 0x3F))
    }

    package static func areMeant(by path: String) -> Bool {
        var path = path
        return path.withUTF8 { areMeant(by: UnsafeRawBufferPointer($0)) }
    }

    /// True where a path that leads nowhere has an endpoint of the API in it, not at its beginning:
    /// `/foo/chat/completions`, `/openai/v1/models/x`.
    package static func areMeant(within path: String) -> Bool {
        var path = path
        return path.withUTF8 { bytes in
            UnsafeRawBufferPointer(bytes).prefix { $0 != 0x3F }.split(separator: 0x2F).dropFirst()
                .contains { isFamily($0) }
        }
    }

    private static func isFamily(_ segment: Slice<UnsafeRawBufferPointer>) -> Bool {
        EndpointFamily.all.contains { family in
            family.hasAlias && family.name.withUTF8Buffer { segment.elementsEqual($0) }
        }
    }
}
