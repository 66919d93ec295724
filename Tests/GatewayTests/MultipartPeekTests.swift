import Domain
import Testing

@testable import Gateway

/// Which model a form asks for.
struct MultipartPeekTests {
    private static let type = "multipart/form-data; boundary=XX"

    private func peek(_ body: String, _ type: String = MultipartPeekTests.type) throws(Rejection) -> BodyPeek
    {
        let (body, type) = (Array(body.utf8), Array(type.utf8))
        return try body.withUnsafeBytes { body in
            type.withUnsafeBytes { type in
                Result { () throws(Rejection) in try MultipartPeek.peek(body, contentType: type) }
            }
        }.get()
    }

    private func model(_ body: String, _ type: String = MultipartPeekTests.type) throws(Rejection) -> String?
    {
        try peek(body, type).model
    }

    private func rejection(_ body: String) -> Rejection? {
        do throws(Rejection) {
            _ = try model(body)
            return nil
        } catch {
            return error
        }
    }

    private func part(_ head: String, _ content: String) -> String { "--XX\r\n\(head)\r\n\r\n\(content)\r\n" }

    private func field(_ name: String, _ content: String) -> String {
        part("Content-Disposition: form-data; name=\(name)", content)
    }

    private var file: String {
        part(
            "Content-Disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\".wav\"\r\n"
                + "Content-Type: audio/x; charset=odd; \"", "name=\"model\"\r\n\r\n--X\n\r\r\nmodel")
    }

    @Test func `the model stands in front of the file or behind it`() throws {
        #expect(try model(field("\"model\"", "whisper-1") + file + "--XX--\r\n") == "whisper-1")
        #expect(try model(file + field("model", "ft:a:é") + file + "--XX--") == "ft:a:é")
        #expect(try model(file + field("\"n\"", "2") + "--XX--\r\n") == nil)
        #expect(try model("--XX--") == nil)
        #expect(try model(field("\"model\"", "") + "--XX--") == "")
    }

    @Test(arguments: [
        "content-disposition:form-data;name=model", "CONTENT-DISPOSITION:  Form-Data ; NAME=\"model\" ;",
        "Content-Disposition: form-data; name=\"model\"\r\nContent-Type: text/plain",
        "Content-Type: text/plain; charset=\"UTF-8\"\r\nContent-Disposition: form-data; name=\"model\"",
        "X-Other: 1\r\nContent-Disposition: form-data; name=model",
    ])
    func `the header of the field may be written in these ways`(head: String) throws {
        #expect(try model(part(head, "m") + "--XX--\r\n") == "m")
    }

    @Test(arguments: [
        "multipart/form-data; boundary=\"XX\"", "Multipart/Form-Data;charset=utf-8;BOUNDARY=XX;",
    ])
    func `the boundary may be written in these ways`(type: String) throws {
        #expect(try model(field("model", "m") + "--XX--", type) == "m")
    }

