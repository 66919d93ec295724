import Domain
import Foundation
import GRDB

/// The grants of an access token: read from a row, and written as its columns.
extension Row {
    func grants() throws -> Grants {
        var grants = Grants()
        grants.models = try list("models") { ModelPattern($0) }
        grants.endpoints = try list("endpoints") { EndpointKind(rawValue: $0) }.map { Set($0) }
        grants.networks = try list("networks") { try? AddressRange(parsing: $0) }
        grants.notBefore = try optionalMoment("not_before")
        grants.idleSeconds = try optional("idle_seconds")
        if let cap: String = try optional("output_cap") {
            guard let cap = OutputCap(cap) else { throw StoreError.corrupt }
            grants.outputCap = cap
        }
        grants.unboundedOutput = try optionalParsed("unbounded_output") { UnboundedOutput(rawValue: $0) }
        return grants
    }

    private func list<Value>(_ column: String, by parse: (String) -> Value?) throws -> [Value]? {
        guard let text: String = try optional(column) else { return nil }
        guard let texts = try? JSONDecoder().decode([String].self, from: Data(text.utf8)) else {
            throw StoreError.corrupt
        }
        return try texts.map { text in
            guard let value = parse(text) else { throw StoreError.corrupt }
            return value
        }
    }
}

extension Grants {
    static let columns = "models, endpoints, networks, not_before, idle_seconds, output_cap, unbounded_output"
    /// As many as ``columns``.
    static let placeholders = "?, ?, ?, ?, ?, ?, ?"

    /// In the order of ``columns``.
    var arguments: StatementArguments {
        [
            models.map(Self.json), endpoints.map { Self.json($0.map(\.rawValue).sorted()) },
            networks.map(Self.json), notBefore?.milliseconds, idleSeconds, outputCap?.description,
            unboundedOutput?.rawValue,
        ]
    }

    private static func json(_ values: [some CustomStringConvertible]) -> String {
        var writer = JSONWriter()
        writer.array { list in
            for value in values { list.element(value.description) }
        }
        return writer.text
    }

    /// What an audit event says of each, by the columns' names; `none` where it is not restricted.
    var details: [AuditEvent.Detail] {
        func words(_ values: [String]?) -> String { values.map { $0.joined(separator: " ") } ?? "none" }
        return [
            AuditEvent.Detail("models", words(models?.map(\.description))),
            AuditEvent.Detail("endpoints", words(endpoints?.map(\.rawValue).sorted())),
            AuditEvent.Detail("networks", words(networks?.map(\.description))),
            AuditEvent.Detail("not_before", notBefore.map { String($0.milliseconds) } ?? "none"),
            AuditEvent.Detail("idle_seconds", idleSeconds.map { String($0) } ?? "none"),
            AuditEvent.Detail("output_cap", outputCap?.description ?? "none"),
            AuditEvent.Detail("unbounded_output", unboundedOutput?.rawValue ?? "none"),
        ]
    }
}
