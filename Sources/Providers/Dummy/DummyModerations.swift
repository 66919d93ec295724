import Domain

/// `moderations`: nothing is ever flagged. One result for each input.
enum DummyModerations {
    static let routes = [
        DummyRoute("POST", "moderations") { call throws(APIError) in
            let body = try call.json()
            guard let input = body["input"] else { throw .missing("input") }
            let isTexts = input.elements?.contains { $0.string != nil } ?? false
            let count = isTexts ? input.elements?.count ?? 1 : 1
            guard count <= DummyEmbeddings.inputLimit else {
                throw .invalid("input has more than \(DummyEmbeddings.inputLimit) texts.", param: "input")
            }
            return DummyAnswer([
                "id": .string(call.newID("modr-")),
                "model": .string(body["model"]?.string ?? "omni-moderation-latest"),
                "results": .array(Array(repeating: result, count: count)),
            ])
        }
    ]

    private static let categories = [
        "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent",
        "self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence",
        "violence/graphic",
    ]

    private static let result: JSONValue = [
        "flagged": false, "categories": all(false), "category_scores": all(0),
        "category_applied_input_types": all(["text"]),
    ]

    private static func all(_ value: JSONValue) -> JSONValue {
        .object(categories.map { JSONValue.Member($0, value) })
    }
}
