import HTTPTypes
import Hummingbird

/// `/manage/openapi.json`, the description of all routes, and `/manage/docs`, a page that shows it. Both are built into
/// the program, and anyone may read them: they tell nothing of this installation.
struct DocumentRoutes {
    var routes: [Route] {
        [
            Route(
                .get, "/manage/openapi.json", on: .operators,
                .anyone(Self.file(OpenAPI.text, "application/json"))),
            Route(
                .get, "/manage/docs", on: .operators,
                .anyone(Self.file(PackageResources.docs_html, "text/html"))),
            Route(
                .get, "/manage/docs/page.js", on: .operators,
                .anyone(Self.file(PackageResources.docs_js, "text/javascript"))),
            Route(
                .get, "/manage/docs/page.css", on: .operators,
                .anyone(Self.file(PackageResources.docs_css, "text/css"))),
        ]
    }

    private static func file(
        _ bytes: [UInt8], _ type: String
    ) -> @Sendable (AdminCall) async throws -> Response {
        { _ in answer(bytes, type == "application/json" ? type : "\(type); charset=utf-8") }
    }

    /// It loads only what comes from here, and is no part of another page.
    private static func answer(_ bytes: [UInt8], _ type: String) -> Response {
        var response = Answer.text(bytes, type: type)
        response.headers[.contentSecurityPolicy] = """
            default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
            form-action 'none'; frame-ancestors 'none'
            """
        response.headers[.referrerPolicy] = "no-referrer"
        return response
    }
}

extension HTTPField.Name {
    // The literal is a valid field name.
    // swift-format-ignore: NeverForceUnwrap
    fileprivate static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
}
