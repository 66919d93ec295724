import Foundation

/// A temporary folder with an authority of its own and certificates for loopback that it has signed:
/// `valid.pem`, `expired.pem`, `elsewhere.pem` (for another host), one key for all of them.
final class TLSFolder: Sendable {
    enum Certificate: String { case valid, expired, elsewhere }
    enum Failure: Error { case tool(String, Int32) }

    let path: String
    var authority: String { path + "/authority.pem" }
    var key: String { path + "/server.key" }

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("latchkey-tls-\(UUID())").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        try openssl(
            ["req", "-x509", "-keyout", path + "/authority.key", "-out", authority, "-subj", "/CN=authority"]
                + newKey)
        try openssl(["req", "-keyout", key, "-out", path + "/request", "-subj", "/CN=upstream"] + newKey)
        try sign(.valid, days: 2, for: "IP:127.0.0.1,DNS:localhost")
        try sign(.expired, days: -1, for: "IP:127.0.0.1,DNS:localhost")
        try sign(.elsewhere, days: 2, for: "DNS:elsewhere.test")
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ certificate: Certificate) -> String { "\(path)/\(certificate.rawValue).pem" }

    private func sign(_ certificate: Certificate, days: Int, for names: String) throws {
        try Data("subjectAltName=\(names)\n".utf8).write(to: URL(fileURLWithPath: path + "/names"))
        try openssl([
            "x509", "-req", "-in", path + "/request", "-CA", authority, "-CAkey", path + "/authority.key",
            "-CAcreateserial", "-days", "\(days)", "-extfile", path + "/names", "-out", file(certificate),
        ])
    }

    private func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure.tool("openssl \(arguments[0])", process.terminationStatus)
        }
    }
}
