/// Which part of a list is asked for: `?limit=` (1 to 500, default 100) and `?cursor=` (from the page
/// before).
struct PageQuery {
    static let names: Set<String> = ["limit", "cursor"]
    var limit = 100
    var cursor: String?

    init(_ query: [String: String]) throws(Problem) {
        if let text = query["limit"] {
            guard let number = Int(text), (1...500).contains(number) else {
                throw .invalidParameter("limit", "it has to be a number from 1 to 500")
            }
            limit = number
        }
        cursor = query["cursor"]
    }

    static let wrongCursor = Problem.invalidParameter(
        "cursor", "it has to be a next_cursor of this list, in the same order")
}

extension Problem {
    /// What is wrong with one query parameter.
    static func invalidParameter(_ name: String, _ detail: String) -> Problem {
        .invalidFields([FieldError(pointer: "?\(name)", detail)])
    }
}
