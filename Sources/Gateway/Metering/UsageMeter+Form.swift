import Domain

/// What an answer is made of: what its label says, and what its bytes do, which decides.
extension UsageMeter {
    package enum Form: Hashable, Sendable {
        case json, events
        /// Nothing that can be read: audio, a file, a content coding.
        case opaque
        /// The label does not say: text, or none.
        case unknown

        /// By the value of the `content-type` field.
        package init(contentType: UnsafeRawBufferPointer) {
            let end = contentType.firstIndex { $0 == 0x3B || $0 == 0x20 || $0 == 0x09 }
            let type = UnsafeRawBufferPointer(rebasing: contentType[..<(end ?? contentType.count)])
            let suffix = UnsafeRawBufferPointer(rebasing: type.suffix(5))
            if type.equals("application/json") || suffix.equals("+json") {
                self = .json
            } else if type.equals("text/event-stream") {
                self = .events
            } else {
                self = Self.isOfBytes(type) ? .opaque : .unknown
            }
        }

        /// The form that an answer of `kind` is read in, until its bytes tell another.
        init(_ head: borrowing RelayedHead, of kind: Endpoint.Kind) {
            let label = head.form ?? .unknown
            self =
                head.isEncoded ? .opaque : label == .opaque && !kind.mayAnswerBytes ? .unknown : label
        }

        private static func isOfBytes(_ type: UnsafeRawBufferPointer) -> Bool {
            type.equals("application/octet-stream") || type.equals("application/zip")
                || type.equals("application/pdf") || type.starts(with: "audio/")
                || type.starts(with: "video/")
                || type.starts(with: "image/")
        }

        /// What the first byte that is no space says, whatever the label; nil where it says nothing, and the
        /// label holds. JSON begins with a bracket and never with a letter of the names of an event's fields.
        init?(firstByte byte: UInt8, label: Form) {
            switch byte {
            case 0x7B, 0x5B: self = .json
            // `data`, `event`, `id`, `retry`, and a comment.
            case 0x64, 0x65, 0x69, 0x72, 0x3A: self = .events
            // No text begins with a control character: it is compressed.
            case ..<0x20: self = .opaque
            default:
                guard label == .unknown else { return nil }
                self = .opaque
            }
        }

        /// In front of what tells the form: white space, and the bytes of a byte order mark.
        static func isPassed(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF: true
            default: false
            }
        }
    }

    /// Looks for the byte that tells the form. Returns where reading begins: the form of what is in front of
    /// it does not matter. Asked again with the same bytes it answers the same.
    func decide(_ base: UnsafePointer<UInt8>, _ count: Int) -> Int {
        guard !isDecided, form != .opaque else { return 0 }
        var index = 0
        while index < count, Form.isPassed(base[index]) { index += 1 }
        // What is labelled a stream is read as one meanwhile: its blank lines and its mark count.
        guard index < count else { return form == .events ? 0 : count }
        isDecided = true
        let told = Form(firstByte: base[index], label: form) ?? form
        isReadable = told == .json && (base[index] == 0x7B || base[index] == 0x5B)
        guard told != form else { return told == .events ? 0 : index }
        if form == .events { frame = EventFrame() }
        form = told
        scanner.reset()
        scanner.isEvent = told == .events
        return index
    }
}

extension UnsafeRawBufferPointer {
    /// In any case.
    fileprivate func starts(with text: StaticString) -> Bool {
        count >= text.utf8CodeUnitCount
            && UnsafeRawBufferPointer(rebasing: self[..<text.utf8CodeUnitCount]).equals(text)
    }
}
