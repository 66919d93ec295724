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
    /// `Authorization: Bearer …\0`, for libcurl to read in place.
    private let authorization: Secret?

    package init(_ project: Project, key: Secret?, gate: AccessGate) {
        id = project.id
        name = project.name
        switch project.upstream {
        case .dummy: upstream = .dummy
        case .remote(let origin, let basePath): upstream = .remote(origin, basePath: basePath)
        }
        self.key = key
        self.gate = gate
        authorization = key.map { key in
            let prefix = Array("Authorization: Bearer ".utf8)
            return Secret(byteCount: prefix.count + key.byteCount + 1) { target in
                target.copyBytes(from: prefix)
                key.withUnsafeBytes {
                    UnsafeMutableRawBufferPointer(rebasing: target[prefix.count...]).copyMemory(from: $0)
                }
                target[target.count - 1] = 0
            }
        }
    }

    /// The header line that carries the key; the secret's own memory, kept alive by the line.
    package var credential: CredentialLine? {
        authorization?.withUnsafeBytes { bytes in
            bytes.baseAddress.map {
                CredentialLine(
                    text: $0.assumingMemoryBound(to: CChar.self), owner: authorization as AnyObject)
            }
        }
    }
}
