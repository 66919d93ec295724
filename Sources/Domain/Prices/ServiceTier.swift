/// How fast, and so how dear, the upstream is asked to be: `service_tier` of a request or an answer, and the
/// batch interface, which has a price of its own.
package enum ServiceTier: String, CaseIterable, Hashable, Sendable {
    case standard, flex, priority, ultrafast, batch
    /// A name that is not known here: charged like the dearest tier that the model has.
    case unknown

    /// By OpenAI's names. `auto` and no name at all are `standard`: so has the upstream it, unless somebody
    /// sets another default for its project. `scale` is paid for beforehand and counts as `standard`;
    /// `fast` is the newer name of `priority`.
    package init(named name: UnsafeRawBufferPointer) {
        if Self.same(name, "auto") || Self.same(name, "default") || Self.same(name, "standard")
            || Self.same(name, "scale")
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
