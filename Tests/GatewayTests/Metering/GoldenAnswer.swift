import Domain
import Foundation
import Testing

@testable import Gateway

/// An answer that is kept in `Tests/Corpora/usage`, with what a meter is to read off it written beside it.
struct GoldenAnswer: CustomTestStringConvertible {
    let name: String
    let kind: Endpoint.Kind
    let form: UsageMeter.Form
    let bytes: [UInt8]
    /// A line for each thing that is known, in the order of ``Metering/text(of:_:)``.
    let expected: String

    var testDescription: String { name }

    /// The answer, a stream also with the other line ends.
    var spellings: [[UInt8]] {
        guard form == .events, !bytes.contains(0x0D) else { return [bytes] }
        return [bytes] + [[0x0D, 0x0A], [0x0D]].map { end in bytes.flatMap { $0 == 0x0A ? end : [$0] } }
    }

    static let all: [GoldenAnswer] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Corpora/usage")
        let files =
            (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil))
        return (files ?? []).sorted { $0.path < $1.path }.compactMap { GoldenAnswer(file: $0) }
    }()

    private init?(file: URL) {
        guard file.pathExtension == "json" || file.pathExtension == "sse",
            let data = try? Data(contentsOf: file),
            let text = try? String(
                contentsOf: file.deletingPathExtension().appendingPathExtension("expected"), encoding: .utf8)
        else { return nil }
        let lines = text.split(separator: "\n")
        guard let kind = lines.first.flatMap({ Endpoint.Kind(rawValue: String($0.dropFirst(10))) }) else {
            return nil
        }
        name = file.deletingPathExtension().lastPathComponent
        self.kind = kind
        form = file.pathExtension == "json" ? .json : .events
        bytes = Array(data)
        expected = lines.dropFirst().joined(separator: "\n")
    }
}

/// What a meter reads off pieces, as text.
enum Metering {
    /// `pieces` are where the answer is split: ascending offsets.
    static func text(
        of bytes: [UInt8], _ kind: Endpoint.Kind, _ form: UsageMeter.Form, splits: some Sequence<Int>
    ) -> String {
        let meter = UsageMeter(kind, form: form)
        bytes.withUnsafeBytes { bytes in
            var start = 0
            for split in splits {
                meter.take(UnsafeRawBufferPointer(rebasing: bytes[start..<split]))
                start = split
            }
            meter.take(UnsafeRawBufferPointer(rebasing: bytes[start...]))
        }
        let reading = meter.finish()
        return text(of: reading, meter.model, meter.objectID, form)
    }

    private static func text(
        of reading: UsageReading, _ model: String?, _ objectID: String?, _ form: UsageMeter.Form
    ) -> String {
        var lines = ["whole: \(reading.isWhole)"]
        if let usage = reading.usage { lines.append("usage: " + text(of: usage)) }
        if reading.usage != nil, !reading.isExact { lines.append("estimated: true") }
        if let tier = reading.tier { lines.append("tier: \(tier.rawValue)") }
        if reading.hasFinishReason { lines.append("finished: true") }
        if let model { lines.append("model: \(model)") }
        if let objectID { lines.append("id: \(objectID)") }
        if let status = reading.status { lines.append("status: \(status)") }
        if reading.isOfLaterObject { lines.append("later: true") }
        if reading.hasError { lines.append("error: true") }
        if form == .events { lines.append("events: \(reading.events)") }
        if reading.contentEvents > 0 {
            lines.append("content: \(reading.contentEvents) \(reading.contentBytes)")
        }
        return lines.joined(separator: "\n")
    }

    static func text(of usage: Usage) -> String {
        [
            ("prompt", usage.prompt), ("cached", usage.cachedPrompt), ("cache_write", usage.cacheWritePrompt),
            ("audio_in", usage.audioPrompt), ("image_in", usage.imagePrompt),
            ("completion", usage.completion), ("reasoning", usage.reasoning),
            ("audio_out", usage.audioCompletion), ("image_out", usage.imageCompletion),
            ("audio_ms", usage.audioMilliseconds),
        ].filter { $0.1 != 0 }.map { "\($0.0)=\($0.1)" }.joined(separator: " ")
    }
}
