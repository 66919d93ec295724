import Testing

/// Bytes go on as they come, both ways, and no further than there is room for.
@Suite(.serialized) @EndToEnd struct StreamingTests {
    static let first = "data: {\"delta\":\"ä\"}\r\n\r\n"
    static let second = "data: [DONE]\n\n"

    enum Framing: CaseIterable { case length, chunked, close }

    @Test(arguments: Framing.allCases)
    func `the first event never waits for the second, wherever it is split`(_ framing: Framing) async throws {
        let first = Array(Self.first.utf8)
        let second = Array(Self.second.utf8)
        let seen = Door()
        let place = Tally()
        let upstream = try ScriptedUpstream { connection in
            while true {
                _ = try connection.readMessage(within: 60000)
                let split = place.value
                var head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                switch framing {
                case .length: head += "Content-Length: \(first.count + second.count)\r\n\r\n"
                case .chunked: head += "Transfer-Encoding: chunked\r\n\r\n"
                case .close: head += "Connection: close\r\n\r\n"
                }
                try connection.send(head)
                func part(_ bytes: ArraySlice<UInt8>) throws {
                    guard !bytes.isEmpty else { return }
                    let size = framing == .chunked ? "\(String(bytes.count, radix: 16))\r\n" : ""
                    try connection.send(Array(size.utf8) + bytes + (framing == .chunked ? [13, 10] : []))
                }
                try part(first[..<split])
                if split > 0 { seen.pass() }
                try part(first[split...])
                if split < first.count { seen.pass() }
                try part(second[...])
                if framing == .chunked { try connection.send("0\r\n\r\n") }
                if framing == .close { return }
            }
        }
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        for split in 0...first.count {
            place.value = split
            let client = try server.connect()
            // Nothing is added to the streams of this endpoint, so nothing is looked for in them.
            try client.send(request("POST", "/v1/responses", access, json: #"{"stream":true}"#))
            if split > 0 {
                try client.read { $0.hasBody(Array(first[..<split])) }
                seen.open()
            }
            if split < first.count {
                try client.read { $0.hasBody(Array(first[split...])) }
                #expect(!client.text.contains("[DONE]"))
                seen.open()
            }
            let answer = try client.readMessage()
            #expect(answer.body == first + second && answer.isComplete)
        }
        await server.stop()
    }

    @Test func `an upload is streamed, and a stalled upstream stalls its client`() async throws {
        let go = Door()
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readHead()
            go.pass(within: 20)
            try connection.read(within: 20000) { $0.count >= 32 << 20 }
            try connection.send(ScriptedUpstream.ok)
        }
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        let body = [UInt8](repeating: 0x61, count: 32 << 20)
        try client.send(request("POST", "/v1/files", access, "Content-Length: \(body.count)\r\n"))
        let taken = try client.sendAsMuchAsFits(body, patience: 500)
        // What the kernel's four socket buffers hold, and not the 32 MiB.
        #expect(taken < 24 << 20)
        go.open()
        try client.send(Array(body[taken...]))
        #expect(try client.readMessage(within: 20000).status == 200)
        await server.stop()
    }

    @Test func `a client that does not read stalls its upstream`() async throws {
        let tally = Tally()
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readHead()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(64 << 20)\r\n\r\n")
            let body = [UInt8](repeating: 0x62, count: 64 << 20)
            tally.value = try connection.sendAsMuchAsFits(body, patience: 500)
            try connection.send(Array(body[tally.value...]))
        }
        let server = try await Latchkey()
        let client = try server.connect()
        try client.send(request("GET", "/v1/files/f/content", try await server.access(to: upstream)))
        #expect(try client.readHead().status == 200)
        while tally.value == 0 { await Task.yield() }
        #expect(tally.value < 32 << 20)
        try client.read { $0.count >= 64 << 20 }
        #expect(client.waiting.count == 64 << 20)
        await server.stop()
    }

    @Test func `an early answer reaches a client that still uploads`() async throws {
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readHead()
            try connection.send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
            _ = try connection.readToEnd()
        }
        let server = try await Latchkey()
        let client = try server.connect()
        try client.send(
            request("POST", "/v1/files", try await server.access(to: upstream), "Content-Length: 1000000\r\n")
                + "begin")
        let answer = try client.readMessage()
        #expect(answer.status == 413 && answer.text == "no")
        #expect(await server.isIdle())
        await server.stop()
    }

    @Test func `an upload that nobody takes is read to its end, and the connection goes on`() async throws {
        let upstream = try ScriptedUpstream { connection in
            // Takes so much that the proxy has paused its client, and goes without an answer.
            try connection.read { $0.count >= 1 << 16 }
        }
        let server = try await Latchkey()
        let client = try server.connect()
        let count = 200_000
        try client.send(
            request(
                "POST", "/v1/files", try await server.access(to: upstream), "Content-Length: \(count)\r\n"))
        try client.send([UInt8](repeating: 0x61, count: count))
        #expect(try client.readMessage().status == 502)
        try client.send("GET /live HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.readMessage().status == 200)
        await server.stop()
    }
}

extension ArraySlice<UInt8> {
    /// Ends, but for chunk framing, with these bytes.
    fileprivate func hasBody(_ bytes: [UInt8]) -> Bool {
        suffix(bytes.count).elementsEqual(bytes) || dropLast(2).suffix(bytes.count).elementsEqual(bytes)
    }
}
