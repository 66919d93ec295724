import Foundation
import Testing
import Vault

@testable import App

@Suite final class ConfiguredSecretTests {
    private let path = FileManager.default.temporaryDirectory.appending(path: "secret-\(UUID())").path

    deinit { try? FileManager.default.removeItem(atPath: path) }

    private func settings() throws -> Settings {
        try Settings(
            from: SettingsSource(environment: [
                "LATCHKEY_ALARM_SECRET_FILE": path, "LATCHKEY_GITHUB_WEBHOOK_SECRET_FILE": path,
            ]))
    }

    private func write(_ text: String, mode: mode_t = 0o600) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
        chmod(path, mode)
    }

    @Test func `none is looked at that is not configured`() throws {
        let plain = try Settings(from: SettingsSource(environment: [:]))
        #expect(plain.secrets.isEmpty)
        try plain.checkFiles()
    }

    @Test func `each that is configured is read by one rule`() throws {
        try write("0123456789abcdef\n")
        let secrets = try settings().secrets
        #expect(secrets.map(\.name) == ["alarm secret", "GitHub webhook secret"])
        for secret in secrets {
            #expect(try secret.read().withUnsafeBytes { Array($0) } == Array("0123456789abcdef".utf8))
        }
        try settings().checkFiles()
    }

    @Test(
        arguments: [
            ("0123456789abcde\n", 0o600, "is shorter than 16 bytes", "openssl rand -hex 32"),
            ("0123456789abcdef", 0o640, "is accessible to other users (mode 640)", "run: chmod 600 "),
            ("0123456789abcdef", 0o602, "can be changed by other users (mode 602)", "run: chmod 600 "),
            ("0123456789abcdef\nx", 0o600, "has more than one line", "first and only line"),
        ] as [(String, mode_t, String, String)])
    func `what is wrong is told, and what to do, and never the secret`(
        _ text: String, mode: mode_t, _ message: String, _ hint: String
    ) throws {
        try write(text, mode: mode)
        for secret in try settings().secrets {
            let error = #expect(throws: SecretFileError.self) { try secret.read() }
            #expect(error?.message.hasSuffix(message) == true)
            #expect(error?.message.contains(secret.name) == true && error?.message.contains(path) == true)
            #expect(error?.hint?.contains(hint) == true)
            #expect(error?.message.contains("0123") == false)
        }
        #expect(throws: SecretFileError.self) { try self.settings().checkFiles() }
    }

    @Test func `a file that is not there names the setting`() throws {
        for secret in try settings().secrets {
            let error = #expect(throws: SecretFileError.self) { try secret.read() }
            #expect(error?.message == "there is no \(secret.name) file at \(path)")
            #expect(error?.hint?.hasPrefix(secret.setting) == true)
        }
    }
}
