import HTTP

/// Bytes after the end of a response, and responses without their end.
extension RawAnswers {
    private static let next = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen"
    private static let timeout =
        "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    static let strays: [RawAnswer] = [
        RawAnswer(
            "a second response", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx" + next,
            .relayed("x", rest: next)),
        RawAnswer(
            "a second response after chunks",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n" + next,
            .relayed("x", rest: next)),
        RawAnswer(
            "a second response after a length of 0", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + next,
            .relayed("", rest: next)),
        RawAnswer(
            "a second response after close",
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx" + next,
            .relayed("x", isReusable: false, rest: next)),
        RawAnswer(
            "a second response after 204",
            "HTTP/1.1 204 No Content\r\n\r\n" + next, .relayed("", rest: next)),
        RawAnswer(
            "a second response after 204 with a length",
            "HTTP/1.1 204 No Content\r\nContent-Length: \(next.utf8.count)\r\n\r\n" + next,
            .relayed("", isReusable: false, rest: next)),
        RawAnswer(
            "a second response after 304",
            "HTTP/1.1 304 Not Modified\r\nContent-Length: \(next.utf8.count)\r\n\r\n" + next,
            .relayed("", rest: next)),
        RawAnswer(
            "a second response after one to HEAD", to: "HEAD",
            "HTTP/1.1 200 OK\r\nContent-Length: \(next.utf8.count)\r\n\r\n" + next, .relayed("", rest: next)),
        RawAnswer(
            "a response with 408 that no request asked for",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx" + timeout, .relayed("x", rest: timeout)),
        RawAnswer("408 as the response", timeout, .relayed("", isReusable: false)),
        RawAnswer(
            "one byte more than the length", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxy",
            .relayed("x", rest: "y")),
        RawAnswer(
            "a line end after the body", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx\r\n",
            .relayed("x", rest: "\r\n")),
        RawAnswer(
            "NUL after the last chunk",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n\0",
            .relayed("x", rest: "\0")),
        RawAnswer("204", "HTTP/1.1 204 No Content\r\n\r\n", .relayed("")),
        RawAnswer("204 with a length of 0", "HTTP/1.1 204 x\r\nContent-Length: 0\r\n\r\n", .relayed("")),
        RawAnswer(
            "204 with a length", "HTTP/1.1 204 x\r\nContent-Length: 1\r\n\r\n",
            .relayed("", isReusable: false)),
        RawAnswer(
            "204 with a body", "HTTP/1.1 204 x\r\nContent-Length: 1\r\n\r\nx",
            .relayed("", isReusable: false, rest: "x")),
        RawAnswer(
            "204 with chunks", "HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            .relayed("", isReusable: false, rest: "0\r\n\r\n")),
        RawAnswer("304 with a length", "HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n", .relayed("")),
        RawAnswer("304 without a length", "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n", .relayed("")),
        RawAnswer(
            "HEAD with a length", to: "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", .relayed("")),
        RawAnswer(
            "HEAD with chunked", to: "HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            .relayed("")),
        RawAnswer(
            "HEAD without a length", to: "HEAD", "HTTP/1.1 404 Not Found\r\nX: y\r\n\r\n", .relayed("")),
        RawAnswer(
            "HEAD with a body", to: "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
            .relayed("", rest: "x")),
        RawAnswer("205 with a body", "HTTP/1.1 205 Reset\r\nContent-Length: 1\r\n\r\nx", .relayed("x")),
    ]

    static let ends: [RawAnswer] =
        [
            RawAnswer("nothing at all", "", .refused(.endedBeforeHead)),
            RawAnswer("an interim head alone", "HTTP/1.1 100 Continue\r\n\r\n", .refused(.endedBeforeHead)),
            RawAnswer("half an interim head", "HTTP/1.1 100 Continue\r\nX: ", .refused(.endedBeforeHead)),
            RawAnswer("one byte", "H", .refused(.endedInHead)),
            RawAnswer("half a status line", "HTTP/1.1 20", .refused(.endedInHead)),
            RawAnswer("a status line without LF", "HTTP/1.1 200 OK\r", .refused(.endedInHead)),
            RawAnswer("a status line alone", "HTTP/1.1 200 OK\r\n", .refused(.endedInHead)),
            RawAnswer(
                "half a field", "HTTP/1.1 200 OK\r\nContent-Length: 1", .refused(.endedInHead)),
            RawAnswer(
                "half the empty line", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r", .refused(.endedInHead)),
            RawAnswer(
                "half a head after 100", after: "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 OK\r\n",
                .refused(.endedInHead)),
            RawAnswer(
                "a length without a body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
                .cut("", .endedInBody)),
            RawAnswer(
                "less than the length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
                .cut("hell", .endedInBody)),
        ]
        + [
            ("no chunk", "", ""), ("half a size", "1", ""), ("half a size line", "1\r", ""),
            ("a size alone", "1\r\n", ""), ("half a chunk", "5\r\nhe", "he"),
            ("a chunk without CRLF", "1\r\nx", "x"),
            ("a chunk with CR", "1\r\nx\r", "x"), ("no last chunk", "1\r\nx\r\n", "x"),
            ("half the last chunk", "1\r\nx\r\n0", "x"), ("no last empty line", "1\r\nx\r\n0\r\n", "x"),
            ("half the last empty line", "1\r\nx\r\n0\r\n\r", "x"),
            ("half a trailer", "1\r\nx\r\n0\r\nX: y", "x"),
            ("trailers without the empty line", "1\r\nx\r\n0\r\nX: y\r\n", "x"),
        ].map { name, body, read in
            RawAnswer(
                "cut off: \(name)", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body,
                .cut(read, .endedInBody))
        }
}
