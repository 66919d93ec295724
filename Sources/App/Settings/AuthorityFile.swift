import Foundation

/// The PEM file that `LATCHKEY_UPSTREAM_CA_FILE` names, looked at before the server starts: libcurl reads it with
/// each connection, so that a file which cannot be used would fail every request instead.
package enum AuthorityFile {
    /// How a certificate begins, in the spellings that OpenSSL takes.
    private static let beginnings = ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"].map {
        Data("-----BEGIN \($0)-----".utf8)
    }

    /// Whether a certificate is sound shows only when it is used.
    package static func check(_ path: String) throws(AuthorityFileError) {
        let content: Data
        do {
            content = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
        } catch {
            throw .unreadable(path: path, reason: reason(of: error))
        }
        guard beginnings.contains(where: { content.range(of: $0) != nil }) else {
            throw .holdsNoCertificate(path: path)
        }
    }

    private static func reason(of error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileReadNoSuchFile?: "there is no such file"
        case .fileReadNoPermission?: "this user has no right to read it"
        default: "the system refused it"
        }
    }
}

package enum AuthorityFileError: ExplainedError, Equatable {
    case unreadable(path: String, reason: String)
    case holdsNoCertificate(path: String)

    package var message: String {
        switch self {
        case .unreadable(let path, let reason): "cannot read the certificates in \(path): \(reason)"
        case .holdsNoCertificate(let path): "there is no certificate in \(path)"
        }
    }

    package var hint: String? {
        "LATCHKEY_UPSTREAM_CA_FILE has to name a PEM file of certificates; take it away to trust the system's"
    }
}
