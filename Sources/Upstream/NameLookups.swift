/// The look-ups of host names that have no answer.
///
/// libcurl looks names up on threads of its own, one per request. A look-up cannot be stopped: its thread
/// lives until the resolver answers, which may take minutes, though the request was given up. So once
/// ``limit`` requests for a host were given up without an answer, it is looked up for one request at a time;
/// others for it fail at once, until a connection to it is made or used. The look-up of a client that left
/// goes on, within the time that a connection may take to make: where the resolver works, its answer ends the
/// count at once. Nothing is kept of a host whose name is answered.
struct NameLookups {
    /// Without an answer, of one host, on one event loop.
    static let limit = 8

    private struct Silence {
        var count = 0
        /// A request looks the name up, to see whether it is answered by now.
        var isProbed = false
    }

    private var silences: [String: Silence] = [:]

    /// True where no look-up is known to go unanswered: then answers need not be reported.
    var isEmpty: Bool { silences.isEmpty }

    /// False where a request for `host` must not begin a look-up now. The end of one that may is reported to
    /// ``end(_:of:)``.
    mutating func mayBegin(_ host: String) -> Bool {
        guard let silence = silences[host], silence.count >= Self.limit else { return true }
        guard !silence.isProbed else { return false }
        silences[host]?.isProbed = true
        return true
    }

    /// The request of a look-up is given up, and the look-up goes on; its end is still reported.
    mutating func abandon(_ host: String) { silences[host, default: Silence()].count += 1 }

    enum End {
        /// The host's address is known: a socket was opened, or a connection used again.
        case answered
        /// In the time that a connection may take to make.
        case unanswered(wasAbandoned: Bool)
        /// Nothing was looked up.
        case notBegun
    }

    mutating func end(_ end: End, of host: String) {
        switch end {
        case .answered: silences[host] = nil
        case .notBegun: silences[host]?.isProbed = false
        case .unanswered(let wasAbandoned):
            silences[host]?.isProbed = false
            // One that was abandoned counts already.
            if !wasAbandoned { silences[host, default: Silence()].count += 1 }
        }
    }
}
