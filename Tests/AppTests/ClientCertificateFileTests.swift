import Foundation
import Testing
import Vault

@testable import App

/// The certificate that upstreams are shown is looked at when the server starts, not with the first request.
@Suite final class ClientCertificateFileTests {
    private static let certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    private static let key = pem("PRIVATE KEY")

    private let path = FileManager.default.temporaryDirectory.appending(path: "client-\(UUID())").path

    deinit { try? FileManager.default.removeItem(atPath: path) }

    private static func pem(_ name: String, _ lines: String = "MIIB") -> String {
        "-----BEGIN \(name)-----\n\(lines)\n-----END \(name)-----\n"
    }

    private func write(_ text: String, mode: mode_t = 0o600) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
        chmod(path, mode)
    }

    @Test(arguments: ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"])
    func `a certificate and a private key in any order are taken`(_ name: String) throws {
        let key = Self.pem(name)
        for text in [
            Self.certificate + key, key + Self.certificate + Self.certificate,
            "# ours\n" + Self.certificate + key,
        ] {
            try write(text)
            #expect(throws: Never.self) { try ClientCertificateFile.check(path) }
        }
    }

    @Test(
        arguments: [
            ("", "certificate"), ("# nothing\n", "certificate"), (key, "certificate"),
            (certificate, "private key"),
            (certificate + pem("PUBLIC KEY"), "private key"),
        ])
    func `a file that lacks one of them is refused`(_ text: String, _ missing: String) throws {
        try write(text)
        let error = #expect(throws: ClientCertificateFile.Failure.self) {
            try ClientCertificateFile.check(path)
        }
        #expect(error == .incomplete(path: path, missing: missing))
        #expect(error?.message == "there is no \(missing) in \(path)")
        #expect(error?.hint?.contains("LATCHKEY_UPSTREAM_CLIENT_CERT_FILE") == true)
    }

    @Test(
        arguments: [
            pem("ENCRYPTED PRIVATE KEY"),
            pem("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMIIB"),
        ])
    func `a key with a passphrase is refused, for nobody could enter it`(_ key: String) throws {
        try write(Self.certificate + key)
        let error = #expect(throws: ClientCertificateFile.Failure.locked(path: path)) {
            try ClientCertificateFile.check(path)
        }
        #expect(error?.message == "the private key in \(path) has a passphrase")
        #expect(error?.hint?.contains("openssl pkey") == true)
    }

    @Test(
        arguments: [
            (0o644, "is accessible to other users (mode 644)"),
            (0o640, "is accessible to other users (mode 640)"),
            (0o602, "can be changed by other users (mode 602)"),
        ] as [(mode_t, String)])
    func `a file that others may read or change is refused`(_ mode: mode_t, _ clause: String) throws {
        try write(Self.certificate + Self.key, mode: mode)
        let error = #expect(throws: ClientCertificateFile.Failure.self) {
            try ClientCertificateFile.check(path)
        }
        #expect(error?.message == "the client certificate file \(path) \(clause)")
        #expect(error?.hint?.hasPrefix("run: chmod 600 ") == true)
        // The server does not start with it.
        let settings = try Settings(
            from: SettingsSource(environment: ["LATCHKEY_UPSTREAM_CLIENT_CERT_FILE": path]))
        #expect(throws: ClientCertificateFile.Failure.self) { try settings.checkFiles() }
    }

    @Test func `no file, a folder and a file that is far too large are refused`() throws {
        func message(_ path: String) -> String? {
            let error = #expect(throws: ClientCertificateFile.Failure.self) {
                try ClientCertificateFile.check(path)
            }
            #expect(error?.hint?.isEmpty == false)
            return error?.message
        }
        #expect(message(path) == "there is no client certificate file at \(path)")
        #expect(message("/")?.hasSuffix("is not a regular file") == true)
        try write(Self.certificate + Self.key + String(repeating: "\n", count: 1 << 20))
        #expect(message(path)?.contains(path) == true)
    }
}
