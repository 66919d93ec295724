import NIOCore

/// The look-ups of host names that were given up because no answer came.
///
/// libcurl looks names up on threads of its own, one per request. A look-up that is given up cannot be stopped: its
/// thread lives until the resolver answers, which may take minutes. So a host whose look-ups were given up
/// ``limit`` times in a row is looked up for one request at a time; others for it fail at once, until a connection to it
/// is made or used. Nothing is kept of a host whose name is answered.
struct NameLookups {
    /// In a row, of one host, on one event loop.
    static let limit = 8
    /// A shorter look-up that is given up says nothing about the resolver: its client may have left.
    static let patience = TimeAmount.milliseconds(100)

    private struct Silence {
        var count = 0
        /// A request looks the name up, to see whether it is answered by now.
        var isProbed = false
    }

    private var silences: [String: Silence] = [:]

    /// True where no look-up is known to go unanswered: then nothing needs to be told of those that are answered.
    var isEmpty: Bool { silences.isEmpty }

    /// False where a request for `host` must not begin a look-up now. One that may is told of with ``end(_:of:)``.
    mutating func mayBegin(_ host: String) -> Bool {
        guard let silence = silences[host], silence.count >= Self.limit else { return true }
        guard !silence.isProbed else { return false }
        silences[host]?.isProbed = true
        return true
    }

    enum End {
        /// The host's address is known: a socket was opened, or a connection used again.
        case answered
        /// Given up after so long.
        case givenUp(after: TimeAmount)
    }

    mutating func end(_ end: End, of host: String) {
        switch end {
        case .answered: silences[host] = nil
        case .givenUp(let duration):
            silences[host]?.isProbed = false
            guard duration >= Self.patience else { return }
            silences[host, default: Silence()].count += 1
        }
    }
}
