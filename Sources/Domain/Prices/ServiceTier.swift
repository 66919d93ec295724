/// How fast, and so how dear, the upstream is asked to be: `service_tier` of a request or an answer, and the
/// batch interface, which has a price of its own.
package enum ServiceTier: String, CaseIterable, Hashable, Sendable {
    case standard, flex, priority, ultrafast, batch
    /// A name that is not known here: charged like the dearest tier that the model has.
    case unknown

    /// The tier that an answer says it was served in; nil where it names none: `auto` is a question. Beside
    /// the names of a request there is Anthropic's `batch`, which nobody gets by asking for it.
    package init?(served name: UnsafeRawBufferPointer) {
        guard !Self.same(name, "auto"), !name.isEmpty else { return nil }
        self = Self.same(name, "batch") ? .batch : ServiceTier(named: name)
    }

    /// By OpenAI's names. `auto` and no name at all are `standard`: so has the upstream it, unless somebody
    /// sets another default for its project. `scale` is paid for beforehand and counts as `standard`, and
    /// so do Groq's `on_demand` and Anthropic's `standard_only`; `fast` is the newer name of `priority`.
    package init(named name: UnsafeRawBufferPointer) {
        if Self.same(name, "auto") || Self.same(name, "default") || Self.same(name, "standard")
            || Self.same(name, "scale") || Self.same(name, "on_demand")
            || Self.same(name, "standard_only")
        {
            self = .standard
        } else if Self.same(name, "flex") {
            self = .flex
        } else if Self.same(name, "priority") || Self.same(name, "fast") {
            self = .priority
        } else if Self.same(name, "ultrafast") {
            self = .ultrafast
        } else {
            self = .unknown
        }
    }

    private static func same(_ name: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        text.withUTF8Buffer { $0.count == name.count && name.elementsEqual($0) }
    }
}
