import HTTP

/// What says how long a body is: Content-Length and Transfer-Encoding.
extension RawAnswers {
    static let lengths: [RawAnswer] =
        [
            RawAnswer(
                "equal lengths in two lines",
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", .relayed("x")),
            RawAnswer(
                "a length with leading zeros", "HTTP/1.1 200 OK\r\nContent-Length: 0001\r\n\r\nx",
                .relayed("x")),
            RawAnswer(
                "different lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
                .refused(.conflictingLengths)),
            RawAnswer(
                "the greatest length there is",
                "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\nx", .cut("x", .endedInBody)),
        ]
        + [
            "", "+1", "-1", "0x1", "1 1", "1\t1", "1, 1", "1,", ",1", "1;", "1.0", "1e0", "\"1\"", "one",
            "\u{B2}",
            "9223372036854775808", "99999999999999999999999999",
        ].map {
            RawAnswer(
                "a length of '\($0)'", "HTTP/1.1 200 OK\r\nContent-Length: \($0)\r\n\r\nx",
                .refused(.contentLength))
        }

    static let encodings: [RawAnswer] =
        [
            RawAnswer(
                "chunked in capitals with spaces",
                "HTTP/1.1 200 OK\r\nTRANSFER-ENCODING: \t CHUNKED  \r\n\r\n1\r\nx\r\n0\r\n\r\n", .relayed("x")
            ),
            RawAnswer(
                "a length, then chunked",
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                .refused(.lengthAndEncoding)),
            RawAnswer(
                "chunked, then a length",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n",
                .refused(.lengthAndEncoding)),
            RawAnswer(
                "chunked, then a length of 0",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n",
                .refused(.lengthAndEncoding)),
            RawAnswer(
                "chunked in two lines",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
                .refused(.transferEncoding)),
            RawAnswer(
                "gzip and chunked in two lines",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                .refused(.transferEncoding)),
            RawAnswer(
                "chunked, then identity in two lines",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n",
                .refused(.transferEncoding)),
            RawAnswer(
                "chunked in HTTP/1.0",
                "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
                .refused(.transferEncoding)),
            RawAnswer(
                "chunked to a HEAD request beside a length", to: "HEAD",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
                .refused(.lengthAndEncoding)),
            RawAnswer(
                "a vertical tab before chunked",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: \u{B}chunked\r\n\r\n0\r\n\r\n", .refused(.fieldLine)),
        ]
        + [
            "", "gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked", "identity", "xchunked",
            "chunkedx",
            "chunked,", ",chunked", "chunked;a=b", "\"chunked\"", "chun ked", "chunke\u{64}\u{E9}",
            "chunked, identity",
            "chunked\t", "chunked \t ",
        ].map {
            RawAnswer(
                "Transfer-Encoding of '\($0)'",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: \($0)\r\n\r\n1\r\nx\r\n0\r\n\r\n",
                .refused(.transferEncoding))
        }
}
