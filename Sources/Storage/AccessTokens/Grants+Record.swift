import Domain
import GRDB

/// The grants of an access token, as columns of its row and of an invitation's.
extension Grants: RecordPart {
    enum Column: Int32, RecordColumn {
        case models, endpoints, networks, notBefore, idleSeconds, outputCap, unboundedOutput
    }

    init(from row: RecordRow<Column>) throws {
        self.init()
        models = try row.list(.models) { ModelPattern($0) }
        endpoints = try row.list(.endpoints) { EndpointKind(rawValue: $0) }.map { Set($0) }
        networks = try row.list(.networks) { try? AddressRange(parsing: $0) }
        notBefore = try row.optionalMoment(.notBefore)
        idleSeconds = try row.optional(.idleSeconds)
        outputCap = try row.optionalParsed(.outputCap) { OutputCap($0) }
        unboundedOutput = try row.optionalParsed(.unboundedOutput) { UnboundedOutput(rawValue: $0) }
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .models: models.map(Self.json)
        case .endpoints: endpoints.map { Self.json($0.map(\.rawValue).sorted()) }
        case .networks: networks.map(Self.json)
        case .notBefore: notBefore?.milliseconds
        case .idleSeconds: idleSeconds
        case .outputCap: outputCap?.description
        case .unboundedOutput: unboundedOutput?.rawValue
        }
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
