import HTTP

/// Chunked bodies, each after the same head.
extension RawAnswers {
    private static func chunked(_ name: String, _ body: String, _ expected: RawAnswer.Expected) -> RawAnswer {
        RawAnswer(name, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body, expected)
    }

    static let chunks: [RawAnswer] =
        [
            chunked("a size in capitals", "A\r\n0123456789\r\n0\r\n\r\n", .relayed("0123456789")),
            chunked("a size in small letters", "a\r\n0123456789\r\n0\r\n\r\n", .relayed("0123456789")),
            chunked("sizes with leading zeros", "0001\r\nx\r\n000\r\n\r\n", .relayed("x")),
            chunked("a size of 100 digits", "\(repeated("0", 99))1\r\nx\r\n0\r\n\r\n", .relayed("x")),
            chunked("an extension", "1;a=b\r\nx\r\n0;c\r\n\r\n", .relayed("x")),
            chunked("an extension after spaces", "1 \t;a\r\nx\r\n0\r\n\r\n", .relayed("x")),
            chunked("a quoted extension", "1;a=\"b;\\\" c\"\r\nx\r\n0\r\n\r\n", .relayed("x")),
            chunked(
                "an extension of 254 bytes", "1;\(repeated("a", 254))\r\nx\r\n0\r\n\r\n", .relayed("x")),
            chunked(
                "an extension of 255 bytes", "1;\(repeated("a", 255))\r\nx\r\n0\r\n\r\n",
                .cut("", .chunk(.sizeLineEnd))),
            chunked(
                "a long extension of a later chunk", "1\r\nx\r\n1;\(repeated("a", 300))\r\ny\r\n0\r\n\r\n",
                .cut("x", .chunk(.sizeLineEnd))),
            chunked("an extension without end", "1;\(repeated("a", 9_000))", .cut("", .chunk(.sizeLineEnd))),
            chunked("line ends as data", "4\r\n\r\n\r\n\r\n0\r\n\r\n", .relayed("\r\n\r\n")),
            chunked("a chunk as data", "5\r\n0\r\n\r\n\r\n0\r\n\r\n", .relayed("0\r\n\r\n")),
            chunked(
                "300 chunks of one byte", "\(repeated("1\r\nx\r\n", 300))0\r\n\r\n",
                .relayed(repeated("x", 300))),
            chunked(
                "a chunk of 100 KiB", "19000\r\n\(repeated("x", 102_400))\r\n0\r\n\r\n",
                .relayed(repeated("x", 102_400))),
            // Sizes
            chunked("a size of 17 digits", "10000000000000000\r\nx", .cut("", .chunk(.size))),
            chunked("a size above the greatest", "FFFFFFFFFFFFFFFF\r\nx", .cut("", .chunk(.size))),
            chunked("the greatest size", "7FFFFFFFFFFFFFFF\r\nx", .cut("x", .endedInBody)),
            chunked("a size with a bare LF", "1\nx\r\n0\r\n\r\n", .cut("", .chunk(.sizeLineEnd))),
            chunked("a size with CR CR LF", "1\r\r\nx\r\n0\r\n\r\n", .cut("", .chunk(.size))),
            chunked("an extension with CR", "1;a=\"\r\"\r\nx\r\n0\r\n\r\n", .cut("", .chunk(.size))),
            chunked(
                "an extension with a line end", "1;a=\"\r\n\"\r\nx\r\n0\r\n\r\n", .cut("\"", .chunk(.size))),
            chunked("an extension with a bare LF", "1;a\nx\r\n0\r\n\r\n", .cut("", .chunk(.sizeLineEnd))),
            chunked("an extension with NUL", "1;\0\r\nx\r\n0\r\n\r\n", .cut("", .chunk(.size))),
        ]
        + ["", "x", "-1", "+1", "0x1", " 1", "1 ", "1 1", "1,", "1=", "\0", "1\0", "\u{B2}", ";a"].map {
            chunked("a size of '\($0)'", "\($0)\r\nx\r\n0\r\n\r\n", .cut("", .chunk(.size)))
        }
        + [
            // After the data
            chunked("no CRLF after data", "1\r\nx0\r\n\r\n", .cut("x", .chunk(.dataEnd))),
            chunked("a bare LF after data", "1\r\nx\n0\r\n\r\n", .cut("x", .chunk(.dataEnd))),
            chunked("a bare CR after data", "1\r\nx\r0\r\n\r\n", .cut("x", .chunk(.dataEnd))),
            chunked("CR CR LF after data", "1\r\nx\r\r\n0\r\n\r\n", .cut("x", .chunk(.dataEnd))),
            chunked("two line ends after data", "1\r\nx\r\n\r\n0\r\n\r\n", .cut("x", .chunk(.size))),
            chunked("more data than the size says", "1\r\nxy\r\n0\r\n\r\n", .cut("x", .chunk(.dataEnd))),
            chunked("less data than the size says", "3\r\nx\r\n0\r\n\r\n", .cut("x\r\n", .chunk(.dataEnd))),
            chunked("a fault after good chunks", "1\r\nx\r\n2\r\nyz\r\n!\r\n", .cut("xyz", .chunk(.size))),
            // Trailers
            chunked("a trailer", "1\r\nx\r\n0\r\nX: y\r\nZ:\r\n\r\n", .relayed("x")),
            chunked(
                "lengths as trailers",
                "1\r\nx\r\n0\r\nContent-Length: 5\r\nTransfer-Encoding: gzip\r\nConnection: close\r\n\r\n",
                .relayed("x")),
            chunked(
                "8 KiB of trailers", "1\r\nx\r\n0\r\n\(repeated(line(1_024), 8))\r\n", .relayed("x")),
            chunked(
                "9 KiB of trailers", "1\r\nx\r\n0\r\n\(repeated(line(1_024), 9))\r\n",
                .cut("x", .chunk(.trailerEnd))),
            chunked(
                "one long trailer", "1\r\nx\r\n0\r\n\(line(8_195))\r\n", .cut("x", .chunk(.trailerEnd))),
            chunked(
                "trailers without end", "1\r\nx\r\n0\r\n\(repeated("X: y\r\n", 9_000))",
                .cut("x", .chunk(.trailerEnd))),
            chunked("a folded trailer", "1\r\nx\r\n0\r\nX: y\r\n z\r\n\r\n", .cut("x", .chunk(.trailer))),
            chunked(
                "a first trailer that is folded",
                "1\r\nx\r\n0\r\n X: y\r\n\r\n", .cut("x", .chunk(.trailer))),
            chunked("a trailer without a colon", "1\r\nx\r\n0\r\nX\r\n\r\n", .cut("x", .chunk(.trailer))),
            chunked("a trailer with NUL", "1\r\nx\r\n0\r\nX: \0\r\n\r\n", .cut("x", .chunk(.trailer))),
            chunked(
                "a space before a trailer's colon", "1\r\nx\r\n0\r\nX : y\r\n\r\n",
                .cut("x", .chunk(.trailer))),
            chunked("a trailer with a bare LF", "1\r\nx\r\n0\r\nX: y\n\r\n", .cut("x", .chunk(.trailerEnd))),
            chunked("a bare LF at the end", "1\r\nx\r\n0\r\n\n", .cut("x", .chunk(.trailerEnd))),
            chunked(
                "the next response instead of the last empty line",
                "1\r\nx\r\n0\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\ny", .cut("x", .chunk(.trailer))),
        ]
}
