import Domain
import Foundation
import NIOCore
import Testing

@testable import Gateway

/// What the answers of a dozen and more providers come to, however their bytes come, and whether or not their
/// usage was asked for on the client's behalf.
struct UsageShapeTests {
    private func observed(_ shape: UsageShape, splits: some Sequence<Int>) -> String {
        let meter = UsageMeter(shape.kind, form: shape.label)
        var start = 0
        for split in Array(splits) + [shape.bytes.count] {
            Array(shape.bytes[start..<split]).withUnsafeBytes { meter.take($0) }
            start = split
        }
        return UsageShape.text(of: meter.finish())
    }

    private func injected(_ shape: UsageShape, splits: some Sequence<Int>) -> (text: String, sent: [UInt8]) {
        var filter = InjectedChunkFilter(shape.kind, form: shape.label)
        var sent: [UInt8] = []
        var start = 0
        for split in Array(splits) + [shape.bytes.count] {
            sent += filter.take(ByteBuffer(bytes: shape.bytes[start..<split])).readableBytesView
            start = split
        }
        sent += filter.finish().readableBytesView
        return (UsageShape.text(of: filter.meter.finish()), sent)
    }

    @Test func `there are shapes of many providers`() {
        #expect(UsageShape.all.count >= 100)
        let providers = Set(UsageShape.all.compactMap { $0.name.split(separator: "-").first })
        #expect(providers.count >= 20)
    }

    @Test(arguments: UsageShape.all)
    func `a shape comes to what is written beside it, at every split`(shape: UsageShape) {
        #expect(observed(shape, splits: []) == shape.expected)
        #expect(observed(shape, splits: shape.bytes.indices) == shape.expected)
        for split in shape.bytes.indices {
            #expect(observed(shape, splits: [split]) == shape.expected, "split at \(split)")
        }
    }

    @Test(arguments: UsageShape.all.filter { $0.kind == .chatCompletions || $0.kind == .completions })
    func `asked for its usage it comes to the same, and loses what was added alone`(shape: UsageShape) {
        let wanted = shape.withoutAdded
        let isStream = shape.bytes.starts(with: Array("data:".utf8))
        #expect(isStream || shape.added != nil || wanted == shape.bytes)
        func check(_ splits: some Sequence<Int>, _ comment: String) {
            let (text, sent) = injected(shape, splits: splits)
            #expect(text == shape.expected, "\(comment)")
            #expect(sent == wanted, "\(comment)")
        }
        check([], "whole")
        check(shape.bytes.indices, "bytewise")
        for split in shape.bytes.indices { check([split], "split at \(split)") }
    }

    /// Judged from the JSON alone, in the plainest way.
    @Test(arguments: UsageShape.all)
    func `no shape whose numbers contradict each other is exact`(shape: UsageShape) {
        guard shape.expected.contains("accuracy: exact") else { return }
        let texts =
            shape.bytes.first == 0x7B || shape.bytes.first == 0x0A || shape.bytes.first == 0xEF
            ? [String(decoding: shape.bytes, as: UTF8.self)]
            : String(decoding: shape.bytes, as: UTF8.self).split(separator: "\n")
                .filter { $0.hasPrefix("data: {") }.map { String($0.dropFirst(6)) }
        for text in texts {
            let object =
                try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            let inner = object?["response"] as? [String: Any] ?? object
            guard let usage = inner?["usage"] as? [String: Any] else { continue }
            #expect(!Contradiction.isIn(usage), "\(usage)")
        }
    }
}
