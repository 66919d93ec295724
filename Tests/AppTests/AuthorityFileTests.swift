import Foundation
import Testing

@testable import App

/// The certificates to trust are looked at when the server starts, not with the first request.
@Suite struct AuthorityFileTests {
    private func withFile(_ content: String, _ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("latchkey-ca-\(UUID())").path
        try Data(content.utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    @Test(arguments: ["", "# all of them\n", "-----BEGIN X509 CERTIFICATE-----\n"])
    func `a file with certificates is taken`(_ beginning: String) throws {
        try withFile(beginning + "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n") { path in
            #expect(throws: Never.self) { try AuthorityFile.check(path) }
        }
    }

    @Test(arguments: ["", "MIIB", "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"])
    func `a file without one is refused`(_ content: String) throws {
        try withFile(content) { path in
            #expect(throws: AuthorityFileError.holdsNoCertificate(path: path)) {
                try AuthorityFile.check(path)
            }
        }
    }

    @Test func `a file that is not there, or is none, is refused with a hint`() throws {
        let missing = "/nonexistent/ca.pem"
        let error = #expect(throws: AuthorityFileError.self) { try AuthorityFile.check(missing) }
        #expect(error == .unreadable(path: missing, FileFailure(ENOENT, at: missing)))
        #expect(error?.hint?.contains("LATCHKEY_UPSTREAM_CA_FILE") == true)
        #expect(throws: AuthorityFileError.self) { try AuthorityFile.check("/") }
    }
}
