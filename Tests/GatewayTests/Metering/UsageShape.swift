import Domain
import Foundation
import HTTP
import Testing

@testable import Gateway

/// An answer in the shape of one provider's, kept in `Tests/UsageShapes`, with what it comes to written
/// beside it: the endpoint, the label if it is not the right one, and the lines of ``text(of:)``; of a stream
/// also which event an injected question added.
struct UsageShape: CustomTestStringConvertible {
    let name: String
    let kind: Endpoint.Kind
    let label: UsageMeter.Form
    let bytes: [UInt8]
    let expected: String
    /// The number of the event that is taken out of an injected stream, from 1 on.
    let added: Int?

    var testDescription: String { name }

    /// The answer without the event that was added, and its blank line.
    var withoutAdded: [UInt8] {
        guard let added else { return bytes }
        var blocks = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\n\n")
        let isEvent = { (block: String) in block.contains("data: ") }
        let index = blocks.indices.filter { isEvent(blocks[$0]) }[added - 1]
        blocks.remove(at: index)
        return Array(blocks.joined(separator: "\n\n").utf8)
    }

    static let all: [UsageShape] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "UsageShapes")
        let files = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return (files ?? []).sorted { $0.path < $1.path }.compactMap { UsageShape(file: $0) }
    }()

    private init?(file: URL) {
        guard file.pathExtension == "json" || file.pathExtension == "sse",
            let data = try? Data(contentsOf: file),
            let text = try? String(
                contentsOf: file.deletingPathExtension().appendingPathExtension("expected"), encoding: .utf8)
        else { return nil }
        var facts: [String: String] = [:]
        var lines: [Substring] = []
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            facts[String(parts[0])] = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
            if !["endpoint", "label", "added"].contains(parts[0]) { lines.append(line) }
        }
        guard let kind = Endpoint.Kind(rawValue: facts["endpoint"] ?? "") else { return nil }
        name = file.deletingPathExtension().lastPathComponent
        self.kind = kind
        var head = RelayedHead(status: 200)
        let usual = file.pathExtension == "json" ? "application/json" : "text/event-stream"
        head.form = UsageMeter.Form(contentType: facts["label"] ?? usual)
        label = UsageMeter.Form(head, of: kind)
        bytes = Array(data)
        expected = lines.joined(separator: "\n")
        added = facts["added"].flatMap { Int($0) }
    }

    /// What a meter read, as it is written beside a shape.
    static func text(of reading: UsageReading) -> String {
        var lines = ["usage: " + (reading.usage.map { Metering.text(of: $0) } ?? "not told")]
        if reading.usage != nil { lines.append("accuracy: " + (reading.isExact ? "exact" : "estimated")) }
        if let images = reading.toolImages { lines.append("images: " + Metering.text(of: images)) }
        if let tier = reading.tier { lines.append("tier: \(tier.rawValue)") }
        if !reading.isReadable { lines.append("readable: false") }
        return lines.joined(separator: "\n")
    }
}
