import Domain

/// `files`: kept in memory, as they were sent.
enum DummyFiles {
    static let routes = [
        DummyRoute("POST", "files", create),
        DummyRoute("GET", "files") { call throws(APIError) in
            let purpose = call.target["purpose"]
            let files = call.store.objects(.file).map(\.value)
            return try call.page(
                files.filter { purpose == nil || $0["purpose"]?.string == purpose }, limit: 10_000,
                most: 10_000)
        },
        DummyRoute("GET", "files/{}") { call throws(APIError) in
            DummyAnswer(try call.store.object(.file, call.id).value)
        },
        DummyRoute("GET", "files/{}/content") { call throws(APIError) in
            DummyAnswer(type: "application/octet-stream", body: try call.store.object(.file, call.id).content)
        },
        DummyRoute("DELETE", "files/{}") { call throws(APIError) in
            try call.remove(.file, call.id, object: "file")
        },
    ]

    private static let purposes = [
        "assistants", "assistants_output", "batch", "batch_output", "fine-tune", "fine-tune-results",
        "vision",
        "user_data", "evals",
    ]

    @Sendable private static func create(_ call: DummyCall) throws(APIError) -> DummyAnswer {
        let form = try call.form()
        guard let file = form.file("file") else { throw .missing("file") }
        let purpose = try purpose(form.text("purpose"))
        let object = object(
            call.newID("file-"), named: file.filename ?? "upload", for: purpose, Array(file.content),
            at: call.seconds, expiresIn: form.text("expires_after[seconds]").flatMap { Int($0) })
        try call.store.put(object)
        return DummyAnswer(object.value)
    }

    static func purpose(_ purpose: String?) throws(APIError) -> String {
        guard let purpose, purposes.contains(purpose) else {
            throw .invalid("purpose must be one of \(purposes.joined(separator: ", ")).", param: "purpose")
        }
        return purpose
    }

    /// `created`: seconds since 1970.
    static func object(
        _ id: String, named name: String, for purpose: String, _ content: [UInt8], at created: Int,
        expiresIn lifetime: Int? = nil
    ) -> DummyObject {
        DummyObject(
            .file, id,
            [
                "id": .string(id), "object": "file", "bytes": .int(content.count),
                "created_at": .int(created),
                "expires_at": lifetime.map { .int(created.addingReportingOverflow($0).partialValue) }
                    ?? .null,
                "filename": .string(name), "purpose": .string(purpose), "status": "processed",
                "status_details": .null,
            ], content: content)
    }
}
