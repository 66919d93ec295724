import Vault

/// The PEM file that `LATCHKEY_UPSTREAM_CLIENT_CERT_FILE` names, looked at before the server starts: libcurl
/// reads it with each connection, so that a file which cannot be used would fail every request instead.
package enum ClientCertificateFile {
    private static let setting = "LATCHKEY_UPSTREAM_CLIENT_CERT_FILE"
    private static let maximum = 1 << 20

    package enum Failure: ExplainedError, Equatable {
        case unreadable(SecretFileError)
        /// There is no certificate in it, or no private key.
        case incomplete(path: String, missing: String)
        /// Nobody is there to enter its passphrase.
        case locked(path: String)

        package var message: String {
            switch self {
            case .unreadable(let error): error.message
            case .incomplete(let path, let missing): "there is no \(missing) in \(path)"
            case .locked(let path): "the private key in \(path) has a passphrase"
            }
        }

        package var hint: String? {
            switch self {
            case .unreadable(let error): error.hint
            case .incomplete: "\(setting) must name a PEM file of a certificate and its private key"
            case .locked: "store the key without one: openssl pkey -in key.pem -out plain.pem"
            }
        }
    }

    /// Whether certificate and key are sound, and of each other, shows only when they are used.
    package static func check(_ path: String) throws(Failure) {
        let content: Secret
        do throws(SecretFile.Failure) {
            content = try SecretFile(path: path).read(atMost: maximum)
        } catch .tooShort {
            throw .incomplete(path: path, missing: "certificate")
        } catch {
            throw .unreadable(
                SecretFileError(error, of: "client certificate file", at: path, setting: setting))
        }
        func holds(_ text: String) -> Bool {
            content.withUnsafeBytes { $0.firstRange(of: Array(text.utf8)) != nil }
        }
        guard holds("-----BEGIN CERTIFICATE-----") else {
            throw .incomplete(path: path, missing: "certificate")
        }
        guard holds("PRIVATE KEY-----") else { throw .incomplete(path: path, missing: "private key") }
        // PKCS #8's way, and that of the older forms (RFC 1421 4.6.1.1).
        guard !holds("ENCRYPTED PRIVATE KEY-----"), !holds("Proc-Type: 4,ENCRYPTED") else {
            throw .locked(path: path)
        }
    }
}
