/// Which models something is about: a model's exact name, or one with `*` for any bytes, also none
/// (`gpt-6*`, `ft:*:acme:*`). Upper and lower case differ, as they do in the names themselves.
package struct ModelPattern: Hashable, Sendable {
    package static let rule = "1 to 128 bytes of a model's name, with '*' for any part of it, without spaces"

    private let bytes: [UInt8]

    /// nil where the text breaks ``rule``.
    package init?(_ text: some StringProtocol) {
        bytes = Array(text.utf8)
        guard (1...128).contains(bytes.count), bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            return nil
        }
    }

    /// Compares UTF-8 bytes, without an allocation; time is at most the product of the lengths.
    package func matches(_ model: UnsafeRawBufferPointer) -> Bool {
        bytes.withUnsafeBufferPointer { pattern in
            var (at, from) = (0, 0)
            // Where the last star stands, and from where on what follows it is tried.
            var (star, resume) = (-1, 0)
            while from < model.count {
                if at < pattern.count, pattern[at] == Self.star {
                    (star, resume) = (at, from)
                    at += 1
                } else if at < pattern.count, pattern[at] == model[from] {
                    at += 1
                    from += 1
                } else if star >= 0 {
                    resume += 1
                    (at, from) = (star + 1, resume)
                } else {
                    return false
                }
            }
            return pattern[at...].allSatisfy { $0 == Self.star }
        }
    }

    package func matches(_ model: String) -> Bool {
        var model = model
        return model.withUTF8 { matches(UnsafeRawBufferPointer($0)) }
    }

    private static let star: UInt8 = 0x2A
}

extension ModelPattern: CustomStringConvertible {
    package var description: String { String(decoding: bytes, as: UTF8.self) }
}
