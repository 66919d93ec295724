import Domain

/// `vector_stores`: a list of files, searched by the words in them.
enum DummyVectorStores {
    static let routes = [
        DummyRoute("POST", "vector_stores", create),
        DummyRoute("GET", "vector_stores") { call throws(APIError) in
            var stores: [JSONValue] = []
            for object in call.store.objects(.vectorStore) { stores.append(shown(object, call)) }
            return try call.page(stores)
        },
        DummyRoute("GET", "vector_stores/{}") { call throws(APIError) in
            DummyAnswer(shown(try call.store.object(.vectorStore, call.id), call))
        },
        DummyRoute("POST", "vector_stores/{}") { call throws(APIError) in
            var object = try call.store.object(.vectorStore, call.id)
            let body = try call.json()
            for key in ["name", "expires_after", "metadata"] {
                if let value = body[key], value != .null { object.value = object.value.setting(key, value) }
            }
            try call.store.put(object)
            return DummyAnswer(shown(object, call))
        },
        DummyRoute("DELETE", "vector_stores/{}") { call throws(APIError) in
            try call.remove(.vectorStore, call.id, object: "vector_store.deleted")
        },
        DummyRoute("POST", "vector_stores/{}/search", DummySearch.answer),
    ]

    @Sendable private static func create(_ call: DummyCall) throws(APIError) -> DummyAnswer {
        let body = try call.json()
        let id = call.newID("vs_")
        let object = DummyObject(
            .vectorStore, id,
            [
                "id": .string(id), "object": "vector_store", "created_at": .int(call.seconds),
                "name": body["name"] ?? "", "status": "completed",
                "last_active_at": .int(call.seconds), "expires_after": body["expires_after"] ?? .null,
                "expires_at": .null, "metadata": call.metadata(body),
            ])
        let files = try DummyVectorStoreFiles.files(
            body["file_ids"]?.elements ?? [], [:], in: id, call)
        try call.store.put(object)
        for file in files { try call.store.put(file) }
        return DummyAnswer(shown(object, call))
    }

    /// With the counts of the files that it has now.
    private static func shown(_ object: DummyObject, _ call: DummyCall) -> JSONValue {
        let files = call.store.objects(.vectorStoreFile, of: object.id).map(\.value)
        return object.value.setting([
            .init("usage_bytes", .int(files.reduce(0) { $0 + ($1["usage_bytes"]?.integer ?? 0) })),
            .init("file_counts", counts(files.count)),
        ])
    }

    /// All of so many files are done.
    static func counts(_ files: Int) -> JSONValue {
        ["in_progress": 0, "completed": .int(files), "failed": 0, "cancelled": 0, "total": .int(files)]
    }
}
