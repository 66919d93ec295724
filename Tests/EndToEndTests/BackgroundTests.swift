import Admin
import Domain
import Foundation
import Gateway
import Logging
import Storage
import Telemetry
import Testing

@testable import App

/// Work that goes on after its request, a response in the background, a batch, a run, is charged its
/// reservation until what it used is known, from whomever.
@Suite(.serialized) @EndToEnd struct BackgroundTests {
    private nonisolated static let create =
        #"{"model":"gpt-4.1","background":true,"input":"hi","max_output_tokens":900}"#
    /// Of ``create``: its bytes, the frame, and its maximum.
    private nonisolated static let reserved = Int64(create.utf8.count) + 64 + 900
    private nonisolated static let queued = object(
        #""id":"resp_1","background":true,"status":"queued","usage":null"#)
    private nonisolated static let done = object(
        #""id":"resp_1","model":"gpt-4.1-2025-04-14","background":true,"status":"completed","usage":"#
            + #"{"input_tokens":1000,"output_tokens":100000,"total_tokens":101000}"#)

    private nonisolated static func object(_ members: String) -> String { "{\(members)}" }

    private nonisolated static func answer(_ body: String, _ fields: String = "", status: String = "200 OK")
        -> String
    {
        "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\n\(fields)"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// Answers a POST with the first text, and whatever else with the second.
    private nonisolated static func upstream(
        _ created: String, _ read: String, _ fields: String = "", status: String = "200 OK"
    ) throws -> ScriptedUpstream {
        try ScriptedUpstream { connection in
            while true {
                let request = try connection.readMessage(within: 60000)
                try connection.send(
                    request.start.hasPrefix("POST ")
                        ? answer(created) : answer(read, fields, status: status))
            }
        }
    }

    private nonisolated static let path = "/v1/responses/resp_1"

    @Test func `a response in the background stands at its reservation until it is read`() async throws {
        let upstream = try Self.upstream(Self.queued, Self.done)
        let server = try await Latchkey()
        let access = try await server.access(to: upstream, limits: ["tokens=1000000/day", "cost=90/day"])
        #expect(try server.ask(request("POST", "/v1/responses", access, json: Self.create)).status == 200)
        let row = try #require(try await server.ledger(1).first)
        #expect(row.charge.tokens == Self.reserved && row.accuracy == .estimated)
        #expect(row.charge.cost > .zero && row.objectID?.rawValue == "resp_1")
        #expect(try await server.store.pendingObjectCount() == 1)
        #expect(try server.ask(request("GET", Self.path, access)).text == Self.done)
        let rows = try await server.ledger(3)
        #expect(rows.map(\.charge.requests) == [1, 1, 0])
        #expect(rows.map(\.charge.tokens) == [Self.reserved, 0, 101_000 - Self.reserved])
        #expect(rows.reduce(0) { $0 + $1.charge.cost.nanoUSD } == 1000 * 2000 + 100_000 * 8000)
        #expect(rows.last?.admittedAt == row.admittedAt && rows.last?.accuracy == .exact)
        // Once, whoever reads it, and as often as they like.
        #expect(try server.ask(request("GET", Self.path, access)).status == 200)
        #expect(try await server.ledger(4).count == 4)
        #expect(try await server.used(access) == [101_000, 802_000_000])
        #expect(try await server.store.checkLedger().differences.isEmpty)
        await server.stop()
    }

    @Test func `what is queued holds its reservation, so a quota is not passed by work to come`() async throws
    {
        let count = Tally()
        let upstream = try ScriptedUpstream { connection in
            while true {
                _ = try connection.readMessage(within: 60000)
                count.add()
                try connection.send(
                    Self.answer(
                        Self.object(#""id":"resp_\#(count.value)","background":true,"status":"queued""#)))
            }
        }
        let server = try await Latchkey()
        let access = try await server.access(to: upstream, limits: ["tokens=\(Self.reserved * 2)/day"])
        let statuses = try (0..<20).map { _ in
            try server.ask(request("POST", "/v1/responses", access, json: Self.create)).status
        }
        #expect(statuses == [200, 200] + [Int](repeating: 429, count: 18) && count.value == 2)
        #expect(try await server.used(access) == [Self.reserved * 2])
        await server.stop()
    }

    @Test(arguments: [
        ("", ""), ("Content-Encoding: gzip\r\n", "\u{1F}not what it says"),
        ("", #"{"object":"list","data":[{"usage":{"input_tokens":7}}]}"#),
    ])
    func `Latchkey asks for the end itself, where no client could be heard of it`(
        _ fields: String, _ clients: String
    ) async throws {
        let upstream = try ScriptedUpstream { connection in
            while true {
                let request = try connection.readMessage(within: 60000)
                let isOurs = request.start.hasPrefix("GET \(Self.path) ")
                try connection.send(
                    request.start.hasPrefix("POST ")
                        ? Self.answer(Self.queued)
                        : isOurs ? Self.answer(Self.done) : Self.answer(clients, fields))
            }
        }
        let server = try await Latchkey()
        let access = try await server.access(to: upstream, limits: ["tokens=1000000/day", "cost=90/day"])
        #expect(try server.ask(request("POST", "/v1/responses", access, json: Self.create)).status == 200)
        _ = try await server.ledger(1)
        if !clients.isEmpty {
            #expect(try server.ask(request("GET", "/v1/conversations/c/items", access)).status == 200)
            _ = try await server.ledger(2)
        }
        let count = try await server.store.ledgerRows(limit: 10).items.count
        try await server.follow()
        let rows = try await server.ledger(count + 1)
        #expect(rows.count == count + 1 && rows.last?.charge.requests == 0)
        #expect(try await server.used(access) == [101_000, 802_000_000])
        let asked = String(decoding: upstream.received, as: UTF8.self)
        #expect(asked.contains("GET \(Self.path) HTTP/1.1\r\n"))
        #expect(asked.contains("Authorization: Bearer \(Latchkey.upstreamKey)"))
        #expect(server.metric("latchkey_objects_corrected_total") == 1)
        try await server.follow()
        #expect(try await server.store.pendingObjectCount() == 0)
        await server.stop()
    }

    @Test func `images that a tool made are priced as such, whoever reads the end first`() async throws {
        let tool = #""tool_usage":{"image_gen":{"input_tokens":100,"output_tokens":500,"total_tokens":600}}"#
        let upstream = try Self.upstream(Self.queued, String(Self.done.dropLast()) + ",\(tool)}")
        let server = try await Latchkey()
        let access = try await server.access(to: upstream, limits: ["tokens=1000000/day", "cost=90/day"])
        #expect(try server.ask(request("POST", "/v1/responses", access, json: Self.create)).status == 200)
        #expect(try server.ask(request("GET", Self.path, access)).status == 200)
        #expect(try await server.ledger(2).map(\.charge.tokens) == [Self.reserved, 0])
        try await server.follow()
        #expect(try await server.used(access) == [101_600, 802_000_000 + 100 * 10_000 + 500 * 40_000])
        await server.stop()
    }

    @Test func `what was deleted stays at its reservation, whoever asks for it`() async throws {
        let upstream = try Self.upstream(Self.queued, "{}", status: "404 Not Found")
        let server = try await Latchkey()
        let access = try await server.access(to: upstream, limits: ["tokens=1000000/day"])
        #expect(try server.ask(request("POST", "/v1/responses", access, json: Self.create)).status == 200)
        _ = try await server.ledger(1)
        #expect(try server.ask(request("DELETE", Self.path, access)).status == 404)
        try await server.follow()
        #expect(try await server.store.pendingObjectCount() == 0)
        #expect(try await server.used(access) == [Self.reserved])
        #expect(server.metric("latchkey_objects_abandoned_total") == 1)
        await server.stop()
    }

    @Test func `a project that is closed is not asked for, and is when it is open again`() async throws {
        let upstream = try Self.upstream(Self.queued, Self.done)
        let server = try await Latchkey()
        let project = try await server.project(at: upstream.port)
        let access = try await server.issue(for: project, limits: ["tokens=1000000/day"])
        #expect(try server.ask(request("POST", "/v1/responses", access, json: Self.create)).status == 200)
        _ = try await server.ledger(1)
        let seen = upstream.received.count
        _ = try await server.control.updateProject(
            project.id, ProjectChange(state: .disabled), by: .console)
        try await server.follow()
        #expect(upstream.received.count == seen)
        #expect(try await server.store.pendingObjectCount() == 1)
        _ = try await server.control.updateProject(project.id, ProjectChange(state: .active), by: .console)
        try await server.follow(after: 60)
        #expect(try await server.used(access) == [101_000])
        await server.stop()
    }

    @Test(arguments: [
        (
            "/v1/batches",
            #"{"input_file_id":"file-1","endpoint":"/v1/responses","completion_window":"24h"}"#,
            #""id":"batch_1","object":"batch","status":"validating","usage":{"input_tokens":0,"#
                + #""output_tokens":0}"#,
            "/v1/batches/batch_1"
        ),
        (
            "/v1/threads/thread_1/runs", #"{"assistant_id":"asst_1"}"#,
            #""id":"run_1","object":"thread.run","thread_id":"thread_1","status":"queued","usage":null"#,
            "/v1/threads/thread_1/runs/run_1"
        ),
        (
            "/v1/threads/runs", #"{"assistant_id":"asst_1"}"#,
            #""id":"run_1","object":"thread.run","thread_id":"thread_9","status":"in_progress","usage":null"#,
            "/v1/threads/thread_9/runs/run_1"
        ),
        (
            "/v1/responses", create, #""id":"resp_1","background":true,"status":"in_progress""#,
            "/v1/responses/resp_1"
        ),
    ])
    func `each kind of work is followed to where its end is told`(
        _ path: String, _ body: String, _ members: String, _ place: String
    ) async throws {
        let usage = #""status":"completed","usage":{"input_tokens":30,"output_tokens":12,"total_tokens":42}"#
        let upstream = try Self.upstream(Self.object(members), Self.object(usage))
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        #expect(try server.ask(request("POST", path, access, json: body)).status == 200)
        let row = try #require(try await server.ledger(1).first)
        // Of a batch nothing is known beforehand.
        #expect((row.charge.tokens > 900) == (path != "/v1/batches") && row.accuracy == .estimated)
        try await server.follow()
        let rows = try await server.ledger(2)
        #expect(rows.reduce(0) { $0 + $1.charge.tokens } == 42)
        #expect(String(decoding: upstream.received, as: UTF8.self).contains("GET \(place) HTTP/1.1\r\n"))
        await server.stop()
    }

    @Test func `a stream in the background that its client leaves goes on, and so does its charge`()
        async throws
    {
        let begun =
            "event: response.created\ndata: {\"type\":\"response.created\",\"response\":"
            + Self.object(#""id":"resp_1","background":true,"status":"in_progress""#) + "}\n\n"
        let left = Door()
        let upstream = try ScriptedUpstream { connection in
            while true {
                let request = try connection.readMessage(within: 60000)
                guard request.start.hasPrefix("POST ") else {
                    try connection.send(Self.answer(Self.done))
                    continue
                }
                try connection.send(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + String(begun.utf8.count, radix: 16) + "\r\n\(begun)\r\n")
                left.pass()
            }
        }
        let server = try await Latchkey()
        let access = try await server.access(to: upstream, limits: ["tokens=1000000/day"])
        let client = try server.connect()
        try client.send(
            request(
                "POST", "/v1/responses", access,
                json:
                    #"{"model":"gpt-4.1","background":true,"stream":true,"input":"hi","#
                    + #""max_output_tokens":900}"#
            ))
        try client.read(upTo: "in_progress")
        client.close()
        let row = try #require(try await server.ledger(1).first)
        left.open()
        #expect(row.outcome == "client_gone" && row.charge.tokens > 900 && row.accuracy == .estimated)
        try await server.follow()
        #expect(try await server.used(access) == [101_000])
        await server.stop()
    }

    @Test func `who reads the end while the stream that began it still runs is charged a request`()
        async throws
    {
        let events = [Self.object(#""id":"resp_1","background":true,"status":"in_progress""#), Self.done].map
        {
            "data: "
                + "{\"type\":\"response.\($0 == Self.done ? "completed" : "created")\","
                + "\"response\":\($0)}\n\n"
        }
        let isRead = Door()
        let upstream = try ScriptedUpstream { connection in
            while true {
                let request = try connection.readMessage(within: 60000)
                guard request.start.hasPrefix("POST ") else {
                    try connection.send(Self.answer(Self.done))
                    continue
                }
                try connection.send(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                )
                for event in events {
                    try connection.send(String(event.utf8.count, radix: 16) + "\r\n\(event)\r\n")
                    isRead.pass()
                }
                try connection.send("0\r\n\r\n")
            }
        }
        let server = try await Latchkey()
        let project = try await server.project(at: upstream.port)
        let creator = try await server.issue(for: project, limits: ["tokens=1000000/day"])
        let reader = try await server.issue(for: project, limits: ["tokens=1000000/day"])
        let client = try server.connect()
        try client.send(
            request(
                "POST", "/v1/responses", creator,
                json:
                    #"{"model":"gpt-4.1","background":true,"stream":true,"input":"hi","#
                    + #""max_output_tokens":900}"#
            ))
        try client.read(upTo: "in_progress")
        #expect(try server.ask(request("GET", Self.path, reader)).text == Self.done)
        _ = try await server.ledger(1)
        isRead.open()
        try client.read(upTo: "0\r\n\r\n")
        let rows = try await server.ledger(2)
        #expect(rows.map(\.charge.tokens) == [101_000, 0] && rows.map(\.charge.requests) == [1, 1])
        #expect(try await server.used(reader) == [0])
        #expect(try await server.used(creator) == [101_000])
        #expect(try await server.store.pendingObjectCount() == 0)
        await server.stop()
    }

    @Test func `a read that can report usage is asked for without a coding`() async throws {
        let upstream = try Self.upstream(Self.queued, "{}")
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let fields = "Accept-Encoding: gzip\r\n"
        let metered = [
            "/v1/responses/resp_1", "/v1/responses/resp_1?stream=true", "/v1/batches", "/v1/batches/b",
            "/v1/threads/t/runs", "/v1/threads/t/runs/r", "/v1/conversations/c/items", "/v1/evals/e/runs/r",
            "/v1/chat/completions/c",
        ]
        for path in metered { #expect(try server.ask(request("GET", path, access, fields)).status == 200) }
        let asked = String(decoding: upstream.received, as: UTF8.self).lowercased()
        #expect(asked.components(separatedBy: "accept-encoding: identity\r\n").count == metered.count + 1)
        #expect(!asked.contains("gzip"))
        #expect(try server.ask(request("GET", "/v1/files/f/content", access, fields)).status == 200)
        #expect(String(decoding: upstream.received, as: UTF8.self).contains("Accept-Encoding: gzip"))
        await server.stop()
    }

    @Test(arguments: [
        ("tokens=100000/day", true, true, true), ("cost=5/month", true, true, true),
        ("tokens=100000/minute", true, true, false), ("requests=5/day", true, true, false),
        ("tokens=100000/day", true, false, false), ("tokens=100000/day", false, true, false),
    ])
    func `hosted tools in the background need their endpoint named where a budget applies`(
        _ limit: String, _ isBackground: Bool, _ isHosted: Bool, _ isRefused: Bool
    ) async throws {
        let upstream = try Self.upstream(Self.queued, Self.done)
        let server = try await Latchkey()
        let project = try await server.project(at: upstream.port)
        let tool = isHosted ? #"{"type":"web_search"}"# : #"{"type":"function","name":"f"}"#
        let body =
            #"{"model":"gpt-4.1","background":\#(isBackground),"input":"hi","max_output_tokens":9,"#
            + #""tools":[\#(tool)]}"#
        let access = try await server.issue(for: project, limits: [limit])
        let answer = try server.ask(request("POST", "/v1/responses", access, json: body))
        #expect(answer.status == (isRefused ? 403 : 200) && upstream.received.isEmpty == isRefused)
        if isRefused { #expect(answer.text.contains("--endpoint responses")) }
        let named = try await server.issue(for: project, grants: [.endpoints([.responses])], limits: [limit])
        #expect(try server.ask(request("POST", "/v1/responses", named, json: body)).status == 200)
        await server.stop()
    }

    @Test func `the dummy provider's work is followed too`() async throws {
        let server = try await Latchkey()
        let project = try await server.control.createProject(
            try #require(ProjectName("dummy")), upstream: UpstreamURL(parsing: "dummy:"), key: nil,
            by: .console)
        let access = try await server.issue(for: project, limits: ["tokens=1000000/day"])
        let body = #"{"model":"dummy","background":true,"input":"hi","max_output_tokens":900}"#
        let answer = try server.ask(request("POST", "/v1/responses", access, json: body))
        #expect(answer.status == 200 && answer.text.contains("queued"))
        #expect(try await server.ledger(1).first?.accuracy == .estimated)
        try await server.follow()
        let rows = try await server.ledger(2)
        #expect(rows.count == 2 && rows.last?.outcome == "corrected")
        #expect(try await server.used(access)[0] < 900)
        await server.stop()
    }
}

extension Latchkey {
    /// What the follower of background work does in a turn, so many seconds from now.
    fileprivate func follow(after seconds: Int64 = 20) async throws {
        let follower = ObjectFollower(
            store: store, inquiry: wiring.dataPath.access,
            books: ObjectFollower.Books(
                quotas: wiring.dataPath.access.quotas, metrics: wiring.ledger.metrics,
                makeID: wiring.ledger.intake.makeID, noteCharged: { _ in }),
            logger: Logger(label: "test"),
            clock: ObjectFollower.Clock(now: { Timestamp.now().adding(milliseconds: seconds * 1000) }))
        try await follower.turn()
    }

    /// Of the access token's limits, in memory and in the store alike.
    fileprivate func used(_ access: Access) async throws -> [Int64] {
        guard let accessToken = try await store.accessToken(access.id) else { return [] }
        let subject = LimitSubject.lineage(accessToken.lineage, of: accessToken.project)
        let moment = QuotaMoment(wall: .now(), nanoseconds: 0)
        var used: [Int64] = []
        // The counters in memory follow the commit.
        for _ in 0..<500 {
            used = wiring.dataPath.access.quotas.states(of: subject, at: moment).map(\.used)
            let kept = try await store.limitRecords(of: [subject])[subject]?.map(\.used)
            if used == kept { return used }
            try await Task.sleep(for: .milliseconds(10))
        }
        return used
    }
}
