import Domain
import Foundation
import Testing
import Vault

@Suite final class MasterKeyFileTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "vault-\(UUID())").path
    private var file: MasterKeyFile { MasterKeyFile(path: folder + "/master.key") }

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func write(_ text: String, mode: mode_t = 0o600) throws {
        try Data(text.utf8).write(to: URL(filePath: file.path))
        chmod(file.path, mode)
    }

    @Test func `a new file is private, holds 64 digits and gives the same key again`() throws {
        #expect(!FileManager.default.fileExists(atPath: file.path))
        let created = try file.create()
        #expect(FileManager.default.fileExists(atPath: file.path))
        let text = try String(contentsOfFile: file.path, encoding: .utf8)
        #expect(text.wholeMatch(of: /[0-9a-f]{64}\n/) != nil)
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let (_, rows) = KeyRing.generate(masterKey: created)
        #expect(throws: Never.self) { try KeyRing(masterKey: try self.file.read(), sealed: rows) }
    }

    @Test func `a file that is there is never written over`() throws {
        try write("keep me")
        #expect(throws: MasterKeyFile.Failure.exists) { try self.file.create() }
        #expect(try String(contentsOfFile: file.path, encoding: .utf8) == "keep me")
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o620] as [mode_t])
    func `a file that others can open is refused`(mode: mode_t) throws {
        try write(String(repeating: "a", count: 64), mode: mode)
        let exposure = FileExposure(mode: mode, canChangeMode: true)
        #expect(throws: MasterKeyFile.Failure.exposed(exposure)) { try self.file.read() }
    }

    @Test func `what is missing, no file, or no key is told apart`() throws {
        #expect(throws: MasterKeyFile.Failure.missing) { try self.file.read() }
        #expect(throws: MasterKeyFile.Failure.notAFile) { try MasterKeyFile(path: self.folder).read() }
        let digits = String(repeating: "a", count: 64)
        for text in ["", "abc", digits.dropLast() + "g", digits + "a", digits + "\n\n", "\n" + digits] {
            try write(String(text))
            #expect(throws: MasterKeyFile.Failure.malformed) { try self.file.read() }
        }
    }

    @Test func `a key may be given as text, in either case, with a line end`() throws {
        let (_, rows) = KeyRing.generate(masterKey: try MasterKey(hexadecimal: Secret(utf8: Self.key)))
        for text in [Self.key.uppercased(), Self.key + "\n", Self.key + "\r\n"] {
            let key = try MasterKey(hexadecimal: Secret(utf8: text))
            #expect(throws: Never.self) { try KeyRing(masterKey: key, sealed: rows) }
        }
        for text in ["", "x", Self.key + " ", Self.key + "0"] {
            #expect(throws: VaultError.masterKeyMalformed) { try MasterKey(hexadecimal: Secret(utf8: text)) }
        }
    }

    private static let key = String(repeating: "0123456789abcdef", count: 4)
}
