import Domain

/// `uploads`: a file that is sent in parts, and is there once they are put together.
enum DummyUploads {
    static let routes = [
        DummyRoute("POST", "uploads", create),
        DummyRoute("POST", "uploads/{}/parts", addPart),
        DummyRoute("POST", "uploads/{}/complete", complete),
        DummyRoute("POST", "uploads/{}/cancel") { call throws(APIError) in
            var upload = try pending(call)
            upload.value = upload.value.setting("status", "cancelled")
            try removeParts(of: upload, call)
            try call.store.put(upload)
            return DummyAnswer(upload.value)
        },
    ]

    private static let lifetime = 3600

    @Sendable private static func create(_ call: DummyCall) throws(APIError) -> DummyAnswer {
        let body = try call.json()
        guard let name = body["filename"]?.string else { throw .missing("filename") }
        guard let bytes = body["bytes"]?.integer, bytes >= 0 else { throw .missing("bytes") }
        guard bytes <= DummyRequest.bodyLimit else {
            throw .tooLarge("An upload of \(bytes) bytes", limit: DummyRequest.bodyLimit)
        }
        let purpose = try DummyFiles.purpose(body["purpose"]?.string)
        let id = call.newID("upload_")
        let upload = DummyObject(
            .upload, id,
            [
                "id": .string(id), "object": "upload", "bytes": .int(bytes), "created_at": .int(call.seconds),
                "expires_at": .int(call.seconds + lifetime), "filename": .string(name),
                "purpose": .string(purpose), "status": "pending", "file": .null,
            ])
        try call.store.put(upload)
        return DummyAnswer(upload.value)
    }

    private static func pending(_ call: DummyCall) throws(APIError) -> DummyObject {
        let upload = try call.store.object(.upload, call.id)
        guard upload.value["status"] == "pending" else {
            throw .invalid("Upload '\(call.id)' is not pending any more.", param: "upload_id")
        }
        return upload
    }

    private static func removeParts(of upload: DummyObject, _ call: DummyCall) throws(APIError) {
        for part in call.store.objects(.part, of: upload.id) {
            try call.store.remove(.part, part.id, of: upload.id)
        }
    }

    @Sendable private static func addPart(_ call: DummyCall) throws(APIError) -> DummyAnswer {
        let upload = try pending(call)
        guard let data = try call.form().file("data") else { throw .missing("data") }
        let id = call.newID("part_")
        let part = DummyObject(
            .part, id, parent: upload.id,
            [
                "id": .string(id), "object": "upload.part", "created_at": .int(call.seconds),
                "upload_id": .string(upload.id),
            ], content: Array(data.content))
        try call.store.put(part)
        return DummyAnswer(part.value)
    }

    @Sendable private static func complete(_ call: DummyCall) throws(APIError) -> DummyAnswer {
        var upload = try pending(call)
        guard let ids = try call.json()["part_ids"]?.elements?.compactMap(\.string), !ids.isEmpty else {
            throw .missing("part_ids")
        }
        let value = upload.value
        let expected = value["bytes"]?.integer ?? 0
        var content: [UInt8] = []
        for id in ids {
            content += try call.store.object(.part, id, of: upload.id).content
            guard content.count <= expected else { break }
        }
        guard content.count == expected else {
            throw .invalid(
                "The parts do not have the \(expected) bytes that the upload was made for.", param: "part_ids"
            )
        }
        let file = DummyFiles.object(
            call.newID("file-"), named: value["filename"]?.string ?? "", for: value["purpose"]?.string ?? "",
            content, at: call.seconds)
        upload.value = value.setting([.init("status", "completed"), .init("file", file.value)])
        try removeParts(of: upload, call)
        try call.store.put(file)
        try call.store.put(upload)
        return DummyAnswer(upload.value)
    }
}
