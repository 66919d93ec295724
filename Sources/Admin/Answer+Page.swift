import HTTPTypes
import Hummingbird
import Web

/// How a page's files are answered: a browser runs and loads nothing but files of this server, shows the page
/// in no frame, and tells nobody where it was.
extension Answer {
    static func page(_ file: WebFile) -> Response { page(file.bytes, type: file.type) }

    static func page(_ bytes: [UInt8], type: String) -> Response {
        var response = text(bytes, type: type)
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
