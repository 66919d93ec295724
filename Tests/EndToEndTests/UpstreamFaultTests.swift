import Testing

@testable import App

/// Whatever an upstream does wrong in its answer is told as stated, or seen as cut off: never a hang, a clean
/// end or a second delivery.
@Suite(.serialized) @EndToEnd struct UpstreamFaultTests {
    @Test(arguments: UpstreamFault.beforeTheHead + UpstreamFault.behindTheHead + UpstreamFault.odd)
    func `each fault of an answer is told once, and the next request works`(_ fault: UpstreamFault)
        async throws
    {
        let requests = Tally()
        let door = Door()
        let upstream = try fault.upstream(counting: requests, goingOn: door)
        // A busy machine may let the request behind it wait for a second, too.
        let patience = fault.reason?.hasSuffix("_timeout") == true ? "1s" : "60s"
        let server = try await Latchkey([
            "LATCHKEY_THREADS": "1", "LATCHKEY_UPSTREAM_FIRST_BYTE_TIMEOUT": patience,
            "LATCHKEY_UPSTREAM_IDLE_TIMEOUT": patience,
        ])
        let post = request("POST", "/v1/chat/completions", try await server.access(to: upstream), json: "{}")
        let client = try server.connect()
        try client.send(post)
        switch fault.sight {
        case .error(let status, let code, let reason):
            let answer = try client.readMessage()
            #expect(answer.status == status && answer.isComplete)
            #expect(answer["x-latchkey-error"] == reason)
            #expect(!answer.text.contains("could not be reached"))
            #expect(answer.text.contains("\"type\":\"server_error\"") && answer.text.contains("\"\(code)\""))
        case .cut(let seen, _):
            try client.read(upTo: seen)
            door.open()
            let answer = try client.readMessage()
            #expect(answer.status == 200 && !answer.isComplete)
            #expect(answer["x-latchkey-error"] == nil)
            // A stream is told in a last event, but for inside another one.
            #expect(client.text.contains("data: {\"error\":") == seen.hasSuffix("\n\n"))
        case .whole(let status, let body):
            let answer = try client.readMessage()
            #expect(answer.status == status && answer.isComplete && answer.text == body)
            door.open()
            #expect(answer["x-latchkey-error"] == nil && answer["x-latchkey-request-id"] != nil)
        }
        #expect(await server.isIdle())
        #expect(server.metric("latchkey_requests_total") == 1 && requests.value == 1)

        let next = try server.ask(post)
        #expect(next.status == 200 && next.text == "{\"ok\":true}")
        #expect(await server.isIdle())
        let lines = await server.accessLogLines(2)
        #expect(lines.count == 2 && server.metric("latchkey_requests_total") == 2 && requests.value == 2)
        #expect(lines.first?.contains("\"reason\":" + (fault.reason.map { "\"\($0)\"" } ?? "null")) == true)
        #expect(server.metric("latchkey_permit_defects_total") == 0)
        await server.stop()
    }
}
