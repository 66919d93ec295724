import Domain

/// `images`: a picture of one pixel, whatever is asked for; whole or as a stream with partial pictures.
struct DummyImages {
    static let routes = [
        DummyRoute("POST", "images/generations") { call throws(APIError) in
            try DummyImages(call, "image_generation").answer
        },
        DummyRoute("POST", "images/edits") { call throws(APIError) in
            try DummyImages(call, "image_edit").answer
        },
        DummyRoute("POST", "images/variations") { call throws(APIError) in
            try DummyImages(call, "image_variation").answer
        },
    ]

    private static let png =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    /// What one picture counts, in output tokens.
    private static let tokens = 1

    private let call: DummyCall
    private let body: JSONValue
    /// How its events are named.
    private let name: String
    private let count: Int
    private let promptTokens: Int
    /// Pictures that were given.
    private let inputImages: Int
    private let delay: Int

    private init(_ call: DummyCall, _ name: String) throws(APIError) {
        let (body, form) = try call.fields()
        if name != "image_variation", body["prompt"]?.string == nil { throw .missing("prompt") }
        if name != "image_generation" {
            guard form?.file("image") != nil || body["images"] != nil || body["image"] != nil else {
                throw .missing("image")
            }
        }
        count = body["n"]?.count ?? 1
        guard (1...10).contains(count) else { throw .invalid("n must be from 1 to 10.", param: "n") }
        delay = try body["model"]?.string == nil ? 0 : call.model(of: body).delay
        inputImages = form?.parts.count { $0.filename != nil } ?? body["images"]?.elements?.count ?? 0
        promptTokens = DummyText.count(body["prompt"]?.string.map { .string($0) })
        self.call = call
        self.body = body
        self.name = name
    }

    private var answer: DummyAnswer {
        if body["stream"]?.flag ?? false { return DummyAnswer(events: events, delay: delay) }
        let isLink = body["response_format"] == "url"
        let image: JSONValue =
            isLink ? ["url": .string("data:image/png;base64," + Self.png)] : ["b64_json": .string(Self.png)]
        return DummyAnswer(
            delay: delay,
            [
                "created": .int(call.seconds), "background": "opaque", "output_format": "png",
                "quality": "low", "size": .string(size),
                "data": .array(Array(repeating: image, count: count)), "usage": usage,
            ])
    }

    private var size: String {
        let size = body["size"]?.string ?? "auto"
        return size == "auto" ? "1024x1024" : size
    }

    private var usage: JSONValue {
        let input = promptTokens + inputImages
        return [
            "input_tokens": .int(input),
            "input_tokens_details": ["text_tokens": .int(promptTokens), "image_tokens": .int(inputImages)],
            "output_tokens": .int(count * Self.tokens), "total_tokens": .int(input + count * Self.tokens),
        ]
    }

    private var events: [[UInt8]] {
        let image: JSONValue = [
            "b64_json": .string(Self.png), "created_at": .int(call.seconds), "size": .string(size),
            "quality": "low", "background": "opaque", "output_format": "png",
        ]
        func event(_ kind: String, _ more: [JSONValue.Member]) -> [UInt8] {
            let type = "\(name).\(kind)"
            let event: JSONValue = ["type": .string(type)]
            return DummyAnswer.event(event.setting((image.members ?? []) + more), named: type)
        }
        let partial = min(max(body["partial_images"]?.count ?? 0, 0), 3)
        return (0..<partial).map { event("partial_image", [.init("partial_image_index", .int($0))]) }
            + [event("completed", [.init("usage", usage)])]
    }
}
