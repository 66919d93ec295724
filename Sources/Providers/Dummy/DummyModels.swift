import Domain

/// `models`: any name that ``DummyModel`` can read is one; a few are listed.
enum DummyModels {
    static let routes = [
        DummyRoute("GET", "models") { _ throws(APIError) in
            DummyAnswer(["object": "list", "data": .array(listed.map(model))])
        },
        DummyRoute("GET", "models/{…}") { call throws(APIError) in
            guard DummyModel(call.id) != nil else { throw .unknownModel(call.id) }
            return DummyAnswer(model(call.id))
        },
        DummyRoute("DELETE", "models/{…}") { call throws(APIError) in
            DummyAnswer(["id": .string(call.id), "object": "model", "deleted": true])
        },
    ]

    private static let listed = [
        "dummy", "dummy-length-500", "dummy-delay-20ms", "dummy-delay-20ms-length-500",
    ]

    private static func model(_ name: String) -> JSONValue {
        ["id": .string(name), "object": "model", "created": 1_700_000_000, "owned_by": "latchkey"]
    }
}
