import Testing

@testable import App

/// An upstream that answers well without reading the whole request has answered: its client gets the end of
/// the answer at once, and nobody uses that connection again.
@Suite(.serialized) @EndToEnd struct UpstreamEarlyAnswerTests {
    enum Upload: CaseIterable { case held, streamed, chunked }

    struct Answer: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let parts: [String]
        let body: String

        private static let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        private static let chunked = head + "Transfer-Encoding: chunked\r\n\r\n"
        private static let piece = String(repeating: "a", count: 0x1000)

        static let all = [
            Answer(testDescription: "length", parts: [head + "Content-Length: 2\r\n\r\n{}"], body: "{}"),
            Answer(testDescription: "no body", parts: [head + "Content-Length: 0\r\n\r\n"], body: ""),
            Answer(testDescription: "chunks", parts: [chunked + "2\r\n{}\r\n0\r\n\r\n"], body: "{}"),
            Answer(
                testDescription: "chunks, one by one, and trailers",
                parts: [chunked, "1;a=b\r\n{\r", "\n1\r\n}\r\n", "0\r\nX-Sum: 1\r\nX-B: 2\r\n\r", "\n"],
                body: "{}"),
        ]
        /// More than the proxy takes at once: libcurl is paused meanwhile.
        static let large = Answer(
            testDescription: "many chunks",
            parts: [chunked + String(repeating: "1000\r\n\(piece)\r\n", count: 512) + "0\r\n\r\n"],
            body: String(repeating: piece, count: 512))
    }

    private static let size = 30 << 20

    /// Sends a request whose body the upstream does not take, as far as that goes.
    private func begin(_ upload: Upload, _ access: Latchkey.Access, on client: RawSocket) throws {
        switch upload {
        case .held:
            let json = "{\"pad\":\"\(String(repeating: "a", count: Self.size))\"}"
            try client.send(request("POST", "/v1/chat/completions", access, json: json))
        case .streamed:
            try client.send(request("POST", "/v1/files", access, "Content-Length: \(Self.size)\r\n"))
            let body = [UInt8](repeating: 0x61, count: Self.size)
            // The proxy may have the answer, and close, before all of it is out.
            _ = try? client.sendAsMuchAsFits(body, patience: 300)
        case .chunked:
            let begun = request("POST", "/v1/files", access, "Transfer-Encoding: chunked\r\n")
            try client.send(begun + "5\r\nhello\r\n")
        }
    }

    /// The first connection answers `parts` behind the first request's head, reads no body until `goOn`
    /// opens, and opens `ended` once the proxy has closed it.
    private func upstream(_ parts: [String], _ requests: Tally, _ goOn: Door, _ ended: Door) throws
        -> ScriptedUpstream
    {
        try ScriptedUpstream { connection in
            while true {
                _ = try connection.readHead(within: 60000)
                requests.add()
                guard requests.value == 1 else {
                    try connection.send(ScriptedUpstream.ok)
                    continue
                }
                for part in parts { try connection.send(part) }
                goOn.pass(within: 20)
                _ = try connection.readToEnd()
                return ended.open()
            }
        }
    }

    @Test(arguments: Upload.allCases, Answer.all)
    func `an early answer is whole at its end`(_ upload: Upload, _ answer: Answer) async throws {
        try await check(upload, answer)
    }

    @Test(arguments: [Upload.held, .chunked])
    func `a large early answer is whole at its end`(_ upload: Upload) async throws {
        try await check(upload, Answer.large)
    }

    private func check(_ upload: Upload, _ answer: Answer) async throws {
        let (requests, goOn, ended) = (Tally(), Door(), Door())
        let upstream = try upstream(answer.parts, requests, goOn, ended)
        let server = try await Latchkey(["LATCHKEY_THREADS": "1"])
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        try begin(upload, access, on: client)
        let got = try client.readMessage(within: 10000)
        #expect(got.status == 200 && got.isComplete && got.text == answer.body)
        #expect(got["x-latchkey-error"] == nil)
        client.close()
        #expect(await server.isIdle())
        #expect(server.metric("latchkey_requests_total", "outcome=\"completed\"") == 1)
        #expect(server.metric("latchkey_dispatched_total") == 1 && requests.value == 1)
        goOn.open()
        #expect(ended.pass())

        #expect(try server.ask(request("GET", "/v1/models", access)).text == "{\"ok\":true}")
        #expect(upstream.connections.count == 2 && requests.value == 2)
        #expect(await server.isIdle())
        #expect(server.metric("latchkey_requests_total") == 2)
        await server.stop()
    }

    @Test(arguments: Upload.allCases)
    func `an early answer that ends amid its chunks is seen as cut off`(_ upload: Upload) async throws {
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readHead()
            let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n0\r\n\r\n"
            try connection.send(answer)
            connection.finish()
            _ = try connection.readToEnd(within: 20000)
        }
        let server = try await Latchkey([
            "LATCHKEY_THREADS": "1", "LATCHKEY_UPSTREAM_IDLE_TIMEOUT": "1s", "LATCHKEY_BODY_TIMEOUT": "1s",
        ])
        let client = try server.connect()
        try begin(upload, try await server.access(to: upstream), on: client)
        let got = try client.readMessage(within: 10000)
        #expect(got.status == 200 && !got.isComplete)
        #expect(await server.isIdle())
        #expect(server.metric("latchkey_requests_total", "outcome=\"completed\"") == 0)
        #expect(server.metric("latchkey_requests_total") == 1)
        await server.stop()
    }
}