    @Test(arguments: [
        "", "multipart/form-data", "multipart/mixed; boundary=XX", "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"XX", "multipart/form-data; boundary=\"X\\X\"",
        "multipart/form-data; boundary=XX; boundary=XX", "multipart/form-data; boundary=XX; boundary*=YY",
        "multipart/form-data; boundary*=XX", "multipart/form-data; boundary=\"XX \"",
        "multipart/form-data; boundary=X@X", "multipart/form-data boundary=XX",
        "multipart/form-data; boundary=" + String(repeating: "x", count: 71),
    ])
    func `an odd boundary is refused`(type: String) {
        #expect(throws: Rejection.malformedForm(.boundary)) {
            try model(field("model", "m") + "--XX--", type)
        }
    }

    @Test func `a form has so many parts at most`() throws {
        let parts = String(repeating: field("n", "1"), count: MultipartPeek.partLimit - 1)
        #expect(try model(parts + field("model", "m") + "--XX--") == "m")
        #expect(
            rejection(parts + field("model", "m") + field("n", "1") + "--XX--") == .malformedForm(.partCount))
    }

    @Test func `the header of a part has a longest form`() throws {
        let head = "Content-Disposition: form-data; name=model"
        let room = FormPartHead.limit - head.utf8.count - 4
        let short = part(head + "\r\n" + String(repeating: "a:b\r\n", count: (room - 10) / 5) + "a:b", "m")
        #expect(try model(short + "--XX--") == "m")
        for long in [
            head + String(repeating: "\r\na:b", count: room / 5 + 1),
            head + String(repeating: ";a=b", count: room),
        ] {
            #expect(rejection(part(long, "m") + "--XX--") == .malformedForm(.partHeader))
        }
    }

    @Test func `line feeds in a file are no boundaries`() throws {
        let feeds = String(repeating: "\n", count: 100_000) + String(repeating: "\r\n-", count: 1000)
        #expect(
            try model(
                part(#"Content-Disposition: form-data; name=f"#, feeds) + field("model", "m") + "--XX--")
                == "m")
    }

    @Test(
        arguments: [
            ([], 1), (["name=n\r\n\r\n7"], 7), (["name=\"n\"\r\nContent-Type: text/plain\r\n\r\n7"], 7),
            (["name=n\r\n\r\n0"], 1), (["name=nn\r\n\r\n7"], 1), (["name=N\r\n\r\n2"], 128),
            (["name=\"n[]\"\r\n\r\n2"], 128), (["name=%6E\r\n\r\n2"], 128),
            (["name=n; filename=a\r\n\r\n2"], 128),
            (["name=n\r\nContent-Transfer-Encoding: base64\r\n\r\n2"], 128), (["name=n\r\n\r\n"], 128),
            (["name=n\r\n\r\n 2"], 128), (["name=n\r\n\r\n2.0"], 128), (["name=n\r\n\r\n-2"], 128),
            (["name=n\r\n\r\n1", "name=n\r\n\r\n2"], 128), (["name=n\r\n\r\n1", "name=N\r\n\r\n2"], 128),
            (["name=N\r\n\r\n1", "name=n\r\n\r\n2"], 128),
        ] as [([String], Int64)])
    func `as many images are reserved as a form asks for, and the most where that cannot be read`(
        parts: [String], images: Int64
    ) throws {
        let form = parts.map { "--XX\r\nContent-Disposition: form-data; \($0)\r\n" }.joined()
        let peek = try peek(field("model", "m") + form + file + "--XX--")
        let price = ModelPrice(prompt: .zero, completion: Money(nanoUSD: 1_000_000))
        let bound = UsageBound(
            of: .imageEdit, peek: peek, isHeld: false, bodyBytes: 9, price: price,
            defaults: UsageBound.Defaults(completionLimit: 700))
        #expect(bound.completion == images * 1000 && peek.model == "m")
        #expect(bound.cost == Money(nanoUSD: images * 1000))
    }

    @Test func `two models are refused`() {
        let one = field("model", "m")
        #expect(throws: Rejection.duplicateKey("model")) { try model(one + one + "--XX--") }
        #expect(throws: Rejection.malformedForm(.delimiter)) {
            try model(one + "--XX--\r\n" + one + "--XX--")
        }
        #expect(throws: Rejection.malformedForm(.delimiter)) { try model(one + "--XX--\r\n\n--XX\n") }
    }

    @Test(arguments: [
        "name=\"model\"; filename=\"x\"", "name=\"model\"; filename*=UTF-8''x",
        "name=\"model\"\r\nContent-Transfer-Encoding: 8bit", "name=\"model\"\r\nContent-Type: text/x",
        "name=\"model\"\r\nContent-Type: text/plain; charset=utf-7",
        "name=\"model\"\r\nContent-Type: text/plain\r\nContent-Type: text/plain",
        "name=\"model\"\r\nContent-Disposition: form-data; name=\"n\"", "name=\"n\"; name=\"model\"",
        "name=\"mod\\el\"", "name=\"Model\"", "name=\" model\"", "name=\"mod%65l\"", "name=\"model[]\"",
        "name*=UTF-8''model", "name=\"a\\\"; name=\\\"model\"", "name=_charset_", "filename=\"x\"", "name=",
        "name=\"n\"\r\n x: 1", "name=\"n\"\r\nX : 1", "name=\"n\"\r\nX", "name=\"n\"\nX: 1", "name=n\u{0}",
    ])
    func `a header that could be read in two ways is refused`(rest: String) {
        let head = "Content-Disposition: form-data; \(rest)"
        let refused = rejection(part(head, "m") + "--XX--")
        #expect(refused == .malformedForm(.partHeader) || refused == .malformedForm(.model))
    }

    @Test func `a value that no model has is refused`() throws {
        #expect(try model(field("model", String(repeating: "x", count: 256)) + "--XX--")?.count == 256)
        let odd = [
            String(repeating: "x", count: 257), "a\nb", "a\tb", "\u{7F}", "a\r\nb",
        ]
        for value in odd {
            #expect(throws: Rejection.malformedForm(.model)) { try model(field("model", value) + "--XX--") }
        }
        let latin =
            "Content-Disposition: form-data; name=model\r\nContent-Type: text/plain; charset=iso-8859-1"
        #expect(try model(part(latin, "m") + "--XX--") == "m")
        #expect(throws: Rejection.malformedForm(.model)) { try model(part(latin, "é") + "--XX--") }
    }

    @Test func `a form whose lines end otherwise, or that is cut off, is refused`() {
        let body = field("model", "m") + file + "--XX--"
        #expect(throws: Rejection.malformedForm(.delimiter)) {
            try model(body.replacing("\r\n", with: "\n"))
        }
        for length in 0..<body.utf8.count {
            let refused = rejection(String(decoding: Array(body.utf8)[..<length], as: UTF8.self))
            #expect(refused?.reason == "malformed_form", "\(length)")
        }
        let start = "--XX\r\nContent-Disposition: form-data; name=n"
        for odd in [
            start + "\r\n\r\nx\n--XX--", start + "\r\n\r\n--XX--", start + "\r\n--XX--",
            start + "\r\n\r\nx\r\n--XXY\r\n--XX--", start + "\r\n\r\nx\r\n--XX--x", "--XX\r\n\r\nx\r\n--XX--",
            "x--XX--", "\n--XX--",
        ] {
            #expect(rejection(odd)?.reason == "malformed_form", "\(odd)")
        }
    }

    @Test func `each fault is called what it is, and never JSON`() {
        let faults: [Rejection.FormFault] = [.boundary, .delimiter, .partHeader, .model]
        let messages = faults.map { Rejection.malformedForm($0).apiError.message }
        #expect(Set(messages).count == faults.count)
        for message in messages {
            #expect(message.contains("multipart/form-data") && !message.contains("JSON"))
        }
    }

    @Test func `what stands around the parts does not count`() throws {
        let body = "name=\"model\"\r\n\r\nno\r\n" + field("model", "m") + "--XX-- \t\r\nname=\"model\""
        #expect(try model(body) == "m")
        #expect(try model(body.replacing("--XX\r\n", with: "--XX \t\r\n")) == "m")
        #expect(
            try model(field("file", "a--XX\r\n-XX\r\n--X\r\n--x") + field("model", "m") + "--XX--") == "m")
    }
}
