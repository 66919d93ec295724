/// Responses as they should be, or near enough to be relayed.
extension RawAnswers {
    static let whole: [RawAnswer] = [
        RawAnswer("a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", .relayed("hello")),
        RawAnswer("a length of 0", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .relayed("")),
        RawAnswer(
            "chunks",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n",
            .relayed("hello!")),
        RawAnswer(
            "no chunk but the last", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            .relayed("")),
        RawAnswer(
            "an event stream",
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
                + "9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\ne\r\ndata: [DONE]\n\n\r\n0\r\n\r\n",
            .relayed("data: 1\n\ndata: 2\n\ndata: [DONE]\n\n")),
        RawAnswer("no length", "HTTP/1.1 200 OK\r\nX: y\r\n\r\nhello", .relayedUntilClose("hello")),
        RawAnswer("no field at all", "HTTP/1.1 200 OK\r\n\r\n", .relayedUntilClose("")),
        RawAnswer(
            "no length and an empty body", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
            .relayedUntilClose("")),
        RawAnswer(
            "status 500",
            "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\n{}", .relayed("{}")),
        RawAnswer("status 999", "HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\n{}", .relayed("{}")),
        RawAnswer("no reason", "HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\nx", .relayed("x")),
        RawAnswer("no space and no reason", "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", .relayed("x")),
        RawAnswer(
            "a reason with bytes above 127", "HTTP/1.1 200 \u{C4}\u{FF}\r\nContent-Length: 1\r\n\r\nx",
            .relayed("x")),
        RawAnswer("a reason with a tab", "HTTP/1.1 200 a\tb\r\nContent-Length: 1\r\n\r\nx", .relayed("x")),
        RawAnswer("a reason of spaces", "HTTP/1.1 200    \r\nContent-Length: 1\r\n\r\nx", .relayed("x")),
        RawAnswer(
            "names in any case", "HTTP/1.1 200 OK\r\ncONTENT-lENGTH:5\r\n\r\nhello", .relayed("hello")),
        RawAnswer(
            "values with bytes above 127", "HTTP/1.1 200 OK\r\nX: \u{80}\u{FF}\r\nContent-Length: 1\r\n\r\nx",
            .relayed("x")),
        RawAnswer(
            "white space around values", "HTTP/1.1 200 OK\r\nContent-Length: \t 1 \t\r\nX:\ta\tb\t\r\n\r\nx",
            .relayed("x")),
        RawAnswer("an empty value", "HTTP/1.1 200 OK\r\nX:\r\nContent-Length: 1\r\n\r\nx", .relayed("x")),
        RawAnswer(
            "a colon in a value", "HTTP/1.1 200 OK\r\nX:: y:\r\nContent-Length: 1\r\n\r\nx", .relayed("x")),
        RawAnswer(
            "every character of a token",
            "HTTP/1.1 200 OK\r\n!#$%&'*+-.^_`|~09azAZ: y\r\nContent-Length: 1\r\n\r\nx", .relayed("x")),
        RawAnswer(
            "two cookies", "HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 1\r\n\r\nx",
            .relayed("x")),
        RawAnswer(
            "the status line's text in a body",
            "HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
            .relayed("HTTP/1.1 200 OK\r\n\r\n")),
        RawAnswer(
            "NUL and every line end in a body", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n\0\n\r\r\n\n",
            .relayed("\0\n\r\r\n\n")),
        // The connection
        RawAnswer(
            "Connection: close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
            .relayed("x", isReusable: false)),
        RawAnswer(
            "close in capitals", "HTTP/1.1 200 OK\r\nCONNECTION: CLOSE\r\nContent-Length: 1\r\n\r\nx",
            .relayed("x", isReusable: false)),
        RawAnswer(
            "close in a list",
            "HTTP/1.1 200 OK\r\nConnection: X-A ,\tclose ,,b\r\nContent-Length: 1\r\n\r\nx",
            .relayed("x", isReusable: false)),
        RawAnswer(
            "close in a second line",
            "HTTP/1.1 200 OK\r\nConnection: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
            .relayed("x", isReusable: false)),
        RawAnswer(
            "close beside keep-alive",
            "HTTP/1.1 200 OK\r\nConnection: keep-alive, close\r\nContent-Length: 1\r\n\r\nx",
            .relayed("x", isReusable: false)),
        RawAnswer(
            "close and chunks",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\nx\r\n0\r\n\r\n",
            .relayed("x", isReusable: false)),
        RawAnswer(
            "words that contain close",
            "HTTP/1.1 200 OK\r\nConnection: closed, not close, x-close\r\nContent-Length: 1\r\n\r\nx",
            .relayed("x")),
        RawAnswer(
            "Connection: keep-alive",
            "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx",
            .relayed("x")),
        RawAnswer(
            "an empty Connection", "HTTP/1.1 200 OK\r\nConnection:\r\nContent-Length: 1\r\n\r\nx",
            .relayed("x")),
        RawAnswer(
            "HTTP/1.0 and a length", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
            .relayed("x", isReusable: false)),
        RawAnswer(
            "HTTP/1.0, keep-alive and a length",
            "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx", .relayed("x")),
        RawAnswer(
            "HTTP/1.0, keep-alive and close",
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
            .relayed("x", isReusable: false)),
        RawAnswer(
            "HTTP/1.0 and keep-alive without a length",
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nhello",
            .relayedUntilClose("hello")),
        RawAnswer("HTTP/1.0 without a length", "HTTP/1.0 200 OK\r\n\r\nhello", .relayedUntilClose("hello")),
        RawAnswer(
            "HTTP/1.0, 204 and keep-alive", "HTTP/1.0 204 No Content\r\nConnection: keep-alive\r\n\r\n",
            .relayed("")),
    ]
}
