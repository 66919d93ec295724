import HTTP

/// Status lines, line ends, sizes and field lines.
extension RawAnswers {
    static let heads: [RawAnswer] = [
        RawAnswer("nothing but a space", " ", .refused(.notHTTP)),
        RawAnswer(
            "an empty line first", "\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", .refused(.notHTTP)),
        RawAnswer("a line feed first", "\nHTTP/1.1 200 OK\r\n\r\n", .refused(.notHTTP)),
        RawAnswer("a space first", " HTTP/1.1 200 OK\r\n\r\n", .refused(.notHTTP)),
        RawAnswer(
            "a byte order mark first", "\u{EF}\u{BB}\u{BF}HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
            .refused(.notHTTP)),
        RawAnswer("HTTP/0.9", "<html>hello</html>\r\n", .refused(.notHTTP)),
        RawAnswer("a body of JSON alone", "{\"ok\":true}", .refused(.notHTTP)),
        RawAnswer("a TLS alert", "\u{15}\u{3}\u{1}\0\u{2}\u{2}\u{28}", .refused(.notHTTP)),
        RawAnswer("frames of HTTP/2", "\0\0\u{12}\u{4}\0\0\0\0\0\0\u{3}\0\0\0\u{80}", .refused(.notHTTP)),
        RawAnswer("a banner of SSH", "SSH-2.0-OpenSSH_9.2\r\n", .refused(.notHTTP)),
        RawAnswer("a request", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(.notHTTP)),
        RawAnswer("ICY", "ICY 200 OK\r\n\r\n", .refused(.notHTTP)),
        RawAnswer("http in lower case", "http/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", .refused(.notHTTP)),
        RawAnswer("a space before the slash", "HTTP /1.1 200 OK\r\n\r\n", .refused(.notHTTP)),
        RawAnswer("HTTP/2.0", "HTTP/2.0 200 OK\r\nContent-Length: 1\r\n\r\nx", .refused(.version)),
        RawAnswer("HTTP/2", "HTTP/2 200\r\n\r\n", .refused(.version)),
        RawAnswer("HTTP/1.2", "HTTP/1.2 200 OK\r\nContent-Length: 1\r\n\r\nx", .refused(.version)),
        RawAnswer("HTTP/1.10", "HTTP/1.10 200 OK\r\n\r\n", .refused(.version)),
        RawAnswer("HTTP/01.1", "HTTP/01.1 200 OK\r\n\r\n", .refused(.version)),
        RawAnswer("HTTP/1.", "HTTP/1.\r\n\r\n", .refused(.version)),
        RawAnswer("a tab after the version", "HTTP/1.1\t200 OK\r\n\r\n", .refused(.version)),
        RawAnswer("the version alone", "HTTP/1.1\r\n\r\n", .refused(.statusLine)),
        RawAnswer("two spaces before the status", "HTTP/1.1  200 OK\r\n\r\n", .refused(.statusLine)),
        RawAnswer("a status of two digits", "HTTP/1.1 20 OK\r\n\r\n", .refused(.statusLine)),
        RawAnswer("a status of two digits alone", "HTTP/1.1 20\r\n\r\n", .refused(.statusLine)),
        RawAnswer("a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", .refused(.statusLine)),
        RawAnswer("status 099", "HTTP/1.1 099 OK\r\n\r\n", .refused(.statusLine)),
        RawAnswer("status 000", "HTTP/1.1 000 OK\r\n\r\n", .refused(.statusLine)),
        RawAnswer("a status with a sign", "HTTP/1.1 +20 OK\r\n\r\n", .refused(.statusLine)),
        RawAnswer("a status with a letter", "HTTP/1.1 2OO OK\r\n\r\n", .refused(.statusLine)),
        RawAnswer("a tab after the status", "HTTP/1.1 200\tOK\r\n\r\n", .refused(.statusLine)),
        RawAnswer("NUL in the status", "HTTP/1.1 2\00 OK\r\n\r\n", .refused(.statusLine)),
        RawAnswer("NUL in the reason", "HTTP/1.1 200 O\0K\r\n\r\n", .refused(.statusLine)),
        RawAnswer("a bare CR in the reason", "HTTP/1.1 200 O\rK\r\n\r\n", .refused(.statusLine)),
        RawAnswer(
            "CR CR LF after the status line", "HTTP/1.1 200 OK\r\r\nContent-Length: 1\r\n\r\nx",
            .refused(.statusLine)),
        RawAnswer(
            "a bare LF after the status line", "HTTP/1.1 200 OK\nContent-Length: 1\r\n\r\nx",
            .refused(.lineEnd)),
        RawAnswer(
            "a bare LF after a field", "HTTP/1.1 200 OK\r\nContent-Length: 1\n\r\nx", .refused(.lineEnd)),
        RawAnswer(
            "a bare LF as the empty line", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\nx", .refused(.lineEnd)),
        RawAnswer("line feeds alone", "HTTP/1.1 200 OK\nContent-Length: 1\n\nx", .refused(.lineEnd)),
        RawAnswer("a bare LF in a value", "HTTP/1.1 200 OK\r\nX: a\nY: b\r\n\r\n", .refused(.lineEnd)),
        RawAnswer(
            "200 fields", "HTTP/1.1 200 OK\r\n\(repeated("X: y\r\n", 199))Content-Length: 1\r\n\r\nx",
            .relayed("x")),
        RawAnswer(
            "201 fields", "HTTP/1.1 200 OK\r\n\(repeated("X: y\r\n", 200))Content-Length: 1\r\n\r\nx",
            .refused(.tooManyFields)),
        RawAnswer(
            "a head of 64 KiB",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\(line(65_536 - 17 - 19 - 2))\r\nx", .relayed("x")),
        RawAnswer(
            "a head of 64 KiB and one byte",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\(line(65_536 - 17 - 19 - 1))\r\nx",
            .refused(.headTooLarge)),
        RawAnswer(
            "a head of 65 KiB in many lines",
            "HTTP/1.1 200 OK\r\n\(repeated(line(1_024), 65))\r\n", .refused(.headTooLarge)),
        RawAnswer(
            "a status line without end", "HTTP/1.1 200 \(repeated("x", 66_000))", .refused(.headTooLarge)),
    ]

    static let fields: [RawAnswer] = [
        RawAnswer("a folded first line", "HTTP/1.1 200 OK\r\n\tX: y\r\n\r\n", .refused(.foldedLine)),
        RawAnswer(
            "a first line folded with a space", "HTTP/1.1 200 OK\r\n X: y\r\nContent-Length: 1\r\n\r\nx",
            .refused(.foldedLine)),
        RawAnswer(
            "a folded value", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 1\r\n\r\nx",
            .refused(.foldedLine)),
        RawAnswer(
            "a folded length", "HTTP/1.1 200 OK\r\nContent-Length:\r\n 1\r\n\r\nx", .refused(.contentLength)),
        RawAnswer(
            "a line of one space", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n \r\n\r\nx", .refused(.foldedLine)
        ),
        RawAnswer(
            "a space before a colon", "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\nx", .refused(.fieldLine)),
        RawAnswer(
            "a tab before a colon", "HTTP/1.1 200 OK\r\nTransfer-Encoding\t: chunked\r\n\r\n",
            .refused(.fieldLine)),
        RawAnswer("an empty name", "HTTP/1.1 200 OK\r\n: y\r\n\r\n", .refused(.fieldLine)),
        RawAnswer("a colon alone", "HTTP/1.1 200 OK\r\n:\r\n\r\n", .refused(.fieldLine)),
        RawAnswer("no colon", "HTTP/1.1 200 OK\r\nX\r\n\r\n", .refused(.fieldLine)),
        RawAnswer("a name in parentheses", "HTTP/1.1 200 OK\r\n(X): y\r\n\r\n", .refused(.fieldLine)),
        RawAnswer("a name above 127", "HTTP/1.1 200 OK\r\n\u{C4}: y\r\n\r\n", .refused(.fieldLine)),
        RawAnswer("NUL in a name", "HTTP/1.1 200 OK\r\nX\0: y\r\n\r\n", .refused(.fieldLine)),
        RawAnswer("NUL in a value", "HTTP/1.1 200 OK\r\nX: y\0z\r\n\r\n", .refused(.fieldLine)),
        RawAnswer("DEL in a value", "HTTP/1.1 200 OK\r\nX: \u{7F}\r\n\r\n", .refused(.fieldLine)),
        RawAnswer("ESC in a value", "HTTP/1.1 200 OK\r\nX: \u{1B}[2J\r\n\r\n", .refused(.fieldLine)),
        RawAnswer("a bare CR in a value", "HTTP/1.1 200 OK\r\nX: a\rY: b\r\n\r\n", .refused(.fieldLine)),
        RawAnswer("a bare CR in a name", "HTTP/1.1 200 OK\r\nX\rY: b\r\n\r\n", .refused(.fieldLine)),
        RawAnswer(
            "CR CR LF after a field",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\r\n\r\nx", .refused(.fieldLine)),
        RawAnswer(
            "CR CR LF as the empty line", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\r\nx",
            .refused(.fieldLine)),
        RawAnswer(
            "a second status line", "HTTP/1.1 200 OK\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
            .refused(.fieldLine)),
    ]

    static let interims: [RawAnswer] = [
        RawAnswer(
            "100 first", after: "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
            .relayed("x")),
        RawAnswer(
            "100 without a reason", after: "HTTP/1.1 100\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
            .relayed("x")),
        RawAnswer(
            "100, 102, 103 and 199 first",
            after: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nX: y\r\n\r\n"
                + "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nLink: </b>\r\n\r\nHTTP/1.1 199 x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", .relayed("x")),
        RawAnswer(
            "fields of an interim head do not count",
            after: "HTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\nConnection: close\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", .relayed("x")),
        RawAnswer(
            "64 KiB of interim heads", after: repeated("HTTP/1.1 100\r\n\r\n", 4_096),
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", .relayed("x")),
        RawAnswer(
            "more than 64 KiB of interim heads", after: repeated("HTTP/1.1 100\r\n\r\n", 4_097),
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", .refused(.headTooLarge)),
        RawAnswer(
            "an interim head with 201 fields", after: "HTTP/1.1 103 x\r\n\(repeated("X: y\r\n", 201))\r\n",
            "HTTP/1.1 200 OK\r\n\r\n", .refused(.tooManyFields)),
        RawAnswer(
            "an interim head with a body", after: "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", .refused(.notHTTP)),
        RawAnswer(
            "a folded interim head", after: "HTTP/1.1 103 x\r\n\tX: y\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", .refused(.foldedLine)),
        RawAnswer(
            "an interim head with two lengths",
            after: "HTTP/1.1 100 x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", .refused(.conflictingLengths)),
        RawAnswer(
            "101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
            .refused(.protocolSwitch)),
        RawAnswer(
            "101 after 100", after: "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\n\r\n\u{81}\0", .refused(.protocolSwitch)),
    ]
}
