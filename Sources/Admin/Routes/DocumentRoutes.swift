import HTTPTypes
import Hummingbird
import Web

/// `/manage/openapi.json`, the description of all routes, and `/manage/docs`, a page that shows it. Both are
/// built into the program, and anyone may read them: they tell nothing of this installation.
struct DocumentRoutes {
    var routes: [Route] {
        [
            Route(.get, "/manage/openapi.json", on: .operators, .anyone(description)),
            Route(.get, "/manage/docs", on: .operators, .anyone { _ in Answer.page(.docsPage) }),
            Route(.get, "/manage/docs/page.js", on: .operators, .anyone { _ in Answer.page(.docsScript) }),
            Route(.get, "/manage/docs/page.css", on: .operators, .anyone { _ in Answer.page(.docsStyle) }),
        ]
    }

    private func description(_ call: AdminCall) -> Response {
        Answer.page(OpenAPI.text, type: "application/json")
    }
}
