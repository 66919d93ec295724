import Domain
import HTTPTypes
import Hummingbird
import NIOCore
import Storage

/// `/manage/usage`: what was used, by whom and of what, as JSON or CSV.
struct UsageRoutes {
    let control: ControlPlane
    /// The calendar of a time zone, by its IANA name.
    let periods: @Sendable (String) -> PeriodRule?

    var routes: [Route] { [Route(.get, "/manage/usage", .management(.read, report))] }

    private func report(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let parameters = try call.query(UsageRequest.names)
        let isCSV = try isCSV(parameters["format"], call)
        let request = try UsageRequest(
            parameters, scope: try await scope(parameters, caller), periods: periods, now: control.now())
        if isCSV, parameters["limit"] == nil, parameters["cursor"] == nil { return try await csv(request) }
        let report: UsageReport
        do {
            report = try await control.store.usageReport(request.query)
        } catch {
            guard error == .notFound else { throw error }
            throw UsageRequest.invalid("cursor", "it has to be a next_cursor of this report")
        }
        let rows = try await resources(of: report.rows, request)
        return isCSV ? csv(rows, report, request) : try json(rows, report, request)
    }

    private func isCSV(_ format: String?, _ call: AdminCall) throws(Problem) -> Bool {
        switch format {
        case "csv": return true
        case "json": return false
        case nil:
            // The first of the two that is named.
            let accepted = call.request.headers[values: .accept].joined(separator: ",").split(separator: ",")
            let types = accepted.map { $0.prefix { $0 != ";" }.filter { $0 != " " }.lowercased() }
            return types.first { $0 == "text/csv" || $0 == "application/json" } == "text/csv"
        default: throw UsageRequest.invalid("format", "it has to be json or csv")
        }
    }

    private func scope(
        _ parameters: [String: String], _ caller: Operator
    ) async throws -> UsageRequest.Scope {
        var scope = UsageRequest.Scope()
        if let reference = parameters["project"] ?? caller.project?.rawValue {
            do {
                scope.project = try await control.project(reference, for: caller)
            } catch let problem as Problem where problem.status == 404 {
                throw problem.pointing(to: "?project")
            }
        }
        if let text = parameters["token"] {
            let found: AccessToken
            do {
                found = try await control.accessToken(text, for: caller)
            } catch let problem as Problem where problem.status == 404 {
                throw problem.pointing(to: "?token")
            }
            guard scope.project == nil || scope.project?.id == found.project else {
                throw UsageRequest.invalid("token", "it belongs to another project")
            }
            scope.accessToken = found
            scope.timeZone = try await control.store.project(found.project)?.timeZone
        }
        scope.timeZone = scope.project?.timeZone ?? scope.timeZone
        return scope
    }

    private func resources(
        of rows: [UsageReport.Row], _ request: UsageRequest
    ) async throws -> [UsageRowResource] {
        var projects: Set<ProjectID> = []
        var accessTokens: Set<AccessTokenID> = []
        for (place, dimension) in request.query.dimensions.enumerated() {
            switch dimension {
            case .project: projects.formUnion(rows.compactMap { ProjectID($0.names[place]) })
            case .accessToken:
                accessTokens.formUnion(rows.compactMap { AccessTokenID($0.names[place]) })
            case .model, .endpoint, .status, .attempt, .upstream, .credential, .lineage, .owner, .label: break
            }
        }
        let names = try await control.store.usageNames(projects: projects, accessTokens: accessTokens)
        return rows.map { row in
            var resource = UsageRowResource(amounts: UsageAmounts(row.sums))
            if let period = row.period {
                if request.groups.contains(.month) { resource.month = request.clock.month(of: period.start) }
                if request.groups.contains(.week) { resource.week = request.clock.week(of: period.start) }
                if request.groups.contains(.day) { resource.day = request.clock.date(of: period.start) }
                if request.groups.contains(.hour) { resource.hour = request.clock.time(of: period.start) }
            }
            for (dimension, name) in zip(request.query.dimensions, row.names) {
                switch dimension {
                case .model: resource.model = name
                case .endpoint: resource.endpoint = name
                case .status: resource.status = Int(name)
                case .attempt: resource.attempt = Int(name)
                case .upstream: resource.upstream = name
                case .credential: resource.credential = name
                case .lineage: resource.lineage = name
                case .owner: resource.owner = name
                case .label(let label):
                    resource.labels = (resource.labels ?? [:]).merging([label: name]) { $1 }
                case .project:
                    resource.project = name
                    resource.projectName = ProjectID(name).flatMap { names.projects[$0] }
                case .accessToken:
                    resource.token = name
                    resource.tokenName = AccessTokenID(name).flatMap { names.accessTokens[$0] }
                }
            }
            return resource
        }
    }

