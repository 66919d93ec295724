import Domain

/// `vector_stores/{}/search`: the files that have words of the question, the ones with most of them first.
enum DummySearch {
    /// Of a file, as a result shows it, in Unicode scalars.
    private static let shownText = 4000

    @Sendable static func answer(_ call: DummyCall) throws(APIError) -> DummyAnswer {
        _ = try call.store.object(.vectorStore, call.id)
        let body = try call.json()
        let queries =
            body["query"]?.elements?.compactMap(\.string) ?? [body["query"]?.string].compactMap(\.self)
        guard !queries.isEmpty else { throw .missing("query") }
        let limit = body["max_num_results"]?.integer ?? 10
        guard (1...50).contains(limit) else {
            throw .invalid("max_num_results must be from 1 to 50.", param: "max_num_results")
        }
        let least = body["ranking_options"]?["score_threshold"]?.double ?? 0
        let wanted = queries.reduce(into: Set<String>()) { $0.formUnion(words(in: $1)) }
        var found: [(score: Double, result: JSONValue)] = []
        for member in call.store.objects(.vectorStoreFile, of: call.id) {
            let value = member.value
            guard matches(value["attributes"] ?? [:], body["filters"]),
                let file = try? call.store.object(.file, member.id)
            else { continue }
            let text = String(decoding: file.content, as: UTF8.self)
            let score = Double(wanted.intersection(words(in: text)).count) / Double(max(1, wanted.count))
            guard score > 0, score >= least else { continue }
            let shown = String(String.UnicodeScalarView(text.unicodeScalars.prefix(shownText)))
            found.append(
                (
                    score,
                    [
                        "file_id": .string(member.id), "filename": file.value["filename"] ?? "",
                        "score": .number(String(score)), "attributes": value["attributes"] ?? [:],
                        "content": [["type": "text", "text": .string(shown)]],
                    ]
                ))
        }
        // Those of the same score stay in the order they were added.
        let best = found.enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }
        return DummyAnswer([
            "object": "vector_store.search_results.page", "search_query": .array(queries.map { .string($0) }),
            "data": .array(best.prefix(limit).map(\.element.result)), "has_more": .bool(best.count > limit),
            "next_page": .null,
        ])
    }

    private static func words(in text: String) -> Set<String> {
        Set(text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init))
    }

    /// `filter`: a comparison of one attribute, or several joined by `and` or `or`.
    private static func matches(_ attributes: JSONValue, _ filter: JSONValue?) -> Bool {
        guard let filter, let type = filter["type"]?.string else { return true }
        let parts = filter["filters"]?.elements ?? []
        if type == "and" { return parts.allSatisfy { matches(attributes, $0) } }
        if type == "or" { return parts.contains { matches(attributes, $0) } }
        let value = filter["key"]?.string.flatMap { attributes[$0] } ?? .null
        let wanted = filter["value"] ?? .null
        switch type {
        case "eq": return equal(value, wanted)
        case "ne": return !equal(value, wanted)
        case "in": return wanted.elements?.contains { equal(value, $0) } ?? false
        case "nin": return !(wanted.elements?.contains { equal(value, $0) } ?? false)
        default:
            guard let left = value.double, let right = wanted.double else { return false }
            switch type {
            case "gt": return left > right
            case "gte": return left >= right
            case "lt": return left < right
            case "lte": return left <= right
            default: return false
            }
        }
    }

    private static func equal(_ one: JSONValue, _ other: JSONValue) -> Bool {
        if let left = one.double, let right = other.double { return left == right }
        return one == other
    }
}
