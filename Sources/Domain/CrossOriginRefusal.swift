/// Why a browser is told that a page may not call.
package struct CrossOriginRefusal: Hashable, Sendable {
    /// What of an origin is shown: whoever asks writes it.
    private static let shownLimit = 256

    /// As it was sent.
    package let origin: String
    /// Some origins are allowed, and this one is not.
    package let isEnabled: Bool

    package init(_ origin: String, isEnabled: Bool) {
        self.origin = String(origin.prefix(Self.shownLimit))
        self.isEnabled = isEnabled
    }

    package var message: String {
        let remedy = "set LATCHKEY_CORS_ORIGINS to a list that has it"
        return isEnabled
            ? "Web pages of the origin '\(origin)' may not call this server. To allow them, \(remedy)."
            : "Web pages may not call this server. To allow those of the origin '\(origin)', \(remedy)."
    }
}
