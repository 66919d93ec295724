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
        let file = WebFile(
            type: type == "application/json" ? type : "\(type); charset=utf-8", bytes: bytes)
        return { _ in Answer.page(file) }
    }
}
