import Domain

/// The dummy provider's sound, pictures and moderation: the smallest answers that a program can really open.
enum DummyMedia {
    /// A picture of one pixel.
    static let png =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

    /// A tenth of a second of silence: RIFF WAVE, PCM, mono, 8,000 samples a second of 8 bits.
    static var wav: [UInt8] {
        let samples = 800
        func number(_ value: Int, _ width: Int) -> [UInt8] {
            (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        let format =
            number(1, 2) + number(1, 2) + number(8000, 4) + number(8000, 4) + number(1, 2) + number(8, 2)
        return Array("RIFF".utf8) + number(36 + samples, 4) + Array("WAVEfmt ".utf8) + number(16, 4) + format
            + Array("data".utf8) + number(samples, 4) + [UInt8](repeating: 0x80, count: samples)
    }

    static func speech(body: JSONValue) throws(APIError) -> DummyAnswer {
        let name = try DummyProvider.modelName(of: body)
        guard let model = DummyModel(name) else { throw DummyProvider.unknownModel(name) }
        guard body["input"]?.string != nil else { throw DummyProvider.missing("input") }
        return DummyAnswer(type: "audio/wav", body: wav, delay: model.delay)
    }

    /// The form is not read: every recording says the same.
    static func transcription() -> DummyAnswer {
        DummyAnswer {
            $0.member("text", DummyText.words(DummyModel.ordinaryWords).joined())
            $0.object("usage") {
                $0.member("type", "duration")
                $0.member("seconds", 1)
            }
        }
    }

    static func image(body: JSONValue, now: Timestamp) throws(APIError) -> DummyAnswer {
        guard let prompt = body["prompt"]?.string else { throw DummyProvider.missing("prompt") }
        let words = DummyText.count(.string(prompt))
        return DummyAnswer {
            $0.member("created", Int(now.milliseconds / 1000))
            $0.array("data") { $0.object { $0.member("b64_json", png) } }
            $0.object("usage") {
                $0.member("input_tokens", words)
                $0.object("input_tokens_details") {
                    $0.member("text_tokens", words)
                    $0.member("image_tokens", 0)
                }
                $0.member("output_tokens", 1)
                $0.member("total_tokens", words + 1)
            }
        }
    }

    private static let categories: [StaticString] = [
        "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent",
        "self-harm",
        "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence",
        "violence/graphic",
    ]

    /// Nothing is ever flagged. One result for each input.
    static func moderation(body: JSONValue, now: Timestamp) throws(APIError) -> DummyAnswer {
        guard let input = body["input"] else { throw DummyProvider.missing("input") }
        let isTexts = input.elements?.contains { $0.string != nil } ?? false
        let results = isTexts ? min(input.elements?.count ?? 1, DummyEmbeddings.inputLimit) : 1
        return DummyAnswer {
            $0.member("id", DummyProvider.id("modr-", now))
            $0.member("model", body["model"]?.string ?? "omni-moderation-latest")
            $0.array("results") {
                for _ in 0..<results {
                    $0.object { result in
                        result.member("flagged", false)
                        result.object("categories") { for name in categories { $0.member(name, false) } }
                        result.object("category_scores") { for name in categories { $0.member(name, 0) } }
                        result.object("category_applied_input_types") {
                            for name in categories { $0.array(name) { $0.element("text") } }
                        }
                    }
                }
            }
        }
    }
}
