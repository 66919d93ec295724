package import HTTP

/// What an upstream sends on a connection in response to one request, byte for byte, and what must become of
/// it.
package struct RawAnswer: Sendable, CustomStringConvertible {
    package enum Expected: Hashable, Sendable {
        /// Head and body go to the client, and `rest` is left over. The connection may serve another request
        /// if `isReusable` is true and nothing is left over.
        case relayed(_ body: String, isReusable: Bool = true, rest: String = "")
        /// Head and body go to the client; the body ends where the connection ends.
        case relayedUntilClose(_ body: String)
        /// The client sees nothing of it.
        case refused(ResponseFault)
        /// The client sees the head and this much of the body.
        case cut(_ body: String, ResponseFault)
    }

    package let name: String
    package let bytes: [UInt8]
    /// `GET` or `HEAD`.
    package let method: String
    package let expected: Expected
    /// Status line and field lines of the final head, if it is to be relayed.
    package let head: [UInt8]?

    package var description: String { name }

    /// The upstream must close the connection after the bytes: their end is a part of the sample.
    package var needsClose: Bool {
        switch expected {
        case .relayedUntilClose, .refused(.endedBeforeHead), .refused(.endedInHead), .cut(_, .endedInBody):
            true
        case .relayed, .refused, .cut: false
        }
    }

    /// The bytes of the body that go to the client.
    package var body: [UInt8] {
        switch expected {
        case .relayed(let body, _, _), .relayedUntilClose(let body), .cut(let body, _): Self.bytes(body)
        case .refused: []
        }
    }

    /// - Parameters:
    ///   - text: Each character is the byte of its number, up to U+00FF.
    ///   - interim: What comes before `text`, whose first empty line ends the final head.
    package init(
        _ name: String, to method: String = "GET", after interim: String = "", _ text: String,
        _ expected: Expected
    ) {
        self.name = name
        self.method = method
        self.expected = expected
        let final = Self.bytes(text)
        bytes = Self.bytes(interim) + final
        if case .refused = expected {
            head = nil
        } else {
            let blank: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
            head = final.indices.first { final[$0...].starts(with: blank) }.map { Array(final[..<($0 + 2)]) }
        }
    }

    package static func bytes(_ text: String) -> [UInt8] {
        text.unicodeScalars.map { UInt8($0.value) }
    }
}
