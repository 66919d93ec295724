package import Domain
import Glibc
package import Upstream
package import Vault

/// One place that a project's requests may go to: an upstream, the model's name there, and the credential
/// that it takes. Immutable, so that an attempt keeps the one it was begun with.
package final class Target: Sendable {
    package enum Upstream: Sendable {
        case dummy
        case remote(UpstreamTarget)
    }

    package let upstream: Upstream
    /// What the model is called there; nil is as its client calls it.
    package let model: String?
    /// nil where none is sent.
    package let key: UpstreamKey?
    /// As rows and lines name it, the first attempt of a request.
    package let name: AttemptTarget
    /// Lines of every head that goes there, with CRLF between them alone.
    private let fields: [UInt8]

    /// `fields`: names and values of header fields that every request has there, beside the credential's.
    package init(
        _ upstream: UpstreamURL, model: String? = nil, key: UpstreamKey?,
        fields: [(name: String, value: String)] = []
    ) {
        self.model = model
        self.key = key
        self.fields = Array(fields.map { "\($0.name): \($0.value)" }.joined(separator: "\r\n").utf8)
        switch upstream {
        case .dummy:
            self.upstream = .dummy
            name = AttemptTarget()
        case .remote(let origin, let basePath):
            let lines = key.map {
                CredentialLines([CredentialLines.Field("Authorization", "Bearer ", $0.secret)])
            }
            self.upstream = .remote(UpstreamTarget(origin, basePath: basePath, credential: lines))
            name = AttemptTarget(upstream: origin.authority, credential: key?.id)
        }
    }

    package var isDummy: Bool { if case .dummy = upstream { true } else { false } }

    /// Nothing can be sent to it: it takes a key, and there is none.
    package var lacksKey: Bool { !isDummy && key == nil }

    /// What belongs in the head of every request that goes to it.
    package func addFields(to head: inout UpstreamRequestHead) {
        guard !fields.isEmpty else { return }
        fields.withUnsafeBytes { head.add(lines: $0) }
    }

    /// Whether these bytes, the head of a response, hold the key. A shorter one than eight bytes could be
    /// there by chance.
    func isRevealed(in head: UnsafeRawBufferPointer) -> Bool {
        guard let key = key?.secret, key.byteCount >= 8, let bytes = head.baseAddress else { return false }
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
}

extension CredentialLines {
    /// One header field of a credential: its name, what stands in front of the key, and the key.
    struct Field {
        let name: String
        let scheme: String
        let key: Secret

        init(_ name: String, _ scheme: String, _ key: Secret) {
            self.name = name
            self.scheme = scheme
            self.key = key
        }
    }

    /// The fields and the empty line behind them, in a secret's own memory, for them to be sent from there.
    init(_ fields: [Field]) {
        let parts = fields.map { (Array("\($0.name): \($0.scheme)".utf8), $0.key) }
        let end = Array("\r\n".utf8)
        let count = parts.reduce(end.count) { $0 + $1.0.count + $1.1.byteCount + end.count }
        let text = Secret(byteCount: count) { target in
            var place = 0
            func put(_ bytes: UnsafeRawBufferPointer) {
                UnsafeMutableRawBufferPointer(rebasing: target[place...]).copyMemory(from: bytes)
                place += bytes.count
            }
            for (prefix, key) in parts {
                prefix.withUnsafeBytes { put($0) }
                key.withUnsafeBytes { put($0) }
                end.withUnsafeBytes { put($0) }
            }
            end.withUnsafeBytes { put($0) }
        }
        self = text.withUnsafeBytes { CredentialLines(bytes: $0, owner: text) }
    }
}
