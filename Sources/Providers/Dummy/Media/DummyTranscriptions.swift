import Domain

/// `audio/transcriptions` and `audio/translations`: every recording is one second long and says the same, in
/// the format that is asked for; a transcription also as a stream.
struct DummyTranscriptions {
    static let routes = [
        DummyRoute("POST", "audio/transcriptions") { call throws(APIError) in
            try DummyTranscriptions(call, isTranslation: false).answer()
        },
        DummyRoute("POST", "audio/translations") { call throws(APIError) in
            try DummyTranscriptions(call, isTranslation: true).answer()
        },
    ]

    private let form: DummyForm
    private let model: DummyModel
    private let isTranslation: Bool
    private let text: String
    private let tokens: [String]

    private init(_ call: DummyCall, isTranslation: Bool) throws(APIError) {
        let (body, form) = try call.fields()
        guard let form, form.file("file") != nil else { throw .missing("file") }
        model = try call.model(of: body)
        self.form = form
        self.isTranslation = isTranslation
        text = DummyText.answer(model.words)
        tokens = DummyText.tokens(of: text)
    }

    /// A transcription is charged by its tokens if it is streamed, else by its length.
    private static let duration: JSONValue = ["type": "duration", "seconds": 1]

    private func answer() throws(APIError) -> DummyAnswer {
        if form.text("stream").flatMap(Bool.init) ?? false, !isTranslation {
            return DummyAnswer(events: events, delay: model.delay)
        }
        switch form.text("response_format") ?? "json" {
        case "json":
            return DummyAnswer(
                delay: model.delay,
                isTranslation
                    ? ["text": .string(text)] : ["text": .string(text), "usage": Self.duration])
        case "text": return plain(text + "\n")
        case "srt": return plain("1\n00:00:00,000 --> 00:00:01,000\n\(text)\n\n")
        case "vtt": return plain("WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n\(text)\n\n")
        case "verbose_json": return DummyAnswer(delay: model.delay, verbose)
        case "diarized_json" where !isTranslation: return DummyAnswer(delay: model.delay, diarized)
        case let format:
            throw .invalid(
                "response_format '\(format)' is none of json, text, srt, verbose_json, vtt, diarized_json.",
                param: "response_format")
        }
    }

    private func plain(_ text: String) -> DummyAnswer {
        DummyAnswer(type: "text/plain; charset=utf-8", body: Array(text.utf8), delay: model.delay)
    }

    private var verbose: JSONValue {
        let granularities = form.texts.filter { $0.name == "timestamp_granularities[]" }.map(\.text)
        let segment: JSONValue = [
            "id": 0, "seek": 0, "start": 0, "end": 1, "text": .string(text),
            "tokens": .array(tokens.indices.map { .int($0) }), "temperature": 0,
            "avg_logprob": .number("-0.125"),
            "compression_ratio": 1, "no_speech_prob": 0,
        ]
        var document: JSONValue = [
            "task": isTranslation ? "translate" : "transcribe",
            "language": .string(isTranslation ? "english" : form.text("language") ?? "english"),
            "duration": 1, "text": .string(text),
        ]
        if granularities.isEmpty || granularities.contains("segment") {
            document = document.setting("segments", [segment])
        }
        if granularities.contains("word") { document = document.setting("words", .array(words)) }
        return isTranslation ? document : document.setting("usage", Self.duration)
    }

    /// Spread evenly over the second.
    private var words: [JSONValue] {
        func time(_ index: Int) -> JSONValue { .number(String(Double(index) / Double(tokens.count))) }
        return tokens.enumerated().map { index, token in
            [
                "word": .string(String(token.drop { $0 == " " })), "start": time(index),
                "end": time(index + 1),
            ]
        }
    }

    private var diarized: JSONValue {
        [
            "task": "transcribe", "duration": 1, "text": .string(text),
            "segments": [
                [
                    "type": "transcript.text.segment", "id": "seg_0", "start": 0, "end": 1, "speaker": "A",
                    "text": .string(text),
                ]
            ], "usage": Self.duration,
        ]
    }

    private var events: [[UInt8]] {
        tokens.map { token in
            DummyAnswer.event(["type": "transcript.text.delta", "delta": .string(token)])
        } + [
            DummyAnswer.event([
                "type": "transcript.text.done", "text": .string(text),
                "usage": [
                    "type": "tokens", "input_tokens": 10, "output_tokens": .int(tokens.count),
                    "total_tokens": .int(10 + tokens.count),
                    "input_token_details": ["text_tokens": 0, "audio_tokens": 10],
                ],
            ])
        ]
    }
}
