import Domain

/// One project's objects, as an endpoint uses them during one call.
struct DummyStore {
    let memory: DummyMemory
    let project: String
    let now: Timestamp

    /// Adds it, or puts it in the place of the one with its id. Throws a 413 if it is larger than all that a
    /// project may keep.
    func put(_ object: DummyObject) throws(APIError) {
        let limit = memory.bounds.bytes
        guard object.byteCount <= limit else { throw .tooLarge("The \(object.kind.rawValue)", limit: limit) }
        memory.with(project, at: now) { shelf, bounds in shelf.put(object, within: bounds) }
    }

    /// Throws OpenAI's 404 if there is none.
    func object(
        _ kind: DummyObject.Kind, _ id: String, of parent: String? = nil
    ) throws(APIError) -> DummyObject {
        let found = memory.with(project, at: now) { shelf, _ in shelf.object(kind, id, of: parent) }
        guard let found else { throw .noSuch(kind.rawValue, id) }
        return found
    }

    /// In the order they were made.
    func objects(_ kind: DummyObject.Kind, of parent: String? = nil) -> [DummyObject] {
        memory.with(project, at: now) { shelf, _ in
            shelf.objects.filter { $0.kind == kind && $0.parent == parent }
        }
    }

    /// Throws OpenAI's 404 if there is none.
    func remove(_ kind: DummyObject.Kind, _ id: String, of parent: String? = nil) throws(APIError) {
        let wasThere = memory.with(project, at: now) { shelf, _ in shelf.remove(kind, id, of: parent) }
        guard wasThere else { throw .noSuch(kind.rawValue, id) }
    }
}

extension DummyCall {
    /// What a deletion answers.
    func remove(
        _ kind: DummyObject.Kind, _ id: String, of parent: String? = nil, object: String
    ) throws(APIError) -> DummyAnswer {
        try store.remove(kind, id, of: parent)
        return DummyAnswer(["id": .string(id), "object": .string(object), "deleted": true])
    }

    /// A page of a list, by the query's `limit`, `order`, `after` and `before`.
    func page(
        _ items: [JSONValue], order: String = "desc", limit: Int = 20, most: Int = 100
    ) throws(APIError) -> DummyAnswer {
        var items = items
        switch target["order"] ?? order {
        case "asc": break
        case "desc": items.reverse()
        default: throw .invalid("order must be 'asc' or 'desc'.", param: "order")
        }
        if let after = target["after"], !after.isEmpty {
            guard let index = items.firstIndex(where: { $0["id"]?.string == after }) else {
                throw .invalid("There is no object '\(after)' in this list.", param: "after")
            }
            items.removeFirst(index + 1)
        }
        if let before = target["before"], !before.isEmpty {
            guard let index = items.firstIndex(where: { $0["id"]?.string == before }) else {
                throw .invalid("There is no object '\(before)' in this list.", param: "before")
            }
            items.removeLast(items.count - index)
        }
        var count = limit
        if let text = target["limit"] {
            guard let number = Int(text), (1...most).contains(number) else {
                throw .invalid("limit must be a number from 1 to \(most).", param: "limit")
            }
            count = number
        }
        let shown = items.prefix(count)
        return DummyAnswer([
            "object": "list", "data": .array(Array(shown)), "first_id": shown.first?["id"] ?? .null,
            "last_id": shown.last?["id"] ?? .null, "has_more": .bool(shown.count < items.count),
        ])
    }

    /// The metadata that a body gives: an object of texts.
    func metadata(_ body: JSONValue) -> JSONValue {
        if let metadata = body["metadata"], case .object = metadata { return metadata }
        return [:]
    }
}
