package import Domain

/// What policy needs of a held `multipart/form-data` body (RFC 7578, RFC 2046): the fields `model` and `n`,
/// read in place, in one pass, without a copy and in constant memory.
///
/// Where two readers could find two models, or one and none, the body is refused: two such fields, one that
/// is a file or coded, names that nearly spell it, lines that end otherwise than by CRLF, a body that is cut
/// off. Where that is so of `n`, it counts as a number that cannot be read.
package enum MultipartPeek {
    /// How many parts a form may have: OpenAI's have a dozen fields, one of them of up to 16 files.
    package static let partLimit = 1000

    /// Its ``BodyPeek/model`` and ``BodyPeek/choices``. `contentType` is the value of that header field.
    /// Throws ``Rejection/malformedForm(_:)``, and ``Rejection/duplicateKey(_:)`` for a second model.
    package static func peek(
        _ body: UnsafeRawBufferPointer, contentType: UnsafeRawBufferPointer
    ) throws(Rejection) -> BodyPeek {
        let delimiter = try FormDelimiter(contentType: contentType)
        var place = try delimiter.first(in: body)
        var model: String?
        var choices = BodyPeek.Amount.absent
        var count = 0
        while !place.isLast {
            count += 1
            guard count <= partLimit else { throw .malformedForm(.partCount) }
            let head = try FormPartHead(body, from: place.next, within: delimiter)
            guard let next = try delimiter.next(in: body, from: head.end) else {
                throw .malformedForm(.delimiter)
            }
            let content = head.end..<next.end
            switch head.field {
            case .model:
                guard model == nil else { throw .duplicateKey("model") }
                model = try text(body[content], isASCII: head.isASCII)
            case .choices where choices == .absent && !content.isEmpty:
                choices = UnsafeRawBufferPointer(rebasing: body[content]).amount(at: content)
            case .choices, .oddChoices: choices = .unreadable(at: content)
            case .other: break
            }
            place = next
        }
        // Behind the last part only who reads on finds another.
        guard try delimiter.next(in: body, from: place.next) == nil else { throw .malformedForm(.delimiter) }
        return BodyPeek(ofForm: model, choices: choices)
    }

    private static func text(
        _ content: Slice<UnsafeRawBufferPointer>, isASCII: Bool
    ) throws(Rejection) -> String {
        guard content.count <= BodyPeek.modelLimit, content.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }),
            !isASCII || content.allSatisfy({ $0 < 0x80 }),
            let text = String(validating: content, as: UTF8.self)
        else { throw .malformedForm(.model) }
        return text
    }
}
