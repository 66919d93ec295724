package import Domain
package import Upstream
package import Vault

/// Where a project's requests go, and with which key: immutable, so that a request keeps the one it began
/// with.
package final class ProjectRoute: Sendable {
    package enum Upstream: Sendable {
        case dummy
        case remote(UpstreamOrigin, basePath: String)
    }

    package let id: ProjectID
    package let name: ProjectName
    package let upstream: Upstream
    package let key: Secret?
    package let gate: AccessGate
    package let streamUsage: StreamUsage
    /// What a model without a price costs; nil where it is not to be charged.
    package let defaultPrice: ModelPrice?
    /// A model without a price is refused where a limit on cost applies.
    package let refusesUnpriced: Bool
    /// The header line that carries the key; nil without one.
    package let credential: CredentialLine?

    package init(_ project: Project, key: Secret?, gate: AccessGate) {
        id = project.id
        name = project.name
        switch project.upstream {
        case .dummy: upstream = .dummy
        case .remote(let origin, let basePath): upstream = .remote(origin, basePath: basePath)
        }
        self.key = key
        self.gate = gate
        streamUsage = project.streamUsage
        refusesUnpriced = project.unpriced == .refuse
        if case .defaultPrice(let prompt, let completion) = project.unpriced {
            defaultPrice = ModelPrice(prompt: prompt, completion: completion)
        } else {
            defaultPrice = nil
        }
        credential = key.map(Self.line)
    }

    /// `Authorization: Bearer …\0` in a secret's own memory, for libcurl to read in place.
    private static func line(_ key: Secret) -> CredentialLine {
        let prefix = Array("Authorization: Bearer ".utf8)
        let line = Secret(byteCount: prefix.count + key.byteCount + 1) { target in
            target.copyBytes(from: prefix)
            key.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: target[prefix.count...]).copyMemory(from: $0)
            }
            target[target.count - 1] = 0
        }
        return line.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { preconditionFailure("a secret without memory") }
            return CredentialLine(text: base.assumingMemoryBound(to: CChar.self), owner: line)
        }
    }
}
