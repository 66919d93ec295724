import Domain

/// `vector_stores/{}/files` and `vector_stores/{}/file_batches`: files are in a store as soon as they are
/// added.
enum DummyVectorStoreFiles {
    static let routes = [
        DummyRoute("POST", "vector_stores/{}/files", create),
        DummyRoute("GET", "vector_stores/{}/files") { call throws(APIError) in
            _ = try call.store.object(.vectorStore, call.id)
            return try page(call.store.objects(.vectorStoreFile, of: call.id), call)
        },
        DummyRoute("GET", "vector_stores/{}/files/{}") { call throws(APIError) in
            DummyAnswer(try call.store.object(.vectorStoreFile, call.parameters[1], of: call.id).value)
        },
        DummyRoute("POST", "vector_stores/{}/files/{}") { call throws(APIError) in
            var object = try call.store.object(.vectorStoreFile, call.parameters[1], of: call.id)
            object.value = object.value.setting("attributes", try call.json()["attributes"] ?? [:])
            try call.store.put(object)
            return DummyAnswer(object.value)
        },
        DummyRoute("DELETE", "vector_stores/{}/files/{}") { call throws(APIError) in
            try call.remove(
                .vectorStoreFile, call.parameters[1], of: call.id, object: "vector_store.file.deleted")
        },
        DummyRoute("GET", "vector_stores/{}/files/{}/content") { call throws(APIError) in
            _ = try call.store.object(.vectorStoreFile, call.parameters[1], of: call.id)
            let text = String(
                decoding: try call.store.object(.file, call.parameters[1]).content, as: UTF8.self)
            return DummyAnswer([
                "object": "vector_store.file_content.page",
                "data": [["type": "text", "text": .string(text)]],
                "has_more": false, "next_page": .null,
            ])
        },
        DummyRoute("POST", "vector_stores/{}/file_batches", createBatch),
        DummyRoute("GET", "vector_stores/{}/file_batches/{}") { call throws(APIError) in
            DummyAnswer(try batch(call).value)
        },
        DummyRoute("POST", "vector_stores/{}/file_batches/{}/cancel") { call throws(APIError) in
            // It was completed when it was made.
            DummyAnswer(try batch(call).value)
        },
        DummyRoute("GET", "vector_stores/{}/file_batches/{}/files") { call throws(APIError) in
            let ids = try batch(call).hidden.elements?.compactMap(\.string) ?? []
            let files = call.store.objects(.vectorStoreFile, of: call.id).filter { ids.contains($0.id) }
            return try page(files, call)
        },
    ]

    private static func page(_ files: [DummyObject], _ call: DummyCall) throws(APIError) -> DummyAnswer {
        let status = call.target["filter"]
        return try call.page(files.map(\.value).filter { status == nil || $0["status"]?.string == status })
    }

    private static func batch(_ call: DummyCall) throws(APIError) -> DummyObject {
        try call.store.object(.vectorStoreFileBatch, call.parameters[1], of: call.id)
    }

    @Sendable private static func create(_ call: DummyCall) throws(APIError) -> DummyAnswer {
        _ = try call.store.object(.vectorStore, call.id)
        let body = try call.json()
        guard let id = body["file_id"] else { throw .missing("file_id") }
        let file = try files([id], body, in: call.id, call)[0]
        try call.store.put(file)
        return DummyAnswer(file.value)
    }

    @Sendable private static func createBatch(_ call: DummyCall) throws(APIError) -> DummyAnswer {
        _ = try call.store.object(.vectorStore, call.id)
        let body = try call.json()
        var added: [DummyObject] = []
        for entry in body["files"]?.elements ?? [] {
            added += try files([entry["file_id"] ?? .null], entry, in: call.id, call)
        }
        added += try files(body["file_ids"]?.elements ?? [], body, in: call.id, call)
        guard !added.isEmpty else { throw .missing("file_ids") }
        for file in added { try call.store.put(file) }
        let id = call.newID("vsfb_")
        let batch = DummyObject(
            .vectorStoreFileBatch, id, parent: call.id,
            [
                "id": .string(id), "object": "vector_store.files_batch", "created_at": .int(call.seconds),
                "vector_store_id": .string(call.id), "status": "completed",
                "file_counts": DummyVectorStores.counts(added.count),
            ], content: JSONValue.array(added.map { .string($0.id) }).encoded)
        try call.store.put(batch)
        return DummyAnswer(batch.value)
    }

    /// As members of a store that they are not added to yet. `order`: with their attributes and chunking
    /// strategy.
    static func files(
        _ ids: [JSONValue], _ order: JSONValue, in store: String, _ call: DummyCall
    ) throws(APIError) -> [DummyObject] {
        var files: [DummyObject] = []
        for id in ids {
            guard let id = id.string else { throw .missing("file_id") }
            let file = try call.store.object(.file, id)
            let strategy = order["chunking_strategy"]
            files.append(
                DummyObject(
                    .vectorStoreFile, id, parent: store,
                    [
                        "id": .string(id), "object": "vector_store.file", "created_at": .int(call.seconds),
                        "vector_store_id": .string(store), "status": "completed", "last_error": .null,
                        "usage_bytes": .int(file.content.count), "attributes": order["attributes"] ?? [:],
                        "chunking_strategy": strategy?["type"] == "static"
                            ? strategy ?? .null : usualStrategy,
                    ]))
        }
        return files
    }

    private static let usualStrategy: JSONValue = [
        "type": "static", "static": ["max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400],
    ]
}
