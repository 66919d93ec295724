import Domain

/// `audio/speech`: silence, in the format that is asked for; whole or as a stream of events.
enum DummySpeech {
    static let routes = [DummyRoute("POST", "audio/speech", answer)]

    @Sendable private static func answer(_ call: DummyCall) throws(APIError) -> DummyAnswer {
        let body = try call.json()
        let model = try call.model(of: body)
        guard let input = body["input"]?.string else { throw .missing("input") }
        let format = body["response_format"]?.string ?? "mp3"
        guard let sound = DummySound(rawValue: format) else {
            throw .invalid(
                "response_format must be one of mp3, opus, aac, flac, wav, pcm.", param: "response_format")
        }
        guard body["stream_format"] == "sse" else {
            return DummyAnswer(type: sound.type, body: sound.bytes, delay: model.delay)
        }
        let tokens = DummyText.count(.string(input))
        return DummyAnswer(
            events: [
                DummyAnswer.event([
                    "type": "speech.audio.delta", "audio": .string(Base64.encode(sound.bytes)),
                ]),
                DummyAnswer.event([
                    "type": "speech.audio.done",
                    "usage": [
                        "input_tokens": .int(tokens), "output_tokens": .int(tokens),
                        "total_tokens": .int(2 * tokens),
                    ],
                ]),
            ], delay: model.delay)
    }
}
