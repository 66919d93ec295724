import Domain
import HTTPTypes
import Storage
import Testing

@testable import Admin

@Suite struct UsageRoutesTests {
    private let fixture: AdminFixture
    private let acme: ProjectResource
    private let token: AccessTokenResource

    init() async throws {
        fixture = try await AdminFixture()
        acme = try await fixture.project("acme")
        token = try await fixture.send(
            .post, "/manage/tokens", #"{"project":"acme","name":"=bob","expires_in":null}"#
        ).decoded()
    }

    /// Of 100 + 20 tokens and a tenth of a cent.
    private func row(
        _ time: String, model: String = "gpt-4.1", accuracy: Accuracy = .exact, sequence: Int64
    ) throws -> LedgerRow {
        let accessToken = try #require(AccessTokenID(token.id))
        var row = LedgerRow(
            id: LedgerID(generation: 1, sequence: sequence),
            admittedAt: try #require(Timestamp(rfc3339: time)),
            project: try #require(ProjectID(acme.id)), accessToken: accessToken, lineage: accessToken,
            endpoint: "chat_completions", client: .loopback, modelAsked: LedgerText(model), priceVersion: 1,
            accounts: [], outcome: "completed",
            charge: Charge(requests: 1, tokens: 120, cost: Money(nanoUSD: 1_000_000)), accuracy: accuracy)
        row.status = 200
        row.usage = Usage(prompt: 100, completion: 20)
        row.usage.cachedPrompt = 10
        row.usage.reasoning = 5
        row.usage.audioPrompt = 2
        row.usage.audioCompletion = 3
        return row
    }

    private func use(
        _ time: String, model: String = "gpt-4.1", accuracy: Accuracy = .exact, sequence: Int64
    ) async throws {
        let row = try row(time, model: model, accuracy: accuracy, sequence: sequence)
        _ = try await fixture.store.appendLedger([row])
    }

    private func report(_ query: String) async throws -> UsageResource {
        let answer = try await fixture.send(.get, "/manage/usage?\(query)")
        #expect(answer.status == 200, "\(answer.text)")
        return try answer.decoded()
    }

