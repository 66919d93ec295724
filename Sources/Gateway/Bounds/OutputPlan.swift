package import Domain

/// What an ``OutputCap`` makes of a request: how many completion tokens each of its choices may have, and
/// what has to be changed in the body so that the upstream keeps to it.
package struct OutputPlan: Hashable, Sendable {
    /// The cap of each choice; nil where no cap applies.
    package var limit: Int64?
    /// The changes, at most two; their ranges do not touch.
    package var first: BodyEdit?
    package var second: BodyEdit?

    /// The body stays as it is.
    package static let unchanged = OutputPlan()

    package init(limit: Int64? = nil, first: BodyEdit? = nil, second: BodyEdit? = nil) {
        self.limit = limit
        self.first = first
        self.second = second
    }

    /// The request asks for more than its access token may, all choices together.
    package struct Exceeded: Error, Hashable {
        package let cap: Int64
        /// The key that asks for it.
        package let key: BodyPeek.Key
    }

    /// The cap is shared out evenly among the choices. It holds for chats, completions, responses and runs;
    /// other endpoints have no key for it.
    ///
    /// A number that is too large, or none that can be read, is lowered to the cap or refused, as the cap
    /// says. A request without a number gets one, for otherwise the model's own maximum would hold. A cap
    /// that is smaller than the number of choices refuses.
    package init(
        _ cap: OutputCap?, for consumption: Consumption, peek: borrowing BodyPeek,
        body: UnsafeRawBufferPointer
    ) throws(Exceeded) {
        guard let cap, let keys = Self.keys(of: consumption) else {
            self = .unchanged
            return
        }
        let limit = cap.amount / UsageBound.choices(of: consumption, peek)
        guard limit >= 1 else { throw Exceeded(cap: cap.amount, key: .n) }
        self.init(limit: limit)
        var isAsked = false
        for key in [keys.0, keys.1] {
            guard let key else { continue }
            switch peek[key] {
            case .absent: continue
            case .number(let number, _) where number <= limit: isAsked = true
            case .number(_, let range), .unreadable(let range):
                guard cap.mode == .clamp else { throw Exceeded(cap: cap.amount, key: key) }
                isAsked = true
                let edit = BodyEdit(range: range, key: nil, value: limit)
                if first == nil { first = edit } else { second = edit }
            }
        }
        if !isAsked { first = Self.edit(naming: limit, for: consumption, peek, body) }
    }

    /// Puts a maximum of each choice into a body that names none; nil where the endpoint has no key for it.
    static func edit(
        naming limit: Int64, for consumption: Consumption, _ peek: borrowing BodyPeek,
        _ body: UnsafeRawBufferPointer
    ) -> BodyEdit? {
        guard let keys = keys(of: consumption), let brace = body.firstIndex(of: 0x7B) else { return nil }
        if let range = peek.nullRange(of: keys) { return BodyEdit(range: range, key: nil, value: limit) }
        return BodyEdit(range: brace + 1..<brace + 1, key: keys.0, value: limit)
    }

    /// The request could name a maximum, and names none, not even one that cannot be read.
    static func isUnbounded(_ consumption: Consumption, _ peek: borrowing BodyPeek) -> Bool {
        guard let keys = keys(of: consumption), case .absent = peek[keys.0] else { return false }
        guard let other = keys.1 else { return true }
        if case .absent = peek[other] { return true }
        return false
    }

    /// The key whose number bounds the request: the one that it names, else the one to name; nil where the
    /// endpoint has none.
    static func key(of consumption: Consumption, _ peek: borrowing BodyPeek) -> BodyPeek.Key? {
        guard let keys = keys(of: consumption) else { return nil }
        guard let other = keys.1, case .absent = peek[keys.0] else { return keys.0 }
        if case .absent = peek[other] { return keys.0 }
        return other
    }

    /// The keys that name a maximum, the one to put in first.
    private static func keys(of consumption: Consumption) -> (BodyPeek.Key, BodyPeek.Key?)? {
        switch consumption {
        case .chat: (.maxCompletionTokens, .maxTokens)
        case .completion: (.maxTokens, nil)
        case .response: (.maxOutputTokens, nil)
        case .run: (.maxCompletionTokens, nil)
        case .free, .embedding, .image, .imageEdit, .speech, .transcription, .batch, .other: nil
        }
    }
}
