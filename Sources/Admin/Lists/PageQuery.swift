import Domain

/// Which part of a list is asked for: `?limit=` (1 to 500, default 100) and `?cursor=` (from the page before).
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

    /// The cursor as the id that it is.
    func cursor<ID: Identifier>(_ parse: (String) -> ID?) throws(Problem) -> ID? {
        guard let cursor else { return nil }
        guard let id = parse(cursor) else { throw Self.wrongCursor }
        return id
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
