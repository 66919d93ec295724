import Foundation
import Testing
import Vault

@Suite final class SecretFileTests {
    private let path = FileManager.default.temporaryDirectory.appending(path: "secret-\(UUID())").path
    private var file: SecretFile { SecretFile(path: path) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    private func write(_ text: String, mode: mode_t = 0o600) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
        chmod(path, mode)
    }

    private func reveal(_ secret: Secret) -> String {
        secret.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: ["0123456789", "0123456789\n", "0123456789\r\n"])
    func `one line end is not part of the line`(_ text: String) throws {
        try write(text)
        #expect(try reveal(file.line(atLeast: 10, atMost: 10)) == "0123456789")
        #expect(try reveal(file.read(atMost: 12)) == text)
    }

    @Test(
        arguments: [
            ("", .tooShort(minimum: 4)), ("\n", .tooShort(minimum: 4)), ("abc\r\n", .tooShort(minimum: 4)),
            ("abcdefghi", .tooLong(maximum: 8)), ("abcdefghi\n", .tooLong(maximum: 8)),
            (String(repeating: "a", count: 4096), .tooLong(maximum: 8)),
            ("ab\ncd", .notOneLine), ("abcd\n\n", .notOneLine), ("\nabcd", .notOneLine),
        ] as [(String, SecretFile.Failure)])
    func `a line has its lengths and is alone`(_ text: String, _ failure: SecretFile.Failure) throws {
        try write(text)
        #expect(throws: failure) { try self.file.line(atLeast: 4, atMost: 8) }
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o602, 0o644, 0o666] as [mode_t])
    func `one that others can use is not read`(mode: mode_t) throws {
        try write("a secret", mode: mode)
        let exposure = FileExposure(mode: mode, canChangeMode: true)
        #expect(throws: SecretFile.Failure.exposed(exposure)) { try self.file.read(atMost: 100) }
        #expect(throws: SecretFile.Failure.exposed(exposure)) { try self.file.line(atLeast: 1, atMost: 100) }
    }

    @Test func `what is missing, and what is no file, is told apart`() throws {
        #expect(throws: SecretFile.Failure.missing) { try self.file.read(atMost: 1) }
        for path in ["/", "/dev/null"] {
            #expect(throws: SecretFile.Failure.notAFile) { try SecretFile(path: path).read(atMost: 1) }
        }
        try write("")
        #expect(throws: SecretFile.Failure.system(errno: ENOTDIR)) {
            try SecretFile(path: self.path + "/below").read(atMost: 1)
        }
    }

    @Test func `a pipe is read where one is meant, and not waited for where none is`() throws {
        #expect(mkfifo(path, 0o644) == 0)
        #expect(throws: SecretFile.Failure.notAFile) { try self.file.read(atMost: 100) }
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        #expect(Foundation.write(ends[1], "piped", 5) == 5)
        close(ends[1])
        let reading = SecretFile(path: "/dev/fd/\(ends[0])")
        #expect(try reveal(reading.read(atMost: 100, takingPipes: true)) == "piped")
        close(ends[0])
    }
}
