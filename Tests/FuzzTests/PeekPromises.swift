import Domain
import Foundation

@testable import Gateway

/// Where Foundation's parser reads a body too, both read the same model and the same stream.
enum PeekPromises {
    static func check(_ input: [UInt8]) throws(BrokenPromise) {
        let peek = input.withUnsafeBytes { bytes in
            Result { () throws(Rejection) in try BodyPeek.peek(bytes) }
        }
        guard case .success(let peek) = peek else { return }
        let parsed = try? JSONSerialization.jsonObject(with: Data(input), options: [.fragmentsAllowed])
        guard let parsed else { return }
        guard let object = parsed as? [String: Any] else {
            throw BrokenPromise(sentence: "a body that passes is an object")
        }
        let model = object["model"] as? String
        try BrokenPromise.unless(
            peek.model.map { Array($0.utf8) } == model.map { Array($0.utf8) }, "both read one model")
        guard let stream = peek.stream else { return }
        try BrokenPromise.unless(object["stream"] as? Bool == stream, "both read one stream")
    }
}
