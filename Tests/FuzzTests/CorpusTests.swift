#if !FUZZING
import Foundation
import Testing

/// The inputs in `Tests/Corpora`, those the fuzzer once found something with among them.
struct CorpusTests {
    private static var corpora: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Corpora")
    }

    @Test(arguments: FuzzTarget.allCases)
    func `every kept input meets the promises`(target: FuzzTarget) throws {
        let folder = Self.corpora.appending(path: target.rawValue)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(files.count >= 5)
        for file in files {
            let input = Array(try Data(contentsOf: file))
            #expect(target.brokenPromise(by: input) == nil, "\(file.lastPathComponent)")
            for length in input.indices {
                let broken = target.brokenPromise(by: Array(input[..<length]))
                #expect(broken == nil, "the first \(length) bytes of \(file.lastPathComponent)")
            }
        }
    }
}
#endif
