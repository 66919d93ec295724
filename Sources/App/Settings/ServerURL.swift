package import Domain

/// Where the client commands find the server: `http://127.0.0.1:8080`, an origin and nothing behind it.
package struct ServerURL: Hashable, Sendable, CustomStringConvertible {
    package let origin: UpstreamOrigin

    /// Why a text is none: a clause that can follow a colon.
    package struct Malformed: Error { package let reason: String }

    package init(parsing text: String) throws(Malformed) {
        var text = text
        while text.hasSuffix("/") { text.removeLast() }
        let parsed: UpstreamURL
        do {
            parsed = try UpstreamURL(parsing: text)
        } catch {
            throw Malformed(reason: error.reason)
        }
        guard case .remote(let origin, _) = parsed else {
            throw Malformed(reason: "it has to begin with http:// or https://")
        }
        guard text.split(separator: "/").count == 2 else {
            throw Malformed(reason: "it may have no path: http://host:port is all")
        }
        self.origin = origin
    }

    package var description: String { origin.description }
}