    @Test func `a report has all classes of tokens, money as text, and names beside ids`() async throws {
        try await use("2026-11-01T10:00:00Z", sequence: 1)
        try await use("2026-11-01T10:00:01Z", accuracy: .estimated, sequence: 2)
        let report = try await report("from=2026-11-01&to=2026-12-01&group_by=project,token,status,endpoint")
        let row = try #require(report.rows.first)
        #expect(report.rows.count == 1)
        #expect(row.project == acme.id && row.projectName == "acme")
        #expect(row.token == token.id && row.tokenName == "=bob")
        #expect(row.status == 200 && row.endpoint == "chat_completions")
        #expect(row.day == nil && row.model == nil)
        #expect(
            row.amounts
                == UsageAmounts(
                    requests: 2, promptTokens: 200, completionTokens: 40, cachedTokens: 20,
                    reasoningTokens: 10, audioTokens: 10, costUSD: "0.002", estimatedRequests: 1))
        #expect(report.total == row.amounts)
        #expect(report.from == "2026-11-01T00:00:00.000Z" && report.timeZone == "UTC")
    }

    @Test func `attempts are told apart by their number, upstream and credential`() async throws {
        var rows = try (1...3).map { try row("2026-11-01T10:00:00Z", sequence: $0) }
        rows[0].target = AttemptTarget(
            upstream: "api.example.com", credential: CredentialID("cred_aaaaaaaaaaaa"))
        rows[1].target = AttemptTarget(number: 2, upstream: "localhost:8443")
        rows[1].charge.requests = 0
        _ = try await fixture.store.appendLedger(rows)
        let query = "from=2026-11-01&to=2026-12-01&group_by=attempt,upstream,credential"
        let report = try await report(query)
        #expect(report.rows.map(\.attempt) == [1, 1, 2])
        #expect(report.rows.map(\.upstream) == ["api.example.com", "dummy", "localhost:8443"])
        #expect(report.rows.map(\.credential) == ["cred_aaaaaaaaaaaa", "", ""])
        #expect(report.rows.map(\.amounts.requests) == [1, 1, 0])
        #expect(report.rows.map(\.amounts.promptTokens) == [100, 100, 100])
        #expect(report.total.requests == 2)
        #expect(report.rows.allSatisfy { $0.status == nil })
        let json = try await fixture.send(.get, "/manage/usage?\(query)")
        #expect(json.text.contains(#""attempt":2"#) && json.text.contains(#""credential":"""#))
        let csv = try await fixture.send(.get, "/manage/usage?\(query)&format=csv")
        let lines = csv.text.split(separator: "\r\n")
        #expect(lines.first?.hasPrefix("attempt,upstream,credential,requests,") == true)
        #expect(lines.dropFirst().first?.hasPrefix("1,api.example.com,cred_aaaaaaaaaaaa,1,100,") == true)
        #expect(lines.last?.hasPrefix("2,localhost:8443,,0,100,") == true)
    }

    @Test func `revoked access tokens and archived projects stay in`() async throws {
        try await use("2026-11-01T10:00:00Z", sequence: 1)
        #expect(try await fixture.send(.post, "/manage/tokens/\(token.id)/revoke").status == 200)
        let archived = try await fixture.send(
            .patch, "/manage/projects/acme", #"{"state":"archived"}"#)
        #expect(archived.status == 200)
        let report = try await report("project=acme&from=2026-11-01&to=2026-12-01&group_by=token,project")
        #expect(report.rows.first?.tokenName == "=bob")
        #expect(report.rows.first?.projectName == "acme")
        #expect(report.total.requests == 1)
    }

    @Test func `days are those of the time zone, also where its clocks change`() async throws {
        // The last day of summer time in Berlin has 25 hours.
        try await use("2026-10-24T21:59:59Z", sequence: 1)
        try await use("2026-10-24T22:00:00Z", sequence: 2)
        try await use("2026-10-25T22:59:59Z", sequence: 3)
        try await use("2026-10-25T23:00:00Z", sequence: 4)
        let berlin = try await report(
            "from=2026-10-01&to=2026-11-01&group_by=day&time_zone=Europe%2FBerlin")
        #expect(berlin.rows.map(\.day) == ["2026-10-24", "2026-10-25", "2026-10-26"])
        #expect(berlin.rows.map(\.amounts.requests) == [1, 2, 1])
        #expect(berlin.from == "2026-09-30T22:00:00.000Z" && berlin.to == "2026-10-31T23:00:00.000Z")
        let india = try await report("from=2026-10-01&to=2026-11-01&group_by=day&time_zone=Asia%2FKolkata")
        #expect(india.rows.map(\.day) == ["2026-10-25", "2026-10-26"])
        #expect(india.rows.map(\.amounts.requests) == [2, 2])
        #expect(india.total == berlin.total)
    }

    @Test func `weeks are those of ISO 8601, and months the calendar's, in the time zone`() async throws {
        // Friday the 1st of January 2027 lies in week 53 of 2026; in Kolkata the last half hour is Monday's.
        try await use("2026-12-27T23:59:59Z", sequence: 1)
        try await use("2026-12-28T00:00:00Z", sequence: 2)
        try await use("2027-01-01T12:00:00Z", sequence: 3)
        try await use("2027-01-03T18:30:00Z", sequence: 4)
        let span = "from=2026-12-01&to=2027-02-01"
        let weeks = try await report("\(span)&group_by=week")
        #expect(weeks.rows.map(\.week) == ["2026-W52", "2026-W53"])
        #expect(weeks.rows.map(\.amounts.requests) == [1, 3])
        let india = try await report("\(span)&group_by=week&time_zone=Asia%2FKolkata")
        #expect(india.rows.map(\.week) == ["2026-W53", "2027-W01"])
        #expect(india.rows.map(\.amounts.requests) == [3, 1])
        let months = try await report("\(span)&group_by=month,model")
        #expect(months.rows.map(\.month) == ["2026-12", "2027-01"])
        #expect(months.rows.map(\.amounts.requests) == [2, 2] && months.rows.allSatisfy { $0.day == nil })
        // A week that lies in two months is two rows.
        let both = try await report("\(span)&group_by=week,month")
        #expect(both.rows.map(\.week) == ["2026-W52", "2026-W53", "2026-W53"])
        #expect(both.rows.map(\.month) == ["2026-12", "2026-12", "2027-01"])
        #expect(both.total == weeks.total && both.total.requests == 4)
        let days = try await report("\(span)&group_by=month,day")
        #expect(days.rows.map(\.day) == ["2026-12-27", "2026-12-28", "2027-01-01", "2027-01-03"])
        let csv = try await fixture.send(.get, "/manage/usage?\(span)&group_by=month,week&format=csv")
        #expect(csv.text.hasPrefix("month,week,requests,") && csv.text.contains("2027-01,2026-W53,2,"))
        var cursor: String?
        var found: [String?] = []
        repeat {
            let page = try await report(
                "\(span)&group_by=week,month&limit=1" + (cursor.map { "&cursor=\($0)" } ?? ""))
            found += page.rows.map(\.month)
            cursor = page.nextCursor
        } while cursor != nil
        #expect(found == both.rows.map(\.month))
    }

    @Test func `a month is all of it in the time zone, and stands in place of from and to`() async throws {
        try await use("2026-10-31T23:00:00Z", sequence: 1)
        try await use("2026-11-30T22:59:59Z", sequence: 2)
        let berlin = try await report("month=2026-11&time_zone=Europe%2FBerlin&group_by=month")
        #expect(berlin.from == "2026-10-31T23:00:00.000Z" && berlin.to == "2026-11-30T23:00:00.000Z")
        #expect(berlin.rows.map(\.month) == ["2026-11"] && berlin.total.requests == 2)
        #expect(try await report("month=2026-11").total.requests == 1)
        #expect(try await report("month=2026-12").total.requests == 0)
        for query in [
            "month=2026-11&from=2026-11-01", "month=2026-11&to=2026-12-01", "month=2026-13", "month=2026-1",
            "month=11", "month=", "month=2026-11-01", "month=9999-12",
        ] {
            let answer = try await fixture.send(.get, "/manage/usage?\(query)")
            #expect(answer.status == 422, "\(query)")
            #expect(try answer.problem().errors?.map(\.pointer) == ["?month"], "\(query)")
        }
    }

    @Test func `hours are told with their offset, so that none is there twice`() async throws {
        try await use("2026-10-25T00:30:00Z", sequence: 1)
        try await use("2026-10-25T01:30:00Z", sequence: 2)
        let report = try await report(
            "from=2026-10-25&to=2026-10-26&group_by=hour,day&time_zone=Europe%2FBerlin")
        #expect(report.rows.map(\.hour) == ["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"])
        #expect(report.rows.allSatisfy { $0.day == "2026-10-25" })
        let india = try await fixture.send(
            .get, "/manage/usage?from=2026-10-25&to=2026-10-26&group_by=hour&time_zone=Asia%2FKolkata")
        #expect(try india.decoded(UsageResource.self).rows.first?.hour == "2026-10-25T06:00:00+05:30")
    }

    @Test func `pages come one after another and say the sum of all`() async throws {
        for number in 1...5 {
            try await use("2026-11-01T10:00:00Z", model: "model-\(number)", sequence: Int64(number))
        }
        let query = "from=2026-11-01&to=2026-11-02&group_by=day,model&limit=2"
        var models: [String?] = []
        var cursor: String?
        repeat {
            let page = try await report(query + (cursor.map { "&cursor=\($0)" } ?? ""))
            #expect(page.total.requests == 5)
            models += page.rows.map(\.model)
            cursor = page.nextCursor
        } while cursor != nil
        #expect(models == ["model-1", "model-2", "model-3", "model-4", "model-5"])
    }

    @Test func `a table has its titles once, and no cell that a spreadsheet would run`() async throws {
        try await use("2026-11-01T10:00:00Z", model: "=cmd()", sequence: 1)
        try await use("2026-11-01T10:00:00Z", model: "a,b", sequence: 2)
        let query = "/manage/usage?from=2026-11-01&to=2026-11-02&group_by=day,model,token&limit=1&format=csv"
        let first = try await fixture.send(.get, query)
        #expect(first.headers[.contentType] == "text/csv; charset=utf-8")
        let titles =
            "day,model,token,token_name,requests,prompt_tokens,completion_tokens,cached_tokens,"
            + "reasoning_tokens,audio_tokens,cost_usd,estimated_requests,unpriced_requests\r\n"
        #expect(
            first.text == titles + "2026-11-01,'=cmd(),\(token.id),'=bob,1,100,20,10,5,5,0.001,0,0\r\n")
        let cursor = try #require(first.headers[.latchkeyNextCursor])
        let second = try await fixture.send(.get, query + "&cursor=\(cursor)")
        #expect(second.text == "2026-11-01,\"a,b\",\(token.id),'=bob,1,100,20,10,5,5,0.001,0,0\r\n")
        #expect(second.headers[.latchkeyNextCursor] == nil)
    }

    @Test func `a table without a limit has every row, and is sent as it is made`() async throws {
        let count: Int64 = 2300
        let rows = try (1...count).map { sequence in
            try row("2026-11-01T10:00:00Z", model: "m\(sequence % 1150)", sequence: sequence)
        }
        _ = try await fixture.store.appendLedger(rows)
        try await use("2026-11-02T10:00:00Z", model: "m", sequence: count + 1)
        let query = "/manage/usage?from=2026-11-01&to=2026-11-03&group_by=day,model,project&format=csv"
        let answer = try await fixture.send(.get, query)
        #expect(answer.headers[.contentType] == "text/csv; charset=utf-8")
        #expect(answer.headers[.latchkeyNextCursor] == nil && answer.headers[.contentLength] == nil)
        let lines = answer.text.split(separator: "\r\n", omittingEmptySubsequences: false)
        #expect(lines.count == 1 + 1150 + 1 + 1 && lines.last == "")
        #expect(lines[0].hasPrefix("day,model,project,project_name,requests,"))
        #expect(lines[1].hasPrefix("2026-11-01,m0,") && lines[1].contains(",acme,2,200,"))
        #expect(lines[1151].hasPrefix("2026-11-02,m,"))
        #expect(Set(lines).count == lines.count)
        // Page by page it is the same.
        var (paged, cursor) = ("", String?.none)
        repeat {
            let page = try await fixture.send(
                .get, query + "&limit=500" + (cursor.map { "&cursor=\($0)" } ?? ""))
            paged += page.text
            cursor = page.headers[.latchkeyNextCursor]
        } while cursor != nil
        #expect(paged == answer.text)
        let empty = try await fixture.send(
            .get, "/manage/usage?from=2025-11-01&to=2025-11-03&group_by=model&format=csv")
        #expect(empty.text.split(separator: "\r\n").count == 1 && empty.text.hasPrefix("model,requests,"))
        let wrong = try await fixture.send(.get, query + "&from=x")
        #expect(wrong.status == 422)
    }

    @Test func `without a span it is the month so far, to the end of today`() async throws {
        // The fixture's today.
        try await use("2027-01-15T08:00:00Z", sequence: 1)
        let report = try await report("")
        #expect(report.from == "2027-01-01T00:00:00.000Z" && report.to == "2027-01-16T00:00:00.000Z")
        #expect(report.rows.count == 1 && report.total.requests == 1)
    }

    @Test(arguments: [
        ("from=yesterday", "?from"), ("to=2026-13-01", "?to"), ("from=2026-11-02&to=2026-11-01", "?to"),
        ("project=nobody", "?project"), ("token=nobody", "?token"), ("token=000000000000", "?token"),
        ("group_by=day,colour", "?group_by"), ("group_by=day,day", "?group_by"),
        ("time_zone=Mars%2FOlympus", "?time_zone"), ("limit=0", "?limit"), ("limit=10001", "?limit"),
        ("cursor=zz", "?cursor"), ("format=xml", "?format"), ("order=day", "?order"),
        ("from=2020-01-01&to=2026-01-01&group_by=hour", "?from"),
    ])
    func `what is asked wrongly is pointed at`(_ query: String, _ pointer: String) async throws {
        let answer = try await fixture.send(.get, "/manage/usage?\(query)")
        #expect(answer.status == 422)
        #expect(try answer.problem().errors?.first?.pointer == pointer)
    }
}
