import Domain
import Testing

@testable import Providers

/// How tests ask the dummy provider, and read what it answers.
extension DummyProvider {
    static let moment = Timestamp(milliseconds: 1_700_000_000_123)

    func answer(
        _ method: String, _ target: String, _ body: String = "", type: String? = nil, project: String = "a",
        at now: Timestamp = moment
    ) -> DummyAnswer {
        answer(
            to: DummyRequest(
                method: method, target: target, contentType: type, body: Array(body.utf8), project: project,
                now: now))
    }

    /// The document of an answer that has to be a success.
    func json(
        _ method: String, _ target: String, _ body: String = "", type: String? = nil, project: String = "a",
        at now: Timestamp = moment
    ) throws -> JSONValue {
        let answer = answer(method, target, body, type: type, project: project, at: now)
        let document = try answer.document()
        try #require(answer.status == 200, "\(document)")
        return document
    }

    /// Makes a file of this content and returns its id.
    func makeFile(
        _ content: String, named name: String = "a.txt", for purpose: String = "assistants",
        project: String = "a"
    ) throws -> String {
        let form =
            "--X\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n\(purpose)\r\n"
            + "--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(name)\"\r\n"
            + "Content-Type: text/plain\r\n\r\n\(content)\r\n--X--\r\n"
        let file = try json(
            "POST", "/v1/files", form, type: "multipart/form-data; boundary=X", project: project)
        return try #require(file["id"]?.string)
    }
}

extension DummyAnswer {
    func document() throws -> JSONValue { try JSONValue(parsing: Array(chunks.joined())) }

    /// The documents of a stream's `data` lines, without `[DONE]`.
    func events() throws -> [JSONValue] {
        try chunks.compactMap { chunk in
            let text = String(decoding: chunk, as: UTF8.self)
            #expect(text.hasSuffix("\n\n"))
            let data = try #require(text.split(separator: "\n").last { $0.hasPrefix("data: ") })
            return data == "data: [DONE]" ? nil : try JSONValue(parsing: Array(data.dropFirst(6).utf8))
        }
    }
}
