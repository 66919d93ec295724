/// The faults of an answer, a line or two each.
extension UpstreamFault {
    private static let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    private static let stream =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    private static let counted = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
    private static let endless = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    private static let ok = ScriptedUpstream.ok
    private static let field = "X-Long: \(String(repeating: "a", count: 990))\r\n"

    /// The client gets an error of ours.
    static let beforeTheHead: [UpstreamFault] = [
        .lost("closed without a word", [.close], "upstream_reset"),
        .lost("reset without a word", [.reset], "upstream_reset"),
        .lost("closed mid-head", [.send("HTTP/1.1 200 OK\r\nContent-Le"), .close], "upstream_protocol"),
        .lost(
            "closed between head lines", [.send("HTTP/1.1 200 OK\r\nA: b\r\n"), .close], "upstream_protocol"),
        .lost("reset mid-head", [.send("HTTP/1.1 200 OK\r\nContent-Le"), .reset], "upstream_reset"),
        .lost(
            "closed behind an interim answer", [.send("HTTP/1.1 100 Continue\r\n\r\n"), .close],
            "upstream_reset"),
        .lost("no HTTP at all", [.send("SSH-2.0-OpenSSH_9.2\r\n\r\n")], "upstream_protocol"),
        .lost(
            "switching protocols", [.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")],
            "upstream_protocol"),
        .lost(
            "a length and chunks",
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")],
            "upstream_protocol"),
        .lost(
            "chunks and a length",
            [.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n")],
            "upstream_protocol"),
        .lost(
            "two lengths",
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 11\r\n\r\n{\"ok\":true}")],
            "upstream_protocol"),
        .lost("an odd length", [.send("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n")], "upstream_protocol"),
        .lost(
            "bare LF in the head", [.send("HTTP/1.1 200 OK\nContent-Length: 2\nX-A: b\n\n{}")],
            "upstream_protocol"),
        .lost("a folded line", [.send("HTTP/1.1 200 OK\r\n\tX: y\r\n\r\n")], "upstream_protocol"),
        .lost("a NUL in a header", [.send("HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n")], "upstream_protocol"),
        .lost(
            "a huge header",
            [.send("HTTP/1.1 200 OK\r\nA: \(String(repeating: "a", count: 200_000))\r\n\r\n")],
            "upstream_protocol"),
        .lost(
            "headers without end", [.send("HTTP/1.1 200 OK\r\n" + String(repeating: field, count: 400))],
            "upstream_protocol"),
        .lost(
            "interim answers without end",
            [.send(String(repeating: "HTTP/1.1 103 Early Hints\r\n\(field)\r\n", count: 400))],
            "upstream_protocol"),
        UpstreamFault(
            "stalled before the head", [],
            .error(504, "upstream_timeout", reason: "upstream_first_byte_timeout")),
        UpstreamFault(
            "stalled mid-head", [.send("HTTP/1.1 200 OK\r\nA: b\r\n")],
            .error(504, "upstream_timeout", reason: "upstream_first_byte_timeout")),
    ]

    /// The client sees that it was cut off.
    static let behindTheHead: [UpstreamFault] = [
        .cut("reset mid-body", counted + "hello", [.reset], after: "hello", "upstream_reset"),
        .cut("truncated by length", counted + "hello", [.close], after: "hello", "upstream_truncated"),
        .cut(
            "truncated between chunks", chunked + "5\r\nhello\r\n", [.close], after: "hello",
            "upstream_truncated"),
        .cut(
            "truncated within a chunk", chunked + "9\r\nhello", [.close], after: "hello", "upstream_truncated"
        ),
        .cut(
            "reset mid-event", stream + "10\r\ndata: {\"a\":1}\n\nd\r\n", [.send("4\r\nata:\r\n"), .reset],
            after: "\n\nd", "upstream_reset"),
        .cut(
            "reset inside a character", chunked + "5\r\ncaf", [.bytes([0xC3]), .reset], after: "caf",
            "upstream_reset"),
        .cut(
            "a bad chunk size", chunked + "5\r\nhello\r\n", [.send("zz\r\nhello\r\n0\r\n\r\n")],
            after: "hello", "upstream_protocol"),
        .cut(
            "a chunk size beyond 64 bits", chunked + "5\r\nhello\r\n",
            [.send("fffffffffffffffff\r\nhello\r\n0\r\n\r\n")], after: "hello", "upstream_protocol"),
        .cut(
            "a chunk longer than its size", chunked + "5\r\nhello", [.send("world\r\n0\r\n\r\n")],
            after: "hello", "upstream_protocol"),
        .cut(
            "reset where the close is the end", endless + "data: 1\n\n", [.reset], after: "data: 1\n\n",
            "upstream_reset"),
        .cut(
            "stalled mid-body", stream + "9\r\ndata: 1\n\n\r\n", [], after: "data: 1\n\n",
            "upstream_idle_timeout"),
    ]

    /// Strange, and yet whole.
    static let odd: [UpstreamFault] = [
        .whole("100 before the answer", "HTTP/1.1 100 Continue\r\n\r\n" + ok, 200, "{\"ok\":true}"),
        .whole(
            "103 before the answer",
            "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nContent-Length: 3\r\n\r\n" + ok, 200, "{\"ok\":true}"),
        .whole("204 with a body", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", 204, ""),
        UpstreamFault(
            "204 with a body that comes late",
            [
                .send("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"), .awaitClient,
                .send("hello"),
            ],
            .whole(204, "")),
        .whole(
            "304 with a length",
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: "
                + "x\r\n\r\n", 304, ""),
        .whole(
            "HTTP/1.0, ended by the close", "HTTP/1.0 200 OK\r\n\r\n{\"ok\":1}", 200, "{\"ok\":1}",
            closing: true),
        .whole("HTTP/1.0 with a length", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, "{}"),
        .whole(
            "HTTP/1.1, ended by the close", "HTTP/1.1 200 OK\r\n\r\n{\"ok\":1}", 200, "{\"ok\":1}",
            closing: true),
        .whole("no reason phrase", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}", 200, "{}"),
        .whole(
            "more than its length",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", 200,
            "{}"),
        .whole(
            "the same length twice", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
            200, "{}"),
        .whole(
            "chunk extensions and trailers", chunked + "2;x=\"y\"\r\n{}\r\n0\r\nX-Trailer: z\r\n\r\n", 200,
            "{}"),
        .whole(
            "an SSE error event", stream + "1b\r\ndata: {\"error\":{\"code\":1}}\n\r\n1\r\n\n\r\n0\r\n\r\n",
            200, "data: {\"error\":{\"code\":1}}\n\n"),
        .whole(
            "an error of the upstream's own",
            "HTTP/1.1 500 Oops\r\nContent-Length: "
                + "3\r\n\r\nbad", 500, "bad"),
    ]
}
