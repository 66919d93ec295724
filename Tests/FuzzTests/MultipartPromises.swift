import Domain
import Gateway

/// A form that passes has the one model that it shows: what is read stands in it as a part's content, another
/// such part in front of it is found or makes two, and cut off it is refused. The input is the body, its
/// boundary is `XX`.
enum MultipartPromises {
    static func check(_ input: [UInt8]) throws(BrokenPromise) {
        guard case .success(let model) = peek(input) else { return }
        if let model {
            let content = Array("\r\n\r\n\(model)\r\n--XX".utf8)
            try BrokenPromise.unless(
                input.indices.contains { input[$0...].starts(with: content) }, "a model is a part's content")
        }
        let part = Array("--XX\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n".utf8)
        // Without a preamble in between, which would end in the middle of a part.
        if input.starts(with: Array("--XX".utf8)) {
            switch peek(part + input) {
            case .success(let found):
                try BrokenPromise.unless(model == nil && found == "m", "a model in front is found")
            case .failure(let rejection):
                try BrokenPromise.unless(
                    model != nil && rejection == .duplicateKey("model"), "two models are refused")
            }
        }
        let delimiter = Array("\r\n--XX--".utf8)
        let lines = Array("\r\n".utf8) + input
        guard let last = lines.indices.last(where: { lines[$0...].starts(with: delimiter) }) else {
            throw BrokenPromise(sentence: "a form that passes has an end")
        }
        for length in last..<last + delimiter.count - 2 {
            guard case .failure = peek(Array(input.prefix(length))) else {
                throw BrokenPromise(sentence: "a form that is cut off is refused")
            }
        }
    }

    private static func peek(_ body: [UInt8]) -> Result<String?, Rejection> {
        let type = Array("multipart/form-data; boundary=XX".utf8)
        return body.withUnsafeBytes { body in
            type.withUnsafeBytes { type in
                Result { () throws(Rejection) in try MultipartPeek.peek(body, contentType: type).model }
            }
        }
    }
}
