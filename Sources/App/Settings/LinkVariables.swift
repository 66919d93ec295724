import Domain

/// Variables that nobody set: Kubernetes writes them into a container for each Service beside it, and
/// container links for each linked container. Of one named `latchkey`, or `latchkey-…`, they begin as the
/// settings do:
///
/// | Name, behind `LATCHKEY` or `LATCHKEY_…` | Value |
/// |---|---|
/// | `_SERVICE_HOST`, `_PORT_8080_TCP_ADDR` | an IP address |
/// | `_SERVICE_PORT`, `_SERVICE_PORT_HTTP`, `_PORT_8080_TCP_PORT`, `…_PORT_START`, `…_PORT_END` | a port |
/// | `_PORT`, `_PORT_8080_TCP`, `…_START`, `…_END` | `tcp://10.0.0.1:8080` |
/// | `_PORT_8080_TCP_PROTO` | `tcp` |
/// | `_NAME` | `/client/alias` |
/// | `_ENV_…`, beside such a `_NAME` | anything |
///
/// The value is looked at too, for `LATCHKEY_PORT=8080` is a person's mistake.
struct LinkVariables {
    private let environment: [String: String]

    init(_ environment: [String: String]) { self.environment = environment }

    func contain(_ name: String) -> Bool {
        guard let value = environment[name] else { return false }
        let protocols = ["tcp", "udp", "sctp"]
        if name.wholeMatch(of: /LATCHKEY(_\w+)?_(SERVICE_HOST|PORT_\d+_(TCP|UDP|SCTP)_ADDR)/) != nil {
            return IPAddress(value) != nil
        }
        if name.wholeMatch(
            of: /LATCHKEY(_\w+)?_(SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)_PORT(_START|_END)?)/) != nil
        {
            return UInt16(value) != nil
        }
        if name.wholeMatch(of: /LATCHKEY(_\w+)?_PORT(_\d+_(TCP|UDP|SCTP)(_START|_END)?)?/) != nil {
            return Self.isURL(value, of: protocols)
        }
        if name.wholeMatch(of: /LATCHKEY(_\w+)?_PORT_\d+_(TCP|UDP|SCTP)_PROTO/) != nil {
            return protocols.contains(value)
        }
        if name.hasSuffix("_NAME") { return Self.isLinkName(value) }
        return isOfLinkedContainer(name)
    }

    /// `tcp://10.0.0.1:8080` or `tcp://[fd00::1]:8080`.
    private static func isURL(_ value: String, of protocols: [String]) -> Bool {
        guard let match = value.wholeMatch(of: /(\w+):\/\/(\[(.+)\]|.+):(\d+)/) else { return false }
        return protocols.contains(String(match.1)) && IPAddress(match.3 ?? match.2) != nil
            && UInt16(match.4) != nil
    }

    private static func isLinkName(_ value: String) -> Bool {
        value.wholeMatch(of: /\/[^\/]+\/[^\/]+/) != nil
    }

    /// The container's own variables, which may have any name.
    private func isOfLinkedContainer(_ name: String) -> Bool {
        name.ranges(of: "_ENV_").contains { range in
            environment["\(name[..<range.lowerBound])_NAME"].map(Self.isLinkName) ?? false
        }
    }
}
