package import Domain
import Glibc
package import Upstream
package import Vault

/// Where a project's requests go, and with which key: immutable, so that a request keeps the one it began
/// with.
package final class ProjectRoute: Sendable {
    package enum Upstream: Sendable {
        case dummy
        case remote(UpstreamTarget)
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
    package let unboundedOutput: UnboundedOutput
    /// Endpoints that no ``EndpointFamily`` has are passed on.
    package let allowsUnknownEndpoints: Bool
    /// `OpenAI-Organization` and `OpenAI-Project`, with CRLF between them alone; empty without either.
    private let accountFields: [UInt8]

    package init(_ project: Project, key: Secret?, gate: AccessGate) {
        id = project.id
        name = project.name
        switch project.upstream {
        case .dummy: upstream = .dummy
        case .remote(let origin, let basePath):
            upstream = .remote(
                UpstreamTarget(origin, basePath: basePath, credential: key.map(Self.line)))
        }
        self.key = key
        self.gate = gate
        streamUsage = project.streamUsage
        refusesUnpriced = project.unpriced == .refuse
        unboundedOutput = project.unboundedOutput
        allowsUnknownEndpoints = project.unknownEndpoints == .allow
        accountFields = Array(
            [
                project.openAIOrganization.map { "OpenAI-Organization: \($0)" },
                project.openAIProject.map { "OpenAI-Project: \($0)" },
            ].compactMap(\.self).joined(separator: "\r\n").utf8)
        if case .defaultPrice(let prompt, let completion) = project.unpriced {
            defaultPrice = ModelPrice(prompt: prompt, completion: completion)
        } else {
            defaultPrice = nil
        }
    }

    /// Which of the upstream's organizations and projects its requests are for: part of the head of every
    /// one.
    package func addAccountFields(to head: inout UpstreamRequestHead) {
        guard !accountFields.isEmpty else { return }
        accountFields.withUnsafeBytes { head.add(lines: $0) }
    }

    /// Whether these bytes, the head of a response, hold the upstream's key. A shorter one than eight bytes
    /// could be there by chance.
    func isRevealed(in head: UnsafeRawBufferPointer) -> Bool {
        guard let key, key.byteCount >= 8, let bytes = head.baseAddress else { return false }
        return key.withUnsafeBytes { key in
            guard let text = key.baseAddress else { return false }
            var start = 0
            while start + key.count <= head.count,
                let found = memchr(bytes + start, Int32(key[0]), head.count - key.count + 1 - start)
            {
                if memcmp(found, text, key.count) == 0 { return true }
                start = UnsafeRawPointer(found) - bytes + 1
            }
            return false
        }
    }

    /// `Authorization: Bearer …`, CRLF and the empty line, in a secret's own memory, for it to be sent from
    /// there.
    private static func line(_ key: Secret) -> CredentialLine {
        let (prefix, suffix) = (Array("Authorization: Bearer ".utf8), Array("\r\n\r\n".utf8))
        let line = Secret(byteCount: prefix.count + key.byteCount + suffix.count) { target in
            target.copyBytes(from: prefix)
            key.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: target[prefix.count...]).copyMemory(from: $0)
            }
            UnsafeMutableRawBufferPointer(rebasing: target[(prefix.count + key.byteCount)...])
                .copyBytes(from: suffix)
        }
        return line.withUnsafeBytes { CredentialLine(bytes: $0, owner: line) }
    }
}
