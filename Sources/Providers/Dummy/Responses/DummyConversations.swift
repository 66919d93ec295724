import Domain

/// `conversations` and their items.
enum DummyConversations {
    static let routes = [
        DummyRoute("POST", "conversations") { call throws(APIError) in
            let body = try call.json()
            let items = try DummyItems.normalised(body["items"]?.elements.map { .array($0) } ?? [], in: call)
            let id = call.newID("conv_")
            let object = DummyObject(
                .conversation, id,
                [
                    "id": .string(id), "object": "conversation", "created_at": .int(call.seconds),
                    "metadata": call.metadata(body),
                ], content: JSONValue.array(items).encoded)
            try call.store.put(object)
            return DummyAnswer(object.value)
        },
        DummyRoute("GET", "conversations/{}") { call throws(APIError) in
            DummyAnswer(try call.store.object(.conversation, call.id).value)
        },
        DummyRoute("POST", "conversations/{}") { call throws(APIError) in
            var object = try call.store.object(.conversation, call.id)
            object.value = object.value.setting("metadata", call.metadata(try call.json()))
            try call.store.put(object)
            return DummyAnswer(object.value)
        },
        DummyRoute("DELETE", "conversations/{}") { call throws(APIError) in
            try call.remove(.conversation, call.id, object: "conversation.deleted")
        },
        DummyRoute("GET", "conversations/{}/items") { call throws(APIError) in
            try call.page(try call.store.object(.conversation, call.id).hidden.elements ?? [])
        },
        DummyRoute("POST", "conversations/{}/items") { call throws(APIError) in
            var object = try call.store.object(.conversation, call.id)
            guard let given = try call.json()["items"], given.elements != nil else { throw .missing("items") }
            let items = try DummyItems.normalised(given, in: call)
            object.content = JSONValue.array((object.hidden.elements ?? []) + items).encoded
            try call.store.put(object)
            return DummyAnswer([
                "object": "list", "data": .array(items), "has_more": false,
                "first_id": items.first?["id"] ?? .null, "last_id": items.last?["id"] ?? .null,
            ])
        },
        DummyRoute("GET", "conversations/{}/items/{}") { call throws(APIError) in
            DummyAnswer(try item(call, in: try call.store.object(.conversation, call.id)))
        },
        DummyRoute("DELETE", "conversations/{}/items/{}") { call throws(APIError) in
            var object = try call.store.object(.conversation, call.id)
            let gone = try item(call, in: object)
            object.content = JSONValue.array((object.hidden.elements ?? []).filter { $0 != gone }).encoded
            try call.store.put(object)
            return DummyAnswer(object.value)
        },
    ]

    private static func item(_ call: DummyCall, in object: DummyObject) throws(APIError) -> JSONValue {
        let id = call.parameters[1]
        guard let item = object.hidden.elements?.first(where: { $0["id"]?.string == id }) else {
            throw .noSuch("conversation item", id)
        }
        return item
    }
}
