import Domain

/// Where alarms are sent: an `https` URL, or `http` to this machine. Its path and query may be a secret, so
/// it is shown nowhere.
package struct WebhookURL: Hashable, Sendable {
    package let text: String

    init(parsing text: String) throws(InvalidSetting) {
        guard text.utf8.count <= 2048, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x5C }),
            !text.contains("#")
        else {
            throw InvalidSetting("it has to be printable ASCII without spaces, backslashes or a fragment")
        }
        let afterScheme = text.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard afterScheme.count == 3, afterScheme[1].isEmpty else {
            throw InvalidSetting("it has to begin with https://, or with http:// for this machine")
        }
        let host = afterScheme[2].prefix { !"/?".contains($0) }
        let parsed: UpstreamURL
        do {
            parsed = try UpstreamURL(parsing: "\(afterScheme[0])//\(host)")
        } catch {
            throw InvalidSetting(error.reason)
        }
        guard case .remote(let origin, _) = parsed else {
            throw InvalidSetting("it has to begin with https://, or with http:// for this machine")
        }
        let isLoopback =
            ["localhost", "[::1]"].contains(origin.host)
            || IPAddress(origin.host).map(Self.isLoopback) == true
        guard origin.scheme == .https || isLoopback else {
            throw InvalidSetting("it has to be https:// where it is not this machine")
        }
        self.text = text
    }

    private static func isLoopback(_ address: IPAddress) -> Bool { address.description.hasPrefix("127.") }
}
