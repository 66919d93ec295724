import Domain
import GRDB

/// A row of `projects`.
extension Project: Record {
    enum Column: Int32, RecordColumn {
        case id, name, upstream, state, createdAt, updatedAt, timeZone, streamUsage, unpriced
        case unboundedOutput, unknownEndpoints, openaiOrganization, openaiProject, description
    }

    static let table = RecordTable<Column>("projects")

    init(from row: RecordRow<Column>) throws {
        self.init(
            id: try row.parsed(.id) { ProjectID($0) }, name: try row.parsed(.name) { ProjectName($0) },
            upstream: try row.parsed(.upstream) { try? UpstreamURL(parsing: $0) },
            state: try row.parsed(.state) { State(rawValue: $0) },
            createdAt: try row.moment(.createdAt), updatedAt: try row.moment(.updatedAt))
        timeZone = try row.value(.timeZone)
        streamUsage = try row.parsed(.streamUsage) { StreamUsage(rawValue: $0) }
        unpriced = try row.parsed(.unpriced) { UnpricedRule($0) }
        unboundedOutput = try row.parsed(.unboundedOutput) { UnboundedOutput(rawValue: $0) }
        unknownEndpoints = try row.parsed(.unknownEndpoints) { UnknownEndpoints(rawValue: $0) }
        openAIOrganization = try row.optional(.openaiOrganization)
        openAIProject = try row.optional(.openaiProject)
        description = try row.optionalParsed(.description) { Description($0) }
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .id: id.rawValue
        case .name: name.rawValue
        case .upstream: upstream.description
        case .state: state.rawValue
        case .createdAt: createdAt.milliseconds
        case .updatedAt: updatedAt.milliseconds
        case .timeZone: timeZone
        case .streamUsage: streamUsage.rawValue
        case .unpriced: unpriced.description
        case .unboundedOutput: unboundedOutput.rawValue
        case .unknownEndpoints: unknownEndpoints.rawValue
        case .openaiOrganization: openAIOrganization
        case .openaiProject: openAIProject
        case .description: description?.rawValue
        }
    }
}