    private func json(
        _ rows: [UsageRowResource], _ report: UsageReport, _ request: UsageRequest
    ) throws -> Response {
        try Answer.json(
            UsageResource(
                from: request.query.from.rfc3339, to: request.query.to.rfc3339, timeZone: request.clock.zone,
                rows: rows, total: UsageAmounts(report.total), nextCursor: report.nextCursor))
    }

    /// All rows, made as they are sent. A failure on the way cuts the answer off.
    private func csv(_ request: UsageRequest) async throws -> Response {
        let groups = request.groups.map(\.name)
        let export = try await control.store.usageExport(request.query)
        // Before the answer begins: what is refused is refused by now.
        let first = try await resources(of: export.next(), request)
        return Answer.stream(type: Self.csvType) { writer in
            var (text, rows) = (Self.titles(of: groups), first)
            while !rows.isEmpty {
                text.append(rows, of: groups)
                try await writer.write(ByteBuffer(string: text.text))
                text = CSVText()
                rows = try await resources(of: export.next(), request)
            }
            if !text.text.isEmpty { try await writer.write(ByteBuffer(string: text.text)) }
            try await writer.finish(nil)
        }
    }

    /// One page. The titles stand on the first only, so that pages can be put behind one another; the cursor
    /// of the next one is in a header.
    private func csv(
        _ rows: [UsageRowResource], _ report: UsageReport, _ request: UsageRequest
    ) -> Response {
        let groups = request.groups.map(\.name)
        var text = request.query.cursor == nil ? Self.titles(of: groups) : CSVText()
        text.append(rows, of: groups)
        var response = Answer.text(Array(text.text.utf8), type: Self.csvType)
        if let cursor = report.nextCursor { response.headers[.latchkeyNextCursor] = cursor }
        return response
    }

    private static let csvType = "text/csv; charset=utf-8"

    private static func titles(of groups: [String]) -> CSVText {
        var text = CSVText()
        text.append(row: UsageRowResource.titles(of: groups) + UsageAmounts.titles)
        return text
    }
}

extension CSVText {
    fileprivate mutating func append(_ rows: [UsageRowResource], of groups: [String]) {
        for row in rows { append(row: row.cells(of: groups) + row.amounts.cells) }
    }
}

extension UsageAmounts {
    init(_ sums: UsageSums) {
        self.init(
            requests: sums.requests, promptTokens: sums.usage.prompt,
            completionTokens: sums.usage.completion, cachedTokens: sums.usage.cachedPrompt,
            reasoningTokens: sums.usage.reasoning,
            audioTokens: sums.usage.audioPrompt.addingSaturated(sums.usage.audioCompletion),
            costUSD: sums.cost.description, estimatedRequests: sums.estimatedRequests,
            unpricedRequests: sums.unpricedRequests)
    }
}

extension HTTPField.Name {
    /// `x-latchkey-next-cursor`, of a page that is no JSON.
    // The literal is a valid field name.
    // swift-format-ignore: NeverForceUnwrap
    static let latchkeyNextCursor = HTTPField.Name("x-latchkey-next-cursor")!
}
