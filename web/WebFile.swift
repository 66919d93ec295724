/// A file of the pages that browsers open, as it lies in this folder: built into the program and served as it
/// is.
///
/// The pages load nothing from elsewhere and have no script or style inside the HTML, so that a browser may
/// be told to refuse both.
package struct WebFile: Sendable {
    /// Its media type, with the character set.
    package let type: String
    package let bytes: [UInt8]

    /// What an invitation's link opens.
    package static let claimPage = html(PackageResources.claim_html)
    package static let claimStyle = css(PackageResources.claim_css)
    package static let claimScript = javaScript(PackageResources.claim_js)

    /// What shows the description of the management API.
    package static let docsPage = html(PackageResources.docs_html)
    package static let docsStyle = css(PackageResources.docs_css)
    package static let docsScript = javaScript(PackageResources.docs_js)

    private static func html(_ bytes: [UInt8]) -> WebFile {
        WebFile(type: "text/html; charset=utf-8", bytes: bytes)
    }

    private static func css(_ bytes: [UInt8]) -> WebFile {
        WebFile(type: "text/css; charset=utf-8", bytes: bytes)
    }

    private static func javaScript(_ bytes: [UInt8]) -> WebFile {
        WebFile(type: "text/javascript; charset=utf-8", bytes: bytes)
    }
}
