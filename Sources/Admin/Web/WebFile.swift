import HTTPTypes
import Hummingbird
import NIOCore

/// A file of the pages that browsers open: built into the program, served as it is, with nothing from elsewhere.
struct WebFile: Sendable {
    let type: String
    let bytes: [UInt8]

    static let claimPage = WebFile(type: "text/html; charset=utf-8", bytes: PackageResources.claim_html)
    static let claimStyle = WebFile(type: "text/css; charset=utf-8", bytes: PackageResources.claim_css)
    static let claimScript = WebFile(type: "text/javascript; charset=utf-8", bytes: PackageResources.claim_js)
}

extension Answer {
    /// A browser runs and loads nothing but files of this server, shows it in no frame, and tells nobody where it
    /// was.
    static func page(_ file: WebFile) -> Response {
        var response = text(file.bytes, type: file.type)
        response.headers[.contentSecurityPolicy] =
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
            + "form-action 'none'; frame-ancestors 'none'"
        response.headers[.referrerPolicy] = "no-referrer"
        response.headers[.frameOptions] = "DENY"
        return response
    }
}

extension HTTPField.Name {
    // The literals are valid field names.
    // swift-format-ignore: NeverForceUnwrap
    fileprivate static let referrerPolicy = HTTPField.Name("referrer-policy")!
    // swift-format-ignore: NeverForceUnwrap
    fileprivate static let frameOptions = HTTPField.Name("x-frame-options")!
}
