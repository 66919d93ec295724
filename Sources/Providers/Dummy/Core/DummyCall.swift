import Domain

/// One request on its way through an endpoint: what stands in its path, query and body, the project's
/// objects, and the ids that it may give.
struct DummyCall {
    let request: DummyRequest
    let target: DummyTarget
    /// What stands for the parameters of the endpoint's path.
    let parameters: [String]
    let store: DummyStore
    /// Of all calls of this process, counted.
    let number: UInt64

    var now: Timestamp { request.now }
    /// The time as objects carry it: seconds since 1970.
    var seconds: Int { Int(now.milliseconds / 1000) }
    /// The first parameter of the path.
    var id: String { parameters.first ?? "" }

    /// A new id, after the prefix of its kind: unique in this process by the call's number, and beyond a
    /// restart by its time. `index` tells apart those of one kind that one call gives.
    func newID(_ prefix: String, _ index: Int = 0) -> String {
        let time = Base62.encode(UInt64(clamping: now.milliseconds), width: 8)
        let number = Base62.encode(number, width: 6)
        let index = index == 0 ? [] : Base62.encode(UInt64(index), width: 4)
        return prefix + "dummy" + String(decoding: time + number + index, as: UTF8.self)
    }

    /// The body as a JSON object; an empty body counts as an empty one.
    func json() throws(APIError) -> JSONValue {
        if request.body.isEmpty { return .object([]) }
        do throws(JSONValue.Malformed) {
            let value = try JSONValue(parsing: request.body)
            if case .object = value { return value }
        } catch {
            throw .invalid("We could not parse the JSON body of your request (at byte \(error.offset)).")
        }
        throw .invalid("The JSON body of your request is not an object.")
    }

    /// The body as a form.
    func form() throws(APIError) -> DummyForm {
        guard let form = DummyForm(request.body, contentType: request.contentType ?? "") else {
            throw .invalid("The body of your request is not a complete multipart/form-data form.")
        }
        return form
    }

    /// The fields of a body that may be JSON or a form: of a form those that are texts, as texts.
    func fields() throws(APIError) -> (JSONValue, DummyForm?) {
        guard DummyForm.isForm(request.contentType ?? "") else { return (try json(), nil) }
        let form = try form()
        return (.object(form.texts.map { JSONValue.Member($0.name, .string($0.text)) }), form)
    }

    /// The model that `body` names, which every endpoint of generation needs.
    func model(of body: JSONValue) throws(APIError) -> DummyModel {
        guard let name = body["model"]?.string, !name.isEmpty else {
            throw .invalid("you must provide a model parameter", param: "model")
        }
        guard let model = DummyModel(name) else { throw .unknownModel(name) }
        return model
    }
}

extension JSONValue {
    /// A whole number; also one that a form carries as text.
    var count: Int? { integer ?? string.flatMap { Int($0) } }

    /// True or false; also as a form carries them.
    var flag: Bool? { bool ?? string.flatMap { Bool($0) } }
}
