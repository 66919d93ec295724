/// A tenth of a second of silence, 8,000 samples a second, in every format that speech is asked for in.
enum DummySound: String {
    case mp3, opus, aac, flac, wav, pcm

    var type: String {
        switch self {
        case .mp3: "audio/mpeg"
        case .opus: "audio/ogg"
        case .aac: "audio/aac"
        case .flac: "audio/flac"
        case .wav: "audio/wav"
        case .pcm: "audio/pcm"
        }
    }

    var bytes: [UInt8] {
        switch self {
        // Four frames of MPEG-2.5 layer III, 8 kbit/s, mono: a header, side information, and filling.
        case .mp3:
            (0..<4).flatMap { _ in
                [0xFF, 0xE3, 0x18, 0xC4, 0, 0, 0, 3, 0x48, 0, 0, 0, 0] + [UInt8](repeating: 0x55, count: 59)
            }
        case .opus: Base64.decode(Self.opusText)
        case .aac: Base64.decode("//FsQAF//AEYIAf/8WxAAX/8ARggBw==")
        case .flac:
            Base64.decode("ZkxhQ4AAACIDIAMgAAANAAANAfQA8AAAAyBq0A9H2K1PEgBbIrLKpI94//h0CAADH/cAAABK+A==")
        case .wav: Self.wave
        case .pcm: Self.samples
        }
    }

    private static let opusText =
        "T2dnUwACAAAAAAAAAAAAAAAAAAAAAGS5xGoBE09wdXNIZWFkAQE4AUAfAAAAAABPZ2dTAAAAAAAAAAAAAAAAAAABAAAASZW+VAEu"
        + "T3B1c1RhZ3MGAAAAZmZtcGVnAQAAABQAAABlbmNvZGVyPUxhdmMgbGlib3B1c09nZ1MABPgTAAAAAAAAAAAAAAIAAABB"
        + "ShkFBgcGBgYGBggL5jsjq2AICKyzDsYICKyzDsYICKyzDsYICKyzDsYICKyzDsY="

    /// 800 samples of 16 bits.
    private static var samples: [UInt8] { [UInt8](repeating: 0, count: 1600) }

    /// RIFF WAVE, PCM, mono.
    private static var wave: [UInt8] {
        func number(_ value: Int, _ width: Int) -> [UInt8] {
            (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        let format =
            number(1, 2) + number(1, 2) + number(8000, 4) + number(16_000, 4) + number(2, 2) + number(16, 2)
        return Array("RIFF".utf8) + number(36 + samples.count, 4) + Array("WAVEfmt ".utf8) + number(16, 4)
            + format + Array("data".utf8) + number(samples.count, 4) + samples
    }
}
