import Domain
import Foundation

@testable import Gateway

/// A body that was changed says what it said before and asks for the usage; one that was not, needed none.
enum SplicePromises {
    static func check(_ input: [UInt8]) throws(BrokenPromise) {
        guard case .success(.some(let splice)) = plan(input) else { return }
        var changed = input
        changed.replaceSubrange(splice.range, with: splice.bytes)
        guard case .success(nil) = plan(changed) else {
            throw BrokenPromise(sentence: "a changed body needs no other change")
        }
        guard let before = object(input) else { return }
        guard var after = object(changed) else {
            throw BrokenPromise(sentence: "a changed body is still JSON")
        }
        let options = after["stream_options"] as? [String: Any]
        try BrokenPromise.unless(options?["include_usage"] as? Bool == true, "a changed body asks for usage")
        after["stream_options"] = before["stream_options"]
        try BrokenPromise.unless(text(after) == text(before), "the rest of a body stays")
    }

    private static func plan(_ body: [UInt8]) -> Result<StreamUsageSplice?, Rejection> {
        body.withUnsafeBytes { bytes in
            Result { () throws(Rejection) in
                try StreamUsageSplice.plan(for: bytes, BodyPeek.peek(bytes), to: .chatCompletions)
            }
        }
    }

    private static func text(_ object: [String: Any]) -> Data? {
        try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
    }

    private static func object(_ body: [UInt8]) -> [String: Any]? {
        try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
    }
}
