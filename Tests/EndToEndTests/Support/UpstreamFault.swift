import Testing

/// What an upstream does to the first request it gets, and what the client shall see of it. Every later
/// request is answered well.
struct UpstreamFault: Sendable, CustomTestStringConvertible {
    enum Step: Sendable {
        case bytes([UInt8])
        /// Goes on once the client has what was sent so far.
        case awaitClient
        case close, reset

        static func send(_ text: String) -> Step { .bytes(Array(text.utf8)) }
    }

    enum Sight: Sendable {
        /// A whole answer of our own.
        case error(Int, String, reason: String)
        /// The relayed head, the body up to this text, and no clean end.
        case cut(after: String, reason: String)
        /// The relayed answer, whole.
        case whole(Int, String)
    }

    let testDescription: String
    let steps: [Step]
    let sight: Sight

    init(_ name: String, _ steps: [Step], _ sight: Sight) {
        testDescription = name
        self.steps = steps
        self.sight = sight
    }

    /// A 502 `upstream_unavailable` before anything was relayed.
    static func lost(_ name: String, _ steps: [Step], _ reason: String) -> UpstreamFault {
        UpstreamFault(name, steps, .error(502, "upstream_unavailable", reason: reason))
    }

    /// Sends `begun`, whose end the client gets, and then does `steps`.
    static func cut(_ name: String, _ begun: String, _ steps: [Step], after seen: String, _ reason: String)
        -> UpstreamFault
    {
        UpstreamFault(name, [.send(begun), .awaitClient] + steps, .cut(after: seen, reason: reason))
    }

    static func whole(_ name: String, _ answer: String, _ status: Int, _ body: String, closing: Bool = false)
        -> UpstreamFault
    {
        UpstreamFault(name, [.send(answer)] + (closing ? [.close] : []), .whole(status, body))
    }

    /// An upstream that does it, counting the requests it has got.
    func upstream(counting requests: Tally, goingOn door: Door) throws -> ScriptedUpstream {
        try ScriptedUpstream { connection in
            while true {
                _ = try connection.readMessage(within: 60000)
                requests.add()
                guard requests.value == 1 else {
                    try connection.send(ScriptedUpstream.ok)
                    continue
                }
                for step in steps {
                    switch step {
                    case .bytes(let bytes): try connection.send(bytes)
                    case .awaitClient: door.pass()
                    case .close: return
                    case .reset: return connection.reset()
                    }
                }
            }
        }
    }

    var reason: String? {
        switch sight {
        case .error(_, _, let reason), .cut(_, let reason): reason
        case .whole: nil
        }
    }
}
