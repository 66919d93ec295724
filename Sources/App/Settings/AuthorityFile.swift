import Foundation
import Vault

/// The PEM file that `LATCHKEY_UPSTREAM_CA_FILE` names, looked at before the server starts: libcurl reads it
/// with each connection, so that a file which cannot be used would fail every request instead.
package enum AuthorityFile {
    /// How a certificate begins, in the spellings that OpenSSL takes.
    private static let beginnings = ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"].map {
        Data("-----BEGIN \($0)-----".utf8)
    }

    /// Larger than all certificates that there are to trust.
    private static let maximum = 16 << 20

    /// Whether a certificate is sound shows only when it is used.
    package static func check(_ path: String) throws(AuthorityFileError) {
        let content: Data
        do {
            content = Data(try OpenFile(path).content(atMost: maximum))
        } catch {
            throw .unreadable(path: path, FileFailure(error.code, at: path))
        }
        guard beginnings.contains(where: { content.range(of: $0) != nil }) else {
            throw .holdsNoCertificate(path: path)
        }
    }
}

package enum AuthorityFileError: ExplainedError, Equatable {
    case unreadable(path: String, FileFailure)
    case holdsNoCertificate(path: String)

    package var message: String {
        switch self {
        case .unreadable(let path, let failure): "cannot read the certificates in \(path): \(failure.reason)"
        case .holdsNoCertificate(let path): "there is no certificate in \(path)"
        }
    }

    package var hint: String? {
        if case .unreadable(_, let failure) = self, let hint = failure.hint { return hint }
        return
            "LATCHKEY_UPSTREAM_CA_FILE must name a PEM file of certificates; remove it to trust the system's"
    }
}
